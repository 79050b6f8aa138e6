"""What the page of a run shows, gathered from the run."""

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
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.loop import Run
from ingenium.report import figures, words
from ingenium.report.template import template

BEST = 20  # designs in the table


@dataclass(frozen=True)
class Shown:
    """A section with its picture drawn."""

    heading: str
    text: str
    picture: Markup | None
    table: tuple[tuple[str, ...], ...]


def write(run: Run, folder: Path) -> None:
    """Write `report.html` into a folder.

    Raises:
        StorageError: if it cannot be written.
    """
    write_atomic(folder / "report.html", render(run))


def render(run: Run) -> str:
    """The report as HTML."""
    summary, record = run.summary, run.record
    return template("page.html.jinja").render(
        title=run.spec.title or run.problem.summary,
        problem=run.problem,
        summary=summary,
        shares={
            k: getattr(summary, k) / summary.proposed for k in ("accepted", "rejected", "failed")
        },
        asked=tuple(words.asked(run.spec, run.problem)),
        limits=tuple(zip(run.spec.limits, summary.limits, strict=True)),
        histograms=_histograms(run),
        nearest=summary.nearest,
        sections=_sections(run),
        best=best(run),
        record=record,
        facts=_facts(record),
        uncertainty=_disagreement(run),
        second_verdicts=words.second_verdicts(run.record["cross_check"] or {}),
        folder=shlex.quote(str(run.folder)),
        first=int(run.designs[DESIGN][run.selected[0]]) if len(run.selected) else 0,
        kept=len(run.selected),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _histograms(run: Run) -> tuple[tuple[str, Markup], ...]:
    """One for each limit over the designs that were measured."""
    answered = np.flatnonzero(run.verdicts["verdict"].to_numpy() != Verdict.FAILED)
    if not len(answered):
        return ()
    measured = run.verdicts.isel({DESIGN: answered})
    names = {q.name: q for q in run.problem.quantities}
    drawn = []
    for i, limit in enumerate(run.spec.limits):
        quantity = names[limit.quantity]
        unit = "" if quantity.unit in ("", "1") else f" ({quantity.unit})"
        values = measured[limit.quantity].to_numpy()
        known = np.isfinite(values)  # not what was left out of designs that other limits reject
        if not known.any():
            continue
        figure = figures.histogram(
            values[known],
            measured["margin"].to_numpy()[known, i] < 0,
            limit,
            f"{quantity.long_name}{unit}",
        )
        drawn.append((words.limit(limit), figures.svg(figure, f"h{i}")))
    return tuple(drawn)


def _sections(run: Run) -> tuple[Shown, ...]:
    sections = run.problem.sections(run.designs, run.verdicts)
    return tuple(_shown(section, i) for i, section in enumerate(sections))


def _shown(section: Section, i: int) -> Shown:
    drawn = None if section.figure is None else figures.picture(section.figure, f"s{i}")
    return Shown(section.heading, section.text, drawn, section.table)


def best(run: Run, count: int = BEST) -> tuple[tuple[str, ...], ...]:
    """The first of the selected designs as a table: values and margins of what was asked."""
    asked = [limit.quantity for limit in run.spec.limits]
    wanted = dict.fromkeys([o.quantity for o in run.spec.objectives] + asked)
    units = {q.name: q.unit for q in run.problem.quantities}
    conditions = {c.name: c.unit for c in run.problem.conditions}
    header = ("design", "verdict", *conditions, *wanted, "smallest margin", "of")
    rows = [header]
    for i in run.selected[:count]:
        one = run.verdicts.isel({DESIGN: int(i)})
        rows.append(
            (
                str(int(run.designs[DESIGN][i])),
                Verdict(int(one["verdict"])).name.lower(),
                *(_condition(run.designs[c][i], unit) for c, unit in conditions.items()),
                *(words.number(float(one[name]), units[name]) for name in wanted),
                *_tightest(run, one, units),
            )
        )
    return tuple(rows)


def _condition(value: xr.DataArray, unit: str) -> str:
    item = value.item()
    return words.number(item, unit) if isinstance(item, float) else str(item)


def _tightest(run: Run, one: xr.Dataset, units: dict[str, str]) -> tuple[str, str]:
    """The margin that is smallest against the spread of its quantity, and its quantity."""
    limits = run.spec.limits
    if not limits:
        return "none", ""
    spread = [max(float(run.verdicts[x.quantity].std(skipna=True)), 1e-12) for x in limits]
    margin = one["margin"].to_numpy()
    i = int(np.argmin(margin / np.array(spread)))
    name = limits[i].quantity
    return words.number(float(margin[i]), units[name]), name


def _facts(record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Provenance as pairs of a name and a value."""
    origin, model, engine = record["origin"], record["model"], record["engine"]
    cached = "taken from the cache" if model["from_cache"] else "fitted in this run"
    rows = model["fit"].get("rows")
    learnt = f", on {rows} designs" if rows else ""
    return (
        ("Engine", f"{engine['name']} {engine['version']}"),
        (
            "Generator",
            f"{model['family']}, {cached}{learnt}",
        ),
        ("Seed", str(origin["seed"])),
        ("Spec", origin["spec"]),
        ("Data", origin["data"]),
        ("Model", origin["model"]),
        ("Code", origin["code"]),
        ("Data licence", record["data_licence"] or "none stated"),
        ("Versions", ", ".join(f"{k} {v}" for k, v in record["versions"].items())),
        ("Machine", ", ".join(f"{k} {v}" for k, v in record["machine"].items())),
        ("Peak memory", f"{record['peak_memory_mb']:.0f} MB"),
        *((("Energy", words.energy(record["energy"])),) if "energy" in record else ()),
    )


def _disagreement(run: Run) -> tuple[tuple[str, str], ...]:
    """Largest difference to the independent engine, by quantity."""
    cross = run.record["cross_check"]
    units = {q.name: q.unit for q in run.problem.quantities}
    if cross is None:
        return ()
    return tuple(
        (name, words.number(value, units.get(name, "")))
        for name, value in cross["disagreement"].items()
    )
