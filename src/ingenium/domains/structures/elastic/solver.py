"""Displacements of many designs on one grid, differentiable with respect to their moduli."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float64
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu
from torch import Tensor

from ingenium.domains.structures.elastic.element import Plane, stiffness
from ingenium.domains.structures.elastic.grid import RegularGrid


@dataclass(frozen=True)
class Elastic:
    """A held grid of cells, each with its own modulus.

    Shapes: n designs, l load cases, e cells, f displacements, q displacements of a cell.
    """

    grid: RegularGrid
    fixed: Bool[Tensor, " f"]  # displacements that are zero
    poisson: float = 0.3
    plane: Plane = "stress"
    tolerance: float = 1e-8  # of the residual, relative to the load

    @cached_property
    def unit_stiffness(self) -> Float64[Tensor, "q q"]:
        """Of a cell with unit modulus."""
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
        """Displacements (m); NaN where there is no answer.

        `start` is a guess, which iterative solvers use. Gradients with respect to `modulus_pa`
        are exact, by one more solve (adjoint); loads get none.
        """
        return _Solve.apply(self, modulus_pa, load_n, start)  # type: ignore[no-any-return,no-untyped-call]

    def energies(self, displacement_m: Float64[Tensor, "n l f"]) -> Float64[Tensor, "n l e"]:
        """u_e . K0 . u_e of each cell: work per unit modulus, minus the slope of a compliance."""
        u = displacement_m[..., self.grid.cell_displacements]
        return (u @ self.unit_stiffness * u).sum(-1)

    def compliance(
        self, modulus_pa: Float64[Tensor, "n e"], load_n: Float64[Tensor, "#n l f"]
    ) -> Float64[Tensor, "n l"]:
        """Work of the loads (J), differentiable."""
        return (self.solve(modulus_pa, load_n) * load_n).sum(-1)

    def _displacements(
        self, modulus_pa: Tensor, load_n: Tensor, start: Tensor | None
    ) -> Float64[Tensor, "n l f"]:
        out = torch.zeros(len(modulus_pa), *load_n.shape[1:], dtype=torch.float64)
        free = np.flatnonzero(~self.fixed.numpy())
        edof = self.grid.cell_displacements.numpy()
        rows, columns = np.repeat(edof, edof.shape[1], 1), np.tile(edof, edof.shape[1])
        size = self.grid.n_displacements
        loads = load_n.expand(len(modulus_pa), -1, -1)
        for i, moduli in enumerate(modulus_pa.numpy()):
            values = moduli[:, None] * self.unit_stiffness.numpy().ravel()
            k = coo_array((values.ravel(), (rows.ravel(), columns.ravel())), (size, size)).tocsc()
            out[i][:, free] = torch.from_numpy(
                splu(k[free][:, free]).solve(loads[i][:, free].numpy().T).T
            )
        return out


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
        cells = system.grid.cell_displacements
        left, right = adjoint[..., cells] @ system.unit_stiffness, displacement[..., cells]
        return None, -(left * right).sum(-1).sum(1), None, None
