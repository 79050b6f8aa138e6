"""Selection: which verified designs are kept, and in which order."""

from collections.abc import Sequence

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


def select(
    verdicts: xr.Dataset, objectives: Sequence[Objective], choice: Select
) -> Int[np.ndarray, " m"]:
    """Positions of the kept designs: by Pareto front of the objectives, then by the first one.

    Without objectives the order of proposal stands.
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
    return kept[: choice.count]


def pareto_rank(cost: Float[np.ndarray, "n o"]) -> Int[np.ndarray, " n"]:
    """Front of each row, 0 for those that no other row beats in every column.

    Source: Goldberg, Genetic Algorithms in Search, Optimization and Machine Learning, 1989.
    """
    order = np.lexsort(cost.T[::-1])  # whoever beats a row comes before it
    cost, rank = cost[order], np.empty(len(cost), dtype=np.int64)
    for i, own in enumerate(cost):  # a row needs the fronts of those before it
        beats = (cost[:i] <= own).all(1) & (cost[:i] < own).any(1)
        rank[i] = rank[:i][beats].max(initial=-1) + 1
    return rank[np.argsort(order)]
