"""Two-level design of one part, macro cells and walls: jointly, or one level after the other."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.domains.structures.optimise.cone import Cone
from ingenium.domains.structures.optimise.descent import Descent, descend
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.domains.structures.optimise.volume import to_volume
from ingenium.domains.structures.optimise.walls import KINDS, LEAST, Walls
from ingenium.kits.solids.elastic.element import points, strain

ENTRIES = ((0, 0), (1, 1), (0, 1), (2, 2))  # of the four stiffnesses
EMPTY = 0.02  # density that the micro level leaves in any cell


@dataclass(frozen=True)
class TwoLevel:
    """One plane part whose macro cells have walls of their own.

    Shapes: e macro cells, w = 3 e thicknesses (horizontal, vertical, diagonal; cells run fastest),
        f displacements, l load cases.

    Raises:
        InputError: for several designs, a part in space, passive cells, or least walls beyond the
            volume.
    """

    requested: OptimisationTask  # one design; its volume fraction is that of the solid
    walls: Walls
    least: float = 0.0  # thickness of walls
    radius_cells: float = 1.5

    def __post_init__(self) -> None:
        grid = self.requested.elastic.grid
        if len(self.requested) != 1 or grid.dim != 2 or self.requested.passive is not None:
            raise InputError(
                "one plane part without passive cells", f"{len(self.requested)} in {grid.dim}D"
            )
        thinnest = torch.full((1, KINDS), self.least, dtype=torch.float64)
        taken = float(self.walls.properties(thinnest)[1])
        if taken > float(self.requested.volume_fraction):
            raise InputError(
                f"a volume fraction above the {taken:.3g} that the least walls take",
                float(self.requested.volume_fraction),
                "Ask for more material, or allow thinner walls.",
            )

    @cached_property
    def units(self) -> Float64[Tensor, "4 q q"]:
        """Stiffness matrix of a cell for each of the four stiffnesses alone."""
        grid = self.requested.elastic.grid
        b = torch.stack([strain(2, grid.cell_m, p) for p in points(2)])
        out = []
        for i, j in ENTRIES:
            c = torch.zeros(3, 3, dtype=torch.float64)
            c[i, j] = c[j, i] = 1.0
            out.append(torch.einsum("gsi,st,gtj->ij", b, c, b) * grid.cell_volume_m3 / len(b))
        return torch.stack(out)

    def thickness(self, x: Float64[Tensor, "1 w"]) -> Float64[Tensor, "e 3"]:
        """Convert variables in [0, 1] to thicknesses of the walls; graded by the cone."""
        cone = Cone(self.requested.elastic.grid, self.radius_cells)
        fields = cone.mean(x.reshape(KINDS, -1))
        return (self.least + (self.walls.most - self.least) * fields).T

    def displacements(self, stiffness: Float64[Tensor, "e 4"]) -> Float64[Tensor, "f l"]:
        """Solve the macro grid (m), differentiable; the grid is small, so the matrix is dense."""
        elastic = self.requested.elastic
        edof, size = elastic.grid.cell_displacements, elastic.grid.n_displacements
        each = torch.einsum("ek,kij->eij", stiffness, self.units) * self.requested.modulus_pa
        where = edof[:, :, None] * size + edof[:, None, :]
        matrix = torch.zeros(size * size, dtype=torch.float64)
        matrix = matrix.index_add(0, where.flatten(), each.flatten()).view(size, size)
        free = (~elastic.fixed).nonzero().squeeze(1)
        load = self.requested.load_n[0][:, free].T
        found = torch.linalg.solve(matrix[free][:, free], load)
        return torch.zeros(size, load.shape[1], dtype=torch.float64).index_add(0, free, found)

    def compliance(self, stiffness: Float64[Tensor, "e 4"]) -> Float64[Tensor, ""]:
        """Return the work of all load cases (J)."""
        return (self.displacements(stiffness) * self.requested.load_n[0].T).sum()

    def joint(self, settings: Descent, watch: Watch = silent) -> Float64[Tensor, "e 3"]:
        """Return the walls of least compliance, optimised jointly."""

        def landscape(x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
            return self._judged(self.thickness(x))

        start = torch.full(
            (1, KINDS * self.requested.elastic.grid.n_cells), 0.5, dtype=torch.float64
        )
        x, _ = descend(landscape, start, settings, watch)
        return self.thickness(self._of_volume(x))

    def macro(self, settings: Descent, watch: Watch = silent) -> Float64[Tensor, "e 3"]:
        """Optimise the macro level only: one thickness a cell, the same for its three walls."""

        def landscape(x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
            return self._judged(self.thickness(x.repeat(1, KINDS)))

        start = torch.full((1, self.requested.elastic.grid.n_cells), 0.5, dtype=torch.float64)
        x, _ = descend(landscape, start, settings, watch)
        return self.thickness(self._of_volume(x.repeat(1, KINDS)))

    def micro(
        self, macro: Float64[Tensor, "e 3"], settings: Descent, watch: Watch = silent
    ) -> Float64[Tensor, "e 3"]:
        """Optimise the micro level after it: each cell's walls for its strain, at its density."""
        stiffness, density = self.walls.properties(macro)
        u = self.displacements(stiffness).T[:, self.requested.elastic.grid.cell_displacements]
        centre = torch.full((2,), 0.5, dtype=torch.float64)
        strains = u @ strain(2, self.requested.elastic.grid.cell_m, centre).T
        wanted = density.clamp(min=EMPTY)

        def landscape(x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
            c, mass = self.walls.properties(self.least + (self.walls.most - self.least) * x)
            xx, yy, xy, shear = c.unbind(1)
            a, b, g = strains.unbind(-1)
            energy = xx * a**2 + yy * b**2 + 2 * xy * a * b + shear * g**2
            return -energy.sum(0).clamp(min=1e-300).log(), (mass / wanted - 1)[:, None]

        start = (macro - self.least) / (self.walls.most - self.least)
        x, _ = descend(landscape, start, settings, watch)
        return self.least + (self.walls.most - self.least) * x

    def repaired(self, thickness: Float64[Tensor, "e 3"], least: float) -> Float64[Tensor, "e 3"]:
        """Enforce the minimum thickness `least`, and thin thicker walls to the right volume."""
        scale = self.walls.most

        def volume(y: Tensor) -> Tensor:
            walls = (y.view(-1, KINDS) * scale).clamp(min=least)
            return self.walls.properties(walls)[1].mean()[None]

        moved = to_volume(thickness.reshape(1, -1) / scale, self.requested.volume_fraction, volume)
        return (moved.view(-1, KINDS) * scale).clamp(min=least)

    def _of_volume(self, x: Float64[Tensor, "1 w"]) -> Float64[Tensor, "1 w"]:
        def volume(y: Tensor) -> Tensor:
            return self.walls.properties(self.thickness(y))[1].mean()[None]

        return to_volume(x, self.requested.volume_fraction, volume)

    def _judged(self, thickness: Tensor) -> tuple[Tensor, Tensor]:
        stiffness, density = self.walls.properties(thickness)
        broken = density.mean() / self.requested.volume_fraction - 1
        return self.compliance(stiffness + LEAST).log()[None], broken[:, None]

    def drawn(self, thickness: Float64[Tensor, "e 3"]) -> Float64[Tensor, "1 p"]:
        """Rasterise the part to solid and void pixels, in the order of a grid that fine."""
        nx, ny = self.requested.elastic.grid.cells
        size = self.walls.pixels
        cells = (self.walls.draw(thickness) >= 0.5).double().view(nx, ny, size, size)
        return cells.permute(0, 2, 1, 3).reshape(1, -1)
