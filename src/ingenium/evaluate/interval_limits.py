"""Limits on what is measured once for a whole artefact, such as a monitor, with its interval."""

from collections.abc import Mapping, Sequence

import numpy as np

from ingenium.core.errors import choose
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict
from ingenium.evaluate.measured import Interval


def in_units(limits: Sequence[Limit], units: Mapping[str, str], what: str) -> tuple[Limit, ...]:
    """Limits in the units in which their quantities are measured; one without a unit is in it.

    Raises:
        InputError: for a quantity that is not measured, or a unit that is not one of its kind.
    """
    named = ((x, units[choose(x.quantity, units, what)]) for x in limits)
    return tuple(x if x.unit is None else x.in_unit(unit) for x, unit in named)


def margins(values: Mapping[str, Interval], limits: Sequence[Limit]) -> dict[str, float]:
    """Signed distances in the units of the quantities; at least 0 holds, NaN is no answer.

    With `beyond_uncertainty` the whole interval must hold a limit.
    """
    found = {}
    for limit in limits:
        own = values[limit.quantity]
        low, high = (own.low, own.high) if limit.beyond_uncertainty else (own.value, own.value)
        gaps = [] if limit.at_least is None else [low - limit.at_least]
        gaps += [] if limit.at_most is None else [limit.at_most - high]
        found[limit.label] = float(np.min(gaps))  # NaN where either bound has no answer
    return found


def judged(margins: Mapping[str, float]) -> Verdict:
    """What margins come to: failed where one could not be measured."""
    if not all(np.isfinite(m) for m in margins.values()):
        return Verdict.FAILED
    return Verdict.ACCEPTED if all(m >= 0 for m in margins.values()) else Verdict.REJECTED
