"""Report of printed columns, their layers, and their savings."""

import numpy as np
import torch
import xarray as xr
from jaxtyping import Int64
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.domains.structures.toolpath.laying import ColumnNumbers, ColumnPrinter, LaidColumn
from ingenium.domains.structures.toolpath.prism import SquareColumn
from ingenium.domains.structures.toolpath.verifier import columns
from ingenium.drawing import Axis, Marks, Plane, Rows, figure_of, gallery, table
from ingenium.drawing.style import INK, MUTED, OURS, REJECTED
from ingenium.kits.solids.printing.pictures import gallery as bodies
from ingenium.kits.solids.printing.toolpath import Toolpath

SHOWN = 4
LEVELS = (0.02, 0.5, 0.98)  # of the height, where a layer is shown


def sections(
    printer: ColumnPrinter, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Plot material first; then the lightest columns and their layers."""
    good = best(verdicts, "mass")
    material = Section(
        "Material and capacity", _reported(verdicts, good), _plane(printer, verdicts)
    )
    rows = good[:SHOWN]
    arrays = (torch.from_numpy(designs[name].to_numpy()[rows]) for name in ColumnNumbers._fields)
    found = [printer.column(n) for n in columns(*arrays) if n is not None]
    if not found:
        return (material,)
    names = [f"design {i}" for i in designs[DESIGN].to_numpy()[rows]]
    laid = (
        "Beads at their true width, and travel moves in red; near foot, in the middle, near head."
    )
    numbers = _table(found, names, verdicts.isel({DESIGN: rows}))
    return (
        material,
        Section("The lightest columns", table=numbers),
        Section("Columns", "", bodies([c.mesh for c in found], names)),
        Section("Layers", laid, _layers(found, names)),
    )


def _reported(verdicts: xr.Dataset, good: Int64[np.ndarray, " m"]) -> str:
    line = "The grey line is that of solid square columns, by the theory of beams."
    if not len(good):
        return f"No column satisfies every limit. {line}"
    needs = 100 - 100 * verdicts["saved"].to_numpy()[good]
    reported = "The column that satisfies every limit needs"
    span = ""
    if len(good) > 1:
        reported = f"{len(good)} columns that satisfy every limit need"
        span = f" ({needs.min():.0f} to {needs.max():.0f} %)"
    solid = "the material of the solid square column of the same capacity"
    return f"{reported} {needs.mean():.0f} % of {solid}{span}. {line}"


def _table(found: list[LaidColumn], names: list[str], verdicts: xr.Dataset) -> Rows:
    own = [column.numbers for column in found]
    infill = [f"{100 * n.infill_foot:.0f} to {100 * n.infill_head:.0f}" for n in own]
    return table(
        ("design", names, ""),
        ("foot, mm", [" x ".join(f"{2e3 * h:.0f}" for h in n.half_m) for n in own], ""),
        ("power", [n.power for n in own], ".1f"),
        ("taper", [n.taper for n in own], ".2f"),
        ("turn, °", [n.turn_deg for n in own], ".0f"),
        ("rings", [n.rings for n in own], ""),
        ("infill, %", infill, ""),
        ("mass, kg", verdicts["mass"].to_numpy(), ".0f"),
        ("capacity", verdicts["capacity"].to_numpy(), ".2f"),
        ("less than a solid square", verdicts["saved"].to_numpy(), ".0%"),
        ("hours", verdicts["print_time"].to_numpy(), ".1f"),
    )


def _plane(printer: ColumnPrinter, verdicts: xr.Dataset) -> Figure:
    capacity = Axis.of(
        verdicts, "capacity", "load at failure, in multiples of the load", ends=(0.0, None)
    )
    most = float(capacity.values[capacity.shown()].max(initial=1.0))
    at = np.linspace(0.3, 1.05 * most, 40)
    square = Marks("solid square", at, SquareColumn(printer.settings).masses_kg(at), MUTED, "-")
    mass = Axis.of(verdicts, "mass", "concrete", ends=(0.0, None))
    return figure_of(Plane(capacity, mass, verdicts["verdict"].to_numpy(), marks=(square,)))


def _layers(found: list[LaidColumn], names: list[str]) -> Figure:
    tops = [c.path.layers_m for c in found]
    chosen = [[own[int(level * (len(own) - 1))] for level in LEVELS] for own in tops]

    def draw(axes: Axes, i: int) -> None:
        row, column = divmod(i, len(LEVELS))
        path, top = found[row].path, chosen[row][column]
        own = np.flatnonzero(path.laid & (np.abs(path.corner_m[:, 2] - top) < 1e-6))
        _beads(axes, path, own, 1e3 * float(np.abs(found[row].mesh.bounds[:, :2]).max()))

    titles = [f"at {1e3 * top:.0f} mm" for own in chosen for top in own]
    return gallery(titles, draw, size=(2.2, 2.2), columns=len(LEVELS), rows=names)


def _beads(axes: Axes, path: Toolpath, own: np.ndarray, reach_mm: float) -> None:
    """Laid moves to the width of their beads, and the travels between them."""
    at = 1e3 * path.corner_m[:, :2]
    wide = 1e3 * path.volume_m3[own] / (path.length_m[own] * path.height_m[own])
    points = 2.2 * 72 / (2.2 * reach_mm)  # approximate points of a millimetre in print
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
