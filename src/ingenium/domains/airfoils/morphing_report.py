"""Report of the best bending sections, and the gain and cost of bending."""

import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.quantity import Variable
from ingenium.core.select import best as best_of
from ingenium.core.verify import Verifier
from ingenium.domains.airfoils.cst import Surfaces, arrays_of, stations
from ingenium.domains.airfoils.settings import MorphingSettings
from ingenium.domains.airfoils.tail import Tail, parabola
from ingenium.drawing import Rows, table
from ingenium.drawing.style import MUTED, SERIES, SMALL, TEXT, dress, panels

SHOWN = 4


def sections(
    settings: MorphingSettings,
    judge: Verifier,
    variables: tuple[Variable, ...],
    found: tuple[xr.Dataset, xr.Dataset],  # designs and their verdicts
) -> tuple[Section, ...]:
    """Plot the best accepted designs as they bend, compared with themselves unbent."""
    designs, verdicts = found
    best = best_of(verdicts, "lift_to_drag", most=True)[:SHOWN]
    if not len(best):
        return ()
    arrays = tuple(a[best] for a in to_arrays(designs, variables))
    labels = [f"design {i}" for i in designs[DESIGN].to_numpy()[best]]
    rows = _table(settings, judge, arrays, verdicts.isel({DESIGN: best}), labels)
    return (
        Section(
            "Bent sections",
            "Left: the best accepted sections at twice their height, in grey before bending and "
            "in colour at each operating point. The chord through the nose stays in place. Right: "
            "displacement of the mean line, from the hinge (dotted) to the tail, in thousandths "
            "of the chord, which makes small deflections visible.",
            _bent(settings, arrays, labels),
        ),
        Section(
            "Benefit and cost of bending",
            f"The same sections with and without bending, by {judge.name}. Energy and strain are "
            "those of two thin skins over a core without stiffness: a proxy that ranks schedules.",
            table=rows,
        ),
    )


def _table(
    settings: MorphingSettings,
    judge: Verifier,
    arrays: tuple[torch.Tensor, ...],
    verdicts: xr.Dataset,
    labels: list[str],
) -> Rows:
    """Deflections, lift over drag with and without them, and their cost."""
    still = judge.measure(*arrays[:4], torch.zeros_like(arrays[4])).numpy()
    before = still[:, [q.name for q in judge.quantities].index("lift_to_drag")]
    after = verdicts["lift_to_drag"].to_numpy()
    bends = zip(settings.points, arrays[4].numpy().T, strict=True)
    return table(
        ("design", labels, ""),
        *((f"deflection at {p.name} (°)", bend, "+.1f") for p, bend in bends),
        ("lift over drag, unbent", before, ".1f"),
        ("bent", after, ".1f"),
        ("gain (%)", 100 * (after / before - 1), "+.1f"),
        ("energy (proxy)", verdicts["actuation_energy"].to_numpy(), ".1e"),
        ("strain (proxy, %)", 100 * verdicts["skin_strain"].to_numpy(), ".2f"),
    )


def _bent(settings: MorphingSettings, arrays: tuple[torch.Tensor, ...], names: list[str]) -> Figure:
    points, tail, x = settings.points, Tail(settings.hinge), stations(200)
    still = Surfaces.of(arrays[:4], x)
    moved = Surfaces.of(arrays_of(tail.cases(arrays, len(points))), x)
    drop = -parabola(x, settings.hinge)
    figure, grid = panels(len(names), 2, (5.25, 1.9), widths=(1.6, 1.0))
    for i, (name, (axes, distance)) in enumerate(zip(names, grid, strict=True)):
        axes.fill_between(x, still.lower[i], still.upper[i], color=MUTED, alpha=0.3, lw=0)
        middle = 0.5 * (still.upper[i] + still.lower[i])
        for j, point in enumerate(points):
            k, colour = i * len(points) + j, SERIES[j % len(SERIES)]
            turned = x * float(drop[-1] * torch.deg2rad(arrays[4][i, j]).tan())
            upper, lower = moved.upper[k] - turned, moved.lower[k] - turned
            label = f"{point.name} {float(arrays[4][i, j]):+.1f}°"
            axes.plot(x, upper, color=colour, lw=1.1, label=label)
            axes.plot(x, lower, color=colour, lw=1.1)
            distance.plot(x, 1000 * (middle - 0.5 * (upper + lower)), color=colour, lw=1.4)
        axes.set_aspect(2.0, adjustable="datalim")
        axes.set_title(name, fontsize=TEXT)
        axes.legend(frameon=False, fontsize=SMALL, loc="upper right")
        axes.axis("off")
        _moved(distance, settings.hinge, last=i == len(names) - 1)
    return figure


def _moved(axes: Axes, hinge: float, *, last: bool) -> None:
    """Frame of the panel with the displacement of the mean lines."""
    axes.axvline(hinge, color=MUTED, lw=0.8, ls=":")
    axes.axhline(0, color=MUTED, lw=0.6)
    axes.invert_yaxis()
    dress(axes, "x / chord" if last else "", "down (chord / 1000)")
