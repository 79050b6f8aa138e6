"""Sections as numbers without correlation, and back."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.airfoils.cst import NUMBERS, Arrays, arrays_of, numbers_of


@dataclass(frozen=True, eq=False)
class SectionCodec:
    """Whitened Kulfan numbers: each standardised one is a principal component of known sections.

    Neighbouring weights of a smooth surface go together; what is left between them is the waviness
    that costs drag, and a model of plain weights learns it no better than to its own noise.
    """

    mean: Float[Tensor, " 18"]
    axes: Float[Tensor, "18 18"]  # a column for each component, of its spread
    back: Float[Tensor, "18 18"]
    shape: tuple[int, ...] = (NUMBERS,)
    tolerance: float = 1e-10

    @classmethod
    def of(cls, arrays: Arrays) -> "SectionCodec":
        """The codec that standardises these designs."""
        numbers = numbers_of(arrays)
        mean = numbers.mean(0)
        spread, axes = torch.linalg.eigh((numbers - mean).T.cov())
        root = spread.sqrt()
        return cls(mean, axes * root, (axes / root).T.contiguous())

    def encode(self, arrays: Arrays) -> Float[Tensor, "n 18"]:
        """Components of each design."""
        return (numbers_of(arrays).to(torch.float64) - self.mean) @ self.back.T

    def decode(self, x: Float[Tensor, "n 18"]) -> Arrays:
        """The arrays, in float64."""
        return arrays_of(x.to(torch.float64) @ self.axes.T + self.mean)
