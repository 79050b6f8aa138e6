"""Displacements of many designs on one grid, differentiable with respect to their moduli."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float64
from numpy import ndarray
from torch import Tensor

from ingenium.kits.solids.elastic.banded import Band, factor_work
from ingenium.kits.solids.elastic.banded import BandTables as BandTables
from ingenium.kits.solids.elastic.banded import solve as solve_banded
from ingenium.kits.solids.elastic.element import Plane, stiffness
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.hierarchy import Hierarchy
from ingenium.kits.solids.elastic.memory import (
    direct_bytes,
    multigrid_bytes,
    refuse_above,
)
from ingenium.kits.solids.elastic.multigrid import solve as solve_multigrid
from ingenium.kits.solids.elastic.work import energies as cell_energies
from ingenium.kits.solids.elastic.work import in_tiles

DIRECT_WORK = 4e8  # multiplications of a factorisation; above it cubes are solved by multigrid


@dataclass(frozen=True)
class Elastic:
    """A supported grid of cells, each with its own modulus.

    Plane and small grids are solved by a banded Cholesky factorisation, other cubes by conjugate
    gradients with multigrid. Designs are shared out among as many threads as torch may use.

    Shapes: n designs, l load cases, e cells, f displacements, q displacements of a cell.

    Raises:
        InputError: for a grid that would take more than half of the machine's memory.
    """

    grid: RegularGrid
    fixed: Bool[Tensor, " f"]  # displacements that are zero
    poisson: float = 0.3
    plane: Plane = "stress"
    tolerance: float = 1e-8  # of the residual, relative to the load

    def __post_init__(self) -> None:
        refuse_above(
            self.working_bytes,
            "a grid that is solved",
            "Use fewer or larger cells: half as many along each axis take about an eighth (3D).",
        )

    @property
    def direct(self) -> bool:
        """True if a factorisation solves the grid; otherwise multigrid does."""
        return self.grid.dim == 2 or factor_work(self.grid) <= DIRECT_WORK

    @property
    def working_bytes(self) -> int:
        """Approximate memory of a solution for each thread, for any number of designs."""
        return (direct_bytes if self.direct else multigrid_bytes)(self.grid)

    @cached_property
    def unit_stiffness(self) -> Float64[Tensor, "q q"]:
        """Stiffness of a cell with unit modulus."""
        grid = self.grid
        return stiffness(
            grid.dim,
            self.poisson,
            cell_m=grid.cell_m,
            thickness_m=grid.thickness_m,
            plane=self.plane,
        )

    def solve(
        self,
        modulus_pa: Float64[Tensor, "n e"],
        load_n: Float64[Tensor, "#n l f"],
        start: Float64[Tensor, "n l f"] | None = None,
    ) -> Float64[Tensor, "n l f"]:
        """Solve for the displacements (m); NaN on failure.

        `start` is a guess, which iterative solvers use. Gradients with respect to `modulus_pa`
        are exact, by one more solve (adjoint); loads get none.
        """
        return _Solve.apply(self, modulus_pa, load_n, start)  # type: ignore[no-any-return,no-untyped-call]

    def energies(self, displacement_m: Float64[Tensor, "n l f"]) -> Float64[Tensor, "n l e"]:
        """u_e . K0 . u_e of each cell: work per unit modulus, minus the slope of a compliance."""
        if displacement_m.requires_grad:
            u = displacement_m[..., self.grid.cell_displacements]
            return (u @ self.unit_stiffness * u).sum(-1)
        return self._products(displacement_m, displacement_m)

    def _products(self, left: Tensor, right: Tensor) -> Float64[Tensor, "n l e"]:
        """Products of displacements with each cell's unit stiffness."""
        a, b = (u.reshape(-1, u.shape[-1]).contiguous().numpy() for u in (left, right))
        out = np.empty((len(a), self.grid.n_cells))
        tiles, cells = in_tiles(self.unit_stiffness.numpy()), self._cells

        def part(of: slice) -> None:
            cell_energies(a[of], b[of], tiles, cells, out[of])

        in_threads(part, len(out))
        return torch.from_numpy(out).view(*left.shape[:-1], -1)

    def compliance(
        self, modulus_pa: Float64[Tensor, "n e"], load_n: Float64[Tensor, "#n l f"]
    ) -> Float64[Tensor, "n l"]:
        """Work of the loads (J), differentiable."""
        return _Compliance.apply(self, modulus_pa, load_n)  # type: ignore[no-any-return,no-untyped-call]

    @cached_property
    def _band(self) -> Band:
        return Band(self.grid, self.fixed.numpy(), self._cells)

    @cached_property
    def _band_tables(self) -> BandTables:
        return self._band.tables(self.unit_stiffness.numpy())

    @cached_property
    def _cells(self) -> ndarray:
        return self.grid.cell_displacements.numpy().astype(np.int32)

    @cached_property
    def _hierarchy(self) -> Hierarchy:
        return Hierarchy(self.grid, self.fixed.numpy(), self.unit_stiffness.numpy())

    def _displacements(
        self, modulus_pa: Tensor, load_n: Tensor, start: Tensor | None
    ) -> Float64[Tensor, "n l f"]:
        modulus, load = modulus_pa.contiguous().numpy(), load_n.contiguous().numpy()
        out = np.empty((len(modulus), *load.shape[1:]))
        work = self._factor if self.direct else self._iterate
        guess = None if start is None else start.contiguous().numpy()

        def part(of: slice) -> None:
            begin = None if guess is None else guess[of]
            work(modulus[of], load[of] if len(load) > 1 else load, begin, out[of])

        in_threads(part, len(modulus))
        return torch.from_numpy(out)

    def _factor(self, modulus: ndarray, load: ndarray, start: ndarray | None, out: ndarray) -> None:
        solve_banded(modulus, load, self._band_tables, self.tolerance, out)

    def _iterate(
        self, modulus: ndarray, load: ndarray, start: ndarray | None, out: ndarray
    ) -> None:
        begin = np.zeros_like(out) if start is None else start
        solve_multigrid(modulus, load, begin, self._hierarchy, self.tolerance, out)


def in_threads(work: Callable[[slice], None], designs: int) -> None:
    """Share designs out among as many threads as torch may use."""
    threads = max(1, min(torch.get_num_threads(), designs))
    bounds = [designs * i // threads for i in range(threads + 1)]
    parts = [slice(*pair) for pair in pairwise(bounds)]
    if threads == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))


class _Solve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, system: Elastic, modulus: Tensor, load: Tensor, start: Any) -> Tensor:
        displacement = system._displacements(modulus.detach(), load, start)
        ctx.system = system
        ctx.save_for_backward(modulus, displacement)
        return displacement

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor, None, None]:
        system, (modulus, displacement) = ctx.system, ctx.saved_tensors
        adjoint = system._displacements(modulus, slope.contiguous(), None)
        return None, -system._products(adjoint, displacement).sum(1), None, None


class _Compliance(torch.autograd.Function):
    """Work of the loads; its adjoint is the displacement itself, so no second solve."""

    @staticmethod
    def forward(ctx: Any, system: Elastic, modulus: Tensor, load: Tensor) -> Tensor:
        displacement = system._displacements(modulus.detach(), load, None)
        ctx.system = system
        ctx.save_for_backward(displacement)
        return (displacement * load).sum(-1)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor, None]:
        energies = ctx.system.energies(ctx.saved_tensors[0])
        return None, -(slope[..., None] * energies).sum(1), None
