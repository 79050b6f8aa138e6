"""Units of user input, converted once to those of the engines."""

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from ingenium.core.errors import InputError

if TYPE_CHECKING:
    import pint

# Names with small exponents, multiplied and divided. Pint would also reckon with numbers, for as
# long as that takes.
_FACTOR = r"(?:1|%|[^\W\d]\w*(?:(?:\*\*|\^)-?\d)?)"
SCALES = (3, -3, 6, -6, 9, -9)  # powers of ten between units that are mistaken for each other
LONGEST = 200  # letters of a unit
_UNIT = re.compile(rf"{_FACTOR}(?: ?[*/] ?{_FACTOR}){{0,7}}")


@dataclass(frozen=True)
class Unit:
    """Unit of a number of settings: `Annotated[float, Unit("Pa", 1e6, 2e12)]`.

    A spec with a number outside the plausible range is refused: most often it is right in another
    unit. Zero passes, and so do settings that Python code constructs.
    """

    name: str
    least: float = 0.0  # of the magnitude
    most: float = math.inf

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Extend the schema of the number or numbers by a check of their magnitudes."""
        return core_schema.no_info_after_validator_function(self._plausible, handler(source))

    def _plausible(self, value: Any) -> Any:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, float | int) and one and not self.least <= abs(one) <= self.most:
                raise PydanticCustomError(
                    "implausible",
                    "from {least} to {most} {unit}",
                    {
                        "least": f"{self.least:g}",
                        "most": f"{self.most:g}",
                        "unit": self.name,
                        "got": f"{one:g}",
                        "instead": self._meant(one),
                    },
                )
        return value

    def _meant(self, value: float) -> str:
        """Suggest the number in thousandths or thousands of its unit, where that is plausible."""
        scaled = ((power, value * 10.0**power) for power in SCALES)
        plain = 1e-3 <= abs(value) < 1e6
        fits = [
            f"{value:g}e{power}" if plain and abs(one) >= 1e6 else f"{one:g}"
            for power, one in scaled
            if self.least <= abs(one) <= self.most
        ]
        text = " or ".join(f"{number} {self.name}" for number in fits)
        return f"Did you mean {text}?" if fits else f"Write it in {self.name}."


@dataclass(frozen=True)
class Scale:
    """Conversion of numbers from one unit to another: times `factor`, plus `offset`."""

    unit: str  # in which they are written
    factor: float = 1.0
    offset: float = 0.0

    @classmethod
    def between(cls, got: str, shown: str, *, of: str) -> "Scale":
        """Return the scale of quantity `of`, from its unit to its display unit.

        Raises:
            InputError: if a unit is unknown, the two do not measure the same thing, or one is
                logarithmic.
        """
        if got == shown:
            return cls(shown)
        offset, half, one = (convert(x, got, shown, of=of) for x in (0.0, 0.5, 1.0))
        if not math.isclose(half - offset, (one - offset) / 2, rel_tol=1e-6):
            raise InputError(
                f"{of} in a unit that is proportional to {shown}",
                f'"{got}", a logarithm',
                f"Convert the numbers to {shown}.",
            )
        return cls(shown, one - offset, offset)

    def value(self, number: Any) -> Any:
        """Convert a number, or an array of them."""
        return (
            number if self.factor == 1 and not self.offset else number * self.factor + self.offset
        )

    def difference(self, number: Any) -> Any:
        """Convert a difference of two numbers, such as a margin or an uncertainty."""
        return number if self.factor == 1 else number * self.factor


@cache
def _registry() -> "pint.UnitRegistry[float]":
    """Import pint and parse its units on first use: both take a tenth of a second."""
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    registry.define("per_unit = [] = pu")
    registry.define("m3 = meter ** 3")  # as sheets of water works write it
    return registry


def _readable(unit: str) -> bool:
    """Return whether a text can be a unit; pint takes seconds to refuse thousands of letters."""
    return len(unit) <= LONGEST and bool(_UNIT.fullmatch(unit))


def known(unit: str) -> bool:
    """Return whether a unit can be converted into others."""
    import pint

    try:
        return _readable(unit) and _registry().Unit(unit) is not None
    except (pint.UndefinedUnitError, ValueError):
        return False


def alike(one: str, other: str) -> bool:
    """Return whether two known units measure the same thing."""
    known_both = known(one) and known(other)
    return known_both and bool(_registry().Unit(one).is_compatible_with(other))


def convert(value: float, got: str, expected: str, *, of: str) -> float:
    """Convert the value of quantity `of` from unit `got` to unit `expected`.

    Raises:
        InputError: if a unit is unknown, the two do not measure the same thing, or the value
            is too large in the expected one.
    """
    if got == expected:
        return value
    import pint

    registry = _registry()
    try:
        if not _readable(got):
            raise pint.UndefinedUnitError(got)
        converted = float(registry.Quantity(value, got).to(expected).magnitude)
    except pint.UndefinedUnitError:
        raise InputError(
            expected=f"{of} in {expected} or a unit that converts to it",
            got=f'the unknown unit "{got}"',
            instead=f'Write unit = "{expected}".',
        ) from None
    except pint.DimensionalityError:
        raise InputError(
            expected=f"{of} in {expected} or a unit that converts to it",
            got=f'the unit "{got}", which measures something else',
            instead=f'Write unit = "{expected}".',
        ) from None
    if not math.isfinite(converted):
        raise InputError(
            expected=f"{of} as a finite number of {expected}",
            got=f"{value:g} {got}",
            instead=f'Write a smaller number, or unit = "{expected}".',
        )
    return converted


def base_unit(unit: str, *, of: str) -> tuple[str, dict[str, Fraction]]:
    """Return the equivalent SI base unit, and the exponents of its dimensions.

    Raises:
        InputError: if the unit of quantity `of` is unknown.
    """
    if not known(unit):
        raise InputError(
            f"a unit of {of}, such as m/s**2", f'"{unit}"', "Write 1 for a pure number."
        )
    own = _registry().Unit(unit)
    powers = {str(k): Fraction(str(v)).limit_denominator(12) for k, v in own.dimensionality.items()}
    base = _registry().get_base_units(own)[1]
    return f"{base:~C}".replace("Δ", "") or "1", powers
