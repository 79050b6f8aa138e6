"""Report of wing sections: pressures, polars, known sections, and agreement of both engines."""

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.quantity import Variable
from ingenium.core.select import best as best_of
from ingenium.core.spec import Fixed
from ingenium.core.verify import Verifier
from ingenium.domains.airfoils.cst import Arrays, Surfaces, arrays_of, numbers_of, stations
from ingenium.domains.airfoils.hard import shaped
from ingenium.domains.airfoils.network import SPEEDS, network
from ingenium.domains.airfoils.polar import sweep
from ingenium.domains.airfoils.settings import SectionSettings
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier
from ingenium.drawing import Axis, Requested, figure_of, table
from ingenium.drawing.style import KNOWN, MUTED, OURS, TEXT, dress, panels

SHOWN = 4
FEWEST_POINTS = 3
RIVALS = 5  # known sections, the best by NeuralFoil, that the verifier measures
COLUMNS = {  # of the table, with their formats
    "max_thickness": ".3f",
    "lift_to_drag": ".1f",
    "least_lift_to_drag": ".1f",
    "drag": ".5f",
    "moment": ".3f",
    "max_lift": ".2f",
    "edge_thickness": ".4f",
}


def sections(
    settings: SectionSettings,
    judge: Verifier,
    variables: tuple[Variable, ...],
    found: tuple[xr.Dataset, xr.Dataset],  # designs and their verdicts
    known: xr.Dataset,
) -> tuple[Section, ...]:
    """Plot the best sections with pressures and polars, compared with the best known ones."""
    designs, verdicts = found
    arrays = to_arrays(designs, variables)
    said = _agreement(settings, judge, arrays, verdicts)
    best = best_of(verdicts, "lift_to_drag", most=True)[:SHOWN]
    if not len(best):
        return said
    sharing = (variables, Fixed(float(designs["edge"].to_numpy()[best[0]])))
    rival, names, measured = _rivals(settings, judge, sharing, known, verdicts)
    labels = [f"design {i}" for i in designs[DESIGN].to_numpy()[best]]
    chosen, top = tuple(a[best] for a in arrays), tuple(a[:1] for a in rival)
    first = (tuple(a[:1] for a in chosen), top)
    drawn = _pressures(settings, _joined(chosen, top), [*labels, names[0]])
    polars = _polars(settings, first, verdicts, int(best[0]), measured)
    both = {q: [*verdicts[q].to_numpy()[best], *measured[q].to_numpy()] for q in COLUMNS}
    columns = ((q.replace("_", " "), both[q], how) for q, how in COLUMNS.items())
    numbers = table(("section", [*labels, *names], ""), *columns)
    said_of = _words(judge.name, names[0])
    return (
        Section("Sections and pressures", said_of[0], drawn),
        Section("Lift over drag", said_of[1], polars),
        Section("Best designs and best known sections", said_of[2], table=numbers),
        *said,
    )


def _words(judge: str, rival: str) -> tuple[str, str, str]:
    return (
        "The best accepted sections at twice their height, with the pressure on both surfaces at "
        "each operating point (of NeuralFoil; suction is up, dashed below). The last row, in "
        f"brown, is {rival}, the best known section of these thicknesses.",
        "Lines are NeuralFoil's polars at the Reynolds number of each point; crosses are what "
        f"{judge} measured at the requested lift. Blue the best design, brown the best known "
        f"section.",
        f"All measured by {judge}; the known ones are those of the UIUC database that NeuralFoil "
        "puts first among all as thick as the designs, brought to the trailing edge of the best "
        "design, whatever the other limits.",
    )


def _rivals(
    settings: SectionSettings,
    judge: Verifier,
    sharing: tuple[tuple[Variable, ...], Fixed],  # components of all sections, and their edge
    known: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Arrays, list[str], xr.Dataset]:
    """The best known sections in the thickness range of the designs, and their measurements.

    They get the trailing edge of the designs, since a sharp one glides better but cannot be built.
    """
    variables, edge = sharing
    thick = verdicts["max_thickness"].to_numpy()
    own = known["thickness"].to_numpy()
    fits = (own >= np.nanmin(thick) - 1e-9) & (own <= np.nanmax(thick) + 1e-9)
    pool = known.isel({DESIGN: np.flatnonzero(fits)}) if fits.any() else known
    thickness = torch.from_numpy(pool["thickness"].to_numpy())
    arrays = shaped(to_arrays(pool, variables), thickness, {"edge_thickness": edge})
    cheap = NeuralFoilVerifier(settings)
    names = [q.name for q in cheap.quantities]
    value = cheap.measure(*arrays)
    reached = value[:, names.index("lift_missing")] < 1e-3
    ratio = torch.where(reached, value[:, names.index("lift_to_drag")], -torch.inf)
    first = ratio.argsort(descending=True, stable=True)[:RIVALS]
    chosen = tuple(a[first] for a in arrays)
    measured = judge.measure(*chosen)
    order = measured[:, names.index("lift_to_drag")].nan_to_num(-torch.inf).argsort(descending=True)
    found = xr.Dataset({n: (DESIGN, measured[order, i].numpy()) for i, n in enumerate(names)})
    labels = pool["section"].to_numpy()[first.numpy()][order.numpy()].tolist()
    return tuple(a[order] for a in chosen), labels, found


