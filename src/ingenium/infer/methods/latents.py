"""Designs as the leading principal numbers of their standardised tensors.

Shapes: n designs, d standardised numbers, u leading ones.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium.infer.methods.linearised import Encoded
from ingenium.infer.prior import Prior
from ingenium.infer.question import Arrays

SHARE, MOST = 0.999, 160  # of the variance, and numbers


@dataclass(frozen=True, eq=False)
class Latents:
    """Coordinates of unit spread; the orthogonal rest stays that of the sample."""

    encoded: Encoded
    centre: Float64[Tensor, " d"]
    axes: Float64[Tensor, "u d"]  # of the length of a spread
    back: Float64[Tensor, "d u"]

    @classmethod
    def of(cls, prior: Prior, arrays: Arrays, rows: Int64[Tensor, " n"]) -> "Latents":
        """Fit coordinates to samples of the prior."""
        encoded = Encoded(prior)
        x = encoded.rows(arrays, rows)
        centre = x.mean(0)
        _, sizes, axes = torch.linalg.svd(x - centre, full_matrices=False)
        spread = sizes / max(len(x) - 1, 1) ** 0.5
        share = spread.square().cumsum(0) / spread.square().sum()
        u = min(int((share < SHARE).sum()) + 1, MOST, int((spread > 1e-9 * spread[0]).sum()))
        lead = axes[:u] * spread[:u, None]
        return cls(encoded, centre, lead, (axes[:u] / spread[:u, None]).T)

    def encode(self, arrays: Arrays, rows: Int64[Tensor, " n"]) -> Float64[Tensor, "n u"]:
        """Return the leading numbers of designs."""
        return (self.encoded.rows(arrays, rows) - self.centre) @ self.back

    def moved(
        self, arrays: Arrays, rows: Int64[Tensor, " n"], to: Float64[Tensor, "n u"]
    ) -> Arrays:
        """Move designs to other leading numbers, with the rest unchanged."""
        x = self.encoded.rows(arrays, rows)
        new = x + (to - (x - self.centre) @ self.back) @ self.axes
        return self.encoded.designs(new, rows)
