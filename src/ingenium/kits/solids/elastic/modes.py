"""Lowest eigenfrequencies, with lumped masses.

Shapes: n designs, e cells, k modes, f displacements.
"""

from functools import partial

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.kits.solids.elastic.eigen import firmness, lowest, together
from ingenium.kits.solids.elastic.solver import Elastic


def masses_kg(
    system: Elastic, modulus_pa: Float64[Tensor, "n e"], density_kg_m3: Float64[Tensor, "n e"]
) -> Float64[Tensor, "n f"]:
    """Return the lumped mass of each displacement; cells share theirs out equally, voids little."""
    grid = system.grid
    each = density_kg_m3 * firmness(modulus_pa) * grid.cell_volume_m3 / 2**grid.dim
    each = each[..., None].expand(-1, -1, 2**grid.dim).flatten(1)
    nodes = torch.zeros(len(each), grid.n_nodes, dtype=torch.float64)
    nodes = nodes.index_add(1, grid.cell_nodes.flatten(), each)
    return nodes[..., None].expand(-1, -1, grid.dim).flatten(1)


def frequencies_hz(
    system: Elastic,
    modulus_pa: Float64[Tensor, "n e"],
    density_kg_m3: Float64[Tensor, "n e"],
    count: int = 1,
    *,
    accuracy: float = 1e-6,
) -> Float64[Tensor, "n {count}"]:
    """Lowest eigenfrequencies, ascending; NaN on failure.

    Differentiable where a frequency differs from its neighbours.
    """
    out = []
    size = together(system, count)
    for modulus, density in zip(modulus_pa.split(size), density_kg_m3.split(size), strict=True):
        mass = masses_kg(system, modulus, density)
        with torch.no_grad():
            shapes = lowest(system, modulus, partial(torch.mul, -mass[:, None]), count, accuracy)[1]
        stiffness = (system.energies(shapes) * modulus[:, None]).sum(-1)
        inertia = (shapes.square() * mass[:, None]).sum(-1)
        out.append((stiffness / inertia).sqrt() / (2 * torch.pi))
    return torch.cat(out)
