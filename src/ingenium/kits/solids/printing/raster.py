"""Which points of a plane grid lie below which triangles, without a doubt at shared edges."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.errors import InputError

PARTS = 2**16  # to which a pitch is divided: corners snap to this, so that integers decide
LARGEST = 2**12  # pitches along an axis; above it, products of integers would overflow
AT_ONCE = 4_000_000  # pairs of triangle and point held at a time


class Hits(NamedTuple):
    """Points of the grid that triangles cover.

    Shapes: h hits.
    """

    triangle: Int64[np.ndarray, " h"]
    point: Int64[np.ndarray, "h 2"]  # indices along both axes
    weight: Float64[np.ndarray, "h 3"]  # of the triangle's corners at that point
    sign: Int64[np.ndarray, " h"]  # +1 where the corners run anticlockwise, -1 elsewhere


def cover(corners: Float64[np.ndarray, "t 3 2"], shape: tuple[int, int]) -> Hits:
    """Hits of triangles on the points (i + 1/2, j + 1/2) of a grid with pitch 1.

    A point on an edge counts as if it lay a little above and, much less, to the left: one of
    the triangles that share the edge has it, never both and never none. So the columns through
    a closed mesh always enter as often as they leave.

    Source: symbolic perturbation, Edelsbrunner and Mücke, ACM Trans. Graphics 9(1), 1990.

    Raises:
        InputError: for a grid or triangles that are too large for exact integers.
    """
    if max(shape) > LARGEST or np.abs(corners).max(initial=0) > 2 * LARGEST:
        raise InputError(
            f"at most {LARGEST} points along an axis and triangles of that size",
            f"{shape[0]} x {shape[1]} points and corners up to {np.abs(corners).max():.4g}",
            "Take larger cells.",
        )
    snapped = np.rint(corners * PARTS).astype(np.int64)
    a, b, c = snapped[:, 0], snapped[:, 1], snapped[:, 2]
    half = PARTS // 2  # first and last grid points of the bounding box follow
    low = np.maximum(-((half - np.minimum(np.minimum(a, b), c)) // PARTS), 0)
    high = (np.maximum(np.maximum(a, b), c) - half) // PARTS
    span = np.minimum(high, np.array(shape) - 1) - low + 1
    double = _cross(b - a, c - a)
    kept = np.flatnonzero((span[:, 0] > 0) & (span[:, 1] > 0) & (double != 0))
    ends = np.cumsum(span[kept].prod(1))
    cuts = np.searchsorted(ends, np.arange(AT_ONCE, ends[-1] if len(ends) else 0, AT_ONCE))
    found = [_within(snapped, double, low, span, part) for part in np.split(kept, cuts)]
    return Hits(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _within(
    snapped: Int64[np.ndarray, "t 3 2"],
    double: Int64[np.ndarray, " t"],
    low: Int64[np.ndarray, "t 2"],
    span: Int64[np.ndarray, "t 2"],
    kept: Int64[np.ndarray, " q"],
) -> Hits:
    """Every point of the bounding boxes against the three edges."""
    count = span[kept].prod(1)
    triangle = np.repeat(kept, count)
    inner = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count)
    across = span[triangle, 1]
    point = low[triangle] + np.stack([inner // across, inner % across], 1)
    place = point * PARTS + PARTS // 2
    sign = np.sign(double[triangle])
    inside = np.ones(len(triangle), dtype=bool)
    areas = []
    for i in range(3):
        start, end = snapped[triangle, (i + 1) % 3], snapped[triangle, (i + 2) % 3]
        area = _cross(end - start, place - start)
        rises = (end[:, 0] > start[:, 0]) | ((end[:, 0] == start[:, 0]) & (end[:, 1] > start[:, 1]))
        left = (area > 0) | ((area == 0) & rises)
        inside &= left == (sign > 0)
        areas.append(area)
    weight = np.stack([a[inside] for a in areas], 1) / double[triangle[inside], None]
    return Hits(triangle[inside], point[inside], weight, sign[inside])


def _cross(a: Int64[np.ndarray, "q 2"], b: Int64[np.ndarray, "q 2"]) -> Int64[np.ndarray, " q"]:
    crossed: Int64[np.ndarray, " q"] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return crossed
