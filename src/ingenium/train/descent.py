"""Gradient steps of a fit: in this process, or through this interface on many."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.train.ema import assign
from ingenium.train.plan import Plan, Turn, WholeModel

Named = dict[str, Tensor]


@runtime_checkable
class FitDescent(Protocol):
    """Interface of the operations of a fit that depend on the number of processes.

    Shapes: n designs of a batch, c numbers of their conditions.
    """

    def optimiser(self, turn: Turn, plan: Plan) -> torch.optim.Optimizer:
        """Return the optimiser of the local parameters of a turn."""
        ...

    def gradients(
        self, turn: Turn, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"],
        rng: torch.Generator,
    ) -> float:  # fmt: skip
        """Return the mean loss of a batch and set the gradients of the turn's local parameters."""
        ...

    def clip(self, parameters: Sequence[nn.Parameter], most: float) -> float:
        """Return the norm of the gradients over all processes, and clip it."""
        ...

    def held_out(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> float:
        """Return the sum of the held-out losses of some rows."""
        ...

    def whole(self, parts: Mapping[str, Tensor]) -> Named:
        """Gather complete tensors from all processes, by the name of their parameter."""
        ...

    def place(self, parts: Mapping[str, Tensor], whole: Mapping[str, Tensor]) -> None:
        """Copy the local parts of complete tensors in place (the reverse of `whole`)."""
        ...

    def outline(self, parameters: Mapping[str, nn.Parameter], turns: Sequence[Turn]) -> object:
        """Return the identity of a model's structure, whatever the number of processes."""
        ...

    def late(self, late: bool) -> bool:
        """Return the first process's answer, so that all stop at the same step."""
        ...

    def writes(self) -> bool:
        """Return whether this process writes checkpoints; the call waits for slower processes."""
        ...


@dataclass(frozen=True)
class Lone:
    """Descent with the whole model in this process."""

    model: WholeModel

    def optimiser(self, turn: Turn, plan: Plan) -> torch.optim.Optimizer:
        """Return AdamW for the parameters of a turn."""
        return adamw(turn.parameters, turn, plan)

    def gradients(
        self, turn: Turn, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"],
        rng: torch.Generator,
    ) -> float:  # fmt: skip
        """Set gradients of this turn's parameters only, so that turns never disturb each other."""
        with _precision(x.device):
            loss = turn.loss(x, cond, rng).float().mean()
        gradients = torch.autograd.grad(loss, turn.parameters, allow_unused=True)
        for parameter, gradient in zip(turn.parameters, gradients, strict=True):
            parameter.grad = gradient
        return loss.item()

    def clip(self, parameters: Sequence[nn.Parameter], most: float) -> float:
        """Clip the norm of all gradients, and return it."""
        return nn.utils.clip_grad_norm_(parameters, most).item()

    def held_out(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> float:
        """Sum the losses of the model itself."""
        with _precision(x.device):
            return self.model.held_out_loss(x, cond, rng).detach().double().sum().item()

    def whole(self, parts: Mapping[str, Tensor]) -> Named:
        """Return the tensors as they are."""
        return dict(parts)

    def place(self, parts: Mapping[str, Tensor], whole: Mapping[str, Tensor]) -> None:
        """Copy the tensors."""
        assign(parts, whole)

    def outline(self, parameters: Mapping[str, nn.Parameter], turns: Sequence[Turn]) -> object:
        """Return names, shapes and types of the weights, and the turn that trains each."""
        return outline(parameters, turns)

    def late(self, late: bool) -> bool:
        """Return the answer of this process."""
        return late

    def writes(self) -> bool:
        """Return True."""
        return True


def adamw(parameters: Sequence[nn.Parameter], turn: Turn, plan: Plan) -> torch.optim.AdamW:
    """Build the optimiser of all fits for some parameters of a turn.

    Source: Loshchilov and Hutter, ICLR 2019, arXiv:1711.05101.
    """
    return torch.optim.AdamW(
        list(parameters), lr=plan.learning_rate, betas=turn.betas, weight_decay=plan.weight_decay
    )


def outline(parameters: Mapping[str, nn.Parameter], turns: Sequence[Turn]) -> object:
    """Return names, shapes and types of whole weights, and the number that each turn trains."""
    return (
        [(name, tuple(p.shape), str(p.dtype)) for name, p in parameters.items()],
        [(len(turn.parameters), turn.repeats, turn.betas) for turn in turns],
    )


def _precision(device: torch.device) -> AbstractContextManager[object]:
    """Half precision where the device computes it natively, else full precision."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()
