"""Spike activation: exact forwards, with a smooth surrogate slope backwards."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ingenium.core.errors import InputError


class Firing(torch.autograd.Function):
    """Leaky neurons with a threshold of 1 and a reset to 0, through all steps in one call.

    Returns their spikes, and their voltages before each reset, for second derivatives. Backwards a
    spike's slope is that of a fast sigmoid, and the chain runs from the last step to the first.
    Written out: the graph of single operations takes twice the time.

    Source: Zenke and Ganguli, Neural Computation 30, 2018, eq. 6 (SuperSpike).
    """

    @staticmethod
    def forward(
        ctx: Any, arriving: Tensor, retained: float, sharpness: float
    ) -> tuple[Tensor, Tensor]:
        voltage, left = torch.empty_like(arriving), torch.zeros_like(arriving[0])
        for lift, v in zip(arriving, voltage, strict=True):
            torch.mul(left, retained, out=v).add_(lift)  # rounded as written, not fused
            left = torch.where(v >= 1, 0.0, v)
        spikes = (voltage >= 1).to(voltage.dtype)
        ctx.save_for_backward(spikes, voltage)
        ctx.retained, ctx.sharpness = retained, sharpness
        return spikes, voltage

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        spikes, voltage = ctx.saved_tensors
        slope = (1 + ctx.sharpness * (voltage - 1).abs()).square().reciprocal()
        onwards = ctx.retained * (1 - spikes - voltage * slope)  # to the voltage of the next step
        own = grads[0] * slope + grads[1]
        found = [own[-1]]
        for k in range(len(own) - 2, -1, -1):
            found.append(torch.addcmul(own[k], found[-1], onwards[k]))
        return torch.stack(found[::-1]), None, None


@dataclass(frozen=True)
class Sharpness:
    """Schedule of the surrogate's steepness in training: fixed, or from smooth to sharp.

    Raises:
        InputError: for one that is not above 0.
    """

    first: float = 5.0
    last: float = 5.0

    def __post_init__(self) -> None:
        if min(self.first, self.last) <= 0:
            raise InputError("a sharpness above 0", (self.first, self.last), "Write 5.")

    def at(self, fraction: float) -> float:
        """Return the steepness after a share of the budget, log-linear."""
        return float(self.first * (self.last / self.first) ** min(1.0, max(0.0, fraction)))


FIXED, ADAPTIVE = Sharpness(), Sharpness(1.0, 20.0)
