"""What an experiment gives: values with intervals, by seed, and the control that it stands on.

Plain tables without any engine, so that a book of results opens without one.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingenium.core.problem import Watch

FLAT = 0.05  # a loss that falls by less over the second half of its budget has converged


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its interval; ends are NaN where there was too little to say."""

    value: float
    low: float
    high: float

    def holds(self, truth: float) -> bool:
        """Whether `truth` lies in the interval, ends included."""
        return bool(self.low <= truth <= self.high)

    @property
    def known(self) -> bool:
        """Whether it has ends."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def exact(self) -> bool:
        """Whether it was counted or computed once, so that no interval belongs to it."""
        return self.low == self.value == self.high


@dataclass(frozen=True)
class Value:
    """A measured value with its interval, and what each seed gave where seeds gave anything."""

    interval: Interval
    by_seed: tuple[float, ...] = ()


@dataclass(frozen=True)
class Control:
    """What shows that a learned method was given its chance: same task, data and scale.

    `over_lookup` and `over_random` say by how much it is better than the nearest known design and
    than chance, in any unit, above 0 for better. The losses are those after half and all of its
    budget of training.
    """

    over_lookup: Interval
    over_random: Interval
    half_loss: float
    full_loss: float

    @property
    def convincing(self) -> bool:
        """Whether the method beats both, and more training would not have helped."""
        better = self.over_lookup.low > 0 and self.over_random.low > 0
        return better and self.half_loss - self.full_loss <= FLAT * abs(self.half_loss)


# Makes pieces of arms and seeds somewhere; gives the number of each with what it made.
PieceSpread = Callable[[Sequence[tuple[str, int]]], Iterable[tuple[int, Mapping[str, Any]]]]


@dataclass(frozen=True)
class Budget:
    """What one run of an experiment may spend."""

    seeds: tuple[int, ...]
    quick: bool
    folder: Path  # for pieces that are kept until the run is done
    spread: PieceSpread | None = None  # workers that make them, if not this process


@dataclass(frozen=True)
class Measured:
    """All that an experiment found, by name, and on which data."""

    values: Mapping[str, Value]
    data: str = ""  # digest
    notes: tuple[str, ...] = ()
    control: Control | None = None


Measure = Callable[[Budget, "Watch"], Measured]
