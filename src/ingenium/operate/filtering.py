"""The nearest action that holds all rows of a barrier, for many copies at once.

Shapes: n copies, c rows, m actions.
"""

import numpy as np
from jaxtyping import Float64

SWEEPS, TOLERANCE = 200, 1e-9


def nearest(
    proposed: Float64[np.ndarray, "n m"],
    rows: Float64[np.ndarray, "n c m"],
    bounds: Float64[np.ndarray, "n c"],
) -> tuple[Float64[np.ndarray, "n m"], Float64[np.ndarray, " n"]]:
    """Min |u - proposed|^2 subject to rows u <= bounds; and by how much a row is still broken.

    One row after the other takes as much of its multiplier as it needs, until none is broken by
    more than the tolerance; where rows exclude each other, what is broken stays so.

    Source: Hildreth, Naval Research Logistics Quarterly 4:79, 1957.
    """
    u = np.array(proposed, dtype=np.float64)
    size = np.maximum(np.square(rows).sum(2), 1e-300)
    multiplier = np.zeros_like(bounds)
    broken = np.zeros(len(u))
    for _ in range(SWEEPS):
        before = u.copy()
        for i in range(bounds.shape[1]):  # each sees what the rows before it have moved
            over = (np.einsum("nm,nm->n", rows[:, i], u) - bounds[:, i]) / size[:, i]
            more = np.maximum(over, -multiplier[:, i])
            multiplier[:, i] += more
            u -= more[:, None] * rows[:, i]
        over = np.einsum("ncm,nm->nc", rows, u) - bounds
        broken = np.maximum(over.max(1, initial=0.0), 0.0)
        if (
            broken.max(initial=0.0) <= TOLERANCE
            and np.abs(u - before).max(initial=0.0) <= TOLERANCE
        ):
            break
    return u, broken
