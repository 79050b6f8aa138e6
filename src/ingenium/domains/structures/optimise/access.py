"""Tool access: void that no straight tool can reach is filled."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.build import Build, Direction
from ingenium.kits.solids.elastic.grid import RegularGrid


@dataclass(frozen=True)
class ToolAccess:
    """Filter for tools, or a jet that clears powder, that come straight from given sides.

    Shapes: n designs, e cells.
    Source: Langelaar, Struct. Multidisc. Optim. 60, 2019 (multi-axis machining), with running
        maxima for its sums, so that solid and void are preserved.

    Raises:
        InputError: for no side, or one that the grid does not have.
    """

    grid: RegularGrid
    sides: tuple[Direction, ...]

    def __post_init__(self) -> None:
        if not self.sides:
            raise InputError("at least one side", self.sides, 'Write ("+y", "-y").')
        for side in self.sides:
            Build(self.grid, side)

    def reachable(self, density: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
        """Return each cell's density as the least obstruction over all sides."""
        return torch.stack([self._from(side, density) for side in self.sides]).amin(0)

    def _from(self, side: Direction, density: Tensor) -> Tensor:
        build = Build(self.grid, side)
        return build.flat(build.stacked(density).flip(0).cummax(0).values.flip(0))
