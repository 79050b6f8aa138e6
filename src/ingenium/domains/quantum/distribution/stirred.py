"""Circuits near known ones: angles of a circuit with a near budget, moved a little."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.classical import NearestNeighbours, NeighbourSettings
from ingenium.sampling.noise import gaussian

STIR = 0.3  # rad
NEAR = 24  # known circuits among which one is drawn


class StirredCircuits(NearestNeighbours):
    """One of the known circuits whose budgets are nearest, each angle moved by chance.

    What mends it then ends in another circuit, as a valley of the divergence is wide in angles. A
    network that goes between known circuits finds none: what lies between two valleys is no valley.

    Shapes: n designs, d angles in units of pi.
    """

    def __init__(self, d: int, *, stir_rad: float = STIR, near: int = NEAR) -> None:
        super().__init__((d,), 1, NeighbourSettings(near))
        self.stir_rad = stir_rad

    def draw(self, cond: Float[Tensor, "n 1"], rng: torch.Generator) -> Float[Tensor, "n d"]:
        """Angles of a neighbour with normal noise on each."""
        base = super().draw(cond, rng)
        return base + self.stir_rad / math.pi * gaussian(base, rng)
