"""Floating parts of a design in voids, and their rigid motions, which multigrid cannot reduce.

Only the voids around such a part resist its rigid motions, and coarse grids tie it to its
neighbours. Their motions are solved directly with each cycle, so that iterations converge.

Shapes: e cells, f displacements, v nodes, k motions of all parts.
Source: Nicolaides, SIAM J. Numer. Anal. 24, 1987, 355-365; Frank and Vuik, SIAM J. Sci. Comput.
23, 2001, 442-462.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int32, Int64
from numpy import ndarray
from scipy import linalg, sparse

from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.supports import (
    cells_around,
    loose_parts,
    rigid_motions,
)

SHARES = (1e-3, 1e-6)  # of the largest modulus; cells above it make up parts
MOST = 300  # parts, the largest ones
MOTIONS = 6
_LEAST = 1e-13  # of a motion's stiffness, added to it: motions may depend on each other
_TOGETHER = 4096  # cells whose stiffnesses are processed in one batch


class RigidMotions(NamedTuple):
    """Rigid motions of the parts one behind another, for compiled kernels.

    Shapes: m displacements of all parts, p parts and one more.
    """

    places: ndarray  # (m) of the displacements, in the finest field
    motions: ndarray  # (m, 6)
    begin: ndarray  # (p) first row of each part
    inverse: ndarray  # (k, k) of the stiffness between all motions


def floating(
    grid: RegularGrid,
    fixed: Bool[ndarray, " f"],
    unit: Float64[ndarray, "24 24"],
    modulus: Float64[ndarray, " e"],
    places: Int32[ndarray, " f"],
) -> RigidMotions:
    """Find the rigid motions of a design's parts; `places` are displacement indices in a field."""
    owners = _owners(grid, fixed, modulus)
    rows = [np.flatnonzero(np.repeat(part, 3) & ~fixed) for part in _parts(owners)]
    begin = np.cumsum([0, *map(len, rows)])
    if not rows:
        return RigidMotions(places[:0], np.zeros((0, MOTIONS)), begin, np.zeros((0, 0)))
    motions = [_motions(grid, r) for r in rows]
    places_of = np.concatenate(rows)
    chosen = sparse.csr_array(
        (np.ones(begin[-1]), (places_of, np.arange(begin[-1]))),
        shape=(grid.n_displacements, begin[-1]),
    )
    moved = sparse.csr_array(chosen @ sparse.block_diag(motions, format="csr"))
    corners = owners[:, grid.cell_nodes.numpy()]
    strained = np.flatnonzero((corners != corners[..., :1]).any((0, 2)))
    stiffness = _between(grid, unit, modulus, moved, strained)
    return RigidMotions(places[places_of], np.concatenate(motions), begin, _inverse(stiffness))


def _owners(
    grid: RegularGrid, fixed: Bool[ndarray, " f"], modulus: Float64[ndarray, " e"]
) -> Int64[ndarray, "2 v"]:
    """Number of the floating part of each node, for both shares; 0 where there is none.

    A node of several parts belongs to one of them, and to none where one of them is supported: then
    every motion that is rigid on each part is a sum of rigid motions.
    """
    solid = np.stack([modulus > share * modulus.max() for share in SHARES])
    numbers = loose_parts(grid, torch.from_numpy(fixed), torch.from_numpy(solid))
    if not numbers.any():
        return np.zeros((len(SHARES), grid.n_nodes), dtype=np.int64)
    held, around = solid & (numbers == 0), cells_around(grid)
    behind = ((0, 0), (0, 1))  # outside the grid is void
    some = np.logical_or.reduce(np.pad(held, behind)[:, around], 2)
    owners: ndarray = np.where(some, 0, np.pad(numbers, behind)[:, around].max(2))
    return owners


def _parts(owners: Int64[ndarray, "2 v"]) -> list[Bool[ndarray, " v"]]:
    """Nodes of each part, the largest first; parts that are equal for both shares appear once."""
    found: dict[bytes, ndarray] = {}
    for of_nodes in owners:
        order = np.argsort(of_nodes, kind="stable")
        numbers, starts = np.unique(of_nodes[order], return_index=True)
        for number, nodes in zip(numbers, np.split(order, starts[1:]), strict=True):
            if number > 0:
                found.setdefault(nodes.tobytes(), nodes)
    largest = sorted(found.values(), key=len, reverse=True)[:MOST]
    return [np.isin(np.arange(owners.shape[1]), nodes) for nodes in largest]


def _motions(grid: RegularGrid, rows: Int64[ndarray, " r"]) -> Float64[ndarray, "r 6"]:
    """Rigid motions about the middle of some displacements."""
    at = np.stack(np.unravel_index(rows // 3, grid.nodes), 1).astype(float)
    motions: ndarray = rigid_motions(at - at.mean(0))[3 * np.arange(len(rows)) + rows % 3]
    return motions


def _between(
    grid: RegularGrid,
    unit: Float64[ndarray, "24 24"],
    modulus: Float64[ndarray, " e"],
    motions: sparse.csr_array,
    cells: Int64[ndarray, " s"],
) -> Float64[ndarray, "k k"]:
    """Stiffness between motions, of the cells that they strain."""
    total = np.zeros((motions.shape[1], motions.shape[1]))
    for at in range(0, len(cells), _TOGETHER):
        some = cells[at : at + _TOGETHER]
        moved = motions[grid.cell_displacements.numpy()[some].ravel()]
        force = sparse.kron(sparse.diags_array(modulus[some]), unit, format="csr") @ moved
        total += (moved.T @ force).toarray()
    return total


def _inverse(stiffness: Float64[ndarray, "k k"]) -> Float64[ndarray, "k k"]:
    own = stiffness.diagonal()
    scale = np.where(own > 0, 1 / np.sqrt(np.where(own > 0, own, 1.0)), 0.0)
    scaled = scale[:, None] * stiffness * scale + np.diag(np.where(own > 0, _LEAST, 1.0))
    factor = linalg.cho_factor(scaled)
    inverse = scale[:, None] * linalg.cho_solve(factor, np.diag(scale))
    return np.ascontiguousarray(inverse)  # C order, as without parts: kernels compile for one order
