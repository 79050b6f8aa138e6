"""Draw the pictures of README and gallery, and save figures of documents, from a finished run.

    python tools/docs/make_pictures.py out/winter_evening_peak
    python tools/docs/make_pictures.py out/bracket
    python tools/docs/make_pictures.py out/lead

writes docs/pictures/NAME.png and docs/figures/NAME.json, where NAME is that of the folder.
`tools/docs/fill_figures.py` then writes the figures into the documents.

    python tools/docs/make_pictures.py out/doodle --part Sketches

writes the picture alone, that of a part of the run's report.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import ingenium
from ingenium.core import evidence
from ingenium.core.designs import to_arrays
from ingenium.core.resolving import resolve
from ingenium.core.spec import Between, Spec, load
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder.feeder_day import FeederDay
from ingenium.domains.molecules.lead import Lead
from ingenium.domains.structures.bracket.bracket import Bracket
from ingenium.domains.structures.parts.report import over_mass, ranked
from ingenium.kits.solids.printing.rendering import Look, render

DOCS = Path(__file__).resolve().parents[2] / "docs"
REAL, PROPOSED = "#8c510a", "#2166ac"
SHOWN = 400  # days in each fan
SHARES = (0.05, 0.5, 0.95)  # of the quantiles that are stored
PARTS = 6  # in the picture of brackets
LOOK = Look(width_px=520, height_px=480)
FEW = 20  # fewer days are drawn as lines


def take(out: Path) -> dict[str, Any]:
    """Figures of a run: counts, seconds, and the record of its first exported design."""
    run = json.loads((out / "run.json").read_text())
    retained = [r for r in evidence.read(out / "evidence.jsonl") if r["file"] is not None]
    designs = xr.load_dataset(out / "designs.nc", engine="h5netcdf")
    limited = dict.fromkeys(limit["quantity"] for limit in run["spec"]["limits"])
    names = ("n", "spec", "model", "engine", "cross_check", "versions", "machine", "seconds")
    return {
        "summary": json.loads((out / "summary.json").read_text()),
        "run": {k: run[k] for k in (*names, "peak_memory_mb")},
        "quantiles": {q: np.nanquantile(designs[q], SHARES).tolist() for q in limited},
        "evidence": retained[0] if retained else None,
    }


def picture(out: Path) -> Figure:
    """Picture of a run for the README."""
    spec = load(out / "spec.toml")
    problem = open_problem(spec)
    designs = xr.load_dataset(out / "designs.nc", engine="h5netcdf")
    if isinstance(problem, FeederDay):
        return days_of(problem, resolve(spec, problem), designs)
    if isinstance(problem, Bracket):
        return parts_of(problem, designs)
    if isinstance(problem, Lead):
        return part_of(out, "Structures")
    raise SystemExit(
        "expected a run of grid.feeder_day, structures.bracket or molecules.lead, or --part; "
        f"got {spec.problem}."
    )


def part_of(out: Path, heading: str) -> Figure:
    """The picture of a part of a run's report."""
    drawn = ingenium.open_run(out).pictures()
    if heading not in drawn:
        raise SystemExit(f'expected one of {", ".join(drawn)}, got "{heading}".')
    return drawn[heading]


