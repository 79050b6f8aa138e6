"""Linear buckling: the factor by which a load may grow before the shape becomes unstable.

Shapes: n designs, e cells, k modes, f displacements, b nodes of a cell, g points of quadrature.
Source: Cook et al., Concepts and Applications of Finite Element Analysis, 4th ed., 2002, ch. 18.
"""

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.kits.solids.elastic.eigen import firmness, lowest, spread, together
from ingenium.kits.solids.elastic.element import (
    PAIRS,
    constitutive,
    gradients,
    points,
    strain,
)
from ingenium.kits.solids.elastic.solver import Elastic


def geometric_stiffness(
    system: Elastic, modulus_pa: Float64[Tensor, "n e"], displacement_m: Float64[Tensor, "n f"]
) -> Float64[Tensor, "n e b b"]:
    """Geometric stiffness of each cell (N/m), the same for each axis; tiny in voids."""
    grid = system.grid
    law = constitutive(grid.dim, system.poisson, system.plane)
    modulus = modulus_pa * firmness(modulus_pa)
    moved, at = displacement_m[:, grid.cell_displacements], points(grid.dim)
    b = 2**grid.dim
    out = torch.zeros(*modulus_pa.shape, b, b, dtype=torch.float64)
    for point in at:
        slope = gradients(grid.dim, grid.cell_m, point)
        stress = modulus[..., None] * (moved @ (law @ strain(grid.dim, grid.cell_m, point)).T)
        products = [slope[:, a, None] * slope[None, :, a] for a in range(grid.dim)]
        for x, y in PAIRS[grid.dim]:
            mixed = slope[:, x, None] * slope[None, :, y]
            products.append(mixed + mixed.T)
        out += torch.einsum("nes,sij->neij", stress, torch.stack(products))
    return out * grid.cell_volume_m3 / len(at)


def buckling_factors(
    system: Elastic,
    modulus_pa: Float64[Tensor, "n e"],
    load_n: Float64[Tensor, "#n l f"],
    count: int = 1,
    *,
    accuracy: float = 1e-6,
) -> Float64[Tensor, "n l {count}"]:
    """Least positive multiples of each load case that buckle; infinite where none does."""
    size, grid = together(system, count), system.grid
    loads = load_n.expand(len(modulus_pa), -1, -1)
    out = []
    with torch.no_grad():
        for modulus, load in zip(modulus_pa.split(size), loads.split(size), strict=True):
            cases = []
            for moved in system.solve(modulus, load).unbind(1):
                geometric = geometric_stiffness(system, modulus, moved.nan_to_num())

                def apply(u: Tensor, geometric: Tensor = geometric) -> Tensor:
                    each = u.view(*u.shape[:2], -1, grid.dim)[:, :, grid.cell_nodes]
                    return spread(system, (geometric[:, None] @ each).flatten(-2))

                theta = lowest(system, modulus, apply, count, accuracy)[0]
                cases.append(torch.where(theta < 0, -1 / theta, torch.inf + 0 * theta))
            out.append(torch.stack(cases, 1))
    return torch.cat(out)
