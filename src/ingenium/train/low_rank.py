"""Low-rank adaptation: few trained parameters added to the frozen matrices of a fitted model."""

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ingenium.core.errors import InputError
from ingenium.train.plan import Turn, WholeModel


class LowRank(nn.Module):
    """A product of two thin matrices that is added to a frozen one; initially zero.

    Shapes: o rows and i columns of the matrix, r the rank.
    Source: Hu et al., ICLR 2022, arXiv:2106.09685.
    """

    def __init__(self, rows: int, columns: int, rank: int, rng: torch.Generator) -> None:
        super().__init__()
        first = torch.randn(rank, columns, generator=rng) / math.sqrt(columns)
        self.inner, self.outer = nn.Parameter(first), nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight: Float[Tensor, "o i"]) -> Float[Tensor, "o i"]:
        """Return the sum."""
        return weight + self.outer @ self.inner


class AdaptedModel:
    """A model whose dense layers get low-rank parts; only these are trained."""

    def __init__(self, model: WholeModel, rank: int, rng: torch.Generator) -> None:
        """Freeze a model and add the parts to its matrices.

        Raises:
            InputError: for a model of several turns, or without matrices wider than the rank.
        """
        if not isinstance(model, nn.Module) or len(model.turns()) != 1:
            raise InputError("a model that trains in one turn", type(model).__name__)
        self.model, self.turn = model, model.turns()[0]
        layers = [x for x in model.modules() if isinstance(x, nn.Linear)]
        self.layers = [x for x in layers if rank < min(x.weight.shape)]
        if not self.layers:
            widest = max((min(x.weight.shape) for x in layers), default=0)
            raise InputError(f"a rank below {widest}, the width of its widest matrix", rank)
        self.count = sum(p.numel() for p in model.parameters())
        model.requires_grad_(False)
        for layer in self.layers:
            rows, columns = layer.weight.shape
            part = LowRank(rows, columns, rank, rng)
            parametrize.register_parametrization(layer, "weight", part)

    @property
    def share(self) -> float:
        """Number of trained parameters relative to those of the model."""
        return sum(p.numel() for _, p in self.named_parameters()) / self.count

    def turns(self) -> tuple[Turn, ...]:
        """Train the parts on the loss of the model."""
        own = tuple(p for _, p in self.named_parameters())
        return (Turn(own, self.turn.loss, betas=self.turn.betas),)

    def anneal(self, fraction: float) -> None:
        """Anneal the model."""
        self.model.anneal(fraction)

    def named_parameters(self) -> Iterable[tuple[str, nn.Parameter]]:
        """Yield the parameters of the parts."""
        return ((k, p) for k, p in self.model.named_parameters() if p.requires_grad)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights of the parts."""
        return {name: p.detach() for name, p in self.named_parameters()}

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Return the held-out loss of the model."""
        return self.model.held_out_loss(x, cond, rng)

    def merge(self) -> None:
        """Add the parts to the matrices, which turns the model into a plain one."""
        self._distance(merged=True)

    def remove(self) -> None:
        """Remove the parts: the matrices are bit for bit the original ones."""
        self._distance(merged=False)

    def _distance(self, *, merged: bool) -> None:
        for layer in self.layers:
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=merged)
