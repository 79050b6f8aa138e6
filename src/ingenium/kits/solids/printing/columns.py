"""Columns whose outline is a superellipse that swells, tapers and twists with height."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.mesh import Trimesh, mesh_of

AROUND, UP = 96, 70  # corners of an outline, and outlines above the first
ROUNDEST, SHARPEST = 2.0, 20.0


@dataclass(frozen=True)
class Column:
    """One column that stands on z = 0 about the origin.

    Raises:
        InputError: for lengths that are not above 0, or an outline that is no superellipse.
    """

    height_m: float
    half_m: tuple[float, float]  # widths at the foot, along x and y
    power: float = 4.0  # of the superellipse: 2 is an ellipse, a large one a rectangle
    taper: float = 1.0  # width at the head by that at the foot
    swell: float = 0.0  # by which it is wider in its middle, as a share
    turn_deg: float = 0.0  # of the head against the foot

    def __post_init__(self) -> None:
        lengths = (self.height_m, *self.half_m, self.taper, 1 + self.swell)
        if not all(value > 0 and math.isfinite(value) for value in lengths):
            raise InputError("lengths, taper and swell of a column that exists", self)
        if not ROUNDEST <= self.power <= SHARPEST:
            raise InputError(f"a power from {ROUNDEST:g} to {SHARPEST:g}", self.power)

    def mesh(self) -> Trimesh:
        """Return the column's closed surface."""
        rings = np.stack([self._outline(i / UP) for i in range(UP + 1)])
        ends = np.array([[0, 0, 0], [0, 0, self.height_m]], dtype=np.float64)
        number = np.arange((UP + 1) * AROUND).reshape(UP + 1, AROUND)
        after = np.roll(number, -1, 1)
        a, b, c, d = (x.ravel() for x in (number[:-1], after[:-1], after[1:], number[1:]))
        foot, head = number.size, number.size + 1
        sides = [np.stack([a, b, c], 1), np.stack([a, c, d], 1)]
        low = np.stack([after[0], number[0], np.full(AROUND, foot)], 1)
        high = np.stack([number[-1], after[-1], np.full(AROUND, head)], 1)
        faces = np.concatenate([*sides, low, high]).astype(np.int64)
        return mesh_of(np.concatenate([rings.reshape(-1, 3), ends]), faces)

    def _outline(self, share: float) -> Float64[np.ndarray, "q 3"]:
        angle = np.arange(AROUND) * 2 * np.pi / AROUND
        x, y = np.cos(angle), np.sin(angle)
        size = (np.abs(x) ** self.power + np.abs(y) ** self.power) ** (-1 / self.power)
        wide = 1 + (self.taper - 1) * share + self.swell * math.sin(math.pi * share)
        x, y = self.half_m[0] * wide * size * x, self.half_m[1] * wide * size * y
        turn = math.radians(self.turn_deg * share)
        height = np.full(AROUND, self.height_m * share)
        return np.stack(
            [
                x * math.cos(turn) - y * math.sin(turn),
                x * math.sin(turn) + y * math.cos(turn),
                height,
            ],
            1,
        )
