"""Feeder days as standardised channels and back."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor


@dataclass(frozen=True, eq=False)
class ChannelCodec:
    """Stacks profiles along one channel axis and scales each channel by its mean and spread.

    Channels are `load_p`, `load_q` and `infeed_p` one after the other; a channel that never
    changes keeps its scale. Affine, so that decoding is exact to rounding and differentiable.

    Shapes: n designs, d channels, t steps.
    """

    counts: tuple[int, ...]  # profiles of each array; 0 for one series without that axis
    steps: int
    mean: Float64[Tensor, " d"]
    spread: Float64[Tensor, " d"]
    tolerance: float = 1e-12

    @classmethod
    def of(cls, arrays: tuple[Float64[Tensor, "n ... t"], ...]) -> "ChannelCodec":
        """The codec that standardises these designs."""
        stacked = _stack(arrays)
        spread = stacked.std((0, 2))
        return cls(
            counts=tuple(a.shape[1] if a.ndim == 3 else 0 for a in arrays),
            steps=stacked.shape[2],
            mean=stacked.mean((0, 2)),
            spread=torch.where(spread > 0, spread, 1.0),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Channels and steps."""
        return len(self.mean), self.steps

    def encode(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n d t"]:
        """Standardised channels."""
        stacked = _stack(arrays).to(torch.float64)
        return (stacked - self.mean[:, None]) / self.spread[:, None]

    def decode(self, x: Tensor) -> tuple[Tensor, ...]:
        """One float64 array for each variable."""
        stacked = x.to(torch.float64) * self.spread[:, None] + self.mean[:, None]
        parts = torch.split(stacked, [max(c, 1) for c in self.counts], dim=1)
        return tuple(p if c else p[:, 0] for p, c in zip(parts, self.counts, strict=True))


def _stack(arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n d t"]:
    return torch.cat([a if a.ndim == 3 else a[:, None] for a in arrays], dim=1)
