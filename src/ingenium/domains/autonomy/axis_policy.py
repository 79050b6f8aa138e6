"""Policy that applies a single-axis law to every axis of a machine, each with its memory.

Shapes: n copies, a axes, p readings.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.operate.plant import Policy


@dataclass(frozen=True, eq=False)
class AxisByAxis:
    """Policy of independent axes, adjacent in readings, targets and actions."""

    law: Policy
    axes: int

    @property
    def name(self) -> str:
        """Name of the law."""
        return f"{self.law.name} on each of {self.axes} axes"

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return the memories of all axes."""
        return self.law.begin(n * self.axes).reshape(n, -1)

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n a"],
    ) -> Float64[np.ndarray, "n a"]:
        """Act on each axis."""
        own = self._split(memory, seen, wanted)
        return self.law.act(*own).reshape(len(seen), self.axes)

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n a"],
        applied: Float64[np.ndarray, "n a"],
    ) -> Float64[np.ndarray, "n k"]:
        """Update the memory of each axis."""
        own = self._split(memory, seen, wanted)
        return self.law.learn(*own, applied.reshape(-1, 1)).reshape(len(seen), -1)

    def _split(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Reshape to a row for each axis: its position and, if among readings, its rate."""
        n, a = len(seen), self.axes
        own = seen[:, : 2 * a].reshape(n, -1, a).swapaxes(1, 2).reshape(n * a, -1)
        return memory.reshape(n * a, -1), own, wanted.reshape(n * a, 1)
