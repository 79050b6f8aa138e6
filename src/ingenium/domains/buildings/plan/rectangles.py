"""Exact geometry of rectangles on the grid of millimetres: shared walls and outer walls.

Shapes: s spaces.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

Spans = list[tuple[int, int]]


class Stretch(NamedTuple):
    """A part of a wall axis: along x (axis 0) at height `at`, or along y (axis 1)."""

    axis: int
    at: int
    low: int
    high: int

    @property
    def length(self) -> int:
        """Length in mm."""
        return self.high - self.low


def overlap(box: Int64[np.ndarray, "n s 4"]) -> Int64[np.ndarray, "n s s"]:
    """Return the area shared by each pair of rectangles, in mm2."""
    low = np.maximum(box[:, :, None, :2], box[:, None, :, :2])
    high = np.minimum(box[:, :, None, 2:], box[:, None, :, 2:])
    side = np.maximum(high - low, 0)
    area: Int64[np.ndarray, "n s s"] = side[..., 0] * side[..., 1]
    return area


def present(box: Int64[np.ndarray, "s 4"]) -> Bool[np.ndarray, " s"]:
    """Return which rectangles have an area."""
    return (box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1])


def shared(one: Int64[np.ndarray, " 4"], other: Int64[np.ndarray, " 4"]) -> Stretch | None:
    """Return the common part of the edges of two rectangles; None if they only meet in a point."""
    a, b = one.tolist(), other.tolist()
    for axis in (0, 1):
        along, across = (0, 1) if axis == 0 else (1, 0)
        low, high = max(a[along], b[along]), min(a[along + 2], b[along + 2])
        if high > low:
            if a[across + 2] == b[across]:
                return Stretch(axis, b[across], low, high)
            if b[across + 2] == a[across]:
                return Stretch(axis, a[across], low, high)
    return None


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return the union of intervals as disjoint intervals in order."""
    found: Spans = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def without(span: tuple[int, int], covered: Iterable[tuple[int, int]]) -> Spans:
    """Return the parts of an interval that no other covers."""
    found, start = [], span[0]
    for low, high in merged(covered):
        if high > start and low < span[1]:
            if low > start:
                found.append((start, low))
            start = max(start, high)
    if start < span[1]:
        found.append((start, span[1]))
    return found


def outer(i: int, box: Int64[np.ndarray, "s 4"]) -> list[Stretch]:
    """Return the parts of the edges of a rectangle that adjoin no other of its storey."""
    x0, y0, x1, y1 = box[i].tolist()
    others = np.delete(box, i, 0)
    found: list[Stretch] = []
    for axis, at, side in ((0, y0, 3), (0, y1, 1), (1, x0, 2), (1, x1, 0)):
        touching = others[others[:, side] == at]
        spans = map(tuple, touching[:, [axis, axis + 2]].tolist())
        own = (x0, x1) if axis == 0 else (y0, y1)
        found += [Stretch(axis, at, a, b) for a, b in without(own, spans)]
    return found
