"""Units at the edge: what users write is converted once to what engines use."""

import math
import re
from functools import cache
from typing import TYPE_CHECKING

from ingenium.core.errors import InputError

if TYPE_CHECKING:
    import pint

# Names with small exponents, multiplied and divided. Pint would also reckon with numbers, for as
# long as that takes.
_FACTOR = r"(?:1|%|[^\W\d]\w*(?:(?:\*\*|\^)-?\d)?)"
_UNIT = re.compile(rf"{_FACTOR}(?: ?[*/] ?{_FACTOR}){{0,7}}")


@cache
def _registry() -> "pint.UnitRegistry[float]":
    """Imported and parsed on first use: both take a tenth of a second."""
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    registry.define("per_unit = [] = pu")
    return registry


def convert(value: float, came: str, expected: str, *, of: str) -> float:
    """The value of quantity `of`, given in unit `came`, in unit `expected`.

    Raises:
        InputError: if a unit is unknown, the two do not measure the same thing, or the value
            is too large in the expected one.
    """
    if came == expected:
        return value
    import pint

    registry = _registry()
    try:
        if not _UNIT.fullmatch(came):
            raise pint.UndefinedUnitError(came)
        converted = float(registry.Quantity(value, came).to(expected).magnitude)
    except pint.UndefinedUnitError:
        raise InputError(
            expected=f"{of} in {expected} or a unit that converts to it",
            came=f'the unknown unit "{came}"',
            instead=f'Write unit = "{expected}".',
        ) from None
    except pint.DimensionalityError:
        raise InputError(
            expected=f"{of} in {expected} or a unit that converts to it",
            came=f'the unit "{came}", which measures something else',
            instead=f'Write unit = "{expected}".',
        ) from None
    if not math.isfinite(converted):
        raise InputError(
            expected=f"{of} as a finite number of {expected}",
            came=f"{value:g} {came}",
            instead=f'Write a smaller number, or unit = "{expected}".',
        )
    return converted
