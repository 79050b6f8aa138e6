"""Plans of fits: budget, optimiser settings, seed, checkpoint, progress."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor, torch.Generator], Float[Tensor, " n"]]


@dataclass(frozen=True)
class Turn:
    """One optimiser's part of a training step; adversarial models alternate several.

    `loss(x, cond, rng)` returns one value a row; the trainer reduces.
    """

    parameters: tuple[nn.Parameter, ...]
    loss: Loss
    repeats: int = 1
    betas: tuple[float, float] = (0.9, 0.999)


@runtime_checkable
class Trainable(Protocol):
    """Interface of models for the trainer."""

    def turns(self) -> tuple[Turn, ...]:
        """Return the optimisers' parts of one training step, in order."""
        ...

    def anneal(self, fraction: float) -> None:
        """Adapt to the spent fraction of the budget, from 0 to 1; called before each step."""
        ...

    def named_parameters(self) -> Iterable[tuple[str, nn.Parameter]]: ...
    def state_dict(self) -> dict[str, Tensor]: ...


@runtime_checkable
class WholeModel(Trainable, Protocol):
    """A trainable model that lies in this process as a whole."""

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Return the loss that early stopping watches, on rows that are never trained on."""
        ...


@dataclass(frozen=True)
class Plan:
    """Budget and settings of one fit."""

    seed: int = 0
    steps: int = 2000
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    warmup: float = 0.05  # share of the steps over which the learning rate rises
    held_out: float = 0.1  # share of the rows held out for early stopping
    patience: int = 10  # checks without improvement before the fit stops
    check_every: int = 100  # steps between checks of the held-out loss
    seconds: float | None = None  # bound on the wall time in seconds; None for no bound
    checkpoint: Path | None = None  # folder of the resumable state; None for no checkpoint
    progress: Callable[[int, int, float], None] | None = None  # step, steps, held-out loss
