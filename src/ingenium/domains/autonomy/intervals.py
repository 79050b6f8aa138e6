"""Numbers with both ends, rounded outwards: what is proved here holds for real numbers.

Each operation widens its result by one number of float64 to either side; numpy's sums and products
are rounded to nearest, so that the true result lies within half a step of what it gives.

Source: Moore, Kearfott and Cloud, Introduction to Interval Analysis, SIAM, 2009, chapters 2 and 7.
"""

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool

TERMS = 24  # of the series of an exponential


@dataclass(frozen=True, eq=False)
class Enclosure:
    """Arrays of lower and upper ends."""

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> "Enclosure":
        """Numbers as they are."""
        exact = np.asarray(values, dtype=np.float64)
        return cls(exact, exact)

    def __add__(self, other: "Enclosure") -> "Enclosure":
        return _wider(self.low + other.low, self.high + other.high)

    def __neg__(self) -> "Enclosure":
        return Enclosure(np.asarray(-self.high), np.asarray(-self.low))

    def __sub__(self, other: "Enclosure") -> "Enclosure":
        return self + (-other)

    def __mul__(self, other: "Enclosure") -> "Enclosure":
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return _wider(np.minimum.reduce(ends), np.maximum.reduce(ends))

    def __truediv__(self, other: "Enclosure") -> "Enclosure":
        """By what does not hold 0; everything where it does."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        zero = (other.low <= 0) & (other.high >= 0)
        low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
        return _wider(np.where(zero, -np.inf, low), np.where(zero, np.inf, high))

    def __getitem__(self, at: Any) -> "Enclosure":
        return Enclosure(np.asarray(self.low[at]), np.asarray(self.high[at]))

    def __matmul__(self, other: "Enclosure") -> "Enclosure":
        """Of matrices, term by term, so that every sum is rounded outwards."""
        terms = [self[..., :, i, None] * other[..., None, i, :] for i in range(self.low.shape[-1])]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    @property
    def swapped(self) -> "Enclosure":
        """The transpose of matrices."""
        return Enclosure(self.low.swapaxes(-1, -2), self.high.swapaxes(-1, -2))

    @property
    def width(self) -> np.ndarray:
        """Between the ends."""
        found: np.ndarray = self.high - self.low
        return found

    def holds(self, values: np.ndarray) -> bool:
        """Whether all of them lie inside."""
        return bool(((self.low <= values) & (values <= self.high)).all())


def _wider(low: npt.ArrayLike, high: npt.ArrayLike) -> Enclosure:
    """Also of single numbers, as numpy gives them."""
    ends = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    return Enclosure(*(np.asarray(end, dtype=np.float64) for end in ends))


def exponential(matrix: Enclosure) -> Enclosure:
    """What holds exp of all that is enclosed: a series of the halved matrix, squared again.

    Shapes: one square matrix.
    """
    size = np.maximum(np.abs(matrix.low), np.abs(matrix.high)).sum(1).max()
    halvings = max(0, int(np.ceil(np.log2(max(size, 1e-9)))) + 1)
    moved = _series(matrix * Enclosure.of(np.array(2.0**-halvings)))
    for _ in range(halvings):
        moved = moved @ moved
    return moved


def _series(matrix: Enclosure) -> Enclosure:
    """For a norm below 1, with a bound on what is left out."""
    norm = float(np.maximum(np.abs(matrix.low), np.abs(matrix.high)).sum(1).max())
    total = power = Enclosure.of(np.eye(len(matrix.low)))
    for k in range(1, TERMS):
        power = (power @ matrix) / Enclosure.of(np.array(float(k)))
        total = total + power
    left = 2 * norm**TERMS / factorial(TERMS)  # of a geometric series with a ratio below a half
    return Enclosure(total.low - left, total.high + left) + Enclosure.of(np.zeros(()))


def positive_definite(matrix: Enclosure) -> Bool[np.ndarray, " n"]:
    """Which matrices are so for all that they enclose, by pivots that stay above 0.

    Shapes: n symmetric matrices.
    """
    s = matrix.low.shape[-1]
    rows = [[matrix[:, i, k] for k in range(s)] for i in range(s)]
    found = np.ones(len(matrix.low), dtype=bool)
    for i in range(s):
        pivot = rows[i][i]
        found &= pivot.low > 0
        safe = Enclosure(np.where(found, pivot.low, 1.0), np.where(found, pivot.high, 1.0))
        for j in range(i + 1, s):
            share = rows[j][i] / safe
            for k in range(i + 1, s):
                rows[j][k] = rows[j][k] - share * rows[i][k]
    return found
