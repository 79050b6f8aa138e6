"""A family of dense layers with prescribed durations, for tests of schedules."""

import time
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ingenium.scale.chain import Chain
from ingenium.scale.model_size import ModelSize
from ingenium.train.plan import Turn

WIDTH = 8


class _Pause(torch.autograd.Function):
    """The identity with a delay; the backward pass takes twice as long, as in layers."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, pause_s: float) -> Tensor:
        ctx.pause_s = pause_s
        time.sleep(pause_s)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        time.sleep(2 * ctx.pause_s)
        return gradients[0], None


class PacedLayer(nn.Module):
    """A dense layer after a pause."""

    def __init__(self, pause_s: float, width: int) -> None:
        super().__init__()
        self.dense, self.pause_s = nn.Linear(width, width, bias=False), pause_s
        nn.init.eye_(self.dense.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer, which preserves the width."""
        out: Tensor = _Pause.apply(self.dense(x), self.pause_s)  # type: ignore[no-untyped-call]
        return out


class PacedFamily(nn.Module):
    """Layers with a duration in seconds, and a loss: the mean square, times `share`.

    Schedules cannot be distinguished by the load of the machine, since pauses need no core.
    """

    def __init__(
        self, layers: int, *, pause_s: float = 0.0, share: float = 1.0, width: int = WIDTH
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(PacedLayer(pause_s, width) for _ in range(layers))
        self.share, self.width = share, width

    def turns(self) -> tuple[Turn, ...]:
        """One optimiser."""
        return (Turn(tuple(self.parameters()), self._loss),)

    def anneal(self, fraction: float) -> None:
        """Do nothing: no setting changes."""

    def chain(self) -> Chain:
        """Chain of the layers, with nothing before or after them."""
        size = ModelSize(self.width, len(self.layers), 1, 1, 1)
        ends = nn.Identity(), nn.Identity()
        return Chain(
            (ends[0], *self.layers, ends[1]),
            lambda x, cond, rng: (x,),
            lambda answer, x: self.share * answer.float().square().mean(),
            size,
            nullcontext,
        )

    def _loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return self.share * x.square().mean(1)
