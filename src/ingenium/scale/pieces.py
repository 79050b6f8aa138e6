"""Grouping of the rows of a batch by length, to reduce computation on padding."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.spec import _STRICT
from ingenium.scale.layout import RankLayout

if TYPE_CHECKING:
    from torch import Tensor  # a plan needs no PyTorch, which takes a second to load

Pieces = tuple["Tensor", ...]  # of rows, each of which is computed up to its longest
DRAWN = 32  # batches, for their mean
Steps = tuple[Annotated[float, Field(ge=0)], ...]


def together(steps: "Tensor") -> Pieces:
    """Put all rows in one piece."""
    import torch

    return (torch.arange(len(steps)),)


def dealt(pieces: Pieces, layout: RankLayout, number: int) -> tuple[Pieces, ...]:
    """Return the micro-batches of a data rank, in pieces of rows of equal sizes on all ranks.

    Rows are assigned in turn, so that no rank gets all the longest; one rank with one micro-batch
    uses the family's own pieces. A pipeline takes one piece.
    """
    import torch

    own = torch.cat(pieces)[number :: layout.data]
    each = 1 if layout.pipeline > 1 else -(-len(pieces) // layout.micro)
    return tuple(micro.chunk(each) for micro in own.chunk(layout.micro))


@checked(frozen=True, config=_STRICT)
class UnlikeSteps:
    """Sorted numbers of steps of the designs of a batch, from the least on, and its pieces."""

    mean: Steps  # of the first, the second, ... at the mean over batches
    most: Steps  # of the fullest batch that the data can give
    pieces: Annotated[int, Field(ge=1)] = 1

    @classmethod
    def of(cls, steps: "Tensor", batch: int, pieces: int) -> "UnlikeSteps":
        """Estimate them from known designs; fewer designs than a batch are repeated."""
        import torch

        rng, rows = torch.Generator().manual_seed(0), torch.arange(batch) % len(steps)
        sampled = [steps[torch.randperm(len(steps), generator=rng)[rows]] for _ in range(DRAWN)]
        mean = torch.stack([own.sort().values for own in sampled]).double().mean(0)
        most = steps.sort(descending=True).values[rows].sort().values.double()
        return cls(tuple(mean.tolist()), tuple(most.tolist()), pieces)

    def computed(self, layout: RankLayout) -> "MicroSteps":
        """Steps that a data rank computes under a layout, each piece up to its longest."""
        mean, most = (_computed(own, self.pieces, layout) for own in (self.mean, self.most))
        # The pipeline has that many in progress; the last are the fullest.
        window = most[-min(layout.pipeline, layout.micro) :]
        each = 1 if layout.pipeline > 1 else -(-self.pieces // layout.micro)
        return MicroSteps(sum(mean) / len(mean), sum(window) / len(window), each)


@dataclass(frozen=True)
class MicroSteps:
    """Steps of all designs of a micro-batch together, and the number of its pieces."""

    mean: float
    most: float
    pieces: int = 1


def _computed(steps: Steps, pieces: int, layout: RankLayout) -> list[float]:
    """Steps of each micro-batch of the fullest data rank."""
    import torch

    own = torch.tensor(steps)
    rows = torch.arange(len(own)).chunk(pieces)
    shares = dealt(rows, layout, layout.data - 1)
    return [sum(len(p) * float(own[p].max()) for p in micro) for micro in shares]