def _joined(one: Arrays, other: Arrays) -> Arrays:
    return arrays_of(torch.cat([numbers_of(one), numbers_of(other)]))


def _pressures(settings: SectionSettings, arrays: Arrays, names: list[str]) -> Figure:
    """A row for each section: its outline, then pressures at each point."""
    points = settings.points
    shape = Surfaces.of(arrays, stations(200))
    flow = NeuralFoilVerifier(settings).working(*arrays)
    figure, grid = panels(len(names), 1 + len(points), (3.2, 1.9))
    place = (np.arange(SPEEDS) + 0.5) / SPEEDS
    for i, name in enumerate(names):
        colour = KNOWN if i == len(names) - 1 else OURS
        axes = grid[i][0]
        axes.fill_between(shape.x, shape.lower[i], shape.upper[i], color=colour, alpha=0.15, lw=0)
        axes.plot(shape.x, shape.upper[i], color=colour, lw=1.2)
        axes.plot(shape.x, shape.lower[i], color=colour, lw=1.2)
        axes.set_aspect(2.0, adjustable="datalim")
        axes.set_title(name, fontsize=TEXT)
        axes.axis("off")
        for j, point in enumerate(points):
            k = i * len(points) + j
            axes = grid[i][1 + j]
            axes.plot(place, 1 - flow.flow.upper_speed[k].square(), color=colour, lw=1.2)
            axes.plot(place, 1 - flow.flow.lower_speed[k].square(), color=colour, lw=1.2, ls="--")
            axes.axhline(0, color=MUTED, lw=0.6)
            axes.invert_yaxis()
            title = f"{point.name}: {float(flow.angle_deg[k]):.1f}°"
            x, y = "x / chord" if i == len(names) - 1 else "", "pressure" if j == 0 else ""
            dress(axes, x, y, title=title)
    return figure


def _polars(
    settings: SectionSettings,
    pair: tuple[Arrays, Arrays],  # the best design, and the best known section
    verdicts: xr.Dataset,
    best: int,
    measured: xr.Dataset,
) -> Figure:
    points = settings.points
    net = network(settings.network, settings.amplification)
    angles = torch.arange(-6.0, 18.01, 0.25, dtype=torch.float64)
    figure, grid = panels(1, len(points), (3.6, 3.2), sharey=True)
    for j, (axes, point) in enumerate(zip(grid[0], points, strict=True)):
        for arrays, colour in zip(pair, (OURS, KNOWN), strict=True):
            speed = torch.tensor([point.reynolds], dtype=torch.float64)
            flow = sweep(net, numbers_of(arrays), angles, speed)
            sure = flow.confidence >= settings.least_confidence
            ratio = torch.where(sure, flow.lift / flow.drag, torch.nan)
            axes.plot(flow.lift, ratio, color=colour, lw=1.2)
        name = f"lift_to_drag_{point.name}"
        axes.axvline(point.lift, color=MUTED, lw=0.6, ls=":")
        axes.plot(point.lift, verdicts[name].to_numpy()[best], "x", color=OURS, ms=9, mew=2)
        axes.plot(point.lift, measured[name].to_numpy()[0], "x", color=KNOWN, ms=9, mew=2)
        axes.set_ylim(0, None)
        axes.set_xlim(-0.2, None)
        title = f"{point.name}: Reynolds {point.reynolds:.2g}"
        dress(axes, "lift coefficient", "lift over drag" if j == 0 else "", title=title)
    return figure


def _agreement(
    settings: SectionSettings, judge: Verifier, arrays: Arrays, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Deviation of NeuralFoil, which repaired the proposals, from XFOIL, where XFOIL verifies."""
    if judge.name == "neuralfoil":
        return ()
    cheap = NeuralFoilVerifier(settings)
    names = [q.name for q in cheap.quantities]
    theirs = cheap.measure(*arrays)[:, names.index("lift_to_drag")].numpy()
    ours = verdicts["lift_to_drag"].to_numpy()
    both = np.isfinite(ours) & np.isfinite(theirs)
    if both.sum() < FEWEST_POINTS:
        return ()
    gap = theirs[both] / ours[both] - 1
    cheap_axis = Axis(theirs, "lift over drag by NeuralFoil")
    exact = Axis.of(verdicts, "lift_to_drag", "lift over drag by XFOIL")
    shown = Requested(cheap_axis, exact, verdicts["verdict"].to_numpy())
    figure = figure_of(shown, size=(4.8, 3.8))
    text = (
        f"NeuralFoil guides repair, XFOIL judges. On these designs NeuralFoil's lift over "
        f"drag differs by {100 * np.median(gap):+.1f} % from XFOIL's in the median, "
        f"{100 * np.median(np.abs(gap)):.1f} % in absolute value; XFOIL did not converge for "
        f"{int((~np.isfinite(ours)).sum())} of {len(ours)}."
    )
    return (Section("Two engines", text, figure),)
