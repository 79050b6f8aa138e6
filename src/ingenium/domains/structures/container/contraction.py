"""Forces and stresses of a part that shrinks against its supports.

Shapes: n designs, e cells, f displacements, s stress components.
Source: Cook et al., Concepts and Applications of Finite Element Analysis, 4th ed., 2002,
    section 3.9 (initial strains).
"""

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.kits.solids.elastic.element import constitutive, strain
from ingenium.kits.solids.elastic.solver import Elastic

DIM = 3


def forces_n(
    system: Elastic, modulus_pa: Float64[Tensor, "n e"], grown: float
) -> Float64[Tensor, "n f"]:
    """Return nodal forces of cells with a free strain `grown` in each direction.

    The slopes of the shape functions at the centre are their mean over the cell, so this is exact.
    """
    grid = system.grid
    middle = torch.full((DIM,), 0.5, dtype=torch.float64)
    unit = strain(DIM, grid.cell_m, middle).T @ free_stress(system, grown) * grid.cell_volume_m3
    forces = (modulus_pa[..., None] * unit).flatten(1)
    out = torch.zeros(len(modulus_pa), grid.n_displacements, dtype=torch.float64)
    return out.index_add(1, grid.cell_displacements.flatten(), forces)


def free_stress(system: Elastic, grown: float) -> Float64[Tensor, " s"]:
    """Return the stress of the free strain for unit modulus, which is to be subtracted."""
    free = torch.zeros(2 * DIM, dtype=torch.float64)
    free[:DIM] = grown
    return constitutive(DIM, system.poisson) @ free
