"""Matrices of enclosures: exponential, and test for positive definiteness.

Source: Moore, Kearfott and Cloud, Introduction to Interval Analysis, SIAM, 2009, chapter 7.
"""

from math import factorial

import numpy as np
from jaxtyping import Bool

from ingenium.kits.enclosures.enclosure import Enclosure

TERMS = 24  # of the series of an exponential


def exponential(matrix: Enclosure) -> Enclosure:
    """Exponential of an enclosed matrix: the series of the halved matrix, squared again.

    Shapes: one square matrix.
    """
    size = np.maximum(np.abs(matrix.low), np.abs(matrix.high)).sum(1).max()
    halvings = max(0, int(np.ceil(np.log2(max(size, 1e-9)))) + 1)
    moved = _series(matrix * Enclosure.of(2.0**-halvings))
    for _ in range(halvings):
        moved = moved @ moved
    return moved


def _series(matrix: Enclosure) -> Enclosure:
    """Sum the exponential series for a norm below 1, with a bound on the remainder."""
    norm = float(np.maximum(np.abs(matrix.low), np.abs(matrix.high)).sum(1).max())
    total = power = Enclosure.of(np.eye(len(matrix.low)))
    for k in range(1, TERMS):
        power = (power @ matrix) / Enclosure.of(float(k))
        total = total + power
    left = 2 * norm**TERMS / factorial(TERMS)  # of a geometric series with a ratio below a half
    return Enclosure(total.low - left, total.high + left) + Enclosure.of(0.0)


def positive_definite(matrix: Enclosure) -> Bool[np.ndarray, " n"]:
    """Mask of matrices that are positive definite for all enclosed values, by positive pivots.

    Shapes: n symmetric matrices.
    """
    s = matrix.low.shape[-1]
    rows = [[matrix[:, i, k] for k in range(s)] for i in range(s)]
    found = np.ones(len(matrix.low), dtype=bool)
    for i in range(s):
        pivot = rows[i][i]
        found &= pivot.low > 0
        safe = Enclosure(np.where(found, pivot.low, 1.0), np.where(found, pivot.high, 1.0))
        for j in range(i + 1, s):
            share = rows[j][i] / safe
            for k in range(i + 1, s):
                rows[j][k] = rows[j][k] - share * rows[i][k]
    return found
