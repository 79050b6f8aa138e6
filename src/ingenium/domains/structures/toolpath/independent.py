"""Independent capacity by scikit-fem on larger cells, with its own elements and stresses."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import cg
from torch import Tensor

from ingenium.core.errors import EngineError
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.toolpath.laying import ColumnPrinter
from ingenium.domains.structures.toolpath.prism import BELOW
from ingenium.domains.structures.toolpath.verifier import COARSER, QUANTITIES, columns
from ingenium.kits.solids.elastic.reference import Reference, ScikitFem
from ingenium.kits.solids.printing.bearing import Shares, Standing, pooled

CLOSE, MOST = 1e-6, 20_000  # residual in scikit-fem's matrix, and steps


@dataclass(frozen=True, eq=False)
class ColumnReference(ScikitFem):
    """Independent stiffness, stresses, principal values and material share.

    Iterations begin at the engine's solution, which does not affect the result: they end by
    residuals in scikit-fem's own matrix.
    """

    printer: ColumnPrinter
    quantities: tuple[Quantity, ...] = tuple(q for q in QUANTITIES if q.name == "coarse_capacity")

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 1"]:
        """Measure capacity on cells of twice the size; NaN where iterations do not end."""
        found = torch.full((len(arrays[0]), 1), torch.nan, dtype=torch.float64)
        for row, numbers in zip(found, columns(*arrays), strict=True):
            if numbers is not None:
                with suppress(EngineError):
                    column = self.printer.column(numbers)
                    part = column.standing.coarser(COARSER)
                    row[0] = first_failure(part, pooled(column.laid, COARSER))
        return found


def first_failure(part: Standing, share: Shares) -> float:
    """Return the multiple of the force at which material fails.

    Raises:
        EngineError: if iterations do not end.
    """
    reference = Reference(part.elastic)
    moved = displacement_m(reference, part, share)
    (stress,) = reference.stress_pa(part.material.modulus_pa, moved).numpy()
    principal = np.linalg.eigvalsh(stress)
    strength = part.strength
    use = np.maximum(
        principal[:, 2] / strength.tension_pa, -principal[:, 0] / strength.compression_pa
    )
    counted = part.read.numpy() & (share.ravel() >= 0.5)
    order = np.argsort(-use[counted])  # the most used first
    above = np.cumsum(share.ravel()[counted][order]) / share.ravel()[counted].sum()
    return 1 / float(use[counted][order][np.searchsorted(above, 1 - BELOW)])


def displacement_m(reference: Reference, part: Standing, share: Shares) -> Float64[Tensor, "1 f"]:
    """Solve for the displacement under the force, in scikit-fem's matrix.

    Raises:
        EngineError: if iterations do not end.
    """
    load, first = part.load_n(share)[0], part.displacement_m(share)[0]
    ours = ~part.elastic.fixed.numpy()
    free = reference.numbers[ours]
    matrix = csr_array(reference.matrix(part.modulus_pa(share)[0])[free][:, free])
    scale = diags_array(1 / matrix.diagonal())
    force, start = load[0].numpy()[ours], first[0].numpy()[ours]
    moved, left = cg(matrix, force, start, rtol=CLOSE, maxiter=MOST, M=scale)
    if left:
        raise EngineError(f"scikit-fem's matrix is not solved in {MOST} steps")
    out = torch.zeros_like(load)
    out[0, torch.from_numpy(ours)] = torch.from_numpy(moved)
    return out
