"""Pareto fronts as they grow, and the space that they dominate."""

import numpy as np
from jaxtyping import Bool, Float, Int

from ingenium.core.select import pareto_rank


def dominated(
    points: Float[np.ndarray, "n o"], by: Float[np.ndarray, "m o"]
) -> Bool[np.ndarray, " n"]:
    """Which points have one in `by` that is nowhere worse and somewhere better."""
    no_worse = np.all(by[None] <= points[:, None], axis=2)
    better = np.any(by[None] < points[:, None], axis=2)
    return np.asarray(np.any(no_worse & better, axis=1))


def grown(
    front: Float[np.ndarray, "m o"], points: Float[np.ndarray, "n o"]
) -> Float[np.ndarray, "k o"]:
    """The front of a front and further points, each point once."""
    fresh = points[~dominated(points, front)]
    if not len(fresh):
        return front
    fresh = np.unique(fresh[pareto_rank(fresh) == 0], axis=0)
    return np.unique(np.concatenate([front[~dominated(front, fresh)], fresh]), axis=0)


def hypervolume(front: Float[np.ndarray, "m o"], worst: Float[np.ndarray, " o"]) -> float:
    """Volume of what a front dominates up to the point `worst`; exact, for small fronts.

    Source: Zitzler and Thiele, PPSN V, 1998 (the measure); While et al., IEEE Trans. Evol. Comput.
        10:29, 2006 (slices along the last objective).
    """
    inside = front[(front < worst).all(1)]
    if not len(inside):
        return 0.0
    if inside.shape[1] == 1:
        return float(worst[0] - inside.min())
    order = inside[np.argsort(inside[:, -1], kind="stable")]
    if inside.shape[1] == 2:
        least = np.minimum.accumulate(np.append(worst[0], order[:, 0]))
        return float(((least[:-1] - least[1:]) * (worst[1] - order[:, 1])).sum())
    top = np.append(order[1:, -1], worst[-1])
    volume, lower = 0.0, np.empty((0, inside.shape[1] - 1))
    for point, end in zip(order, top, strict=True):  # each slice holds the points below it
        lower = grown(lower, point[None, :-1])
        if end > point[-1]:
            volume += (end - point[-1]) * hypervolume(lower, worst[:-1])
    return volume


def order(
    cost: Float[np.ndarray, " n"],
    violation: Float[np.ndarray, "n l"],
    loss: Float[np.ndarray, "n o"],
) -> Int[np.ndarray, " n"]:
    """Positions from the best to the worst: violations, then fronts of losses, then costs."""
    short = violation.sum(1)
    front = np.zeros(len(cost), dtype=np.int64)
    held = np.flatnonzero(short == 0)
    if loss.shape[1] > 1 and len(held):
        front[held] = pareto_rank(loss[held])
    best: np.ndarray = np.lexsort((cost, front, short))
    return best
