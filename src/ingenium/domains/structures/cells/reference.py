"""Independent homogenisation of periodic cells by scikit-fem, periodicity by elimination."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from jaxtyping import Float64
from scipy.sparse.linalg import splu

from ingenium.core.errors import MissingExtra
from ingenium.domains.structures.cells.periodic import Periodic


@dataclass(frozen=True)
class ReferenceHomogenisation:
    """Homogenisation of one cell after another by scikit-fem.

    It shares no assembly, numbering or solver with `Periodic`: scikit-fem integrates the weak
    form, opposite nodes are tied by a matrix, and SuperLU solves.

    Shapes: e cells (last axis fastest), s strains in Voigt order (shear doubled).
    Source: Gustafsson and McBain, Journal of Open Source Software 5(52), 2020, 2369.
    """

    cell: Periodic

    def stiffness(self, modulus_pa: Float64[np.ndarray, " e"]) -> Float64[np.ndarray, "s s"]:
        """Return the effective stiffness of one cell (Pa).

        Raises:
            MissingExtra: if scikit-fem is not installed.
        """
        try:
            import skfem
            from skfem.helpers import ddot, sym_grad, trace
        except ImportError:
            raise MissingExtra("structures", "scikit-fem") from None
        cells, nu = self.cell.cells, self.cell.poisson
        dim, plane_stress = len(cells), len(cells) == 2 and self.cell.plane == "stress"
        steps = [np.arange(n + 1.0) for n in cells]
        kinds = {
            2: (skfem.MeshQuad, skfem.ElementQuad1, skfem.ElementQuad0),
            3: (skfem.MeshHex, skfem.ElementHex1, skfem.ElementHex0),
        }
        mesh_kind, element, constant = kinds[dim]
        mesh = mesh_kind.init_tensor(*steps)
        basis = skfem.Basis(mesh, skfem.ElementVector(element()))
        centre = np.floor(mesh.p[:, mesh.t].mean(1)).astype(int)
        modulus = modulus_pa.reshape(cells)[tuple(centre)]
        shear = 1 / (2 * (1 + nu))
        lame = nu / (1 - nu**2) if plane_stress else nu / ((1 + nu) * (1 - 2 * nu))

        @skfem.BilinearForm
        def work(u, v, w):  # type: ignore[no-untyped-def]
            a, b = sym_grad(u), sym_grad(v)
            return w.e * (2 * shear * ddot(a, b) + lame * trace(a) * trace(b))

        field = basis.with_element(constant()).interpolate(modulus)
        k = work.assemble(basis, e=field)
        tie, affine = self._ties(basis.doflocs, dim)
        held = np.arange(tie.shape[1]) >= dim  # the first node is fixed
        tied = (tie.T @ k @ tie).tocsc()[held][:, held]
        load = -(tie.T @ (k @ affine))[held]
        inner = np.zeros((tie.shape[1], affine.shape[1]))
        inner[held] = splu(tied).solve(load)
        u = affine + tie @ inner
        return np.asarray(u.T @ (k @ u) / np.prod(cells))

    def _ties(
        self, at: Float64[np.ndarray, "dim f"], dim: int
    ) -> tuple[sparse.csr_array, Float64[np.ndarray, "f s"]]:
        """Map from displacements of a torus to those of a box; displacements of unit strains."""
        axis = np.arange(at.shape[1]) % dim  # as scikit-fem numbers vectors on nodes
        node = np.round(at).astype(int) % np.array(self.cell.cells)[:, None]
        master = np.ravel_multi_index(tuple(node), self.cell.cells) * dim + axis
        count = int(np.prod(self.cell.cells)) * dim
        rows = np.arange(at.shape[1])
        tie = sparse.csr_array((np.ones(len(rows)), (rows, master)), (len(rows), count))
        pairs = [(a, a) for a in range(dim)] + ([(0, 1)] if dim == 2 else [(1, 2), (0, 2), (0, 1)])
        affine = np.stack(
            [
                np.where(axis == a, at[b], 0) / 2 + np.where(axis == b, at[a], 0) / 2
                for a, b in pairs
            ],
            1,
        )
        return tie, affine
