"""Exponential moving average of the weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Ema:
    """Exponential average of all parameters over the steps, with a short memory at first.

    Source: Polyak and Juditsky, SIAM J. Control Optim. 30(4), 1992; the rising decay (1 + step) /
        (10 + step) as in TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], decay: float) -> None:
        self.decay = decay
        self.parameters = dict(parameters)
        self.average = {name: p.detach().clone() for name, p in self.parameters.items()}
        kinds: dict[type, list[str]] = {}  # whole and divided tensors are never in one operation
        for name, value in self.average.items():
            kinds.setdefault(type(value), []).append(name)
        self._alike = list(kinds.values())

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Add the weights after step number `step` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for names in self._alike:
            own = [self.average[name] for name in names]
            torch._foreach_lerp_(own, [self.parameters[name] for name in names], 1.0 - decay)

    def snapshot(self) -> dict[str, Tensor]:
        """Return a copy of the average."""
        return {name: value.clone() for name, value in self.average.items()}

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the model the averaged weights inside the block, and its own ones after it."""
        own = {name: p.detach().clone() for name, p in self.parameters.items()}
        assign(self.parameters, self.average)
        try:
            yield
        finally:
            assign(self.parameters, own)


@torch.no_grad()
def assign(target: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Copy values into tensors of the same names, in place."""
    for name, tensor in target.items():
        tensor.copy_(values[name])
