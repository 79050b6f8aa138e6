"""Pareto fronts, and the volume that they dominate."""

import moocore
import numpy as np
from jaxtyping import Bool, Float, Int

from ingenium.core.select import pareto_rank


def dominated(
    points: Float[np.ndarray, "n o"], by: Float[np.ndarray, "m o"]
) -> Bool[np.ndarray, " n"]:
    """Mark points that a point in `by` dominates: nowhere worse and somewhere better."""
    no_worse = np.all(by[None] <= points[:, None], axis=2)
    better = np.any(by[None] < points[:, None], axis=2)
    return np.asarray(np.any(no_worse & better, axis=1))


def grown(
    front: Float[np.ndarray, "m o"], points: Float[np.ndarray, "n o"]
) -> Float[np.ndarray, "k o"]:
    """Return the front of a front and further points, each point once."""
    fresh = points[~dominated(points, front)]
    if not len(fresh):
        return front
    fresh = np.unique(fresh[pareto_rank(fresh) == 0], axis=0)
    return np.unique(np.concatenate([front[~dominated(front, fresh)], fresh]), axis=0)


def hypervolume(front: Float[np.ndarray, "m o"], worst: Float[np.ndarray, " o"]) -> float:
    """Exact volume that a front dominates up to the reference point `worst`.

    Source: Zitzler and Thiele, PPSN V, 1998 (the measure), as moocore computes it.
    """
    inside = front[(front < worst).all(1)]
    return float(moocore.hypervolume(inside, ref=worst)) if len(inside) else 0.0


def order(
    cost: Float[np.ndarray, " n"],
    violation: Float[np.ndarray, "n l"],
    loss: Float[np.ndarray, "n o"],
) -> Int[np.ndarray, " n"]:
    """Return positions from best to worst: by violations, then fronts of losses, then costs."""
    short = violation.sum(1)
    front = np.zeros(len(cost), dtype=np.int64)
    satisfied = np.flatnonzero(short == 0)
    if loss.shape[1] > 1 and len(satisfied):
        front[satisfied] = pareto_rank(loss[satisfied])
    best: np.ndarray = np.lexsort((cost, front, short))
    return best
