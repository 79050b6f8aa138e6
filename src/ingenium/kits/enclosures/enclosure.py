"""Arrays of intervals, rounded outwards, whose bounds are proved for real numbers.

IEEE 754 rounds sums, products, quotients and square roots to the nearest float64, so that the true
result lies within half a step of the computed one: each of these widens its result by one step to
either side. Library functions are widened as described in `functions`.

An interval that may have no value, such as a quotient by what may be 0, is NaN at both ends, and so
is an empty one. Every operation passes it on, and no comparison with it is true: nothing is proved.
An infinite end is a bound as any other.

Source: Moore, Kearfott and Cloud, Introduction to Interval Analysis, SIAM, 2009, chapters 2, 5 and
    6; IEEE 754-2019, clause 4.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

Ends = Float64[np.ndarray, "*shape"]
Numbers = np.ndarray | Sequence[float] | float


@dataclass(frozen=True, eq=False)
class Enclosure:
    """Arrays of lower and upper ends; NaN where nothing is proved."""

    low: Ends
    high: Ends

    @classmethod
    def of(cls, values: Numbers) -> "Enclosure":
        """Enclose exact numbers."""
        exact = np.asarray(values, dtype=np.float64)
        return cls(exact, exact)

    @classmethod
    def between(cls, low: Numbers, high: Numbers) -> "Enclosure":
        """Enclose all numbers between two ends; NaN where the ends are in the wrong order."""
        ends = (np.asarray(end, dtype=np.float64) for end in (low, high))
        return _ends(*np.broadcast_arrays(*ends))

    @property
    def proved(self) -> Bool[np.ndarray, "*shape"]:
        """Mask of finite intervals, in which every value is enclosed."""
        return np.asarray(np.isfinite(self.low) & np.isfinite(self.high))

    @property
    def width(self) -> Ends:
        """Width of each interval."""
        return np.asarray(self.high - self.low)

    @property
    def swapped(self) -> "Enclosure":
        """Transpose of the matrices."""
        return Enclosure(self.low.swapaxes(-1, -2), self.high.swapaxes(-1, -2))

    def where(self, good: np.ndarray | np.bool_) -> "Enclosure":
        """Return the enclosure where `good`, and NaN elsewhere."""
        return Enclosure(np.where(good, self.low, np.nan), np.where(good, self.high, np.nan))

    def holds(self, values: Numbers) -> bool:
        """Return True if all values lie inside."""
        return bool(((self.low <= values) & (values <= self.high)).all())

    def __getitem__(self, at: Any) -> "Enclosure":
        return Enclosure(np.asarray(self.low[at]), np.asarray(self.high[at]))

    def __neg__(self) -> "Enclosure":
        return Enclosure(np.asarray(-self.high), np.asarray(-self.low))

    def __abs__(self) -> "Enclosure":
        least = np.maximum(np.maximum(self.low, -self.high), 0.0)
        return Enclosure(np.asarray(least), np.asarray(np.maximum(-self.low, self.high)))

    def __add__(self, other: "Enclosure") -> "Enclosure":
        with np.errstate(invalid="ignore", over="ignore"):
            return widened(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Enclosure") -> "Enclosure":
        return self + (-other)

    def __mul__(self, other: "Enclosure") -> "Enclosure":
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return widened(np.minimum.reduce(ends), np.maximum.reduce(ends))

    def __truediv__(self, other: "Enclosure") -> "Enclosure":
        """Divide; NaN where the divisor may be 0."""
        with np.errstate(all="ignore"):
            ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        found = widened(np.minimum.reduce(ends), np.maximum.reduce(ends))
        return found.where((other.low > 0) | (other.high < 0))

    def __pow__(self, exponent: int) -> "Enclosure":
        """Raise to an integer power, also a negative one; sharp at even ones."""
        if exponent < 0:
            return Enclosure.of(1.0) / self**-exponent
        if exponent % 2 == 0:
            size = abs(self)
            return _product(size, exponent)
        low, high = (_product(abs(Enclosure.of(end)), exponent) for end in (self.low, self.high))
        return Enclosure(
            np.where(self.low < 0, -low.high, low.low),
            np.where(self.high < 0, -high.low, high.high),
        )

    def __matmul__(self, other: "Enclosure") -> "Enclosure":
        """Multiply matrices, term by term, so that every sum is rounded outwards."""
        terms = [self[..., :, i, None] * other[..., None, i, :] for i in range(self.low.shape[-1])]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total


def widened(low: Numbers, high: Numbers, steps: int = 1) -> Enclosure:
    """Move ends outwards by float64 steps; also takes single numbers."""
    for _ in range(steps):
        low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    return _ends(*(np.asarray(end, dtype=np.float64) for end in (low, high)))


def _ends(low: np.ndarray, high: np.ndarray) -> Enclosure:
    """Return both ends, or NaN for both."""
    good = low <= high
    return Enclosure(low, high) if good.all() else Enclosure(low, high).where(good)


def _product(size: Enclosure, exponent: int) -> Enclosure:
    """Multiply out an integer power of numbers that are not negative."""
    if exponent == 0:
        return Enclosure(np.ones_like(size.low), np.ones_like(size.high)).where(
            size.low <= size.high
        )
    total = size
    for _ in range(exponent - 1):
        total = total * size
    return Enclosure(np.asarray(np.maximum(total.low, 0.0)), total.high)
