"""Verdicts on values measured once for a whole artifact, such as a monitor, with intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ingenium.core.errors import choose
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict


@runtime_checkable
class HasEnds(Protocol):
    """A value with the ends of its interval, NaN where there are too few data."""

    @property
    def value(self) -> float:
        """Best guess."""

    @property
    def low(self) -> float:
        """Lower end."""

    @property
    def high(self) -> float:
        """Upper end."""


def in_units(limits: Sequence[Limit], units: Mapping[str, str], what: str) -> tuple[Limit, ...]:
    """Convert limits to the units of their quantities; a limit without a unit is in it already.

    Raises:
        InputError: for a quantity that is not measured, or a unit that is not one of its kind.
    """
    named = ((x, units[choose(x.quantity, units, what)]) for x in limits)
    return tuple(x if x.unit is None else x.in_unit(unit) for x, unit in named)


def margins(values: Mapping[str, HasEnds], limits: Sequence[Limit]) -> dict[str, float]:
    """Signed distances to limits in the units of the quantities; at least 0 satisfies a limit.

    NaN means no answer. With `beyond_uncertainty` the whole interval must satisfy a limit.
    """
    found = {}
    for limit in limits:
        own = values[limit.quantity]
        low, high = (own.low, own.high) if limit.beyond_uncertainty else (own.value, own.value)
        gaps = [] if limit.at_least is None else [low - limit.at_least]
        gaps += [] if limit.at_most is None else [limit.at_most - high]
        found[limit.label] = float(np.min(gaps))  # NaN where either bound has no answer
    return found


def stated(values: Mapping[str, HasEnds], units: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Values with their intervals and units, as records hold them."""
    return {
        k: {"value": v.value, "low": v.low, "high": v.high, "unit": units[k]}
        for k, v in values.items()
    }


@dataclass(frozen=True)
class Judgement:
    """The verdict on an artifact, the reasons if not accepted, and the margins of its limits."""

    verdict: Verdict
    reasons: tuple[str, ...]
    margins: dict[str, float]

    @classmethod
    def of(
        cls,
        values: Mapping[str, HasEnds],
        limits: Sequence[Limit],
        *,
        against: Sequence[str] = (),
        caveats: Sequence[str] = (),
    ) -> "Judgement":
        """Judge measured values by limits and by other findings.

        Args:
            values: by quantity.
            limits: in the units of the quantities.
            against: reasons for rejection that no limit covers.
            caveats: reasons why the checks could not have rejected it; without another reason for
                rejection it is inconclusive.
        """
        found = margins(values, limits)
        broken = [f"{k} is not satisfied" for k, m in found.items() if m < 0]
        silent = [f"{k} has no value" for k, m in found.items() if not math.isfinite(m)]
        if against:
            return cls(Verdict.REJECTED, (*against, *broken), found)
        if silent and not caveats:
            return cls(Verdict.FAILED, (*silent, *broken), found)
        if broken:
            return cls(Verdict.REJECTED, tuple(broken), found)
        if caveats:
            return cls(Verdict.INCONCLUSIVE, (*caveats, *silent), found)
        return cls(Verdict.ACCEPTED, (), found)

    @property
    def record(self) -> dict[str, Any]:
        """Plain data for a record."""
        return {
            "verdict": str(self.verdict),
            "reasons": list(self.reasons),
            "margins": self.margins,
        }
