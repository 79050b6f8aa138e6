"""The same cells in scikit-fem, an independent engine with its own elements and numbering.

Shapes: n designs, l load cases, e cells, f displacements.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from types import ModuleType
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numpy import ndarray
from scipy.sparse import csc_array
from scipy.sparse.linalg import eigsh, splu
from torch import Tensor

from ingenium.core.errors import MissingExtra
from ingenium.kits.solids.elastic.solver import Elastic


def skfem() -> ModuleType:
    """scikit-fem.

    Raises:
        MissingExtra: if it is not installed.
    """
    try:
        import skfem
    except ImportError as error:
        raise MissingExtra("structures", "scikit-fem") from error
    return skfem  # type: ignore[no-any-return]


class ScikitFem:
    """Name and version shared by cross-checks that run on scikit-fem."""

    name: ClassVar[str] = "scikit-fem"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Version of the package."""
        return version("scikit-fem")


@dataclass(frozen=True)
class Reference:
    """scikit-fem's model of an elastic grid."""

    system: Elastic

    @cached_property
    def _basis(self) -> Any:
        fem, grid = skfem(), self.system.grid
        lines = [np.arange(n) * grid.cell_m for n in grid.nodes]
        if grid.dim == 2:
            mesh, element = fem.MeshQuad.init_tensor(*lines), fem.ElementQuad1()
        else:
            mesh, element = fem.MeshHex.init_tensor(*lines), fem.ElementHex1()
        return fem.Basis(mesh, fem.ElementVector(element), intorder=3)

    @cached_property
    def numbers(self) -> Int64[ndarray, " f"]:
        """scikit-fem's number of each displacement."""
        grid, basis = self.system.grid, self._basis
        at = np.rint(basis.mesh.p / grid.cell_m).astype(int)
        ours = np.ravel_multi_index(tuple(at), grid.nodes)
        numbers = np.empty((grid.n_nodes, grid.dim), dtype=np.int64)
        numbers[ours] = basis.nodal_dofs.T
        return numbers.ravel()

    @cached_property
    def _cells(self) -> Int64[ndarray, " e"]:
        """Our cell number of each of scikit-fem's elements."""
        grid, mesh = self.system.grid, self._basis.mesh
        middle = mesh.p[:, mesh.t].mean(1) / grid.cell_m
        cells: ndarray = np.ravel_multi_index(tuple(np.floor(middle).astype(int)), grid.cells)
        return cells

    @cached_property
    def _lame(self) -> tuple[float, float]:
        """Both Lamé constants, for unit modulus."""
        system = self.system
        shear = 1 / (2 * (1 + system.poisson))
        lame = system.poisson / ((1 + system.poisson) * (1 - 2 * system.poisson))
        if system.grid.dim == 2 and system.plane == "stress":
            lame = 2 * lame * shear / (lame + 2 * shear)
        return lame, shear

    def matrix(self, modulus_pa: Float64[Tensor, " e"]) -> csc_array:
        """Stiffness (N/m), in scikit-fem's numbering."""
        fem, grid = skfem(), self.system.grid
        lame, shear = self._lame
        depth = grid.thickness_m if grid.dim == 2 else 1.0

        def work(u: Any, v: Any, w: Any) -> Any:
            eu, ev = _strain(u), _strain(v)
            trace = np.einsum("ii...", eu) * np.einsum("ii...", ev)
            return w.modulus * (lame * trace + 2 * shear * np.einsum("ij...,ij...", eu, ev))

        basis = self._basis
        each = depth * modulus_pa.numpy()[self._cells]
        at_points = np.repeat(each[:, None], basis.dx.shape[1], axis=1)
        return csc_array(fem.BilinearForm(work).assemble(basis, modulus=at_points))

    def mass(self, density_kg_m3: Float64[Tensor, " e"]) -> csc_array:
        """Consistent mass (kg), in scikit-fem's numbering."""
        fem, basis, grid = skfem(), self._basis, self.system.grid
        each = (grid.thickness_m if grid.dim == 2 else 1.0) * density_kg_m3.numpy()[self._cells]
        at_points = np.repeat(each[:, None], basis.dx.shape[1], axis=1)
        form = fem.BilinearForm(lambda u, v, w: w.density * np.einsum("i...,i...", u, v))
        return csc_array(form.assemble(basis, density=at_points))

    @cached_property
    def _free(self) -> ndarray:
        numbers: ndarray = self.numbers[~self.system.fixed.numpy()]
        return numbers

    def work_j(
        self, modulus_pa: Float64[Tensor, "n e"], load_n: Float64[Tensor, "#n l f"]
    ) -> Float64[Tensor, "n l"]:
        """Work of each load case, design by design."""
        return (self.displacements_m(modulus_pa, load_n) * load_n).sum(-1)

    def displacements_m(
        self, modulus_pa: Float64[Tensor, "n e"], load_n: Float64[Tensor, "#n l f"]
    ) -> Float64[Tensor, "n l f"]:
        """Displacements in our numbering, design by design, by a sparse factorisation."""
        ours, free = ~self.system.fixed.numpy(), self._free
        out = np.zeros((len(modulus_pa), *load_n.shape[1:]))
        for i, modulus in enumerate(modulus_pa):
            force = load_n[i % len(load_n)].numpy()[:, ours]
            out[i][:, ours] = factorised(self.matrix(modulus)[free][:, free]).solve(force.T).T
        return torch.from_numpy(out)

    def mises_pa2(
        self, modulus_pa: float, displacement_m: Float64[Tensor, "l f"]
    ) -> Float64[Tensor, "l e"]:
        """Mean square of the von Mises stress over cells of one material, by our displacements."""
        basis, dim = self._basis, self.system.grid.dim
        lame, shear = self._lame
        out = np.empty((len(displacement_m), len(self._cells)))
        moved = np.empty(displacement_m.shape[1])
        for own, case in zip(displacement_m.numpy(), out, strict=True):
            moved[self.numbers] = own
            strain = _strain(basis.interpolate(moved))
            across = lame * np.einsum("ii...", strain)
            stress = np.zeros((3, 3, *across.shape))
            stress[:dim, :dim] = 2 * shear * strain + np.eye(dim)[..., None, None] * across
            if dim == 2 and self.system.plane == "strain":
                stress[2, 2] = across
            stress -= np.eye(3)[..., None, None] * np.einsum("ii...", stress) / 3
            square = 1.5 * np.einsum("ij...,ij...", stress, stress)
            case[self._cells] = modulus_pa**2 * (square * basis.dx).sum(1) / basis.dx.sum(1)
        return torch.from_numpy(out)

    def stress_pa(
        self, modulus_pa: float, displacement_m: Float64[Tensor, "l f"]
    ) -> Float64[Tensor, "l e 3 3"]:
        """Stress in the middle of cells of one material, from our displacements."""
        fem, (lame, shear), dim = skfem(), self._lame, self.system.grid.dim
        at = np.full((dim, 1), 0.5), np.ones(1)
        middle = fem.Basis(self._basis.mesh, self._basis.elem, quadrature=at)
        out = np.empty((len(displacement_m), len(self._cells), 3, 3))
        moved = np.empty(displacement_m.shape[1])
        for own, case in zip(displacement_m.numpy(), out, strict=True):
            moved[self.numbers] = own
            strain = _strain(middle.interpolate(moved))[..., 0]
            across = lame * np.einsum("iie->e", strain)
            stress = np.zeros((3, 3, len(self._cells)))
            stress[:dim, :dim] = 2 * shear * strain + np.eye(dim)[..., None] * across
            if dim == 2 and self.system.plane == "strain":
                stress[2, 2] = across
            case[self._cells] = modulus_pa * stress.transpose(2, 0, 1)
        return torch.from_numpy(out)

    def first_frequency_hz(
        self, modulus_pa: Float64[Tensor, " e"], density_kg_m3: Float64[Tensor, " e"]
    ) -> float:
        """Lowest eigenfrequency of one design, with the consistent mass."""
        free = self._free
        stiffness = self.matrix(modulus_pa)[free][:, free]
        mass = self.mass(density_kg_m3)[free][:, free]
        least = eigsh(stiffness, 1, mass, sigma=0.0, return_eigenvectors=False)
        return float(np.sqrt(least[0]) / (2 * np.pi))


def factorised(matrix: csc_array) -> Any:
    """Factorise a symmetric, positive definite matrix in SuperLU's symmetric mode."""
    retained = {"SymmetricMode": True}
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=retained)


def _strain(u: Any) -> Any:
    return (u.grad + np.swapaxes(u.grad, 0, 1)) / 2


def work_j(
    system: Elastic, modulus_pa: Float64[Tensor, "n e"], load_n: Float64[Tensor, "#n l f"]
) -> Float64[Tensor, "n l"]:
    """Work of each load case by scikit-fem.

    Raises:
        MissingExtra: if scikit-fem is not installed.
    """
    return Reference(system).work_j(modulus_pa, load_n)
