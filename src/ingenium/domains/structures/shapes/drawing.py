"""Drawings of shapes with their loads and supports."""

import numpy as np
import torch
from jaxtyping import Float64
from matplotlib.axes import Axes

from ingenium.domains.structures.shapes.box import DesignBox
from ingenium.domains.structures.shapes.loading import Numbers
from ingenium.domains.structures.shapes.places import node_places
from ingenium.drawing.style import INK, MUTED, SERIES, field

LOADS = SERIES[1:]  # blue would be lost on the material
MOST_MARKS = 24  # of supports in one drawing


def draw(
    ax: Axes, box: DesignBox, density: Float64[np.ndarray, "..."], numbers: Numbers, row: int
) -> None:
    """Draw material (seen along z in space), loads as arrows, supports as hatches.

    A circle is a support along one axis only; a stroke one along both.
    """
    nx, ny = box.grid.cells[:2]
    seen = density if density.ndim == 2 else density.mean(2)
    field(ax, seen, (0.0, float(nx), 0.0, float(ny)))
    loads_and_supports(ax, box, numbers, row)
    edge = 0.2 * max(nx, ny)
    ax.set(xlim=(-edge, nx + edge), ylim=(-edge, ny + edge))
    ax.set_axis_off()
    ax.plot([0, nx, nx, 0, 0], [0, 0, ny, ny, 0], color=MUTED, lw=0.6, ls=(0, (4, 3)))


def loads_and_supports(
    ax: Axes, box: DesignBox, numbers: Numbers, row: int, case: int | None = None
) -> None:
    """Draw the loads of one design, of all cases or of one, over axes in cells."""
    _supports(ax, box)
    names = box.loading.cases
    _loads(ax, box, numbers, row, names if case is None else (names[case],))


def _supports(ax: Axes, box: DesignBox) -> None:
    grid = box.grid
    fixed = box.elastic.fixed.view(grid.n_nodes, grid.dim)[:, :2]
    places = node_places(grid)[:, :2]
    for only, marks in ((True, "o"), (False, "/")):
        own = (fixed.sum(1) == 1) if only else fixed.all(1)
        at = torch.unique(places[own], dim=0).double().numpy()
        at = at[:: max(1, -(-len(at) // MOST_MARKS))]
        middle, length = np.array(grid.cells[:2]) / 2, 0.03 * max(grid.cells)
        out = np.where(at == 0, -1, np.where(at == 2 * middle, 1, 0)).astype(float)
        if marks == "o":
            shift = out * length * 0.7
            ax.plot(*(at + shift).T, "o", mfc="white", mec=INK, ms=3, mew=0.8, zorder=3)
        else:
            for point, way in zip(at, out, strict=True):
                end = point + length * np.where(way == 0, -1.0, way)
                ax.plot(*np.stack([point, end]).T, color=INK, lw=0.8, zorder=3)


def _loads(ax: Axes, box: DesignBox, numbers: Numbers, row: int, cases: tuple[str, ...]) -> None:
    n = len(next(iter(numbers.values())))
    length = 0.16 * max(box.grid.cells)
    for load in (x for x in box.loading.loads if x.case in cases):
        at = box.loading.centre(load, numbers, n)[row, :2].numpy()
        way = box.loading.direction(load, numbers, n)[row, :2].numpy()
        colour = LOADS[box.loading.cases.index(load.case) % len(LOADS)]
        outside = at - way * length if _leaves(box, at, -way) else at + way * length
        tail, head = (outside, at) if _leaves(box, at, -way) else (at, outside)
        style = {"arrowstyle": "-|>", "color": colour, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", xy=tuple(head), xytext=tuple(tail), arrowprops=style, zorder=4)


def _leaves(box: DesignBox, at: np.ndarray, way: np.ndarray) -> bool:
    """Return whether a short step in a direction leaves the box."""
    beyond = at + 0.05 * max(box.grid.cells) * way
    return bool((beyond < 0).any() or (beyond > np.array(box.grid.cells[:2])).any())
