"""Verdicts on claims, derived from stored values when they are read; none is typed or stored.

A row has one main claim with a bound, or a printed number with a margin, stated before any
measurement, and the rivals that it is compared with. A value without an interval decides nothing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Control, Interval, Value
from ingenium_book.findings import Finding
from ingenium_book.spread import at_level, difference, level_of

MARGIN = 0.1  # of a printed number, unless a row states another
NO_EFFECT = (0.0, 1.0)  # bounds that half of all differences, or ratios, without any effect meet

RULE = (
    "Confirmed if the whole interval of the main claim is on the claimed side, or within the "
    "margin of the printed number, and every rival in the same file does worse; confirmed, as by a "
    "rival, if one does as well or better; consistent if the value is there and the interval is "
    "not, unless the bound is that of no effect; not decided if the interval reaches both sides. "
    "On the other side the claim is refuted only on its own task, and only where the method "
    "reaches its own printed quality or a control in the same file convinces; otherwise it was not "
    "reached here. A printed absolute number is judged only on the same task. Intervals are of "
    "95 %, or of 98.2 % where a study may go on to more seeds; those of shares are Wilson's. Side "
    "checks never change the verdict."
)
BUILT_RULE = (
    "A system works if all findings of its check pass and nothing that was agreed is untested, "
    "works with gaps if only requirements beyond its title fail, works in part (k of n) if parts "
    "that its title names do, and is not built if a finding on what it does at all fails."
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
    AS_BY = "confirmed, as by a rival"
    CONSISTENT = "consistent"
    NOT_DECIDED = "not decided"
    NOT_REACHED = "not reached here"
    REFUTED = "refuted"
    NO_STUDY = "no study"


class Built(StrEnum):
    """Verdict on a system."""

    WORKS = "works"
    GAPS = "works with gaps"
    PART = "in part"
    NOT = "not built"
    NO_CHECK = "no check"


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
    a ratio; a substitute then does not test it. `share` means that it is a share, in its unit.
    """

    name: str
    text: str
    unit: str = "1"
    at_least: float = -math.inf
    at_most: float = math.inf
    printed: float | None = None
    margin: float = MARGIN  # of the printed number
    absolute: bool = False
    share: bool = False

    def __post_init__(self) -> None:
        if not self.bounded and self.printed is None:
            raise InputError("at_least, at_most or printed", f"none of them for {self.name}")

    @property
    def bounded(self) -> bool:
        """True if one side is claimed."""
        return math.isfinite(self.at_least) or math.isfinite(self.at_most)

    @property
    def no_effect(self) -> bool:
        """True if the bound is what a method without any effect reaches half of the time."""
        return self.printed is None and {self.at_least, self.at_most} & {*NO_EFFECT} != set()

    def sides(self) -> tuple[tuple[float, float], ...]:
        """Ranges in which the claim is true."""
        ranges = [(self.at_least, self.at_most)] if self.bounded else []
        if self.printed is not None:
            far = self.margin * abs(self.printed)
            ranges.append((self.printed - far, self.printed + far))
        return tuple(ranges)

    def interval(self, found: Value, seeds: int, *, sequential: bool) -> Interval:
        """Interval of a measured value, by which it is judged."""
        whole = (100.0 if self.unit == "%" else 1.0) if self.share else 0.0
        return at_level(found, level_of(sequential), seeds, share_of=whole)

    def judge(self, found: Interval) -> Outcome:
        """Judge the interval of the measured value."""
        if not found.known:
            return Outcome.OPEN
        sides = self.sides()
        if any(low <= found.low and found.high <= high for low, high in sides):
            return Outcome.HOLDS
        if any(low <= found.value <= high for low, high in sides):
            return Outcome.OPEN if self.no_effect else Outcome.CONSISTENT
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


