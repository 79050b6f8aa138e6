"""What a builder wants to see: columns, how their layers are laid, and what they save."""

import numpy as np
import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.toolpath.laying import ColumnNumbers, ColumnPrinter, LaidColumn
from ingenium.domains.structures.toolpath.prism import SquareColumn
from ingenium.domains.structures.toolpath.verifier import columns
from ingenium.drawing.style import (
    INK,
    MUTED,
    OURS,
    REJECTED,
    SMALL,
    by_verdict,
    dress,
    panels,
    plane,
)
from ingenium.kits.solids.printing.pictures import gallery
from ingenium.kits.solids.printing.toolpath import Toolpath

SHOWN = 4
LEVELS = (0.02, 0.5, 0.98)  # of the height, where a layer is shown
HEAD = (
    *("design", "foot, mm", "power", "taper", "turn, °", "rings", "infill, %", "mass, kg"),
    *("capacity", "less than a solid square", "hours"),
)


def sections(
    printer: ColumnPrinter, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Material first; then the lightest columns and their layers."""
    good = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    out = [
        Section("Material and capacity", _told(verdicts, good), _plane(printer, verdicts)),
    ]
    best = good[np.argsort(verdicts["mass"].to_numpy()[good], kind="stable")][:SHOWN]
    arrays = (torch.from_numpy(designs[name].to_numpy()[best]) for name in ColumnNumbers._fields)
    found = [printer.column(n) for n in columns(*arrays) if n is not None]
    if found:
        names = [f"design {i}" for i in designs[DESIGN].to_numpy()[best]]
        both = zip(found, best.tolist(), names, strict=True)
        rows = tuple(_row(column, verdicts, i, name) for column, i, name in both)
        laid = "Beads as wide as they are, and travels in red; near foot, in the middle, near head."
        out += [
            Section("The lightest columns", table=(HEAD, *rows)),
            Section("How they look", "", gallery([c.mesh for c in found], names)),
            Section("How they are laid", laid, _layers(found, names)),
        ]
    return tuple(out)


def _told(verdicts: xr.Dataset, good: np.ndarray) -> str:
    line = "The grey line is that of solid square columns, by the theory of beams."
    if not len(good):
        return f"No column holds every limit. {line}"
    needs = 100 - 100 * verdicts["saved"].to_numpy()[good]
    told = "The column that holds every limit needs"
    span = ""
    if len(good) > 1:
        told = f"{len(good)} columns that hold every limit need"
        span = f" ({needs.min():.0f} to {needs.max():.0f} %)"
    solid = "the material of the solid square column that bears as much"
    return f"{told} {needs.mean():.0f} % of {solid}{span}. {line}"


def _row(column: LaidColumn, verdicts: xr.Dataset, i: int, name: str) -> tuple[str, ...]:
    own = column.numbers
    mass, capacity, saved, hours = (
        float(verdicts[k].to_numpy()[i]) for k in ("mass", "capacity", "saved", "print_time")
    )
    return (
        name,
        " x ".join(f"{2e3 * h:.0f}" for h in own.half_m),
        f"{own.power:.1f}",
        f"{own.taper:.2f}",
        f"{own.turn_deg:.0f}",
        f"{own.rings}",
        f"{100 * own.infill_foot:.0f} to {100 * own.infill_head:.0f}",
        f"{mass:.0f}",
        f"{capacity:.2f}",
        f"{saved:.0%}",
        f"{hours:.1f}",
    )


def _plane(printer: ColumnPrinter, verdicts: xr.Dataset) -> Figure:
    figure, axes = plane(6.4, 4.0)
    capacity, mass = verdicts["capacity"].to_numpy(), verdicts["mass"].to_numpy()
    by_verdict(axes, capacity, mass, verdicts["verdict"].to_numpy())
    most = float(capacity[np.isfinite(capacity)].max(initial=1.0))
    at = np.linspace(0.3, 1.05 * most, 40)
    square = SquareColumn(printer.settings).masses_kg(at)
    axes.plot(at, square, color=MUTED, lw=1.5, label="solid square")
    axes.set(xlim=(0, None), ylim=(0, None))
    dress(axes, "load at failure, in multiples of the load", "concrete (kg)", grid=True)
    return figure


def _layers(found: list[LaidColumn], names: list[str]) -> Figure:
    figure, grid = panels(len(found), len(LEVELS), (2.2, 2.2))
    for row, (column, name) in enumerate(zip(found, names, strict=True)):
        path, tops = column.path, column.path.layers_m
        reach = 1e3 * float(np.abs(column.mesh.bounds[:, :2]).max())
        for axes, level in zip(grid[row], LEVELS, strict=True):
            top = tops[int(level * (len(tops) - 1))]
            own = np.flatnonzero(path.laid & (np.abs(path.corner_m[:, 2] - top) < 1e-6))
            _beads(axes, path, own, reach)
            axes.set_title(f"{name}, at {1e3 * top:.0f} mm", fontsize=SMALL, color=INK)
    return figure


def _beads(axes: Axes, path: Toolpath, own: np.ndarray, reach_mm: float) -> None:
    """Laid moves as wide as their beads, and the travels between them."""
    at = 1e3 * path.corner_m[:, :2]
    wide = 1e3 * path.volume_m3[own] / (path.length_m[own] * path.height_m[own])
    points = 2.2 * 72 / (2.2 * reach_mm)  # of a millimetre on the page, about
    ends = np.stack([at[own - 1], at[own]], 1)
    axes.add_collection(
        LineCollection(
            list(ends), colors=OURS, linewidths=points * wide, alpha=0.35, capstyle="round"
        )
    )
    axes.add_collection(LineCollection(list(ends), colors=INK, linewidths=0.6))
    between = np.arange(own.min(), own.max() + 1)
    travels = between[~path.laid[between]]
    hops = np.stack([at[travels - 1], at[travels]], 1)
    axes.add_collection(LineCollection(list(hops), colors=REJECTED, linewidths=0.6))
    axes.set(xlim=(-1.1 * reach_mm, 1.1 * reach_mm), ylim=(-1.1 * reach_mm, 1.1 * reach_mm))
    axes.set_aspect("equal")
    axes.axis("off")
