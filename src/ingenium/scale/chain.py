"""What a model tells of itself so that it can be divided: its parts, in a row."""

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

    `split` says how, by the name of a linear module: `columns` or `rows` of its product, or
    `heads`, which are columns of queries, keys and values, each by head. `heads` is how many
    heads of attention lie here; it is set to what is left of them.
    """

    split: ClassVar[Mapping[str, Way]]
    heads: int


@dataclass(frozen=True)
class Chain:
    """A model as parts, each fed by the one before, that share its parameters.

    The first and the last part hold what is not in layers. A part takes and gives tensors whose
    first dimension are the designs.
    """

    parts: tuple[nn.Module, ...]
    inputs: Inputs  # designs, conditions and randomness to what the first part takes
    loss: Callable[[Tensor, Tensor], Tensor]  # of the last part's answer and designs: mean of rows
    size: ModelSize
    precision: Callable[[], AbstractContextManager[object]]  # in which the family trains here
    steps: Callable[[Tensor], Tensor] | None = None  # that are computed of each design, if unlike
    cut: Callable[[Tensor], Pieces] = together  # which rows are computed together, by their steps

    def known_steps(self, x: Tensor) -> Tensor:
        """Steps that are computed of each design."""
        return x.new_full((len(x),), self.size.context) if self.steps is None else self.steps(x)

    def pieces(self, x: Tensor) -> Pieces:
        """Rows of a batch that are computed together."""
        return self.cut(self.known_steps(x))


@runtime_checkable
class ChainedFamily(Protocol):
    """A family that many ranks can train together."""

    def chain(self) -> Chain:
        """Its parts."""
        ...


class PiecedPart(nn.Module):
    """A part that takes all pieces of a micro-batch at once: its weights are gathered once."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, *pieces: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """What it gives of each."""
        return tuple(self.part(*piece) for piece in pieces)


class ChainPart(nn.Module):
    """Some parts of a chain, one after the other; layers are computed again if asked.

    Source: Chen et al., 2016, arXiv:1604.06174 (gradient checkpointing).
    """

    def __init__(self, parts: tuple[nn.Module, ...], *, recompute: bool) -> None:
        super().__init__()
        self.parts = nn.ModuleList(PiecedPart(part) for part in parts)
        self.recompute = recompute

    def forward(self, *pieces: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """What the last part gives of each piece of a micro-batch."""
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
