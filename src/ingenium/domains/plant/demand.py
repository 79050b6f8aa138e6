"""Weeks of demand to learn from: the network's own, as years and people change it.

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
    """Weeks and their levels: the usual one, higher or lower, with hours that hang together."""
    level = np.exp(np.clip(SEASON * rng.standard_normal(count), -2 * SEASON, 2 * SEASON))
    shared = SHARED * _remembering((count, 1, usual.shape[1]), rng)
    own = OWN * _remembering((count, *usual.shape), rng)
    return settled(usual * level[:, None, None] * np.exp(shared + own)), level


def settled(demand: Float64[np.ndarray, "n p t"]) -> Float64[np.ndarray, "n p t"]:
    """As files hold it: positive, and of so many digits."""
    return np.asarray(np.round(np.maximum(demand, LEAST), DECIMALS))


def _remembering(shape: tuple[int, ...], rng: np.random.Generator) -> Float64[np.ndarray, "*shape"]:
    """Normal numbers along the last axis, each remembering the one before it."""
    found = rng.standard_normal(shape)
    for i in range(1, shape[-1]):  # each hangs on the last
        found[..., i] = MEMORY * found[..., i - 1] + np.sqrt(1 - MEMORY**2) * found[..., i]
    return found
