"""Memories of policies that need little: none, or the number of past periods.

Shapes: n copies, p readings, q targets, k numbers of memory.
"""

import numpy as np
from jaxtyping import Float64

from ingenium.operate.plant import Rows


class NoMemory:
    """A policy whose action follows from the present alone."""

    def begin(self, n: int) -> Float64[np.ndarray, "n 0"]:
        """Return no memory."""
        return np.zeros((n, 0))

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Rows,
    ) -> Float64[np.ndarray, "n k"]:
        """Return the memory as it is."""
        return memory


class PeriodCount:
    """A policy that remembers the number of past periods."""

    def begin(self, n: int) -> Float64[np.ndarray, "n 1"]:
        """Return the number of past periods, 0."""
        return np.zeros((n, 1))

    def learn(
        self,
        memory: Float64[np.ndarray, "n 1"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Rows,
    ) -> Float64[np.ndarray, "n 1"]:
        """Count the period."""
        return memory + 1
