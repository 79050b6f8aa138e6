"""Partition of a grid of cells into patches, a few hundred of them whatever its size."""

import math
from dataclasses import dataclass
from itertools import chain

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

MOST_PATCHES = 512  # at which a convolution costs milliseconds a design
EDGES = (1, 2, 4, 6, 8, 12, 16)  # of a patch in cells


@dataclass(frozen=True)
class Grid:
    """Cells along two or three axes, padded so that patches come in pairs along each.

    Shapes: n designs, k channels.
    """

    cells: tuple[int, ...]

    @property
    def axes(self) -> int:
        """Number of axes, two or three."""
        return len(self.cells)

    @property
    def edge(self) -> int:
        """Cells along the edge of a patch."""
        for edge in EDGES:
            if math.prod(math.ceil(n / edge) for n in self.cells) <= MOST_PATCHES:
                return edge
        return EDGES[-1]

    @property
    def padded(self) -> tuple[int, ...]:
        """Cells along each axis after padding."""
        pair = 2 * self.edge
        return tuple(pair * math.ceil(n / pair) for n in self.cells)

    @property
    def fine(self) -> tuple[int, ...]:
        """Patches along each axis."""
        return tuple(n // self.edge for n in self.padded)

    @property
    def coarse(self) -> tuple[int, ...]:
        """Pairs of patches along each axis."""
        return tuple(n // 2 for n in self.fine)

    def pad(self, x: Float[Tensor, "n k *cells"]) -> Float[Tensor, "n k *padded"]:
        """Pad with zeros after the last cell of each axis."""
        short = [(0, p - n) for n, p in zip(self.cells, self.padded, strict=True)]
        return functional.pad(x, tuple(chain.from_iterable(reversed(short))))

    def crop(self, x: Float[Tensor, "n k *padded"]) -> Float[Tensor, "n k *cells"]:
        """Remove the padding."""
        for axis, cells in enumerate(self.cells, 2):
            x = x.narrow(axis, 0, cells)
        return x
