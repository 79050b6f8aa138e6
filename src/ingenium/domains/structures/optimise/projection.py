"""Smooth projection of densities to 0 and 1, with increasing sharpness."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class Projection:
    """Threshold of the projection, and the growth of its sharpness beta.

    With a `spread` the part is optimised for its worst manufacture: compliance of the eroded part
    (threshold `eta + spread`), volume of the dilated one (`eta - spread`), so that solid and void
    have a minimum size; the result is the part of threshold `eta`.

    Source: Wang, Lazarov and Sigmund, Struct. Multidisc. Optim. 43, 2011, eq. 9 and section 3.

    Raises:
        InputError: for thresholds outside (0, 1) or sharpness that does not grow.
    """

    eta: float = 0.5
    spread: float = 0.0
    beta: float = 1.0  # at the start
    beta_most: float = 32.0
    factor: float = 2.0
    every: int = 40  # steps, or sooner where a design has converged

    def __post_init__(self) -> None:
        if not (self.spread >= 0 and self.eta - self.spread > 0 and self.eta + self.spread < 1):
            raise InputError("thresholds inside (0, 1)", (self.eta, self.spread))
        if not (0 < self.beta <= self.beta_most and self.factor > 1 and self.every >= 1):
            raise InputError(
                "a sharpness above 0 that grows by a factor above 1 every few steps",
                (self.beta, self.beta_most, self.factor, self.every),
            )


def heaviside(
    x: Float64[Tensor, "n e"], beta: Float64[Tensor, " n"], eta: float
) -> Float64[Tensor, "n e"]:
    """Return a smooth step at `eta` that preserves 0 and 1.

    Source: Wang, Lazarov and Sigmund, 2011, eq. 9.
    """
    sharp = beta[:, None]
    low = torch.tanh(sharp * eta)
    return (low + torch.tanh(sharp * (x - eta))) / (low + torch.tanh(sharp * (1 - eta)))
