"""What is likely to go wrong with a path, before anything is printed, by geometry and time alone.

Heat, residual stress, pores within a bead and whatever a sensor would see are not predicted.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage

from ingenium.kits.solids.printing.beads import deposited
from ingenium.kits.solids.printing.checks import min_feature_m, overhang, trapped_m3
from ingenium.kits.solids.printing.collisions import Machine, course
from ingenium.kits.solids.printing.deposition import Deposition
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.toolpath import Toolpath
from ingenium.kits.solids.printing.voxels import voxels

EVERY = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class Defects:
    """Predicted of one part and its path."""

    overhang_m2: float  # of the surface, flatter than 45 degrees
    wall_m: float  # thinnest
    thin_m3: float  # of the part, that no bead covers
    beyond_m3: float  # laid outside the part
    trapped_m3: float  # hollows that are closed
    islands: int  # patches of a layer that begin over nothing
    island_m3: float
    short_layers: int  # that must wait to cool
    wait_s: float
    collisions: int
    out_of_reach: int


def predict(mesh: Trimesh, path: Toolpath, process: Deposition, machine: Machine) -> Defects:
    """Of a part and the path that is to make it, on cells as high as a layer."""
    cell = process.bead.height_m
    low, high = mesh.bounds
    origin = (float(low[0]) - 2 * cell, float(low[1]) - 2 * cell, float(low[2]))
    x, y, z = (int(n) for n in np.ceil((high - np.asarray(origin)) / cell - 1e-6))
    cells = (x + 2, y + 2, z)
    part = voxels(mesh, cells, cell, origin, fine=3)
    laid = deposited(path, cells, cell, origin, fine=4)
    solid = laid >= 0.5
    patches = islands(solid)
    waits = process.waits_s(path)
    found = course(path, machine)
    return Defects(
        overhang_m2=overhang(mesh).area_m2,
        wall_m=float(min_feature_m(part[None] >= 0.5, cell).wall_m[0]),
        thin_m3=float(np.maximum(part - laid, 0.0).sum()) * cell**3,
        beyond_m3=float(np.maximum(laid - part, 0.0).sum()) * cell**3,
        trapped_m3=float(trapped_m3(solid[None], cell)[0]),
        islands=len(patches),
        island_m3=float(patches.sum()) * cell**3,
        short_layers=int((waits > 0).sum()),
        wait_s=float(waits.sum()),
        collisions=int(found.collides.sum()),
        out_of_reach=int(found.outside.sum()),
    )


def islands(solid: Bool[np.ndarray, "x y z"]) -> Float64[np.ndarray, " i"]:
    """Cells of each patch of a layer that touches nothing of the layer below, by any corner."""
    found: list[float] = []
    for below, layer in zip(solid.T[:-1], solid.T[1:], strict=True):
        number, count = ndimage.label(layer, EVERY)
        resting = np.unique(number[ndimage.binary_dilation(below, EVERY)])
        sizes = np.bincount(number.ravel(), minlength=count + 1)
        found += [float(sizes[i]) for i in range(1, count + 1) if i not in resting]
    return np.array(found, dtype=np.float64)
