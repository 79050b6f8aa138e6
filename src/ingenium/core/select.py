"""Selection of verified designs, and their order."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from ingenium.core.quantity import DESIGN
from ingenium.core.spec import Objective, Select
from ingenium.core.verdict import Verdict

_EXPORTED = {
    "accepted": (Verdict.ACCEPTED,),
    "rejected": (Verdict.REJECTED,),
    "verified": (Verdict.ACCEPTED, Verdict.REJECTED),
}


def best(verdicts: xr.Dataset, quantity: str, *, most: bool = False) -> Int[np.ndarray, " m"]:
    """Return positions of accepted designs by increasing quantity, or decreasing with `most`."""
    held = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    values = verdicts[quantity].to_numpy()[held]
    order: np.ndarray = held[np.argsort(-values if most else values, kind="stable")]
    return order


Metric = Callable[[int], Float[np.ndarray, " n"]]  # distances of all designs to the one there


@runtime_checkable
class DesignLikeness(Protocol):
    """Part of a problem that compares designs with each other."""

    def metric(self, designs: xr.Dataset) -> Metric:
        """Return the distances of all designs from one of them."""
        ...

    def equal(self, designs: xr.Dataset) -> Int[np.ndarray, " n"]:
        """Return for each design the position of the one that is selected of its equals."""
        ...


def select(
    problem: DesignLikeness,
    objectives: Sequence[Objective],
    choice: Select,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> Int[np.ndarray, " m"]:
    """Return positions of selected designs, by Pareto front of the objectives, then by the first.

    Without objectives the order of proposal remains. Of equal designs one is selected, at the
    place of the first. With a minimum distance, a design too near to a better one is left out.
    """
    exported = np.flatnonzero(np.isin(verdicts["verdict"].to_numpy(), _EXPORTED[choice.export]))
    if objectives and len(exported):
        cost = np.stack(
            [
                verdicts[o.quantity].to_numpy()[exported] * (1 if o.sense == "minimise" else -1)
                for o in objectives
            ],
            1,
        )
        front = pareto_rank(cost) if len(objectives) > 1 else np.zeros(len(exported))
        exported = exported[np.lexsort((cost[:, 0], front))]
    exported = exported[
        list(dict.fromkeys(problem.equal(designs.isel({DESIGN: exported})).tolist()))
    ]
    if choice.min_distance is not None and len(exported):
        metric = problem.metric(designs.isel({DESIGN: exported}))
        exported = exported[
            leaders(np.arange(len(exported)), metric, choice.min_distance, choice.count)
        ]
    selected: np.ndarray = exported[: choice.count]
    return selected


def distinct(problem: DesignLikeness, designs: xr.Dataset, verdicts: xr.Dataset) -> int:
    """Count accepted designs, equal ones once."""
    accepted = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    return len(set(problem.equal(designs.isel({DESIGN: accepted})).tolist()))


def leaders(
    order: Int[np.ndarray, " m"], metric: Metric, min_distance: float, count: int | None = None
) -> Int[np.ndarray, " k"]:
    """Select designs in order, at least `min_distance` from those before, at most `count`.

    Source: Hartigan, Clustering Algorithms, 1975, chapter 3 (leaders); Taylor, J. Chem. Inf.
        Comput. Sci. 35:59, 1995, and Butina, ibid. 39:747, 1999 (exclusion spheres of molecules).
    """
    taken: list[int] = []
    free = np.ones(int(order.max()) + 1, dtype=bool)
    for position in order.tolist():  # each decision depends on those before it
        if free[position] and (count is None or len(taken) < count):
            taken.append(position)
            free &= metric(position)[: len(free)] >= min_distance
    return np.array(taken, dtype=np.int64)


def firsts(keys: Iterable[Hashable]) -> Int[np.ndarray, " n"]:
    """Return for each key the position of the first that equals it."""
    first: dict[Hashable, int] = {}
    return np.array([first.setdefault(key, i) for i, key in enumerate(keys)], dtype=np.int64)


def equal_rows(values: Float[np.ndarray, "n k"], tolerance: float) -> Int[np.ndarray, " n"]:
    """Return for each row the first that lies within `tolerance` of it (root mean square).

    A row with a value that is no number equals itself alone. Rows are compared where their means
    differ by no more than the tolerance: the mean difference is never larger than the root mean
    square one.
    """
    first = np.arange(len(values))
    rows = np.flatnonzero(np.isfinite(values).all(1))
    order = rows[np.argsort(values[rows].mean(1), kind="stable")]
    gaps = np.diff(values[order].mean(1)) > tolerance
    for near in np.split(order, np.flatnonzero(gaps) + 1):
        left = np.sort(near)
        while len(left):
            gap = np.sqrt(np.square(values[left] - values[left[0]]).mean(1))
            first[left[gap <= tolerance]] = left[0]
            left = left[gap > tolerance]
    return first


def pareto_rank(cost: Float[np.ndarray, "n o"]) -> Int[np.ndarray, " n"]:
    """Return the Pareto front of each row, 0 for rows that no other row dominates.

    Source: Goldberg, Genetic Algorithms in Search, Optimization and Machine Learning, 1989.
    """
    order = np.lexsort(cost.T[::-1])  # a row that dominates another comes before it
    cost, rank = cost[order], np.empty(len(cost), dtype=np.int64)
    for i, own in enumerate(cost):  # a row needs the fronts of those before it
        beats = (cost[:i] <= own).all(1) & (cost[:i] < own).any(1)
        rank[i] = rank[:i][beats].max(initial=-1) + 1
    return rank[np.argsort(order)]
