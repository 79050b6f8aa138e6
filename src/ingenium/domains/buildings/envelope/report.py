"""Report of envelopes: costs against energy, facades, months, comfort, and both engines."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict, margins
from ingenium.domains.buildings.envelope.design import PACKAGES, RANGES, Envelopes
from ingenium.domains.buildings.envelope.epjson import SIDE_M
from ingenium.domains.buildings.envelope.outcome import QUANTITIES, Year
from ingenium.domains.buildings.envelope.use import COLDEST, WARMEST, month
from ingenium.domains.buildings.envelope.views import body
from ingenium.domains.buildings.envelope.zones import BAND_M, FACADES, GAP_M, SILL_M
from ingenium.drawing import Rows
from ingenium.drawing.style import KNOWN, MUTED, OURS, REJECTED, dress, panels

if TYPE_CHECKING:
    from ingenium.domains.buildings.envelope.problem import BuildingEnvelope

LISTED = 6  # designs in the table
MONTHS = "JFMAMJJASOND"
WARM, COOL = "#c8553d", "#3d7fc8"  # heat and cold
GLASS, SHADE = "#7db7dd", "#555555"
UNITS = {"1": "", "m": "mm", "W/m**2": "W/m²", "degC": "°C"}
COMPARED = ("eui", "heating", "cooling", "heating_peak", "cooling_peak", "overheating", "cold",
            "cost")  # fmt: skip


def sections(
    problem: "BuildingEnvelope", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Return sections on the accepted designs, and on that of the least cost."""
    good = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    front = Section(
        "Cost and energy",
        "Each point is a design; the packages of standards are judged by the network. Costs are "
        "those of a year: energy, and the investment as an annuity.",
        _front(problem, verdicts, good),
    )
    if not len(good):
        return (front, Section("No envelope was accepted", "See what was violated above."))
    order = good[np.argsort(verdicts["cost"].to_numpy()[good], kind="stable")]
    own = Envelopes.of(to_arrays(designs.isel({DESIGN: order}), problem.variables))
    numbers = [int(i) for i in designs[DESIGN].to_numpy()[order]]
    best, name = own.part(slice(0, 1)), f"design {numbers[0]}"
    year = problem.year(best)
    text = f"All are of {name}, the accepted one of the least cost."
    return (
        front,
        Section("Accepted envelopes of the least cost", "", table=_values(own, numbers)),
        Section(f"Facades of {name}", f"{text} Overhangs are dark, with their depth in metres.",
                _elevations(problem, best)),
        Section(f"Body of {name}", "Turn it.", scenes=(body(problem.zones, best, name),)),
        Section(f"Months and comfort of {name}",
                "Left: heat and cold that rooms get. Right: hours of use of each zone in order of "
                "temperature; EN 16798-1, category II, between the lines.",
                _year(problem, year)),
        *_engines(problem, designs, verdicts),
    )  # fmt: skip


def _front(problem: "BuildingEnvelope", verdicts: xr.Dataset, good: np.ndarray) -> Figure:
    figure, grid = panels(1, 1, (5.4, 3.6))
    axes = grid[0, 0]
    eui, cost = verdicts["eui"].to_numpy(), verdicts["cost"].to_numpy()
    bad = np.setdiff1d(np.arange(len(eui)), good)
    axes.scatter(eui[bad], cost[bad], 14, REJECTED, label="not accepted", alpha=0.6)
    axes.scatter(eui[good], cost[good], 16, OURS, label="accepted")
    names = [q.name for q in QUANTITIES]
    for package, mark in zip(PACKAGES, "s^D", strict=True):
        rows = problem.network.rows(package.designs(problem.sizes["facade"]))
        met = bool((margins(rows, names, problem.requested) >= 0).all())
        label = f"{package.name} ({'' if met else 'not '}accepted)"
        at = rows[:, names.index("eui")], rows[:, names.index("cost")]
        axes.scatter(*at, 30, KNOWN, marker=mark, label=label)
    dress(axes, "energy use of a year (kWh/m²)", "cost of a year (EUR/m²)", grid=True)
    axes.legend(frameon=False, fontsize=8)
    return figure


def _values(own: Envelopes, numbers: list[int]) -> Rows:
    count = min(LISTED, len(own))
    rows = [("variable", *(f"design {n}" for n in numbers[:count]))]
    for name, r in RANGES.items():
        unit = UNITS.get(r.unit, r.unit)
        if r.shown != "mm" and r.unit == "m":
            unit = "m"
        scale = 1000 if r.shown == "mm" else 1
        cells = []
        for value in np.asarray(getattr(own, name))[:count]:
            if r.labels:
                cells.append(r.labels[int(value)])
            else:
                cells.append(" / ".join(f"{scale * v:g}" for v in np.atleast_1d(value)))
        title = f"{name.replace('_', ' ')}{f', {unit}' if unit else ''}"
        rows.append((title, *cells))
    return tuple(rows)


