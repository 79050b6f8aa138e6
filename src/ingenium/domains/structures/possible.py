"""Refusal of limits that no design of a setup can satisfy, before any computation."""

import math
from collections.abc import Mapping, Sequence

from ingenium.core.errors import InputError
from ingenium.core.spec import Limit


def refuse_beyond(
    limits: Sequence[Limit], can: Mapping[str, tuple[float, float]], instead: str
) -> None:
    """Refuse limits outside of the range of their quantities, in their units.

    Raises:
        InputError: with the limit.
    """
    for limit in limits:
        low, high = can.get(limit.quantity, (-math.inf, math.inf))
        most = high if limit.at_most is None else limit.at_most
        least = low if limit.at_least is None else limit.at_least
        if most < low or least > high:
            raise InputError(
                f"{limit.quantity} between {low:.3g} and {high:.3g}, as the setup allows",
                limit.label,
                f"No design could hold it: {instead}",
            )
