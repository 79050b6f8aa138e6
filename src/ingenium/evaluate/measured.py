"""Results of an experiment: values with intervals, by seed, and its control.

Plain tables without any engine, so that a book of results opens without one.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingenium.core.problem import Watch


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its interval; ends are NaN where there are too few data."""

    value: float
    low: float
    high: float

    def holds(self, truth: float) -> bool:
        """Return whether the interval contains `truth`, ends included."""
        return bool(self.low <= truth <= self.high)

    @property
    def known(self) -> bool:
        """Return whether the ends are known."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def exact(self) -> bool:
        """Return whether the value was counted or computed once, so that it has no interval."""
        return self.low == self.value == self.high


@dataclass(frozen=True)
class Value:
    """A measured value with its interval, and the value of each seed where there are seeds."""

    interval: Interval
    by_seed: tuple[float, ...] = ()


@dataclass(frozen=True)
class FitCurve:
    """Losses at each check of a fit, and that of a model that knows nothing (NaN if unknown)."""

    step: tuple[float, ...]
    training: tuple[float, ...]
    held_out: tuple[float, ...]
    nothing: float

    @property
    def learned(self) -> bool:
        """Return whether the best checkpoint is not the first, and below knowing nothing."""
        best = min(self.held_out, default=math.inf)
        return best < self.nothing and self.held_out.index(best) > 0


@dataclass(frozen=True)
class Control:
    """Evidence that a learned method works in principle: same task, data and scale.

    `over_nearest` and `over_random` are its improvements over the nearest known design and over
    chance, in any unit, above 0 for better. `by_rows` are held-out losses by the number of rows
    that a fit learned from.
    """

    over_nearest: Interval
    over_random: Interval
    curve: FitCurve | None = None  # None of results from before curves were stored
    by_rows: tuple[tuple[float, float], ...] = ()

    @property
    def convincing(self) -> bool:
        """Return whether it beats both, learned by its whole curve, and shows losses by rows."""
        better = self.over_nearest.low > 0 and self.over_random.low > 0
        return better and self.curve is not None and self.curve.learned and len(self.by_rows) > 1


# Computes pieces of arms and seeds on workers; yields the number and result of each.
PieceSpread = Callable[[Sequence[tuple[str, int]]], Iterable[tuple[int, Mapping[str, Any]]]]


@dataclass(frozen=True)
class Budget:
    """Resources of one run of an experiment."""

    seeds: tuple[int, ...]
    quick: bool
    folder: Path  # for pieces that are stored until the run is done
    spread: PieceSpread | None = None  # workers that make them, if not this process


@dataclass(frozen=True)
class Measured:
    """All results of an experiment by name, and the digest of its data."""

    values: Mapping[str, Value]
    data: str = ""  # digest
    notes: tuple[str, ...] = ()
    control: Control | None = None


Measure = Callable[[Budget, "Watch"], Measured]
