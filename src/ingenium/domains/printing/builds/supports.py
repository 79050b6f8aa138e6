"""Supports and down-skins of an oriented part on cubes."""

from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float64, Int8
from numba import njit
from scipy import ndimage

from ingenium.domains.printing.builds.hatching import Raster

FULL = 0.5  # share from which a cell is material


def raster(
    corners_um: Float64[np.ndarray, "t 3 3"],
    share: Float64[np.ndarray, "x y z"],
    *,
    cell_um: float,
    below_deg: float,
    skin_um: float,
) -> Raster:
    """Return supports below faces flatter than an angle, and cells with nothing close below them.

    Supports are columns from the faces down to the plate or to the part.
    """
    solid = share >= FULL
    support = np.zeros(solid.shape, np.int8)
    normal = np.cross(corners_um[:, 1] - corners_um[:, 0], corners_um[:, 2] - corners_um[:, 0])
    size = np.linalg.norm(normal, axis=1)
    down = -normal[:, 2] > np.cos(np.radians(below_deg)) * np.maximum(size, 1e-9)
    _columns(np.ascontiguousarray(corners_um[down]), share > 0.02, solid, cell_um, support)
    return Raster(_skin(solid, max(1, round(skin_um / cell_um))), support, cell_um)


def _skin(solid: Bool[np.ndarray, "x y z"], deep: int) -> Int8[np.ndarray, "x y z"]:
    """Mark inner cells above void or powder within a depth; the plate is no void."""
    skin = np.zeros(solid.shape, dtype=bool)
    for k in range(1, deep + 1):
        skin[:, :, k:] |= solid[:, :, k:] & ~solid[:, :, :-k]
    # Cells at the border are partly filled; lines at the rim belong to their neighbours.
    skin = ndimage.binary_dilation(skin, np.ones((3, 3, 1), dtype=bool)) & (skin | ~solid)
    return np.asarray(skin, dtype=np.int8)


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _columns(corners, touched, solid, cell, support):
    """Fill columns below points of faces, at most half a cell from each other."""
    for t in range(len(corners)):
        a, b, c = corners[t]
        ab, ac = b - a, c - a
        long = max(np.sqrt((ab**2).sum()), np.sqrt((ac**2).sum()))
        n = max(1, int(np.ceil(2 * long / cell)))
        for i in range(n + 1):
            for j in range(n + 1 - i):
                p = a + ab * (i / n) + ac * (j / n)
                x = min(max(int(p[0] / cell), 0), solid.shape[0] - 1)
                y = min(max(int(p[1] / cell), 0), solid.shape[1] - 1)
                k = min(int((p[2] + 1e-6) / cell), solid.shape[2] - 1)
                while k >= 0 and (solid[x, y, k] or touched[x, y, k]):
                    support[x, y, k] = 1  # up to the face itself: only the outside is scanned
                    k -= 1
                    if (p[2] / cell - k) > 2:
                        break
                while k >= 0 and not solid[x, y, k]:
                    support[x, y, k] = 1
                    k -= 1
                if k >= 0:
                    support[x, y, k] = 1
