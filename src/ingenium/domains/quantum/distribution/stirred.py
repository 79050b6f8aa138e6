"""Perturbations of known circuits with a similar budget."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.classical import NearestNeighbours, NeighbourSettings
from ingenium.sampling.noise import gaussian

STIR = 0.3  # rad
NEAR = 24  # nearest known circuits to sample from


class StirredCircuits(NearestNeighbours):
    """Known circuit with a similar budget, each angle perturbed at random.

    Repair then converges to another circuit, since minima of the divergence are wide in angles. A
    network that interpolates known circuits finds none: between two minima there is no minimum.

    Shapes: n designs, d angles in units of pi.
    """

    def __init__(self, d: int, *, stir_rad: float = STIR, near: int = NEAR) -> None:
        super().__init__((d,), 1, NeighbourSettings(near))
        self.stir_rad = stir_rad

    def sample(self, cond: Float[Tensor, "n 1"], rng: torch.Generator) -> Float[Tensor, "n d"]:
        """Sample a neighbour's angles and add normal noise to each."""
        base = super().sample(cond, rng)
        return base + self.stir_rad / math.pi * gaussian(base, rng)
