"""Named things with units: variables of designs, quantities of verifiers, conditions of specs."""

from dataclasses import dataclass
from typing import Any

from ingenium.core.errors import InputError

DESIGN = "design"  # first dimension of designs and verdicts
SCENARIOS = "scenarios"  # quantity with the size of a sample
SHOWN, LABELS = "shown_units", "labels"  # attributes of arrays


def _attrs(unit: str, long_name: str, shown: str, labels: tuple[str, ...] | None) -> dict[str, Any]:
    reported: dict[str, Any] = {"units": unit, "long_name": long_name}
    reported |= {SHOWN: shown} if shown else {}
    return reported | ({LABELS: list(labels)} if labels else {})


@dataclass(frozen=True)
class Variable:
    """One array of a design, e.g. the active power of each load profile over the day.

    With `longest` it is a text of at most that many characters, such as a formula: one string for
    each design, without further dimensions. Inside the engine it is the array of its code points
    (`core.text`). People read numbers in the unit `shown`, if one is named.
    """

    name: str
    dims: tuple[str, ...]  # beyond `design`
    unit: str
    long_name: str
    lower: float | None = None  # physical bounds, checked when designs are read
    upper: float | None = None
    given: str | None = None  # the condition that sets it, so that no model proposes it
    longest: int | None = None  # characters of a text; None for numbers
    shown: str = ""  # unit in tables, reports and pictures, such as "nm"; that of files if empty
    labels: tuple[str, ...] | None = None  # the number is an index into these names

    @property
    def attrs(self) -> dict[str, Any]:
        """Unit, meaning, display unit and labels as attributes (the first two after CF)."""
        return _attrs(self.unit, self.long_name, self.shown, self.labels)


@dataclass(frozen=True)
class Quantity:
    """A number that a verifier measures on each design."""

    name: str
    unit: str
    long_name: str
    labels: tuple[str, ...] | None = None  # the number is an index into these names
    where: tuple[str, ...] = ()  # other quantities with the place and time of this one
    rounding: float = 0.0  # absolute tolerance for the order of sums where terms cancel
    error: str = ""  # the quantity that is its standard error, of a mean over scenarios
    expensive: bool = False  # may be left out of a design that violates a limit on another quantity
    beyond: bool = False  # its limits must hold beyond its uncertainty, unless a spec sets this
    shown: str = ""  # unit in tables, reports and pictures, such as "MPa"; `unit` if empty
    lower: float | None = None  # no value lies below it, so that a request below it is a mistake
    upper: float | None = None
    whole: bool = False  # a count

    @property
    def attrs(self) -> dict[str, Any]:
        """Unit, meaning, display unit and labels as attributes (the first two after CF)."""
        return _attrs(self.unit, self.long_name, self.shown, self.labels)


@dataclass(frozen=True)
class Condition:
    """A property that designs are generated for: a category (`choices`) or a number in a range.

    A model sees a number scaled to -1 to 1 over its range; or, with a `middle`, its distance from
    that in spreads.

    Raises:
        InputError: for a logarithm without a middle above 0.
    """

    name: str
    long_name: str
    choices: tuple[str, ...] | None = None
    lower: float = 0.0
    upper: float = 1.0
    unit: str = "1"
    middle: float | None = None  # the value that models see as 0; of a circle, where it begins
    spread: float = 1.0  # the distance that they see as 1; of the logarithm with `log`
    log: bool = False
    period: float | None = None  # of a number on a circle, such as an angle
    measured: str | None = None  # the quantity that measures the achieved value, in the same unit
    acts: bool = True  # on how a design is made, and not only on the inputs of a model
    exact: bool = False  # proposals achieve it exactly
    ceiling: bool = False  # an upper bound of the achieved value, so that it is no target

    def __post_init__(self) -> None:
        if self.log and not (self.middle and self.middle > 0):
            raise InputError(
                f"a middle above 0 of {self.name}, which is given by its logarithm", self.middle
            )

    @property
    def attrs(self) -> dict[str, str]:
        """Meaning, and unit if it is a number, as CF attributes."""
        units = {} if self.choices else {"units": self.unit}
        return units | {"long_name": self.long_name}
