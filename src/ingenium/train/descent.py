"""How a step is taken where the weights lie: in this process, or through this port on many."""

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
    """What of a fit depends on how many processes hold the model.

    Shapes: n designs of a batch, c numbers of their conditions.
    """

    def optimiser(self, turn: Turn, plan: Plan) -> torch.optim.Optimizer:
        """Of the parameters of a turn that are here."""
        ...

    def gradients(
        self, turn: Turn, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"],
        rng: torch.Generator,
    ) -> float:  # fmt: skip
        """Mean loss of a batch; leaves the gradient of each parameter of the turn that is here."""
        ...

    def clip(self, parameters: Sequence[nn.Parameter], most: float) -> float:
        """Norm of all gradients, wherever they lie, which is bounded then."""
        ...

    def held_out(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> float:
        """Sum of the held-out losses of some rows."""
        ...

    def whole(self, parts: Mapping[str, Tensor]) -> Named:
        """Tensors by the name of their parameter, put together from all places."""
        ...

    def place(self, parts: Mapping[str, Tensor], whole: Mapping[str, Tensor]) -> None:
        """The reverse of `whole`, in place; values of what is elsewhere are passed over."""
        ...

    def outline(self, parameters: Mapping[str, nn.Parameter], turns: Sequence[Turn]) -> object:
        """What makes a model another one, the same on however many processes it lies."""
        ...

    def late(self, late: bool) -> bool:
        """What the first process says of the time, so that all stop at the same step."""
        ...

    def writes(self) -> bool:
        """Whether this process keeps checkpoints; asking waits for those that come later."""
        ...


@dataclass(frozen=True)
class Lone:
    """The whole model in this process."""

    model: WholeModel

    def optimiser(self, turn: Turn, plan: Plan) -> torch.optim.Optimizer:
        """AdamW."""
        return adamw(turn.parameters, turn, plan)

    def gradients(
        self, turn: Turn, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"],
        rng: torch.Generator,
    ) -> float:  # fmt: skip
        """Only parameters of this turn get a gradient, so that turns never disturb each other."""
        with _precision(x.device):
            loss = turn.loss(x, cond, rng).float().mean()
        gradients = torch.autograd.grad(loss, turn.parameters, allow_unused=True)
        for parameter, gradient in zip(turn.parameters, gradients, strict=True):
            parameter.grad = gradient
        return loss.item()

    def clip(self, parameters: Sequence[nn.Parameter], most: float) -> float:
        """Of all of them."""
        return nn.utils.clip_grad_norm_(parameters, most).item()

    def held_out(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> float:
        """By the model itself."""
        with _precision(x.device):
            return self.model.held_out_loss(x, cond, rng).detach().double().sum().item()

    def whole(self, parts: Mapping[str, Tensor]) -> Named:
        """As they are."""
        return dict(parts)

    def place(self, parts: Mapping[str, Tensor], whole: Mapping[str, Tensor]) -> None:
        """Copied."""
        assign(parts, whole)

    def outline(self, parameters: Mapping[str, nn.Parameter], turns: Sequence[Turn]) -> object:
        """Names, shapes and types of the weights, and who trains them."""
        return outline(parameters, turns)

    def late(self, late: bool) -> bool:
        """As seen here."""
        return late

    def writes(self) -> bool:
        """Always."""
        return True


def adamw(parameters: Sequence[nn.Parameter], turn: Turn, plan: Plan) -> torch.optim.AdamW:
    """The optimiser of all fits, of the parameters of a turn or of some of them.

    Source: Loshchilov and Hutter, ICLR 2019, arXiv:1711.05101.
    """
    return torch.optim.AdamW(
        list(parameters), lr=plan.learning_rate, betas=turn.betas, weight_decay=plan.weight_decay
    )


def outline(parameters: Mapping[str, nn.Parameter], turns: Sequence[Turn]) -> object:
    """Names, shapes and types of whole weights, and how many each turn trains."""
    return (
        [(name, tuple(p.shape), str(p.dtype)) for name, p in parameters.items()],
        [(len(turn.parameters), turn.repeats, turn.betas) for turn in turns],
    )


def _precision(device: torch.device) -> AbstractContextManager[object]:
    """Half precision where the device computes it natively, else none."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()
