"""Reachable states of all machines of a box after a period, as a hull with a proved gap.

A period acts on position and rate by the exponential of a matrix that is linear in each of
stiffness, friction and gain alone. Interpolation between the eight ends of their ranges is off by
at most a sum of width^2 / 8 times the second derivative in each; that is bounded, entry by entry,
by the same derivative for the largest moduli, with numbers rounded outwards.

Source: Van Loan, IEEE Trans. Autom. Control 23:395, 1978 (integrals as blocks of an exponential).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float64

from ingenium.domains.autonomy.linear import SampledMachine
from ingenium.kits.enclosures.enclosure import Enclosure
from ingenium.kits.enclosures.matrices import exponential

Ends = tuple[float, float]
ROUNDED = 1e-14  # of sums and products outside the enclosure, relative


@dataclass(frozen=True, eq=False)
class BoxHull:
    """Eight machines, and the largest distance of the box's machines from their hull.

    The first index of `gap` is position or rate a period later; the second its cause: position,
    rate, action or load, by one unit of each.
    """

    machines: tuple[SampledMachine, ...]
    gap: Float64[np.ndarray, "2 4"]

    @classmethod
    def of(cls, stiff: Ends, friction: Ends, gain: Ends, period_s: float) -> "BoxHull":
        """Build for y'' = stiff (gain u + load - y) - friction y', over these ranges."""
        ends = list(product(stiff, friction, gain))
        moved = [
            exponential(Enclosure.of(_whole(*e)) * Enclosure.of(np.array(period_s))) for e in ends
        ]
        middle = [(m.low + m.high) / 2 for m in moved]
        machines = tuple(SampledMachine(m[:2, :2], m[:2, 2], m[:2, 3], period_s) for m in middle)
        width = np.max([m.width for m in moved], 0)[:2] + ROUNDED * np.max(np.abs(middle), 0)[:2]
        return cls(machines, width + _missed(stiff, friction, gain, period_s)[:2])

    def beyond(
        self, normals: Float64[np.ndarray, "j 2"], most: Sequence[float]
    ) -> Float64[np.ndarray, " j"]:
        """Return the gap along normals; `most` bounds position, rate, action and load."""
        found: np.ndarray = np.abs(normals) @ (self.gap @ np.array(most)) * (1 + ROUNDED)
        return found


def _whole(stiff: float, friction: float, gain: float) -> Float64[np.ndarray, "4 4"]:
    """Matrix of position, rate, action and load, of which the last two are constant."""
    found = np.zeros((4, 4))
    found[0, 1], found[1] = 1.0, (-stiff, -friction, stiff * gain, stiff)
    return found


def _missed(stiff: Ends, friction: Ends, gain: Ends, period_s: float) -> Float64[np.ndarray, "4 4"]:
    """Bound the error of the interpolation."""
    top = np.abs(_whole(stiff[1], max(map(abs, friction)), gain[1]))
    along = (np.zeros((4, 4)) for _ in range(3))
    by_stiff, by_friction, by_gain = along
    by_stiff[1] = 1.0, 0.0, max(map(abs, gain)), 1.0
    by_friction[1, 1], by_gain[1, 2] = 1.0, stiff[1]
    total = Enclosure.of(np.zeros((4, 4)))
    for slope, (low, high) in ((by_stiff, stiff), (by_friction, friction), (by_gain, gain)):
        blocks = np.kron(np.eye(3), top) + np.kron(np.eye(3, k=1), slope)
        half = exponential(Enclosure.of(blocks) * Enclosure.of(np.array(period_s)))[:4, 8:]
        width = Enclosure.of(np.array(high)) - Enclosure.of(np.array(low))
        total = total + half * (width * width) * Enclosure.of(np.array(0.25))
    return total.high
