"""Whitened numbers of designs: principal components of the codec's tensors over their spread."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

NOISE = 1e-10  # share of the largest variance below which a direction is rounding


@dataclass(frozen=True, eq=False)
class Whitening:
    """Linear map of flattened tensors to numbers with mean 0, spread 1 and no correlation.

    Directions in which the known designs do not differ have no number of their own: they stay 0.

    Shapes: n designs, d numbers.
    """

    mean: Float64[Tensor, " d"]
    axes: Float64[Tensor, "d d"]  # a column for each component, of its spread
    back: Float64[Tensor, "d d"]

    @classmethod
    def of(cls, x: Float[Tensor, "n *shape"]) -> "Whitening":
        """Fit the map to the tensors of known designs."""
        flat = x.flatten(1).to(torch.float64)
        mean = flat.mean(0)
        variance, axes = torch.linalg.eigh((flat - mean).T @ (flat - mean) / max(1, len(flat) - 1))
        real = variance > NOISE * variance.max().clamp_min(1e-300)
        root = torch.where(real, variance, 0.0).clamp_min(0).sqrt()
        inverse = torch.where(real, 1 / root.clamp_min(1e-300), 0.0)
        return cls(mean, axes * root, (axes * inverse).contiguous())

    def encode(self, x: Float[Tensor, "n *shape"]) -> Float64[Tensor, "n d"]:
        """Whitened numbers of tensors."""
        return (x.flatten(1).to(torch.float64) - self.mean) @ self.back

    def decode(self, z: Float[Tensor, "n d"], shape: tuple[int, ...]) -> Float64[Tensor, "n ..."]:
        """Tensors of whitened numbers."""
        return (z.to(torch.float64) @ self.axes.T + self.mean).reshape(-1, *shape)
