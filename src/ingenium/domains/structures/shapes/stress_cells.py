"""Cells in which the stress of a shape is read: away from loaded or supported points.

Shapes: n designs, v nodes, e cells.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float64
from scipy import ndimage
from torch import Tensor

from ingenium.domains.structures.shapes.places import node_places
from ingenium.kits.solids.elastic.grid import RegularGrid


def points_held(grid: RegularGrid, fixed: Bool[Tensor, " f"]) -> Bool[Tensor, " v"]:
    """Return supported nodes that do not share a whole supported side of a cell.

    The energy around a support along a side is bounded, around a single point it is not.
    """
    held = fixed.view(-1, grid.dim).any(1).view(grid.nodes).numpy()
    broad = np.zeros_like(held)
    for axis in range(grid.dim):
        side = np.ones([1 if a == axis else 2 for a in range(grid.dim)], dtype=bool)
        broad |= ndimage.binary_opening(np.pad(held, 1), side)[(slice(1, -1),) * grid.dim]
    return torch.from_numpy(held & ~broad).flatten()


def beyond(grid: RegularGrid, nodes: Bool[Tensor, "n v"], reach_m: float) -> Bool[Tensor, "n e"]:
    """Return cells whose middle is farther than `reach_m` from all marked nodes, by design."""
    axes = [torch.arange(n, dtype=torch.float64) + 0.5 for n in grid.cells]
    middle = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).flatten(0, -2)
    places = node_places(grid).to(torch.float64)
    out = torch.ones(len(nodes), grid.n_cells, dtype=torch.bool)
    for row, marked in zip(out, nodes, strict=True):  # each has its own nodes, few of them
        if bool(marked.any()):
            row &= torch.cdist(middle, places[marked]).amin(1) * grid.cell_m > reach_m
    return out


def read(
    grid: RegularGrid,
    fixed: Bool[Tensor, " f"],
    load_n: Float64[Tensor, "n l f"],
    reach_m: float,
) -> Bool[Tensor, "n e"]:
    """Return cells where the stress of each design is read."""
    bears = (load_n != 0).any(1).unflatten(-1, (-1, grid.dim)).any(-1)
    return beyond(grid, bears | points_held(grid, fixed), reach_m)
