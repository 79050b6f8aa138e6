"""Contents of the report of a run, proposal or search."""

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from markupsafe import Markup

from ingenium.core.designs import DESIGN
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Problem, Section
from ingenium.core.quantity import Variable
from ingenium.core.shown import column, headed, read
from ingenium.core.units import Scale
from ingenium.core.verdict import Verdict, at_best
from ingenium.drawing.figures import picture
from ingenium.drawing.run_charts import Histogram, front
from ingenium.report import search_report, viewer, words
from ingenium.report.template import template
from ingenium.runs.display import shown
from ingenium.runs.edges import edges
from ingenium.runs.outcome import Run

BEST = 20  # designs in the table
FEW = 6  # numbers of a design that the table shows


@dataclass(frozen=True)
class Shown:
    """A section with its picture as markup."""

    heading: str
    text: str
    picture: Markup | None
    table: tuple[tuple[str, ...], ...]
    titles: tuple[str, ...]  # of the bodies to be turned
    scenes: Markup | None
    marks_are: str  # label of the switch that hides marks on the bodies


def write(run: Run, folder: Path) -> None:
    """Write `report.html` into a folder.

    Raises:
        StorageError: if it cannot be written.
    """
    write_atomic(folder / "report.html", render(run))


def render(run: Run) -> str:
    """The report as HTML, in the units that the spec wrote or the field reads."""
    measured, run = run, shown(run)
    summary, record = run.summary, run.record
    return template("run.html.jinja").render(
        title=run.spec.title or run.problem.summary,
        problem=run.problem,
        summary=summary,
        shares={
            k: getattr(summary, k) / summary.proposed for k in ("accepted", "rejected", "failed")
        },
        requested=_requested(run),
        limits=tuple(zip(run.spec.limits, summary.limits, strict=True)),
        histograms=_histograms(run),
        different=words.distinct(summary),
        reasons=words.reasons(summary),
        nearest=summary.nearest,
        sections=_sections(measured),
        front=_front(run),
        ranked=bool(run.spec.objectives),
        best=_best(run),
        record=record,
        facts=_facts(run, record),
        uncertainty=_disagreement(measured),
        second_verdicts=words.second_verdicts(run.record["cross_check"] or {}),
        finer_mesh=words.finer_mesh(
            run.record["cross_check"] or {}, {q.name: q.unit for q in run.problem.quantities}
        ),
        folder=shlex.quote(str(run.folder)),
        first=int(run.designs[DESIGN][run.selected[0]]) if len(run.selected) else 0,
        exported=len(run.selected),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        search=None if run.session is None else search_report.entries(run, run.session),
    )