@dataclass(frozen=True)
class Rival:
    """Another way to the same end in the same file: one that is named, look-up, or the trivial one.

    `value` is measured as the method's own `of` (the main value unless said), or, with `above` or
    `below`, is a difference or ratio of both, on whose better side the method must lie.
    """

    name: str  # such as "a look-up"
    value: str
    of: str = ""
    above: float | None = None
    below: float | None = None
    less: bool = False  # less is better, where the main claim does not say so

    def worse(self, main: ClaimPart, values: Mapping[str, Value], *, sequential: bool) -> bool:
        """True if the method does better than this rival, by the whole interval.

        Raises:
            InputError: if a value was not measured.
        """
        level, theirs = level_of(sequential), self._found(self.value, values)
        if self.above is not None or self.below is not None:
            found = at_level(theirs, level, max(2, len(theirs.by_seed)))
            return found.low > self.above if self.above is not None else found.high < self.below  # type: ignore[operator]
        gain = difference(self._found(self.of or main.name, values), theirs, level)
        return gain.high < 0 if self.less or math.isfinite(main.at_most) else gain.low > 0

    def _found(self, name: str, values: Mapping[str, Value]) -> Value:
        if name not in values:
            raise InputError(f"a value {name} for the rival {self.name}", "none")
        return values[name]


@dataclass(frozen=True)
class BookVerdict:
    """A verdict, with the rivals that do as well or the parts that work."""

    status: RowVerdict | Built
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Bounds:
    """Main claim of a number, and all that stands next to it in a judgement."""

    main: ClaimPart
    rivals: tuple[Rival, ...] = ()
    quality: tuple[ClaimPart, ...] = ()  # the method's own printed quality
    scope: Scope = Scope.SAME


def decide(
    bounds: Bounds,
    values: Mapping[str, Value],
    control: Control | None,
    *,
    seeds: int,
    sequential: bool,
) -> BookVerdict:
    """Decide the verdict on a number by `RULE`."""
    main, same = bounds.main, bounds.scope is Scope.SAME

    def judged(part: ClaimPart) -> Outcome:
        return part.judge(part.interval(values[part.name], seeds, sequential=sequential))

    if main.absolute and not same:
        return _plain(RowVerdict.NOT_DECIDED)
    outcome = judged(main)
    if outcome is Outcome.HOLDS:
        equal = [r.name for r in bounds.rivals if not r.worse(main, values, sequential=sequential)]
        if equal:
            return BookVerdict(RowVerdict.AS_BY, f"confirmed, as by {_listed(equal)}")
        return _plain(RowVerdict.CONFIRMED)
    if outcome is Outcome.AGAINST:
        reached = any(judged(part) is Outcome.HOLDS for part in bounds.quality)
        proved = same and (reached or (control is not None and control.convincing))
        return _plain(RowVerdict.REFUTED if proved else RowVerdict.NOT_REACHED)
    consistent = outcome is Outcome.CONSISTENT
    return _plain(RowVerdict.CONSISTENT if consistent else RowVerdict.NOT_DECIDED)


@dataclass(frozen=True)
class AgreedItem:
    """Something that was agreed, or a part that a title names, and what answers it.

    `by` are names of parts of the claim, or words of findings; `untested` alone says that nothing
    does.
    """

    item: str
    by: tuple[str, ...] = ()

    @property
    def untested(self) -> bool:
        """True if it is said that nothing answers it."""
        return self.by == ("untested",)

    def findings(self, found: Iterable[Finding]) -> list[Finding]:
        """Findings that answer it."""
        return [f for f in found if any(words in f.text for words in self.by)]

    def works(self, found: Sequence[Finding]) -> bool:
        """True if findings answer it, and all of them hold."""
        own = self.findings(found)
        return bool(own) and all(f.holds for f in own)


def built(
    found: Sequence[Finding], parts: Sequence[AgreedItem] = (), agreed: Sequence[AgreedItem] = ()
) -> BookVerdict:
    """Decide the verdict on a system by `BUILT_RULE`, from its findings."""
    main = [f.holds for f in found if not f.gap]
    if not main or not all(main):
        return _plain(Built.NOT)
    working = sum(part.works(found) for part in parts)
    if working < len(parts):
        return BookVerdict(Built.PART, f"in part ({working} of {len(parts)})")
    whole = all(f.holds for f in found) and not any(item.untested for item in agreed)
    return _plain(Built.WORKS if whole else Built.GAPS)


def _plain(status: RowVerdict | Built) -> BookVerdict:
    return BookVerdict(status, str(status))


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)
