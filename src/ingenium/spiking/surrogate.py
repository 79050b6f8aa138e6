"""The spike, exact forwards, with a smooth slope backwards."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError


class _Spike(torch.autograd.Function):
    """1 from the threshold on, else 0; the slope is that of a fast sigmoid."""

    @staticmethod
    def forward(ctx: Any, over: Tensor, sharpness: float) -> Tensor:
        ctx.save_for_backward(over)
        ctx.sharpness = sharpness
        return (over >= 0).to(over.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (over,) = ctx.saved_tensors
        return grads[0] / (1 + ctx.sharpness * over.abs()).square(), None


def spike(over: Float[Tensor, "*n"], sharpness: float) -> Float[Tensor, "*n"]:
    """Spikes where a voltage stands at or over its threshold.

    Source: Zenke and Ganguli, Neural Computation 30, 2018, eq. 6 (SuperSpike).
    """
    made: Tensor = _Spike.apply(over, sharpness)  # type: ignore[no-untyped-call]
    return made


@dataclass(frozen=True)
class Sharpness:
    """How steep the slope is while a network learns: fixed, or from smooth to sharp.

    Raises:
        InputError: for one that is not above 0.
    """

    first: float = 5.0
    last: float = 5.0

    def __post_init__(self) -> None:
        if min(self.first, self.last) <= 0:
            raise InputError("a sharpness above 0", (self.first, self.last), "Write 5.")

    def at(self, fraction: float) -> float:
        """After a share of the budget, even on a logarithm."""
        return float(self.first * (self.last / self.first) ** min(1.0, max(0.0, fraction)))


FIXED, ADAPTIVE = Sharpness(), Sharpness(1.0, 20.0)