def _elevations(problem: "BuildingEnvelope", best: Envelopes) -> Figure:
    zones = problem.zones
    columns = min(2, len(zones.facades))
    figure, grid = panels(-(-len(zones.facades) // columns), columns, (4.4, 2.4))
    for axes in grid.flat[len(zones.facades) :]:
        axes.set_axis_off()
    for k, facade in enumerate(zones.facades):
        _elevation(grid.flat[k], problem, best, k, facade)
    return figure


def _elevation(
    axes: Axes, problem: "BuildingEnvelope", best: Envelopes, k: int, facade: int
) -> None:
    zones = problem.zones
    high, share, depth = zones.height_m, float(best.window[0, k]), float(best.overhang[0, k])
    flip = -1.0 if facade in (2, 3) else 1.0  # as seen from outside
    listed = [(z.storey * high, w) for z in zones.zones for w in z.walls if w.facade == facade]
    start = min(flip * x for _, w in listed for x in (w.low, w.high))
    ends = []
    for z, wall in listed:
        low, top = sorted((flip * wall.low - start, flip * wall.high - start))
        ends.append(top)
        axes.add_patch(Rectangle((low, z), top - low, high, fc="#eeeae2", ec="white", lw=1))
        wide = share * wall.windowed
        if wide > 0:
            x = (low + top - wide) / 2
            axes.add_patch(Rectangle((x, z + SILL_M), wide, BAND_M, fc=GLASS, ec="none"))
            if depth:
                at = z + SILL_M + BAND_M + GAP_M
                shade = Rectangle((x - SIDE_M, at), wide + 2 * SIDE_M, 0.15, fc=SHADE, ec="none")
                axes.add_patch(shade)
    axes.set_xlim(-0.5, max(ends) + 0.5)
    axes.set_ylim(-0.2, (zones.zones[-1].storey + 1) * high + 0.4)
    axes.set_aspect("equal")
    dress(axes, "m", "m", title=f"{FACADES[facade]}: {share:.0%} windows, overhangs {depth:g} m")


def _year(problem: "BuildingEnvelope", year: Year) -> Figure:
    figure, grid = panels(1, 2, (4.4, 3.2))
    area, months = problem.zones.floor_m2, month()
    total = year.hours[0, :, 1:].sum(0) / 1000 / area
    heat, cold = (np.bincount(months, total[k], minlength=12) for k in (0, 1))
    left, right = grid[0, 0], grid[0, 1]
    at = np.arange(12)
    left.bar(at - 0.2, heat, 0.4, color=WARM, label="heat")
    left.bar(at + 0.2, cold, 0.4, color=COOL, label="cold")
    left.set_xticks(at, list(MONTHS))
    dress(left, "month", "kWh/m²", grid=True)
    left.legend(frameon=False, fontsize=8)
    hours = np.sort(year.hours[0, :, 0][:, problem.use.occupied], 1)
    for row in hours:
        right.plot(np.arange(hours.shape[1]), row, color=OURS, lw=0.8, alpha=0.7)
    for bound in (COLDEST, WARMEST):
        right.axhline(bound, color=MUTED, ls="--", lw=1)
    dress(right, "hours of use, from the coldest on", "operative temperature (°C)", grid=True)
    return figure


def _engines(
    problem: "BuildingEnvelope", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Compare the network with EnergyPlus, where that has judged."""
    known = np.flatnonzero(np.isfinite(verdicts["eui"].to_numpy()))[:64]
    if problem.verifier is problem.network or not len(known):
        return ()
    own = Envelopes.of(to_arrays(designs.isel({DESIGN: known}), problem.variables))
    rows, names = problem.network.rows(own), [q.name for q in QUANTITIES]
    table: list[tuple[str, ...]] = [
        ("quantity", "EnergyPlus, mean", "network, mean", "mean difference", "largest difference")
    ]
    for name in COMPARED:
        exact, fast = verdicts[name].to_numpy()[known], rows[:, names.index(name)]
        gap = np.abs(fast - exact)
        numbers = (exact.mean(), fast.mean(), gap.mean(), gap.max())
        unit = QUANTITIES[names.index(name)].unit.replace("**2", "²")
        table.append((f"{name.replace('_', ' ')}, {unit}", *(f"{x:.2f}" for x in numbers)))
    return (
        Section(
            "The network that screened, and EnergyPlus",
            f"{len(known)} designs by both. Differences are absolute.",
            table=tuple(table),
        ),
    )
