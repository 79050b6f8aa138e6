"""Fields as series of patches in raster order."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

EDGE = 4  # cells of a patch along each axis


@dataclass(frozen=True)
class Patches:
    """Partition of a field into patches without overlap, the last axis running fastest.

    The last patches of an axis are padded with zeros, which are removed again.

    Shapes: n designs, k channels, t patches, p numbers of a patch.
    """

    shape: tuple[int, ...]  # (k, x, y) or (k, x, y, z)
    edge: int = EDGE

    @property
    def grid(self) -> tuple[int, ...]:
        """Patches along each axis."""
        return tuple(math.ceil(cells / self.edge) for cells in self.shape[1:])

    @property
    def t(self) -> int:
        """Number of patches."""
        return math.prod(self.grid)

    @property
    def p(self) -> int:
        """Number of values of a patch."""
        return int(self.shape[0] * self.edge ** len(self.grid))

    def cut(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n t p"]:
        """Return the patches of each field."""
        cells = self.shape[1:]
        short = [(0, g * self.edge - c) for g, c in zip(self.grid, cells, strict=True)]
        whole = functional.pad(x, tuple(end for pair in reversed(short) for end in pair))
        axes = len(cells)
        split = whole.reshape(
            len(x), self.shape[0], *(s for g in self.grid for s in (g, self.edge))
        )
        order = (0, *range(2, 2 + 2 * axes, 2), 1, *range(3, 3 + 2 * axes, 2))
        return split.permute(order).reshape(len(x), self.t, self.p)

    def join(self, patches: Float[Tensor, "n t p"]) -> Float[Tensor, "n *shape"]:
        """Return the fields of patches; inverse of `cut`."""
        axes = len(self.grid)
        split = patches.reshape(len(patches), *self.grid, self.shape[0], *[self.edge] * axes)
        order = [0, 1 + axes]
        for axis in range(axes):
            order += [1 + axis, 2 + axes + axis]
        whole = split.permute(order).reshape(
            len(patches), self.shape[0], *(g * self.edge for g in self.grid)
        )
        for axis, cells in enumerate(self.shape[1:], 2):
            whole = whole.narrow(axis, 0, cells)
        return whole

    @property
    def inside(self) -> Bool[Tensor, "t p"]:
        """Mark the values of patches that belong to the field."""
        return self.cut(torch.ones(1, *self.shape))[0] > 0

    def before(self, axis: int) -> list[int]:
        """Number of the preceding patch of each patch along an axis, or -1 at the border."""
        index = torch.arange(self.t).reshape(self.grid)
        shifted = index.roll(1, axis)
        shifted.select(axis, 0).fill_(-1)
        return [int(i) for i in shifted.flatten()]
