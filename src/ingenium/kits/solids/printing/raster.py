"""Exact assignment of grid points to triangles of a plane, unambiguous at shared edges."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.errors import InputError

BITS = 16
PARTS = 2**BITS  # subdivisions of a pitch: corners snap to them, so that integers decide
LARGEST = 2**12  # pitches along an axis; above it, products of integers would overflow
AT_ONCE = 4_000_000  # pairs of triangle and point in one batch


class Hits(NamedTuple):
    """Points of the grid that triangles cover.

    Shapes: h hits.
    """

    triangle: Int64[np.ndarray, " h"]
    point: Int64[np.ndarray, "h 2"]  # indices along both axes
    weight: Float64[np.ndarray, "h 3"]  # of the triangle's corners at that point
    sign: Int64[np.ndarray, " h"]  # +1 where the corners run anticlockwise, -1 elsewhere


class Snapped(NamedTuple):
    """Triangles whose corners lie on a fine grid, so that integers decide what they cover.

    Shapes: t triangles.
    """

    corners: Int64[np.ndarray, "t 3 2"]  # in parts of a pitch
    least: Int64[np.ndarray, "t 2"]
    most: Int64[np.ndarray, "t 2"]
    double: Int64[np.ndarray, " t"]  # twice the area, above 0 where the corners run anticlockwise


def snapped(corners: Float64[np.ndarray, "t 3 2"]) -> Snapped:
    """Snap corners to the fine grid, in pitches.

    Raises:
        InputError: for triangles that are too large for exact integers.
    """
    far = np.abs(corners).max(initial=0)
    if far > 2 * LARGEST:
        raise _too_large(f"corners up to {far:.4g}")
    found = np.rint(corners * PARTS).astype(np.int64)
    a, b, c = found[:, 0], found[:, 1], found[:, 2]
    least, most = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    return Snapped(found, least, most, _cross(b - a, c - a))


def cover(triangles: Snapped, shape: tuple[int, int], shift: tuple[float, float] = (0, 0)) -> Hits:
    """Find hits of triangles on the points (i + 1/2, j + 1/2) of a grid with pitch 1, and a shift.

    A point on an edge counts as if it lay a little above and, much less, to the left: one of the
    triangles that share the edge owns it, never both and never none. So the columns through a
    closed mesh always enter as often as they leave.

    Source: symbolic perturbation, Edelsbrunner and Mücke, ACM Trans. Graphics 9(1), 1990.

    Raises:
        InputError: for a grid that is too large for exact integers.
    """
    if max(shape) > LARGEST:
        raise _too_large(f"{shape[0]} x {shape[1]} points")
    first = np.rint(np.asarray(shift) * PARTS).astype(np.int64) + PARTS // 2
    low = np.maximum(-((first - triangles.least) >> BITS), 0)
    high = np.minimum((triangles.most - first) >> BITS, np.array(shape) - 1)
    span = high - low + 1
    retained = np.flatnonzero((span[:, 0] > 0) & (span[:, 1] > 0) & (triangles.double != 0))
    ends = np.cumsum(span[retained].prod(1))
    cuts = np.searchsorted(ends, np.arange(AT_ONCE, ends[-1] if len(ends) else 0, AT_ONCE))
    found = [_within(triangles, first, low, span, part) for part in np.split(retained, cuts)]
    return Hits(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _too_large(got: str) -> InputError:
    return InputError(
        f"at most {LARGEST} points along an axis and triangles of that size",
        got,
        "Take larger cells.",
    )


def _within(
    triangles: Snapped,
    first: Int64[np.ndarray, " 2"],
    low: Int64[np.ndarray, "t 2"],
    span: Int64[np.ndarray, "t 2"],
    retained: Int64[np.ndarray, " q"],
) -> Hits:
    """Test every point of the bounding boxes against the three edges."""
    count = span[retained].prod(1)
    triangle = np.repeat(retained, count)
    inner = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count)
    across = span[triangle, 1]
    point = low[triangle] + np.stack([inner // across, inner % across], 1)
    place = point * PARTS + first
    double = triangles.double[triangle]
    sign = np.sign(double)
    inside = np.ones(len(triangle), dtype=bool)
    areas = []
    for i in range(3):
        start, end = (triangles.corners[triangle, (i + k) % 3] for k in (1, 2))
        area = _cross(end - start, place - start)
        rises = (end[:, 0] > start[:, 0]) | ((end[:, 0] == start[:, 0]) & (end[:, 1] > start[:, 1]))
        left = (area > 0) | ((area == 0) & rises)
        inside &= left == (sign > 0)
        areas.append(area)
    weight = np.stack([a[inside] for a in areas], 1) / double[inside, None]
    return Hits(triangle[inside], point[inside], weight, sign[inside])


def _cross(a: Int64[np.ndarray, "q 2"], b: Int64[np.ndarray, "q 2"]) -> Int64[np.ndarray, " q"]:
    crossed: Int64[np.ndarray, " q"] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return crossed
