"""Checks that supports fix a grid, that loads act on it, and that material joins the two.

Shapes: n designs, l load cases, e cells, f displacements, v nodes, r rigid motions (3 or 6).
"""

from itertools import product

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from numpy import ndarray
from scipy import ndimage
from torch import Tensor

from ingenium.kits.solids.elastic.element import PAIRS
from ingenium.kits.solids.elastic.grid import RegularGrid

_LEAST = 1e-9  # of a rigid motion's share at the supports, to count as fixed


def rigid_motions(at: Float64[ndarray, "v d"]) -> Float64[ndarray, "f r"]:
    """Return shifts of points along each axis, then small rotations about the origin."""
    dim = at.shape[1]
    motions = [np.tile(np.eye(dim)[axis], (len(at), 1)) for axis in range(dim)]
    for a, b in PAIRS[dim]:
        turn = np.zeros_like(at)
        turn[:, a], turn[:, b] = -at[:, b], at[:, a]
        motions.append(turn)
    return np.stack([m.ravel() for m in motions], 1)


def _motions_of(grid: RegularGrid) -> Float64[ndarray, "f r"]:
    """Rigid motions of a grid about its middle, of unit size."""
    at = np.indices(grid.nodes).reshape(grid.dim, -1).T.astype(float)
    return rigid_motions((at - at.mean(0)) / max(grid.nodes))


def _rank(rows: ndarray) -> int:
    values: ndarray = np.linalg.eigvalsh(rows.T @ rows) if len(rows) else np.zeros(1)
    return int(np.count_nonzero(values > _LEAST))


def carries(
    grid: RegularGrid,
    fixed: Bool[Tensor, " f"],
    load_n: Float64[Tensor, "l f"],
    solid: Bool[Tensor, "n e"],
) -> Bool[Tensor, "n l"]:
    """Return whether each design's solid cells connect every force of a load case to supports.

    Cells are joined by faces; a part is supported where the fixed displacements on its nodes leave
    it no rigid motion.
    """
    around = cells_around(grid)
    held: ndarray = held_parts(grid, fixed, solid).numpy()
    firm: ndarray = np.pad(held, ((0, 0), (0, 1)))  # outside the grid is void
    forces = (load_n.numpy() != 0) & ~fixed.numpy()
    loaded = forces.reshape(len(load_n), -1, grid.dim).any(-1)
    each = [np.all(firm[:, around[nodes]].any(2), axis=1) for nodes in loaded]
    return torch.from_numpy(np.stack(each, 1))


def held_parts(
    grid: RegularGrid, fixed: Bool[Tensor, " f"], solid: Bool[Tensor, "n e"]
) -> Bool[Tensor, "n e"]:
    """Return the solid cells of supported parts; the others float and carry nothing."""
    return solid & torch.from_numpy(loose_parts(grid, fixed, solid) == 0)


def loose_parts(
    grid: RegularGrid, fixed: Bool[Tensor, " f"], solid: Bool[Tensor, "n e"]
) -> Int64[ndarray, "n e"]:
    """Number the unsupported parts; 0 in voids and supported parts."""
    around, held = cells_around(grid), fixed.numpy().reshape(-1, grid.dim)
    motions = _motions_of(grid).reshape(-1, grid.dim, 3 if grid.dim == 2 else 6)
    supported = np.flatnonzero(held.any(1))
    out = []
    for numbers in _parts(grid, solid):  # parts vary in number and shape
        near = np.append(numbers, 0)[around[supported]]
        firm = [
            part
            for part in np.unique(near[near > 0])
            if _firm(supported[(near == part).any(1)], held, motions)
        ]
        out.append(np.where(np.isin(numbers, firm), 0, numbers))
    return np.stack(out)


def _firm(nodes: ndarray, held: ndarray, motions: ndarray) -> bool:
    rows = motions[nodes][held[nodes]]
    return bool(_rank(rows) == rows.shape[1])


def _parts(grid: RegularGrid, solid: Bool[Tensor, "n e"]) -> Int64[ndarray, "n e"]:
    """Number of the connected part of each cell, 0 for void; all designs in one call."""
    cross = ndimage.generate_binary_structure(grid.dim, 1)
    within = np.zeros((3, *cross.shape), dtype=bool)
    within[1] = cross
    numbers, _ = ndimage.label(solid.numpy().reshape(-1, *grid.cells), within)
    return numbers.reshape(len(solid), -1).astype(np.int64)


def cells_around(grid: RegularGrid) -> Int64[ndarray, "v b"]:
    """Cells at each node; the number behind the last cell where there is none."""
    number = np.full([n + 2 for n in grid.cells], grid.n_cells)
    number[tuple(slice(1, -1) for _ in grid.cells)] = np.arange(grid.n_cells).reshape(grid.cells)
    sides = product((0, 1), repeat=grid.dim)
    shifted = [
        number[tuple(slice(s, s + n) for s, n in zip(side, grid.nodes, strict=True))]
        for side in sides
    ]
    return np.stack([x.ravel() for x in shifted], 1)
