"""Regular grids of square or cubic cells, and how their nodes and displacements are numbered.

Axes are in the order x, y, z; the last one runs fastest in every flattened array. A displacement
has the number `node * dim + axis`. The nodes of a cell are in the order of `itertools.product((0,
1), repeat=dim)`.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

import torch
from jaxtyping import Int64
from torch import Tensor

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class RegularGrid:
    """Cells of one size in a box, in two or three dimensions.

    Shapes: e cells, v nodes, f displacements (v * dim), b nodes of a cell (2 ** dim).

    Raises:
        InputError: for anything but two or three positive numbers of cells and positive lengths.
    """

    cells: tuple[int, ...]
    cell_m: float = 1.0
    thickness_m: float = 1.0  # of a plane grid

    def __post_init__(self) -> None:
        if len(self.cells) not in (2, 3) or min(self.cells) < 1:
            raise InputError(
                "two or three numbers of cells of at least 1",
                list(self.cells),
                "Write cells = [60, 20] or cells = [48, 24, 24].",
            )
        if not (self.cell_m > 0 and self.thickness_m > 0):
            raise InputError("lengths above 0 m", min(self.cell_m, self.thickness_m))

    @property
    def dim(self) -> int:
        """Number of dimensions, 2 or 3."""
        return len(self.cells)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return ("x", "y", "z")[: self.dim]

    @property
    def n_cells(self) -> int:
        """Number of cells, e."""
        return prod(self.cells)

    @property
    def nodes(self) -> tuple[int, ...]:
        """Number of nodes along each axis."""
        return tuple(n + 1 for n in self.cells)

    @property
    def n_nodes(self) -> int:
        """Number of nodes, v."""
        return prod(self.nodes)

    @property
    def n_displacements(self) -> int:
        """Number of displacements, f."""
        return self.n_nodes * self.dim

    @property
    def cell_volume_m3(self) -> float:
        """Volume of one cell."""
        return self.cell_m**self.dim * (self.thickness_m if self.dim == 2 else 1.0)

    @cached_property
    def cell_nodes(self) -> Int64[Tensor, "e b"]:
        """Nodes of each cell."""
        number = torch.arange(self.n_nodes).view(self.nodes)
        corners = []
        for corner in product((0, 1), repeat=self.dim):
            part = tuple(slice(c, n + c) for c, n in zip(corner, self.cells, strict=True))
            corners.append(number[part].flatten())
        return torch.stack(corners, 1)

    @cached_property
    def cell_displacements(self) -> Int64[Tensor, "e q"]:
        """Displacements of each cell's nodes, q = 2 ** dim * dim."""
        axis = torch.arange(self.dim)
        return (self.cell_nodes[:, :, None] * self.dim + axis).flatten(1)
