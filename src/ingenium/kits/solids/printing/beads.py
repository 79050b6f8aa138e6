"""Volume shares of deposited beads in the cells of a grid."""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.tiles import compiled
from ingenium.kits.solids.printing.toolpath import Toolpath


def deposited(
    path: Toolpath,
    cells: tuple[int, int, int],
    cell_m: float,
    origin_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    *,
    fine: int = 3,
) -> Float64[np.ndarray, "x y z"]:
    """Return the share of each cell that beads fill; overlaps count once.

    A bead is as high as its layer and as wide as its volume makes it; corners of the path are round
    and its ends are cut straight, so that length times section is its volume. Each cell is sampled
    along fine² columns; along these the filled length is exact.

    Raises:
        InputError: for a grid that is not positive, or sloping moves, which are not supported.
    """
    if min(cells) < 1 or fine < 1 or not (cell_m > 0 and math.isfinite(cell_m)):
        raise InputError("cells, size and columns above 0", (list(cells), cell_m, fine))
    laid = np.flatnonzero(path.laid)
    if len(laid) and (path.corner_m[laid, 2] != path.corner_m[laid - 1, 2]).any():
        raise InputError("beads that lie level", "some that rise", "Print in plane layers.")
    length = path.length_m
    pitch = cell_m / fine
    start = (path.corner_m[laid - 1, :2] - np.asarray(origin_m[:2])) / pitch - 0.5
    end = (path.corner_m[laid, :2] - np.asarray(origin_m[:2])) / pitch - 0.5
    half = path.volume_m3[laid] / (length[laid] * path.height_m[laid]) / pitch / 2
    goes_on = np.isin(laid - 1, laid) | _closes(path, laid)
    top = path.corner_m[laid, 2] - origin_m[2]
    floor = top - path.height_m[laid]
    share = np.zeros(cells)
    for level in np.unique(np.round(top, 9)):  # fill layers one by one
        own = np.abs(top - level) < 1e-9
        marks = np.zeros((cells[0] * fine, cells[1] * fine), dtype=np.bool_)
        _mark(start[own], end[own], half[own], goes_on[own], marks)
        plane = marks.reshape(cells[0], fine, cells[1], fine).mean((1, 3))
        edges = np.arange(cells[2] + 1) * cell_m
        within = np.minimum(edges[1:], level) - np.maximum(edges[:-1], floor[own].min())
        share += plane[:, :, None] * np.maximum(within, 0.0) / cell_m
    return np.minimum(share, 1.0)


def _closes(path: Toolpath, laid: np.ndarray) -> np.ndarray:
    """Return whether each move begins a closed ring."""
    first = ~np.isin(laid - 1, laid)
    last = np.flatnonzero(np.append(first[1:], True))
    begin = path.corner_m[laid[first] - 1]
    ring = np.linalg.norm(path.corner_m[laid[last]] - begin, axis=1) < 1e-6
    out = np.zeros(len(laid), dtype=bool)
    out[first] = ring
    return out


@no_type_check
@compiled
def _mark(start, end, half, goes_on, marks):
    """Mark points beneath segments; ends are round where a segment continues the previous one."""
    for s in range(len(start)):
        x, y = start[s]
        dx, dy = end[s, 0] - x, end[s, 1] - y
        square = dx * dx + dy * dy
        wide = half[s]
        low_i, high_i = int(min(x, x + dx) - wide), int(max(x, x + dx) + wide) + 2
        low_j, high_j = int(min(y, y + dy) - wide), int(max(y, y + dy) + wide) + 2
        for i in range(max(0, low_i), min(len(marks), high_i)):
            for j in range(max(0, low_j), min(marks.shape[1], high_j)):
                along = ((i - x) * dx + (j - y) * dy) / square
                aside = abs((i - x) * dy - (j - y) * dx) / np.sqrt(square)
                below = 0 <= along <= 1 and aside <= wide
                if below or (goes_on[s] and (i - x) ** 2 + (j - y) ** 2 <= wide * wide):
                    marks[i, j] = True
