"""Distortion of a build on its plate by inherent strain, layer group by layer group.

Each group shrinks once, as soon as it lies on the ones below; a point moves from the time that its
group exists. Supports have the stiffness of their share. The elastic solver is the package's own.

Shapes: e cells, f displacements, v nodes.
Source: Ueda, Fukuda and Tanigawa, Trans. JWRI 8:249, 1979 (inherent strain); Keller and Ploshikhin,
    Solid Freeform Fabrication Symposium, 2014 (layers of a powder bed).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.kits.solids.elastic.element import constitutive, points, strain
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.elastic.supports import held_parts

VOID, LEAST = 1e-6, 0.05  # modulus of void, and share below which a cell carries nothing
TOLERANCE = 1e-6


Solver = Callable[[Elastic, Tensor, Tensor], Tensor]  # displacements, from moduli and loads


def own_solver(system: Elastic, modulus_pa: Tensor, load_n: Tensor) -> Tensor:
    """Solve with the package's own solver."""
    return system.solve(modulus_pa, load_n)


@dataclass(frozen=True, eq=False)
class Shrinking:
    """A stack of cells on a plate whose groups of layers shrink one after the other."""

    part: Float64[np.ndarray, "x y z"]  # share of material
    support: Float64[np.ndarray, "x y z"]
    cell_m: float
    modulus_pa: float
    poisson: float
    strain: tuple[float, float, float]  # of a group, along x, y and z; negative where it shrinks
    groups: int

    @cached_property
    def elastic(self) -> Elastic:
        """Grid, fixed on the plate."""
        x, y, z = self.part.shape
        grid = RegularGrid((x, y, z), self.cell_m)
        fixed = torch.zeros(*grid.nodes, 3, dtype=torch.bool)
        fixed[:, :, 0] = True
        return Elastic(grid, fixed.flatten(), self.poisson, tolerance=TOLERANCE)

    @cached_property
    def _force(self) -> Float64[Tensor, " q"]:
        """Nodal forces of a cell of unit modulus that would shrink freely by the strain."""
        own = torch.tensor([*self.strain, 0.0, 0.0, 0.0], dtype=torch.float64)
        c = constitutive(3, self.poisson)
        b = torch.stack([strain(3, self.cell_m, p) for p in points(3)]).mean(0)
        return b.T @ (c @ own) * self.cell_m**3

    def load_n(
        self, modulus_pa: Float64[Tensor, " e"], shrinks: Bool[Tensor, " e"]
    ) -> Float64[Tensor, "1 1 f"]:
        """Return the forces of cells that shrink."""
        grid = self.elastic.grid
        each = torch.where(shrinks, modulus_pa, 0.0)[:, None] * self._force
        load = torch.zeros(grid.n_displacements, dtype=torch.float64)
        load.index_add_(0, grid.cell_displacements.flatten(), each.flatten())
        return torch.where(self.elastic.fixed, 0.0, load)[None, None]

    def displacement_m(
        self, solver: Solver = own_solver
    ) -> tuple[Float64[np.ndarray, "u v w a"], float]:
        """Return the displacements of nodes since they exist, and the largest rise of a fresh top.

        The rise is that of the top layer of cells while its own group shrinks: what a recoater
        meets.
        """
        grid = self.elastic.grid
        nx, ny, nz = self.part.shape
        share = torch.from_numpy(np.minimum(self.part + self.support, 1.0))
        ends = np.unique(np.linspace(0, nz, self.groups + 1).round().astype(int)).tolist()
        total, rise = np.zeros((nx + 1, ny + 1, nz + 1, 3)), 0.0
        for low, high in pairwise(ends):
            exists = torch.zeros(nx, ny, nz, dtype=torch.float64)
            exists[:, :, :high] = share[:, :, :high]
            filled = exists.flatten()[None]
            held = held_parts(grid, self.elastic.fixed, filled >= LEAST)
            modulus = self.modulus_pa * torch.where(held, filled, VOID)
            fresh = torch.zeros(nx, ny, nz, dtype=torch.bool)
            fresh[:, :, low:high] = True
            load = self.load_n(modulus[0], fresh.flatten() & held[0])
            if not bool((load != 0).any()):
                continue
            moved = solver(self.elastic, modulus, load).numpy().reshape(total.shape)
            total[:, :, : high + 1] += moved[:, :, : high + 1]
            top = _corners(held[0].numpy().reshape(nx, ny, nz)[:, :, high - 1])
            rise = max(rise, float(moved[:, :, high, 2][top].max(initial=0.0)))
        return total, rise

    def most_m(self, total: Float64[np.ndarray, "u v w a"]) -> float:
        """Return the largest displacement of a corner of the part's own cells."""
        inside = np.pad(self.part >= 0.5, 1)
        touched = np.zeros(total.shape[:3], dtype=bool)
        x, y, z = (int(n) for n in total.shape[:3])
        for i in (0, 1):
            for j in (0, 1):
                for k in (0, 1):
                    touched |= inside[i : i + x, j : j + y, k : k + z]
        size = np.linalg.norm(total, axis=-1)
        return float(np.nanmax(size[touched], initial=0.0)) if touched.any() else float("nan")


def _corners(layer: Bool[np.ndarray, "x y"]) -> Bool[np.ndarray, "a b"]:
    """Mark the nodes that cells of a layer touch."""
    wide = np.pad(layer, 1)
    return np.asarray(wide[1:, 1:] | wide[:-1, 1:] | wide[1:, :-1] | wide[:-1, :-1])