def parts_of(problem: Bracket, designs: xr.Dataset) -> Figure:
    """Draw six accepted parts from their files, and all designs by mass and work."""
    best = ranked(designs)
    even = np.unique(np.linspace(0, len(best) - 1, PARTS).round().astype(int))
    chosen = best[even][np.argsort(designs["mass"].to_numpy()[best[even]])]
    figure = Figure(figsize=(11.5, 4.9), layout="constrained")
    views, plane = figure.subfigures(1, 2, width_ratios=(1.6, 1.0))
    rows = -(-len(chosen) // 3)
    for ax, i in zip(views.subplots(rows, 3).flat, chosen, strict=False):
        one = designs.isel(design=int(i))
        ax.imshow(render(problem.printer.mesh(one["density"].to_numpy()), LOOK))
        ax.set_axis_off()
        ax.set_title(
            f"{1e3 * float(one['mass']):.0f} g, {float(one['compliance']):.1f} J", fontsize=9
        )
    over_mass(problem.others, designs, "compliance").draw(plane.subplots())
    return figure


def days_of(problem: FeederDay, spec: Spec, designs: xr.Dataset) -> Figure:
    """Plot load and lowest voltage over the day, proposed and real days under equal conditions."""
    answered = np.flatnonzero(designs["verdict"].to_numpy() != 2)[:SHOWN]
    days = {"proposed": designs.isel(design=answered), "real": alike(problem.data(), spec)}
    figure = Figure(figsize=(9.5, 3.6), layout="constrained")
    power, voltage = figure.subplots(1, 2)
    for name, colour in (("proposed", PROPOSED), ("real", REAL)):
        own = days[name]
        label = f"{name} ({own.sizes['design']} days)"
        load_kw = 1000 * np.einsum("nut,u->nt", own["load_p"], problem.feeder.table.load_mw)
        trace = problem.feeder.verifier.trace(*to_arrays(own, problem.variables))
        fan(power, load_kw, colour, label)
        fan(voltage, trace.voltage_pu.min(2), colour, label)
    power.set_title("Load of the feeder (kW)", fontsize=10)
    voltage.set_title("Lowest voltage of the feeder (pu), by exact power flow", fontsize=10)
    for limit in spec.limits:
        if limit.quantity == "min_voltage" and limit.at_least is not None:
            voltage.axhline(limit.at_least, color="#b2182b", linestyle="--", linewidth=1)
            voltage.text(0.3, limit.at_least, "limit", va="bottom", fontsize=8, color="#b2182b")
    power.legend(frameon=False, fontsize=8, loc="upper left")
    figure.supxlabel(
        "blue: median, and bands that hold 50 % and 90 % of the days; brown: real days", fontsize=8
    )
    return figure


def alike(known: xr.Dataset, spec: Spec) -> xr.Dataset:
    """Real days under the conditions of the spec."""
    fits = np.ones(known.sizes["design"], dtype=bool)
    for name, wanted in spec.conditions.items():
        values = known[name].to_numpy()
        if isinstance(wanted, Between):
            fits &= (values >= wanted.at_least) & (values <= wanted.at_most)
        else:
            fits &= np.isin(values, wanted)
    return known.isel(design=np.flatnonzero(fits))


def fan(ax: Axes, values: np.ndarray, colour: str, label: str) -> None:
    hours = np.arange(values.shape[1]) * 24 / values.shape[1]
    if len(values) < FEW:
        for i, day in enumerate(values):
            ax.plot(
                hours, day, color=colour, linewidth=0.7, alpha=0.8, label=label if not i else ""
            )
        return
    low, left, middle, right, high = np.nanquantile(values, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    ax.fill_between(hours, low, high, color=colour, alpha=0.15, linewidth=0)
    ax.fill_between(hours, left, right, color=colour, alpha=0.25, linewidth=0)
    ax.plot(hours, middle, color=colour, linewidth=1.4, label=label)
    ax.set_xlim(0, 24)
    ax.set_xticks(range(0, 25, 6), [f"{h:02d}:00" for h in range(0, 25, 6)])
    ax.tick_params(labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25, linewidth=0.6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder of a finished run")
    parser.add_argument("--figures-only", action="store_true", help="draw no picture")
    parser.add_argument("--part", help="heading of a part of its report, whose picture is taken")
    requested = parser.parse_args()
    out = requested.out.resolve()
    if requested.part is not None:
        part_of(out, requested.part).savefig(DOCS / "pictures" / f"{out.name}.png", dpi=110)
        return
    figures = json.dumps(take(out), indent=1) + "\n"
    (DOCS / "figures" / f"{out.name}.json").write_text(figures)
    if not requested.figures_only:
        picture(out).savefig(DOCS / "pictures" / f"{out.name}.png", dpi=110)


if __name__ == "__main__":
    main()
