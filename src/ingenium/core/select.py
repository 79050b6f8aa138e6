"""Selection of verified designs, and their order."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from ingenium.core.spec import Objective, Select
from ingenium.core.verdict import Verdict

_KEPT = {
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


def select(
    verdicts: xr.Dataset,
    objectives: Sequence[Objective],
    choice: Select,
    metric: Callable[[], Metric],
) -> Int[np.ndarray, " m"]:
    """Return positions of selected designs, by Pareto front of the objectives, then by the first.

    Without objectives the order of proposal remains. With a minimum distance, a design too near to
    a better one is left out; the metric is only computed then.
    """
    kept = np.flatnonzero(np.isin(verdicts["verdict"].to_numpy(), _KEPT[choice.keep]))
    if objectives and len(kept):
        cost = np.stack(
            [
                verdicts[o.quantity].to_numpy()[kept] * (1 if o.sense == "minimise" else -1)
                for o in objectives
            ],
            1,
        )
        front = pareto_rank(cost) if len(objectives) > 1 else np.zeros(len(kept))
        kept = kept[np.lexsort((cost[:, 0], front))]
    if choice.apart is not None and len(kept):
        kept = leaders(kept, metric(), choice.apart, choice.count)
    return kept[: choice.count]


def leaders(
    order: Int[np.ndarray, " m"], metric: Metric, apart: float, count: int | None = None
) -> Int[np.ndarray, " k"]:
    """Select designs in order that lie at least `apart` from all selected before, at most `count`.

    Source: Hartigan, Clustering Algorithms, 1975, chapter 3 (leaders); Taylor, J. Chem. Inf.
        Comput. Sci. 35:59, 1995, and Butina, ibid. 39:747, 1999 (exclusion spheres of molecules).
    """
    taken: list[int] = []
    free = np.ones(int(order.max()) + 1, dtype=bool)
    for position in order.tolist():  # each decision depends on those before it
        if free[position] and (count is None or len(taken) < count):
            taken.append(position)
            free &= metric(position)[: len(free)] >= apart
    return np.array(taken, dtype=np.int64)


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
