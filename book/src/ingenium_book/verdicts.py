"""Verdicts on claims, derived from measured values; none is typed by hand.

A row has one main claim with a bound, or a printed number with a margin, stated before any
measurement. The interval of its value decides; side checks are reported with it and never change
the verdict. A value without an interval decides nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Control, Interval

MARGIN = 0.1  # of a printed number, unless a row states another

RULE = (
    "Confirmed if the whole 95 % interval of the main claim is on the claimed side, or within "
    "the margin of the printed number; consistent if the value is and the interval is not; "
    "not decided if the interval reaches the claimed side from the other one. If it is on the "
    "other side, the claim is refuted only with a positive control in the same file, on the "
    "claim's own task; otherwise it was not reached here. A printed absolute number is judged only "
    "on the same task. Side checks never change the verdict."
)
BUILT_RULE = (
    "A system works if all findings of its check pass, works with gaps if only requirements "
    "beyond it fail, and is not built if no check shows it."
)


class Kind(StrEnum):
    """Kind of claim of a row."""

    SYSTEM = "C"  # is it there?
    NUMBER = "N"  # is the number true?
    NOTHING = "T"  # not testable here


class Scope(StrEnum):
    """Data that a number was measured on, other than the claim's own task."""

    SAME = "same task"
    STAND_IN = "stand-in"
    REDUCED = "reduced scale"


class RowVerdict(StrEnum):
    """Verdict on a number."""

    CONFIRMED = "confirmed"
    CONSISTENT = "consistent"
    NOT_REACHED = "not reached here"
    REFUTED = "refuted"
    NOT_DECIDED = "not decided"


class Built(StrEnum):
    """Verdict on a system."""

    WORKS = "works"
    GAPS = "works with gaps"
    NOT = "not built"


NOT_TESTABLE = "not testable here"


class Outcome(StrEnum):
    """Outcome of a measured value for a part of a claim."""

    HOLDS = "holds"
    CONSISTENT = "consistent"
    AGAINST = "against"
    OPEN = "open"


@dataclass(frozen=True)
class ClaimPart:
    """A main claim or a side check: a value with a bound, or a printed number with a margin.

    `absolute` means that the number itself is claimed, such as an accuracy, and not a direction or
    a ratio; a substitute then does not test it.
    """

    name: str
    text: str
    unit: str = "1"
    at_least: float = -math.inf
    at_most: float = math.inf
    printed: float | None = None
    margin: float = MARGIN  # of the printed number
    absolute: bool = False

    def __post_init__(self) -> None:
        if not self.bounded and self.printed is None:
            raise InputError("at_least, at_most or printed", f"none of them for {self.name}")

    @property
    def bounded(self) -> bool:
        """True if one side is claimed."""
        return math.isfinite(self.at_least) or math.isfinite(self.at_most)

    def sides(self) -> tuple[tuple[float, float], ...]:
        """Ranges in which the claim is true."""
        ranges = [(self.at_least, self.at_most)] if self.bounded else []
        if self.printed is not None:
            far = self.margin * abs(self.printed)
            ranges.append((self.printed - far, self.printed + far))
        return tuple(ranges)

    def judge(self, found: Interval) -> Outcome:
        """Judge the interval of the measured value."""
        if not found.known:
            return Outcome.OPEN
        sides = self.sides()
        if any(low <= found.low and found.high <= high for low, high in sides):
            return Outcome.HOLDS
        if any(low <= found.value <= high for low, high in sides):
            return Outcome.CONSISTENT
        if all(found.high < low or found.low > high for low, high in sides):
            return Outcome.AGAINST
        return Outcome.OPEN

    @property
    def bound(self) -> str:
        """Bound of the value, in words."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        ends = []
        if math.isfinite(self.at_least):
            ends.append(f"at least {self.at_least:g}{unit}")
        if math.isfinite(self.at_most):
            ends.append(f"at most {self.at_most:g}{unit}")
        bound = " and ".join(ends)
        if self.printed is None:
            return bound
        near = f"within {100 * self.margin:g} % of {self.printed:g}{unit}"
        return f"{bound}, or {near}" if bound else near


def decide(main: ClaimPart, found: Interval, scope: Scope, control: Control | None) -> RowVerdict:
    """Decide the verdict on a number by `RULE`."""
    if main.absolute and scope is not Scope.SAME:
        return RowVerdict.NOT_DECIDED
    outcome = main.judge(found)
    if outcome is Outcome.AGAINST:
        proved = scope is Scope.SAME and control is not None and control.convincing
        return RowVerdict.REFUTED if proved else RowVerdict.NOT_REACHED
    return {
        Outcome.HOLDS: RowVerdict.CONFIRMED,
        Outcome.CONSISTENT: RowVerdict.CONSISTENT,
        Outcome.OPEN: RowVerdict.NOT_DECIDED,
    }[outcome]


def built(main: Iterable[bool], gaps: Iterable[bool]) -> Built:
    """Decide the verdict on a system by `BUILT_RULE`, from its findings."""
    shown = list(main)
    if not shown or not all(shown):
        return Built.NOT
    return Built.WORKS if all(gaps) else Built.GAPS