def _requested(run: Run) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The request, and the exported designs."""
    reported = dict(words.requested(run.spec, run.problem)) | {"Exported": (words.exported(run),)}
    near = edges(run)
    return tuple((reported | ({"Edges": near} if near else {})).items())


def _histograms(run: Run) -> tuple[tuple[str, Markup], ...]:
    """A histogram for each limit over the measured designs."""
    answered = np.flatnonzero(run.verdicts["verdict"].to_numpy() != Verdict.FAILED)
    if not len(answered):
        return ()
    measured = run.verdicts.isel({DESIGN: answered})
    drawn = []
    for i, limit in enumerate(run.spec.limits):
        array = measured[limit.quantity]
        values = array.to_numpy()
        known = np.isfinite(values)  # not what was left out of designs that other limits reject
        if not known.any():
            continue
        broken = at_best(measured, run.spec.limits)[known, i] < 0
        label = headed(array.attrs["long_name"], array.attrs["units"])
        chart = Histogram.of(values[known], broken, [limit], label)
        drawn.append((words.limit(limit), chart.svg()))
    return tuple(drawn)


def _sections(run: Run) -> tuple[Shown, ...]:
    sections = run.problem.sections(*run.best_first)
    return tuple(_shown(section, i) for i, section in enumerate(sections))


def _front(run: Run) -> Markup | None:
    """Plot all designs over the first two objectives, exported ones marked."""
    if len(run.spec.objectives) < 2 or not run.designs.sizes[DESIGN]:
        return None
    wanted = [run.verdicts[o.quantity] for o in run.spec.objectives[:2]]
    one, other = (headed(str(x.name), str(x.attrs["units"])) for x in wanted)
    rows = np.arange(run.designs.sizes[DESIGN])
    return front(
        np.stack([x.to_numpy() for x in wanted], 1).astype(np.float64),
        run.verdicts["verdict"].to_numpy() == Verdict.ACCEPTED,
        np.isin(rows, run.selected),
        (one, other),
    )


def _shown(section: Section, i: int) -> Shown:
    drawn = None if section.figure is None else picture(section.figure, f"s{i}")
    titles = tuple(scene.title for scene in section.scenes)
    scenes = viewer.packed(section.scenes) if titles else None
    marks = section.scenes[0].marks_are if titles else ""
    return Shown(section.heading, section.text, drawn, section.table, titles, scenes, marks)


def _best(run: Run) -> tuple[tuple[str, ...], ...]:
    """The first of the selected designs as a table: values and margins of the request.

    Values that all of them share, such as conditions fixed by the spec, have no column.
    """
    if not len(run.selected):
        return ()
    rows = run.selected[:BEST]
    designs, verdicts = run.designs.isel({DESIGN: rows}), run.verdicts.isel({DESIGN: rows})
    units = run.units
    requested = [limit.quantity for limit in run.spec.limits]
    wanted = dict.fromkeys([o.quantity for o in run.spec.objectives] + requested)
    named = verdicts["verdict"].to_numpy().tolist()
    single = _single(run.problem)
    carried = {v.given for v in single}
    shown = {"verdict": named} | {
        headed(c.name, c.unit): [_plain(x) for x in designs[c.name].to_numpy().tolist()]
        for c in run.problem.conditions
        if c.name not in carried
    }
    columns = {"design": [str(i) for i in designs[DESIGN].to_numpy().tolist()]}
    for v in single:
        head, own = column(designs[v.name], read(designs[v.name]))
        columns[head] = list(run.problem.in_table(v.name, designs) or map(_plain, own))
    columns |= {head: texts for head, texts in shown.items() if len(set(texts)) > 1}
    columns |= {
        headed(name, units[name]): [words.number(x) for x in verdicts[name].to_numpy().tolist()]
        for name in wanted
    }
    columns["smallest margin"] = [
        _tightest(run, verdicts.isel({DESIGN: i}), units) for i in range(len(rows))
    ]
    return (tuple(columns), *zip(*columns.values(), strict=True))


def _single(problem: Problem) -> tuple[Variable, ...]:
    """Variables that fit a table: texts, and numbers where a design has few.

    The number of a requested category is left out.
    """
    named = {c.name for c in problem.conditions if c.choices}
    alone = [v for v in problem.variables if not v.dims and v.given not in named]
    return tuple(v for v in alone if v.longest is not None or len(alone) <= FEW)


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else words.number(value)


def _tightest(run: Run, one: xr.Dataset, units: dict[str, str]) -> str:
    """The margin that is smallest relative to the spread of its quantity, and its quantity.

    A margin that all selected designs share, such as that of a yes-or-no quantity, is left out.
    """
    limits = run.spec.limits
    if not limits:
        return "none"
    spread = [max(float(run.verdicts[x.quantity].std(skipna=True)), 1e-12) for x in limits]
    margin = one["margin"].to_numpy()
    shared = np.ptp(run.verdicts["margin"].to_numpy()[run.selected], axis=0) == 0
    i = int(np.argmin(margin / np.array(spread) + np.where(shared & ~shared.all(), np.inf, 0.0)))
    name = limits[i].quantity
    return f"{words.number(float(margin[i]), units[name])} of {name}"


def _facts(run: Run, record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Provenance as pairs of a name and a value."""
    origin, engine = record["origin"], record["engine"]
    return (
        ("Engine", f"{engine['name']} {engine['version']}"),
        _maker(record),
        *_fit_and_steps(record),
        ("Seed", str(origin["seed"])),
        *((("Conditions", alike),) if (alike := words.alike(record)) else ()),
        ("Spec", origin["spec"]),
        ("Data", origin["data"]),
        ("Model", origin["model"] or "none at its beginning"),
        ("Code", origin["code"]),
        ("Data licence", record["data_licence"] or "none stated"),
        ("Versions", ", ".join(f"{k} {v}" for k, v in record["versions"].items())),
        ("Machine", ", ".join(f"{k} {v}" for k, v in record["machine"].items())),
        ("Peak memory", f"{record['peak_memory_mb']:.0f} MB"),
        *((("Energy", words.energy(record["energy"])),) if "energy" in record else ()),
    )


def _maker(record: dict[str, Any]) -> tuple[str, str]:
    """The proposer: a generator, or a strategy in rounds."""
    if "plan" in record:
        plan = record["plan"]
        return "Strategy", f"{plan['strategy']}, in rounds of at most {plan['batch']}"
    model = record["model"]
    cached = "taken from the cache" if model["from_cache"] else "fitted in this run"
    rows = model["fit"].get("rows")
    learnt = f", on {rows} designs" if rows else ""
    return "Generator", f"{model['family']}, {cached}{learnt}"


def _fit_and_steps(record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Verdict on the fit, and what each step of an inversion changed by the forward model."""
    model = record.get("model") or {}
    found = [("Fit", model["fit"]["verdict"])] if "verdict" in model.get("fit", {}) else []
    steps = [
        f"{name}: {own['missed_tolerances']:.3g} tolerances off, {own['within']:.0%} within, "
        f"{own['new']:.0%} new"
        for name, own in model.get("steps", {}).items()
    ]
    if steps:
        found.append(("Steps, by the forward model", "; ".join(steps)))
    return tuple(found)


def _disagreement(run: Run) -> tuple[tuple[str, str], ...]:
    """Largest difference from the independent engine, by quantity."""
    cross, by = run.record["cross_check"], run.scales
    if cross is None:
        return ()
    return tuple(
        (name, words.number(*_distance(value, by.get(name))))
        for name, value in cross["disagreement"].items()
    )


def _distance(value: float, by: Scale | None) -> tuple[float, str]:
    """A difference in its display unit, and that unit."""
    return (value, "") if by is None else (by.difference(value), by.unit)
