"""Build directions of a part, layer by layer."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.grid import RegularGrid

Direction = Literal["+x", "-x", "+y", "-y", "+z", "-z"]
DIRECTIONS: dict[int, tuple[Direction, ...]] = {
    2: ("+x", "-x", "+y", "-y"),
    3: ("+x", "-x", "+y", "-y", "+z", "-z"),
}


@dataclass(frozen=True)
class Build:
    """A grid seen from its build plate: layers first, lowest first.

    Shapes: n designs, e cells, h layers, w a layer's own axes.

    Raises:
        InputError: for a direction that the grid does not have.
    """

    grid: RegularGrid
    direction: Direction

    def __post_init__(self) -> None:
        known = DIRECTIONS[self.grid.dim]
        if self.direction not in known:
            raise InputError(f"a direction among {', '.join(known)}", self.direction)

    @property
    def axis(self) -> int:
        """Axis of the grid along which layers follow one another."""
        return "xyz".index(self.direction[1])

    @property
    def upward(self) -> bool:
        """True if coordinates grow away from the plate."""
        return self.direction[0] == "+"

    @property
    def layers(self) -> int:
        """Number of layers, h."""
        return self.grid.cells[self.axis]

    def stacked(self, x: Float64[Tensor, "n e"]) -> Float64[Tensor, "h n *w"]:
        """Arrange cells as layers."""
        field = x.reshape(len(x), *self.grid.cells).movedim(1 + self.axis, 0)
        return field if self.upward else field.flip(0)

    def flat(self, layers: Float64[Tensor, "h n *w"]) -> Float64[Tensor, "n e"]:
        """Arrange layers as cells in the grid's own order."""
        field = layers if self.upward else layers.flip(0)
        return field.movedim(0, 1 + self.axis).flatten(1)


def below(layer: Float64[Tensor, "n *w"], fill: float = 0.0) -> Float64[Tensor, "s n *w"]:
    """Return the cells that can support each cell of the next layer: below it and next to that.

    Three cells in the plane, five in space, which means an overhang of 45 degrees; cells beyond the
    edge have the value `fill`.

    Source: Langelaar, Struct. Multidisc. Optim. 55, 2017, fig. 2; Additive Manufacturing 12, 2016.
    """
    found = [layer]
    for axis in range(1, layer.dim()):
        size = layer.shape[axis]
        pad = [0, 0] * (layer.dim() - 1 - axis) + [1, 1]
        wide = functional.pad(layer, pad, value=fill)
        found += [wide.narrow(axis, 0, size), wide.narrow(axis, 2, size)]
    return torch.stack(found)
