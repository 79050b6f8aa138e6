"""Stress at the centres of cells.

Shapes: n designs, l load cases, e cells, f displacements, s stress components.
Source: Hughes, The Finite Element Method, 2000, section 4.4 (centres are the most accurate).
"""

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.kits.solids.elastic.element import constitutive, strain
from ingenium.kits.solids.elastic.solver import Elastic


def stress_pa(
    system: Elastic, modulus_pa: Float64[Tensor, "n e"], displacement_m: Float64[Tensor, "n l f"]
) -> Float64[Tensor, "n l e s"]:
    """Stress of each cell's own material; Voigt order xx, yy, (zz, yz, xz,) xy.

    For cells of intermediate density pass the solid's modulus to get the stress in its material.
    Differentiable in both.
    """
    grid = system.grid
    middle = torch.full((grid.dim,), 0.5, dtype=torch.float64)
    law = constitutive(grid.dim, system.poisson, system.plane)
    unit = law @ strain(grid.dim, grid.cell_m, middle)
    return modulus_pa[:, None, :, None] * (displacement_m[..., grid.cell_displacements] @ unit.T)
