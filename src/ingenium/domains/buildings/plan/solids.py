"""Walls of a storey as disjoint prisms, and clashes between solids.

Shapes: m solids.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from jaxtyping import Int64

from ingenium.domains.buildings.plan.rectangles import Stretch, merged, present, without
from ingenium.domains.buildings.plan.spaces import WALL, BuildingPlan

HALF = WALL // 2
SLAB = 250  # mm
WallKind = Literal["outer", "inner"]


@dataclass(frozen=True)
class Wall:
    """A wall: its axis, the rectangle that it covers, and whether it is outside on one side."""

    axis: Stretch
    footprint: tuple[int, int, int, int]
    kind: WallKind

    @property
    def length(self) -> int:
        """Length of its prism in mm."""
        x0, y0, x1, y1 = self.footprint
        return max(x1 - x0, y1 - y0)


def walls(box: Int64[np.ndarray, "s 4"]) -> list[Wall]:
    """Return the walls of the rectangles of a storey, disjoint where the rectangles are.

    Walls along x pass through corners; those along y end at them.
    """
    here = box[present(box)]
    axes = {axis: _axes(here, axis) for axis in (0, 1)}
    found: list[Wall] = []
    for wall in axes[0]:
        for part in _by_side(wall, here):
            low = part.low - (HALF if part.low == wall.low else 0)
            high = part.high + (HALF if part.high == wall.high else 0)
            found.append(_wall(part, low, high, here))
    for wall in axes[1]:
        crossed = [
            (w.at - HALF, w.at + HALF)
            for w in axes[0]
            if w.low - HALF < wall.at + HALF and wall.at - HALF < w.high + HALF
        ]
        for part in _by_side(wall, here):
            for low, high in without((part.low, part.high), crossed):
                found.append(_wall(part, low, high, here))
    return found


def _axes(box: Int64[np.ndarray, "s 4"], axis: int) -> list[Stretch]:
    """Return all edges along an axis, merged where they meet."""
    lines: dict[int, list[tuple[int, int]]] = {}
    for b in box.tolist():
        for at in (b[1 - axis], b[3 - axis]):
            lines.setdefault(at, []).append((b[axis], b[axis + 2]))
    return [Stretch(axis, at, low, high) for at in sorted(lines) for low, high in merged(lines[at])]


def _by_side(wall: Stretch, box: Int64[np.ndarray, "s 4"]) -> list[Stretch]:
    """Split an edge where it changes between outer and inner."""
    a = wall.axis
    sides = []
    for column in (1 - a, 3 - a):
        rows = box[box[:, column] == wall.at]
        sides.append(merged(map(tuple, rows[:, [a, a + 2]].tolist())))
    cuts = {wall.low, wall.high}
    cuts |= {c for spans in sides for span in spans for c in span if wall.low < c < wall.high}
    inner = [
        (x, y)
        for x, y in pairwise(sorted(cuts))
        if all(any(low <= x and y <= high for low, high in spans) for spans in sides)
    ]
    spans = sorted(merged(inner) + without((wall.low, wall.high), inner))
    return [Stretch(a, wall.at, low, high) for low, high in spans]


def _wall(part: Stretch, low: int, high: int, box: Int64[np.ndarray, "s 4"]) -> Wall:
    a, middle = part.axis, (part.low + part.high) / 2
    touching = (box[:, a] <= middle) & (middle <= box[:, a + 2])
    before = (touching & (box[:, 3 - a] == part.at)).any()
    after = (touching & (box[:, 1 - a] == part.at)).any()
    kind: WallKind = "inner" if before and after else "outer"
    ends = (low, part.at - HALF, high, part.at + HALF)
    footprint = ends if a == 0 else (ends[1], ends[0], ends[3], ends[2])
    return Wall(part, footprint, kind)


def clear(box: Int64[np.ndarray, "s 4"]) -> Int64[np.ndarray, "s 4"]:
    """Return the rectangles between the faces of the walls."""
    faces: Int64[np.ndarray, "s 4"] = box + np.array([HALF, HALF, -HALF, -HALF])
    return faces


def clashes(plan: BuildingPlan, storeys: int) -> int:
    """Count pairs of solids that share volume: walls, and the clear spaces between them."""
    count = 0
    for storey in range(storeys):
        box = plan.box[plan.on(storey)]
        box = box[present(box)]
        solids = [w.footprint for w in walls(box)] + clear(box).tolist()
        count += overlaps(np.array(solids, np.int64).reshape(-1, 4))
    return count


def overlaps(solids: Int64[np.ndarray, "m 4"]) -> int:
    """Count pairs of rectangles that share area."""
    low = np.maximum(solids[:, None, :2], solids[None, :, :2])
    high = np.minimum(solids[:, None, 2:], solids[None, :, 2:])
    return int(np.triu((high > low).all(-1), 1).sum())
