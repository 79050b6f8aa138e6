"""Load capacity of a standing part: shares of material on a grid, head loaded, foot fixed."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.buckling import buckling_factors
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.material import Material
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.elastic.strength import Strength, failure_factor
from ingenium.kits.solids.elastic.stress import stress_pa
from ingenium.kits.solids.elastic.supports import held_parts

VOID = 1e-4  # modulus of empty space, relative to the material
LOOSE = 1e-3  # share of a cell below which it connects nothing
ACCURACY = 1e-2  # of a buckling factor, relative

Shares = Float64[np.ndarray, "_ _ _"]


@dataclass(frozen=True)
class Head:
    """A force at the middle of the head, or beside it, introduced by a stiff plate.

    Raises:
        InputError: for no force.
    """

    force_n: tuple[float, float, float]
    aside_m: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not any(self.force_n):
            raise InputError("a force other than zero", self.force_n)


@dataclass(frozen=True, eq=False)
class Standing:
    """A grid around a part that stands on its lowest cells and is loaded on its highest.

    Stress is that of the material in the middle of cells that are at least half filled, clear of
    foot and head, where supports and plate disturb it. Its own weight is neglected.

    Shapes: e cells, f displacements, v nodes.
    """

    cells: tuple[int, int, int]
    cell_m: float
    origin_m: tuple[float, float, float]
    material: Material
    strength: Strength
    head: Head
    clear_m: float  # from foot and head

    @cached_property
    def elastic(self) -> Elastic:
        """Elastic grid, fixed at its foot."""
        grid = RegularGrid(self.cells, self.cell_m)
        fixed = torch.zeros(*grid.nodes, 3, dtype=torch.bool)
        fixed[:, :, 0] = True
        return Elastic(grid, fixed.flatten(), self.material.poisson, tolerance=1e-5)

    @cached_property
    def read(self) -> Bool[Tensor, " e"]:
        """Cells where stress is read."""
        height = (torch.arange(self.cells[2]) + 0.5) * self.cell_m
        clear = (height > self.clear_m) & (height < self.cells[2] * self.cell_m - self.clear_m)
        return clear.expand(self.cells).flatten()

    def modulus_pa(self, share: Shares) -> Float64[Tensor, "1 e"]:
        """Return the modulus of each cell."""
        filled = torch.from_numpy(np.ascontiguousarray(share)).flatten()[None]
        held = held_parts(self.elastic.grid, self.elastic.fixed, filled >= LOOSE)
        return self.material.modulus_pa * (VOID + (1 - VOID) * torch.where(held, filled, 0.0))

    def load_n(self, share: Shares) -> Float64[Tensor, "1 1 f"]:
        """Return the force on the nodes of the head's material, distributed as by a stiff plate."""
        highest = share[:, :, -1]
        top = np.pad(highest > max(0.5 * float(highest.max()), 0.0), 1)
        touched = top[1:, 1:] | top[:-1, 1:] | top[1:, :-1] | top[:-1, :-1]
        if not touched.any():
            raise InputError("material at the head", "none in the highest cells")
        place = np.argwhere(touched) * self.cell_m + np.asarray(self.origin_m[:2])
        middle = place.mean(0)
        own = place - middle
        fx, fy, fz = self.head.force_n
        lever = np.asarray(self.head.aside_m) - middle
        tilt = np.linalg.solve(own.T @ own, fz * lever)  # force along z by distance from the middle
        spin = (lever[0] * fy - lever[1] * fx) / float((own**2).sum())
        count = len(own)
        each = [
            fx / count - spin * own[:, 1],
            fy / count + spin * own[:, 0],
            fz / count + own @ tilt,
        ]
        load = np.zeros((*self.elastic.grid.nodes, 3))
        load[:, :, -1][touched] = np.stack(each, 1)
        return torch.from_numpy(load).flatten()[None, None]

    def displacement_m(self, share: Shares) -> Float64[Tensor, "1 1 f"]:
        """Return the displacement under the force."""
        return self.elastic.solve(self.modulus_pa(share), self.load_n(share))

    def use(self, share: Shares) -> Shares:
        """Return the share of its strength that the material of each cell uses."""
        solid = torch.full((1, self.elastic.grid.n_cells), self.material.modulus_pa).double()
        stress = stress_pa(self.elastic, solid, self.displacement_m(share))
        return self.strength.use(stress).view(self.cells).numpy()

    def first_failure(self, share: Shares) -> float:
        """Return the multiple of the force at which material fails."""
        use = torch.from_numpy(self.use(share)).flatten()[None, None]
        filled = torch.from_numpy(np.ascontiguousarray(share)).flatten()[None]
        return float(failure_factor(use, filled, self.read))

    def buckling(self, share: Shares) -> float:
        """Return the multiple of the force at which the part buckles, on cells twice as large."""
        coarse = self.coarser(2)
        merged = pooled(share, 2)
        modulus, load = coarse.modulus_pa(merged), coarse.load_n(merged)
        return float(buckling_factors(coarse.elastic, modulus, load, accuracy=ACCURACY))

    def coarser(self, times: int) -> "Standing":
        """Return the same part on larger cells.

        Raises:
            InputError: for cells that do not merge.
        """
        if any(n % times for n in self.cells):
            raise InputError(f"numbers of cells that {times} divides", list(self.cells))
        x, y, z = (n // times for n in self.cells)
        return replace(self, cells=(x, y, z), cell_m=self.cell_m * times)


def pooled(share: Shares, times: int) -> Shares:
    """Return means of blocks of cells."""
    x, y, z = (n // times for n in share.shape)
    return np.asarray(share.reshape(x, times, y, times, z, times).mean((1, 3, 5)))
