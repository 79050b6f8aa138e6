"""Ensembles of independent proposals: acceptance, weights and the test against the law.

A proposal with weight w = law / density is accepted with probability min(1, w), and then counts
max(1, w): so every mean is that of the law, whatever the density, and nearly all accepted ones
count 1. The acceptance rate is 1 less the total variation distance of density and law.
Source: Liu, Chen and Wong, J. Am. Stat. Assoc. 93 (1998) 1022 (rejection control).

Shapes: n configurations, o observables.
"""

from hashlib import blake2b

import numpy as np
from jaxtyping import Float

BEYOND = 6.0  # standard errors; a right ensemble is beyond by chance once in 5e8
ENOUGH = 100  # configurations from which an ensemble is tested


def lots(*arrays: np.ndarray) -> Float[np.ndarray, " n"]:
    """Hash each row of all arrays to a number in (0, 1), which nobody can choose."""
    rows = zip(*(np.ascontiguousarray(a, np.float64) for a in arrays), strict=True)
    words = [
        int.from_bytes(blake2b(b"".join(p.tobytes() for p in row), digest_size=8).digest(), "big")
        for row in rows
    ]
    return (np.array(words, dtype=np.float64) + 0.5) / 2.0**64


def counts(
    log_weight: Float[np.ndarray, " n"], lot: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Count of each proposal: 0 if its number rejects it, else max(1, w)."""
    return np.where(np.log(lot) < log_weight, np.exp(np.maximum(log_weight, 0.0)), 0.0)


def effective(count: Float[np.ndarray, " n"]) -> float:
    """Effective number of independent configurations."""
    return float(count.sum() ** 2 / np.square(count).sum()) if count.any() else 0.0


def mean(
    count: Float[np.ndarray, " n"], observed: Float[np.ndarray, "n o"]
) -> tuple[np.ndarray, np.ndarray]:
    """Means of the ensemble and their standard errors."""
    share = count / count.sum()
    middle = share @ observed
    return middle, np.sqrt(np.square(share) @ np.square(observed - middle))


def pulls(
    count: Float[np.ndarray, " n"],
    observed: Float[np.ndarray, "n o"],
    exact: Float[np.ndarray, "n o"],
) -> Float[np.ndarray, " o"]:
    """Deviation of the means from the law's in standard errors, each row at its own coupling.

    NaN where the law's are not known.
    """
    off = count[:, None] * (observed - exact)
    spread = np.sqrt(np.square(off).sum(0))
    found: np.ndarray = np.where(spread == 0, 0.0, off.sum(0) / np.where(spread == 0, 1, spread))
    return found
