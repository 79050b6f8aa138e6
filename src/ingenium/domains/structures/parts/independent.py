"""Work, stress and frequency by scikit-fem, which shares no element or assembly code with us.

The engine accelerates iterations on scikit-fem's matrices: they start from its solution or use its
loose solutions as the preconditioner. This saves steps and does not affect the result: they end by
residuals in scikit-fem's own matrices.
"""

import warnings
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float64
from numpy import ndarray
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import LinearOperator, cg, lobpcg
from torch import Tensor

from ingenium.core.errors import EngineError
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.parts.measuring import MM, MPA, PartVerifier
from ingenium.kits.solids.elastic.eigen import firmness
from ingenium.kits.solids.elastic.reference import Reference, ScikitFem
from ingenium.kits.solids.elastic.solver import Elastic

SHARE = 0.05  # of the designs, at least one
CLOSE = 1e-6  # residual that is reached in scikit-fem's matrix, relative to the load
MOST = 20_000  # steps
LOOSE = 0.1  # residual of a preconditioning
MODES = 3  # modes in one block
STEPS = 8  # of the search
STILL = 1e-5  # relative change of a frequency's square at which it has converged


@dataclass(frozen=True, eq=False)
class PartReference(ScikitFem):
    """Works, stress, displacement and frequency of designs, one after another."""

    verifier: PartVerifier

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Works, stress, displacement and frequency: the first responses of every part."""
        return self.verifier.responses[: len(self.verifier.part.cases) + 4]

    def measure(self, density: Float64[Tensor, "n *cells"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each design; NaN where iterations do not end."""
        reference = Reference(self.verifier.elastic)
        out = torch.full((len(density), len(self.quantities)), torch.nan, dtype=torch.float64)
        for row, flat in zip(out, density.flatten(1), strict=True):
            with suppress(EngineError):
                found = Independent(self.verifier, reference, flat).measured()
                values = [found[q.name] for q in self.quantities]
                row[:] = torch.tensor(values, dtype=torch.float64)
        return out


@dataclass(frozen=True, eq=False)
class Independent:
    """One design in scikit-fem.

    Shapes: e cells, f displacements, l load cases, r free displacements.
    """

    verifier: PartVerifier
    reference: Reference
    flat: Float64[Tensor, " e"]  # share of each cell that is metal

    def measured(self) -> dict[str, float]:
        """Return the compared measurements by quantity.

        Raises:
            EngineError: if iterations do not end.
        """
        verifier = self.verifier
        moved, metal = self.displacement_m, verifier.part.material
        names = [f"compliance_{case}" for case in verifier.part.cases]
        square = self.reference.mises_pa2(metal.modulus_pa, moved)
        stress = verifier.volume.largest_pa(square, self.flat, verifier.part.calm)
        return dict(zip(names, self.work_j.tolist(), strict=True)) | {
            "compliance": float(self.work_j.max()),
            "stress": stress * MPA,
            "displacement": float(verifier.moved_m(moved[None])) * MM,
            "frequency": self.frequency_hz(),
        }

    @cached_property
    def _modulus(self) -> Float64[Tensor, "1 e"]:
        return self.verifier.modulus_pa(self.flat[None])

    @cached_property
    def _stiffness(self) -> csr_array:
        return self._free(self.reference.matrix(self._modulus[0]))

    def _free(self, matrix: csc_array) -> csr_array:
        """Matrix of the free displacements, in our order."""
        rows = self.reference.numbers[~self.verifier.elastic.fixed.numpy()]
        free: csr_array = matrix.tocsr()[rows][:, rows]
        return free

    @cached_property
    def displacement_m(self) -> Float64[Tensor, "l f"]:
        """Displacements by conjugate gradients that start from the engine's solution."""
        system, load = self.verifier.elastic, self.verifier.part.load_n
        free, matrix = ~system.fixed, self._stiffness
        scale = diags_array(1 / matrix.diagonal())
        out = system.solve(self._modulus, load[None])[0]
        for force, moved in zip(load, out, strict=True):
            found, left = cg(
                matrix, force[free].numpy(), moved[free].numpy(), rtol=CLOSE, maxiter=MOST, M=scale
            )
            if left:
                raise EngineError(f"scikit-fem's matrix: {left} conjugate gradients in vain")
            moved[free] = torch.from_numpy(found)
        return out

    @property
    def work_j(self) -> Float64[Tensor, " l"]:
        """Work of each load case."""
        return (self.displacement_m * self.verifier.part.load_n).sum(1)

    def frequency_hz(self) -> float:
        """Return the lowest frequency with consistent masses, from a random start (LOBPCG).

        Raises:
            EngineError: if it does not converge.
        """
        metal, stiffness = self.verifier.part.material, self._stiffness
        density = metal.density_kg_m3 * self.flat * firmness(self._modulus)[0]
        mass = self._free(self.reference.mass(density))
        helper = LinearOperator(stiffness.shape, self._loosely, matmat=self._loosely, dtype=float)
        start = np.random.default_rng(0).standard_normal((stiffness.shape[0], MODES))
        with warnings.catch_warnings():  # about residuals: the frequency is checked instead
            warnings.simplefilter("ignore", UserWarning)
            *_, history = lobpcg(
                mass,
                self._loosely(start),
                stiffness,
                helper,
                tol=np.finfo(float).tiny,
                maxiter=STEPS,
                retLambdaHistory=True,
            )
        *_, before, last = (float(np.max(values)) for values in history)
        if not abs(last / before - 1) < STILL:
            raise EngineError(f"scikit-fem's matrices: no mode in {STEPS} steps")
        return float(1 / np.sqrt(last) / (2 * np.pi))

    @cached_property
    def _loose(self) -> Elastic:
        return replace(self.verifier.elastic, tolerance=LOOSE)

    def _loosely(self, force: Float64[ndarray, "r *m"]) -> Float64[ndarray, "r *m"]:
        """Displacements under forces, one a column, to the engine's loose tolerance."""
        system = self._loose
        columns = force.reshape(len(force), -1)
        load = torch.zeros(1, columns.shape[1], len(system.fixed), dtype=torch.float64)
        load[0][:, ~system.fixed] = torch.from_numpy(columns.T.copy())
        moved = system.solve(self._modulus, load)[0][:, ~system.fixed]
        return moved.numpy().T.reshape(force.shape)
