"""Share of each cell of a grid inside a mesh."""

import math

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.raster import cover, snapped

BYTES = 4 * 2**30  # of the finest array; more is refused


def voxels(
    mesh: Trimesh,
    cells: tuple[int, int, int],
    cell_m: float,
    origin_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    *,
    fine: int = 2,
) -> Float64[np.ndarray, "x y z"]:
    """Return the share of each cell that lies inside a closed mesh.

    Each cell is sampled by fine² columns along z, placed like non-attacking rooks; along a column
    the length inside is exact. Overlaps of parts of the mesh count once where a cell is full.

    Args:
        mesh: closed, faces outward.
        cells: along each axis.
        cell_m: edge of a cell.
        origin_m: corner of the first cell.
        fine: square root of the number of columns through a cell.

    Raises:
        InputError: for a grid that is not positive or too large, or a mesh that is not closed.
    """
    if min(cells) < 1 or fine < 1 or not cell_m > 0 or not math.isfinite(cell_m):
        raise InputError("cells, size and columns above 0", (list(cells), cell_m, fine))
    nx, ny, nz = cells
    needed = 8 * 2 * nx * ny * (nz + 1)
    if needed > BYTES:
        raise InputError(
            f"a grid that takes at most {BYTES / 2**30:.0f} GiB",
            f"{nx} x {ny} x {nz} cells: {needed / 2**30:.3g} GiB",
            "Take larger cells.",
        )
    place = (mesh.vertices - np.asarray(origin_m)) / cell_m
    corners = np.asarray(place[mesh.faces], dtype=np.float64)
    size = nx * ny * (nz + 1)
    partly, above = np.zeros(size), np.zeros(size + 1)
    triangles = snapped(corners[:, :, :2])
    # One pass for each column of a cell: passes need little memory, and points may lie anywhere.
    for x, y in _places(fine).tolist():
        hits = cover(triangles, (nx, ny), (x, y))
        height = np.einsum("hi,hi->h", hits.weight, corners[hits.triangle, :, 2]).clip(0, nz)
        entry = -hits.sign.astype(float)  # a column enters at a face that looks down
        column = hits.point[:, 0] * ny + hits.point[:, 1]
        if np.bincount(column, weights=entry).any():
            raise InputError("a closed mesh", "columns that enter and do not leave", "Close it.")
        level = np.minimum(height.astype(np.int64), nz - 1)
        flat = column * (nz + 1) + level
        partly += np.bincount(flat, weights=entry * (level + 1 - height), minlength=size)
        above[1:] += np.bincount(flat, weights=entry, minlength=size)
    filled = (partly + above[:-1].reshape(-1, nz + 1).cumsum(1).ravel()).reshape(nx, ny, nz + 1)
    share: Float64[np.ndarray, "x y z"] = np.clip(filled[:, :, :nz] / fine**2, 0.0, 1.0)
    return share


def _places(fine: int) -> Float64[np.ndarray, "q 2"]:
    """Positions of columns in a cell, from its middle: no two in one line along x or y."""
    number = np.arange(fine**2)
    turned = number % fine * fine + number // fine
    return np.asarray((np.stack([number, turned], 1) + 0.5) / fine**2 - 0.5)
