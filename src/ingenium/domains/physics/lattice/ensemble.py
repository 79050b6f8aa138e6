"""What makes an ensemble of independent proposals: lots, weights and the test against the law.

A proposal with weight w = law / density is kept as often as min(1, w), and what is kept counts
max(1, w): so every mean is that of the law, whatever the density, and nearly all of what is kept
counts 1. The share that is kept is 1 less the distance in total variation of density and law.
Source: Liu, Chen and Wong, J. Am. Stat. Assoc. 93 (1998) 1022 (rejection control).

Shapes: n configurations, o observables.
"""

from hashlib import blake2b

import numpy as np
from jaxtyping import Float

BEYOND = 6.0  # standard errors; a right ensemble is beyond by chance once in 5e8
ENOUGH = 100  # configurations from which an ensemble is tested


def lots(*arrays: np.ndarray) -> Float[np.ndarray, " n"]:
    """A number in (0, 1) for each row, by the bits of all its arrays: nobody chooses it."""
    rows = zip(*(np.ascontiguousarray(a, np.float64) for a in arrays), strict=True)
    words = [
        int.from_bytes(blake2b(b"".join(p.tobytes() for p in row), digest_size=8).digest(), "big")
        for row in rows
    ]
    return (np.array(words, dtype=np.float64) + 0.5) / 2.0**64


def counts(
    log_weight: Float[np.ndarray, " n"], lot: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """What each proposal counts: 0 if its lot refuses it, and else max(1, w)."""
    return np.where(np.log(lot) < log_weight, np.exp(np.maximum(log_weight, 0.0)), 0.0)


def effective(count: Float[np.ndarray, " n"]) -> float:
    """Independent configurations that are worth as much."""
    return float(count.sum() ** 2 / np.square(count).sum()) if count.any() else 0.0


def mean(
    count: Float[np.ndarray, " n"], observed: Float[np.ndarray, "n o"]
) -> tuple[np.ndarray, np.ndarray]:
    """Means in the ensemble and their standard errors."""
    share = count / count.sum()
    middle = share @ observed
    return middle, np.sqrt(np.square(share) @ np.square(observed - middle))


def pulls(
    count: Float[np.ndarray, " n"],
    observed: Float[np.ndarray, "n o"],
    exact: Float[np.ndarray, "n o"],
) -> Float[np.ndarray, " o"]:
    """How many standard errors the means lie from the law's, each row at its own coupling.

    NaN where the law's are not known.
    """
    off = count[:, None] * (observed - exact)
    spread = np.sqrt(np.square(off).sum(0))
    found: np.ndarray = np.where(spread == 0, 0.0, off.sum(0) / np.where(spread == 0, 1, spread))
    return found
