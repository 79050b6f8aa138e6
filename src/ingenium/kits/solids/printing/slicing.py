"""Horizontal cuts of a mesh."""

from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.kits.solids.printing.mesh import Trimesh, package

Area = Any  # a polygon of shapely, or several; the package is imported on first use
Segments = Float64[np.ndarray, "s 2 2"]


def outline(mesh: Trimesh, z_m: float) -> Area:
    """Return the interior of a closed mesh at a height."""
    segments = section(mesh, z_m)
    shapely = package("shapely")
    long = segments[(segments[:, 0] != segments[:, 1]).any(1)]
    area: Area = shapely.build_area(shapely.multilinestrings(shapely.linestrings(long)))
    return area


def section(mesh: Trimesh, z_m: float) -> Segments:
    """Return the segments where a closed mesh meets a plane across z; touching corners lie above.

    The rule for corners on the plane is the same for all faces, so the segments close.
    """
    corners = np.asarray(mesh.vertices[mesh.faces], dtype=np.float64)
    height = corners[:, :, 2] - z_m
    above = height >= 0
    cut = above.any(1) & ~above.all(1)
    corners, height, above = corners[cut], height[cut], above[cut]
    lone = np.where(above.sum(1) == 1, above.argmax(1), (~above).argmax(1))
    row = np.arange(len(corners))
    ends = []
    for other in ((lone + 1) % 3, (lone + 2) % 3):
        lower = np.where(above[row, lone], other, lone)  # both faces of an edge compute the same
        upper = np.where(above[row, lone], lone, other)
        share = height[row, lower] / (height[row, lower] - height[row, upper])
        start = corners[row, lower, :2]
        ends.append(start + share[:, None] * (corners[row, upper, :2] - start))
    return np.stack(ends, 1)
