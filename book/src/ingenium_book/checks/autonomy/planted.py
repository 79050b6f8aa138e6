"""Policies designed to be refused or overridden by a shell.

Shapes: n copies, p readings, q wanted values, m actions.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.operate.memory import PeriodCount

Row = Float64[np.ndarray, "n m"]


@dataclass(frozen=True)
class RecklessPolicy(PeriodCount):
    """A policy that pushes from one end to the other, whatever is wanted."""

    actions: int
    most: float
    name: str = "reckless"

    def act(
        self,
        memory: Float64[np.ndarray, "n 1"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Row:
        """Return the ends of the range, mostly on one side."""
        side = np.sign(np.sin(0.02 * memory) + 0.3)
        return np.repeat(self.most * side, self.actions, 1)
