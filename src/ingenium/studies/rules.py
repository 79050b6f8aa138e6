"""How measured values decide what became of a claim; nobody types a status by hand.

A claim is cut into parts, each with a bound that is stated before anything is measured. A part
holds if the whole 95 % interval of its value lies on the claimed side of the bound, is
contradicted if the whole interval lies on the other side, and is open otherwise; a value without
an interval decides nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import Interval

RULE = (
    "Reproduced if all parts hold; partly if a main part holds and not all do; refuted if no main "
    "part holds and one is contradicted; not yet if nothing is decided."
)


class Status(StrEnum):
    """What became of a claim."""

    REPRODUCED = "reproduced"
    PARTLY = "partly"
    REFUTED = "refuted"
    NOT_TESTABLE = "not testable here"
    NOT_YET = "not yet"


class Outcome(StrEnum):
    """What a measured value says of one part of a claim."""

    HOLDS = "holds"
    CONTRADICTED = "contradicted"
    OPEN = "open"


@dataclass(frozen=True)
class Part:
    """One part of a claim with its bound; a value outside [at_least, at_most] speaks against it.

    `main` parts are what the claim is about. The others are checks without which it would not
    count as reproduced, but which alone would not make it true.
    """

    name: str
    text: str
    unit: str = "1"
    at_least: float = -math.inf
    at_most: float = math.inf
    main: bool = True

    def judge(self, found: Interval) -> Outcome:
        """What the interval of the measured value says."""
        if not (math.isfinite(found.low) and math.isfinite(found.high)):
            return Outcome.OPEN
        if found.low >= self.at_least and found.high <= self.at_most:
            return Outcome.HOLDS
        if found.high < self.at_least or found.low > self.at_most:
            return Outcome.CONTRADICTED
        return Outcome.OPEN

    @property
    def bound(self) -> str:
        """The bound in words."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        ends = []
        if math.isfinite(self.at_least):
            ends.append(f"at least {self.at_least:g}{unit}")
        if math.isfinite(self.at_most):
            ends.append(f"at most {self.at_most:g}{unit}")
        return " and ".join(ends)


def outcomes(parts: Sequence[Part], values: Mapping[str, Interval]) -> dict[str, Outcome]:
    """Outcome of each part.

    Raises:
        InputError: if a part was not measured.
    """
    absent = [part.name for part in parts if part.name not in values]
    if absent:
        raise InputError("a value for each part of the claim", f"none for {', '.join(absent)}")
    return {part.name: part.judge(values[part.name]) for part in parts}


def decide(parts: Sequence[Part], values: Mapping[str, Interval]) -> Status:
    """The status by `RULE`.

    Raises:
        InputError: if a part was not measured.
    """
    found = outcomes(parts, values)
    main = [found[part.name] for part in parts if part.main]
    if found and all(outcome is Outcome.HOLDS for outcome in found.values()):
        return Status.REPRODUCED
    if Outcome.HOLDS in main:
        return Status.PARTLY
    if Outcome.CONTRADICTED in main:
        return Status.REFUTED
    return Status.NOT_YET
