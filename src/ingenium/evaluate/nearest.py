"""Diagnosis of a batch without feasible designs: the limits in the way, and the nearest design."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import xarray as xr

from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict


@dataclass(frozen=True)
class Reach:
    """One limit: the best value of any design, and that of the design nearest to all limits.

    `alone` is the limit nearest to the requested one that some design satisfies, whatever the
    others; `together` is the limit that the nearest design satisfies along with all others.
    """

    limit: str
    quantity: str
    unit: str
    broken: int  # designs that violate it
    verified: int
    best: float
    best_design: int
    nearest: float  # of the design nearest to all limits
    satisfied: bool  # whether that design satisfies this limit
    alone: Limit
    together: Limit


@dataclass(frozen=True)
class Nearest:
    """The design that is nearest to all limits, and the limits that it would satisfy."""

    design: int
    reaches: tuple[Reach, ...]

    @property
    def in_the_way(self) -> tuple[Reach, ...]:
        """Limits that the nearest design violates, the one that most designs violate first."""
        broken = [r for r in self.reaches if not r.satisfied]
        return tuple(sorted(broken, key=lambda r: -r.broken))


def nearest(
    verdicts: xr.Dataset, limits: Sequence[Limit], quantities: Sequence[Quantity]
) -> Nearest | None:
    """Find the design with the smallest largest violation, each in spreads of its quantity.

    None if no design was measured, or there is no limit.
    """
    code = verdicts["verdict"].to_numpy()
    answered = verdicts.isel(design=np.flatnonzero(code != Verdict.FAILED))
    margin = answered["margin"].to_numpy()
    if not margin.size:
        return None
    spread = np.array([max(float(answered[x.quantity].std()), 1e-12) for x in limits])
    index = answered["design"].to_numpy()
    chosen = int(np.minimum(margin / spread, 0.0).min(1).argmax())
    units = {q.name: q.unit for q in quantities}
    reaches = []
    for i, limit in enumerate(limits):
        values = answered[limit.quantity].to_numpy()
        best = int(margin[:, i].argmax())
        reaches.append(
            Reach(
                limit=limit.label,
                quantity=limit.quantity,
                unit=units[limit.quantity],
                broken=int((margin[:, i] < 0).sum()),
                verified=len(margin),
                best=float(values[best]),
                best_design=int(index[best]),
                nearest=float(values[chosen]),
                satisfied=bool(margin[chosen, i] >= 0),
                alone=_attainable(limit, float(values[best]), float(margin[best, i])),
                together=_attainable(limit, float(values[chosen]), float(margin[chosen, i])),
            )
        )
    return Nearest(int(index[chosen]), tuple(reaches))


def _attainable(limit: Limit, value: float, margin: float) -> Limit:
    """The limit itself if it is satisfied, else moved so that it is, in four digits.

    For a limit that must hold beyond the uncertainty, the margin determines the shift.
    """
    if not margin < 0:  # also of values that were never measured
        return limit
    least, most = limit.at_least, limit.at_most
    if least is not None and (most is None or value - least <= most - value):
        low = least + margin if limit.beyond_uncertainty else value
        return replace(limit, at_least=_rounded(low, ROUND_FLOOR))
    if most is None:
        return limit
    high = most - margin if limit.beyond_uncertainty else value
    return replace(limit, at_most=_rounded(high, ROUND_CEILING))


def _rounded(value: float, direction: str) -> float:
    """Round to four digits towards the looser side, so that the limit is satisfied."""
    if value == 0:
        return value
    last = math.floor(math.log10(abs(value))) - 3
    return float(Decimal(value).quantize(Decimal((0, (1,), last)), rounding=direction))
