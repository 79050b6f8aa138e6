"""Training weeks of demand: the network's own pattern, varied by season and by user.

Shapes: n weeks, p demand patterns, t hours.
"""

import numpy as np
from jaxtyping import Float64

SEASON, SHARED, OWN = 0.12, 0.04, 0.05  # spreads of the logarithm: of a week, an hour, a pattern
MEMORY = 0.9  # of an hour for the next
DECIMALS, LEAST = 4, 0.02


def weeks(
    usual: Float64[np.ndarray, "p t"], count: int, rng: np.random.Generator
) -> tuple[Float64[np.ndarray, "n p t"], Float64[np.ndarray, " n"]]:
    """Sample weeks and their levels: the usual week scaled, with correlated hours."""
    level = np.exp(np.clip(SEASON * rng.standard_normal(count), -2 * SEASON, 2 * SEASON))
    shared = SHARED * _remembering((count, 1, usual.shape[1]), rng)
    own = OWN * _remembering((count, *usual.shape), rng)
    return settled(usual * level[:, None, None] * np.exp(shared + own)), level


def settled(demand: Float64[np.ndarray, "n p t"]) -> Float64[np.ndarray, "n p t"]:
    """Round demand as files store it: positive, with a fixed number of digits."""
    return np.asarray(np.round(np.maximum(demand, LEAST), DECIMALS))


def _remembering(shape: tuple[int, ...], rng: np.random.Generator) -> Float64[np.ndarray, "*shape"]:
    """Sample first-order autoregressive normal numbers along the last axis."""
    found = rng.standard_normal(shape)
    for i in range(1, shape[-1]):  # each depends on the last
        found[..., i] = MEMORY * found[..., i - 1] + np.sqrt(1 - MEMORY**2) * found[..., i]
    return found
