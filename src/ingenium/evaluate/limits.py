"""Counts of designs that satisfy each limit, and place, time and size of violations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict, at_best, close, undecided
from ingenium.evaluate.intervals import wilson
from ingenium.evaluate.nearest import Nearest, nearest


@dataclass(frozen=True)
class LimitBreach:
    """One limit over a batch of verified designs (accepted and rejected, not failed)."""

    limit: str
    quantity: str
    unit: str
    verified: int
    broken: int
    share: float
    low: float  # 95 % interval of the share, Wilson
    high: float
    close: int  # designs with a margin smaller than the uncertainty of its quantity
    first: int  # designs with this limit as the largest violation, in spreads of its quantity
    worst: float | None  # most extreme value that violates it
    typical: float | None  # median of the values that violate it
    where: tuple[str, ...]  # most frequent place and time among those


@dataclass(frozen=True)
class Summary:
    """Counts of verdicts with the share of accepted designs and its 95 % Wilson interval."""

    proposed: int
    accepted: int
    rejected: int
    failed: int
    close: int  # accepted designs with a margin smaller than the uncertainty of its quantity
    acceptance: float
    acceptance_low: float
    acceptance_high: float
    limits: tuple[LimitBreach, ...]
    nearest: Nearest | None  # where no design is feasible: limits that could be satisfied
    undecided: int = 0  # of the failed: undecided by the sampled scenarios
    reasons: Mapping[str, int] = field(default_factory=dict)  # of the failed, commonest first
    distinct: int | None = None  # accepted designs, equal ones counted once


def summarise(
    verdicts: xr.Dataset, limits: Sequence[Limit], quantities: Sequence[Quantity]
) -> Summary:
    """Return counts, shares with intervals, and the violations of each limit."""
    code = verdicts["verdict"].to_numpy()
    counts = {v: int((code == v).sum()) for v in Verdict}
    low, high = wilson(counts[Verdict.ACCEPTED], len(code))
    answered = verdicts.isel(design=np.flatnonzero(code != Verdict.FAILED))
    return Summary(
        proposed=len(code),
        accepted=counts[Verdict.ACCEPTED],
        rejected=counts[Verdict.REJECTED],
        failed=counts[Verdict.FAILED],
        close=int((close(verdicts).any(1) & (code == Verdict.ACCEPTED)).sum()),
        acceptance=counts[Verdict.ACCEPTED] / len(code),
        acceptance_low=low,
        acceptance_high=high,
        limits=_broken(answered, limits, {q.name: q for q in quantities}),
        nearest=None if counts[Verdict.ACCEPTED] else nearest(verdicts, limits, quantities),
        undecided=int(undecided(verdicts).sum()),
    )


def _broken(
    answered: xr.Dataset, limits: Sequence[Limit], quantities: dict[str, Quantity]
) -> tuple[LimitBreach, ...]:
    margin, near = at_best(answered, limits), close(answered)
    spread = np.array([_spread(answered[limit.quantity].to_numpy()) for limit in limits])
    leads = np.full(len(margin), -1)
    if margin.size:
        scaled = margin / spread
        leads = np.where(scaled.min(1) < 0, scaled.argmin(1), -1)
    rows = []
    for i, limit in enumerate(limits):
        quantity = quantities[limit.quantity]
        bad = np.flatnonzero(margin[:, i] < 0)
        low, high = wilson(len(bad), max(len(margin), 1))
        values = answered[limit.quantity].to_numpy()[bad]
        rows.append(
            LimitBreach(
                limit=limit.label,
                quantity=limit.quantity,
                unit=quantity.unit,
                verified=len(margin),
                broken=len(bad),
                close=int(near[:, i].sum()),
                share=len(bad) / max(len(margin), 1),
                low=low,
                high=high,
                first=int((leads == i).sum()),
                worst=float(values[margin[bad, i].argmin()]) if len(bad) else None,
                typical=float(np.median(values)) if len(bad) else None,
                where=tuple(
                    _usual(answered[w].to_numpy()[bad], quantities[w]) for w in quantity.where
                )
                if len(bad)
                else (),
            )
        )
    return tuple(rows)


def _spread(values: np.ndarray) -> float:
    return float(values.std()) if len(values) and values.std() > 0 else 1.0


def _usual(values: np.ndarray, quantity: Quantity) -> str:
    """Most frequent value and its share: as a name, a time of the day, or with its unit."""
    kinds, counts = np.unique(values, return_counts=True)
    top, share = kinds[counts.argmax()], counts.max() / counts.sum()
    if quantity.labels is not None:
        return f"{quantity.labels[int(top)]} ({share:.0%})"
    if quantity.unit == "h":
        minutes = round(60 * float(top))
        return f"{minutes // 60:02d}:{minutes % 60:02d} ({share:.0%})"
    unit = "" if quantity.unit == "1" else f" {quantity.unit}"
    return f"{top:g}{unit} ({share:.0%})"
