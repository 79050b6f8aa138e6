"""Limits that no design satisfied together, and the values attained instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from ingenium.core.designs import DESIGN
from ingenium.core.select import pareto_rank
from ingenium.core.verdict import Verdict
from ingenium.runs.aim import Aim

LARGEST = 4  # limits of a conflict that is looked for
SHOWN = 12  # designs of a front


@dataclass(frozen=True)
class Conflict:
    """Limits that no design satisfied together, while some design satisfied each subset of them."""

    limits: tuple[str, ...]  # labels
    least: float  # sum of their violations, of the design nearest to them
    design: int  # that one


@dataclass(frozen=True)
class Attainment:
    """A design that no other one dominates in all limits, with its measured values."""

    design: int
    violation: float  # sum over all limits
    values: dict[str, float]  # of each limited quantity
    broken: tuple[str, ...]  # labels


@dataclass(frozen=True)
class Unmet:
    """Conflicting limits and attained values of a search without a feasible design."""

    verified: int
    conflicts: tuple[Conflict, ...]  # the smallest first
    front: tuple[Attainment, ...]  # the nearest first


def unmet(verdicts: xr.Dataset, aim: Aim) -> Unmet | None:
    """Return the conflicting limits; None if a design satisfies all, or none has an answer."""
    code = verdicts["verdict"].to_numpy()
    answered = verdicts.isel({DESIGN: np.flatnonzero(code != Verdict.FAILED)})
    if not answered.sizes[DESIGN] or bool((code == Verdict.ACCEPTED).any()):
        return None
    violation = aim.violations(answered)
    labels = tuple(limit.label for limit in aim.limits)
    index = answered[DESIGN].to_numpy()
    found = []
    for chosen in conflicting(violation == 0):
        short = violation[:, list(chosen)].sum(1)
        best = int(short.argmin())
        names = tuple(labels[i] for i in chosen)
        found.append(Conflict(names, float(short[best]), int(index[best])))
    return Unmet(len(index), tuple(found), _front(answered, aim, violation, labels))


def conflicting(held: Bool[np.ndarray, "n l"]) -> tuple[tuple[int, ...], ...]:
    """Find the smallest sets of limits that no row satisfies together.

    Every set that contains none of them is satisfied by some row, up to `LARGEST` limits.
    Source: Reiter, Artificial Intelligence 32:57, 1987 (minimal conflict sets).
    """
    found: list[tuple[int, ...]] = []
    rows = np.unique(held, axis=0)
    for size in range(1, min(LARGEST, held.shape[1]) + 1):
        for chosen in combinations(range(held.shape[1]), size):
            if any(set(smaller) <= set(chosen) for smaller in found):
                continue
            if not rows[:, list(chosen)].all(1).any():
                found.append(chosen)
    return tuple(found) or ((tuple(range(held.shape[1])),) if not rows.all(1).any() else ())


def _front(
    answered: xr.Dataset, aim: Aim, violation: Float[np.ndarray, "n l"], labels: Sequence[str]
) -> tuple[Attainment, ...]:
    """Designs that no other one dominates in all limits, the first of equal ones."""
    distinct, first = np.unique(violation, axis=0, return_index=True)
    best = first[pareto_rank(distinct) == 0]
    sums = violation.sum(1)
    chosen: Int[np.ndarray, " m"] = best[np.argsort(sums[best], kind="stable")][:SHOWN]
    index = answered[DESIGN].to_numpy()
    return tuple(
        Attainment(
            design=int(index[i]),
            violation=float(sums[i]),
            values={x.quantity: float(answered[x.quantity].to_numpy()[i]) for x in aim.limits},
            broken=tuple(n for n, v in zip(labels, violation[i], strict=True) if v > 0),
        )
        for i in chosen.tolist()
    )
