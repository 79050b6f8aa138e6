"""Sketches as pictures: the share of each small square that a round pen covers.

Shapes: p points of a stroke, s squares to a side.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from ingenium.domains.edge.doodle.strokes import BOX, Stroke

PEN = 2.0  # width, of the box of 24


def drawn(
    strokes: Sequence[Stroke], squares: int, *, width: float = PEN, size: float = BOX
) -> Float64[np.ndarray, "s s"]:
    """Rasterise to 0..1, by the distance of each square's centre from the nearest line."""
    step = size / squares
    middle = (np.arange(squares) + 0.5) * step
    x, y = np.meshgrid(middle, middle)
    nearest = np.full((squares, squares), np.inf)
    for stroke in strokes:
        ends = stroke if len(stroke) > 1 else np.repeat(stroke, 2, axis=0)
        for a, b in zip(ends[:-1].astype(float), ends[1:].astype(float), strict=True):
            along = b - a
            length = float(along @ along)
            share = ((x - a[0]) * along[0] + (y - a[1]) * along[1]) / max(length, 1e-12)
            share = np.clip(share, 0, 1)
            off = np.hypot(x - a[0] - share * along[0], y - a[1] - share * along[1])
            np.minimum(nearest, off, out=nearest)
    covered: np.ndarray = np.clip((width / 2 - nearest) / step + 0.5, 0, 1)
    return covered


def cornered(strokes: Sequence[Stroke]) -> list[np.ndarray]:
    """Move strokes so that they begin at the same corner, so that shifted copies match."""
    least = np.concatenate(strokes).min(0)
    return [s - least + 1 for s in strokes]


def likeness(
    a: Float64[np.ndarray, "s s"], b: Float64[np.ndarray, "m s s"]
) -> Float64[np.ndarray, " m"]:
    """Dice coefficient of ink: 1 for equal drawings (Dice, 1945)."""
    both = np.minimum(a, b).sum((1, 2))
    found: np.ndarray = 2 * both / (a.sum() + b.sum((1, 2)))
    return found
