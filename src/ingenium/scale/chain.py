"""Models as chains of parts, which can be divided among ranks."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ingenium.scale.model_size import ModelSize
from ingenium.scale.pieces import Pieces, together

Way = Literal["heads", "columns", "rows"]
Inputs = Callable[[Tensor, Tensor, torch.Generator | None], tuple[Tensor, ...]]


@runtime_checkable
class SplitBlock(Protocol):
    """A layer whose matrices can be shared by tensor ranks.

    `split` maps the name of a linear module to `columns` or `rows` of its product, or to `heads`:
    columns of queries, keys and values, each by head. `heads` is the number of local attention
    heads; dividing the layer reduces it.
    """

    split: ClassVar[Mapping[str, Way]]
    heads: int


@dataclass(frozen=True)
class Chain:
    """A model as a sequence of parts, each fed by the one before, that share its parameters.

    The first and the last part hold the parameters outside of layers. The first dimension of the
    inputs and outputs of a part is the design.
    """

    parts: tuple[nn.Module, ...]
    inputs: Inputs  # from designs, conditions and randomness to the inputs of the first part
    loss: Callable[[Tensor, Tensor], Tensor]  # of the last part's answer and designs: mean of rows
    size: ModelSize
    precision: Callable[[], AbstractContextManager[object]]  # in which the family trains here
    steps: Callable[[Tensor], Tensor] | None = None  # that are computed of each design, if unlike
    cut: Callable[[Tensor], Pieces] = together  # which rows are computed together, by their steps

    def known_steps(self, x: Tensor) -> Tensor:
        """Number of steps that are computed of each design."""
        return x.new_full((len(x),), self.size.context) if self.steps is None else self.steps(x)

    def pieces(self, x: Tensor) -> Pieces:
        """Group the rows of a batch that are computed together."""
        return self.cut(self.known_steps(x))


@runtime_checkable
class ChainedFamily(Protocol):
    """A family that many ranks can train together."""

    def chain(self) -> Chain:
        """Return its parts."""
        ...


class PiecedPart(nn.Module):
    """A part that takes all pieces of a micro-batch in one call: its weights are gathered once."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, *pieces: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the output for each piece."""
        return tuple(self.part(*piece) for piece in pieces)


class ChainPart(nn.Module):
    """Some parts of a chain in order, optionally with gradient checkpointing of layers.

    Source: Chen et al., 2016, arXiv:1604.06174 (gradient checkpointing).
    """

    def __init__(self, parts: tuple[nn.Module, ...], *, recompute: bool) -> None:
        super().__init__()
        self.parts = nn.ModuleList(PiecedPart(part) for part in parts)
        self.recompute = recompute

    def forward(self, *pieces: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the output of the last part for each piece of a micro-batch."""
        for part in self.parts:
            pieces = tuple((x,) for x in self._through(part, *pieces))
        return tuple(x for (x,) in pieces)

    def _through(self, part: nn.Module, *pieces: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        assert isinstance(part, PiecedPart)
        if self.recompute and isinstance(part.part, SplitBlock) and torch.is_grad_enabled():
            from torch.utils.checkpoint import checkpoint

            again: tuple[Tensor, ...] = checkpoint(part, *pieces, use_reentrant=False)
            return again
        out: tuple[Tensor, ...] = part(*pieces)
        return out
