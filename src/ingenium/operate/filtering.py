"""The nearest action that satisfies all rows of a barrier, for a batch of copies.

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
    """Minimise |u - proposed|^2 subject to rows u <= bounds; also return the largest violation.

    Multipliers are updated row by row until no row is violated by more than the tolerance; rows
    that exclude each other stay violated.

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
