"""Conditions and noise levels as one vector, in the same way for every network."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError

FREQUENCIES = 16


class Conditioning(nn.Module):
    """Embedding of conditions and noise level; a learned vector replaces conditions left out.

    Source: Ho and Salimans, 2022, arXiv:2207.12598 (conditions left out in training).
    """

    frequencies: Tensor

    def __init__(self, c: int, width: int, *, level: bool) -> None:
        super().__init__()
        self.null = nn.Parameter(torch.zeros(width))
        self.of_cond = _perceptron(c, width) if c else None
        self.of_level = _perceptron(2 * FREQUENCIES, width) if level else None
        self.register_buffer("frequencies", torch.logspace(-2, 4, FREQUENCIES, base=2.0))

    def forward(
        self,
        cond: Float[Tensor, "n c"],
        level: Float[Tensor, " n"] | None = None,
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n w"]:
        """One vector a row; rows where `conditioned` is false get the learned one."""
        out = self.null.expand(len(cond), -1)
        if self.of_cond is not None:
            known = self.of_cond(cond)
            out = known if conditioned is None else torch.where(conditioned[:, None], known, out)
        if self.of_level is not None:
            if level is None:
                raise InputError("a noise level a row", None)
            angle = 2 * math.pi * level[:, None] * self.frequencies
            out = out + self.of_level(torch.cat([angle.cos(), angle.sin()], dim=-1))
        return functional.silu(out)


def _perceptron(d: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(d, width), nn.SiLU(), nn.Linear(width, width))
