"""Loads on a body on a grid, its supports, and its fields at the corners of a surface.

Shapes: l load cases, f displacements, v corners of a surface.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage
from torch import Tensor

from ingenium.core.scene import LOAD, Mark, Shading
from ingenium.drawing.style import SERIES
from ingenium.kits.solids.elastic.critical import CriticalVolume
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.printing import marks
from ingenium.kits.solids.printing.mesh import Trimesh, Vertices

LOADS = SERIES[1:]  # a colour a case; blue would be lost on metal
HELD = "#5b6670"
LONG = 0.3  # of the box's diagonal, the arrow of a load
COUPLE = 0.1  # of its moment, the moment of a force at the arm; below it the load is a couple
KNOWN = 0.05  # least share of a corner's surroundings with known values
MM, MPA = 1e3, 1e-6


def acting(
    grid: RegularGrid,
    fixed: Bool[Tensor, " f"],
    cases: Sequence[str],
    load_n: Float64[Tensor, "l f"],
) -> tuple[Mark, ...]:
    """Return an arrow for each load case, one colour a case, and plates at the supports."""
    nodes = np.indices(grid.nodes).reshape(3, -1).T * grid.cell_m
    size = np.array(grid.cells) * grid.cell_m
    arrows = [
        _load(case, nodes, force.reshape(-1, 3).numpy(), size, LOADS[i % len(LOADS)])
        for i, (case, force) in enumerate(zip(cases, load_n, strict=True))
    ]
    return (*arrows, *_supports(grid, fixed))


def borne(
    volume: CriticalVolume,
    stress_pa: Float64[np.ndarray, "l x y z"],
    u: Float64[Tensor, "l f"],
    cases: Sequence[str],
    mesh: Trimesh,
    filled: Bool[Tensor, " e"],
) -> tuple[Shading, ...]:
    """Sample stress and displacement of each load case at the corners of a mesh, worst first."""
    grid = volume.system.grid
    touched = np.zeros(grid.n_nodes, dtype=bool)
    touched[grid.cell_nodes[filled].numpy().ravel()] = True
    moved = u.reshape(len(u), -1, 3).norm(dim=-1).numpy()
    moved = np.where(touched, moved, np.nan).reshape(len(u), *grid.nodes)
    at, reported = np.asarray(mesh.vertices) / grid.cell_m, []
    fields = (("stress (MPa)", stress_pa * MPA, 0.5), ("displacement (mm)", moved * MM, 0.0))
    for name, field, off in fields:
        if not np.isfinite(field).any():
            continue
        most = float(np.nanmax(field))
        peaks = np.nan_to_num(field).reshape(len(field), -1).max(1)
        for i in np.argsort(-peaks, kind="stable"):
            values = _between(field[i], at - off)
            reported.append(Shading(f"{name}, {LOAD}{cases[i]}", values, most))
    return tuple(reported)


def _between(field: Float64[np.ndarray, "x y z"], place: Vertices) -> Float64[np.ndarray, " v"]:
    """Interpolate a field between the points where it is known; NaN where none is near."""
    known = np.isfinite(field)
    sums, weights = (
        ndimage.map_coordinates(part, place.T, order=1, mode="nearest")
        for part in (np.where(known, field, 0.0), known.astype(np.float64))
    )
    return np.where(weights > KNOWN, sums / np.maximum(weights, KNOWN), np.nan)


def _load(
    case: str,
    nodes: Vertices,
    force_n: Float64[np.ndarray, "v 3"],
    size: Float64[np.ndarray, " 3"],
    colour: str,
) -> Mark:
    """Arrow of the resultant of a case, from or onto its nodes; for a couple along its axis."""
    own = np.linalg.norm(force_n, axis=1)
    touched = nodes[own > 0]
    middle = np.average(nodes, axis=0, weights=own)
    sum_n, turn_nm = force_n.sum(0), np.cross(nodes - middle, force_n).sum(0)
    arm_m = float(np.linalg.norm(touched - middle, axis=1).max())
    couple = np.linalg.norm(sum_n) * arm_m < COUPLE * np.linalg.norm(turn_nm)
    way = turn_nm if couple else sum_n
    way = way / np.linalg.norm(way)
    along = (touched - middle) @ way
    long = LONG * float(np.linalg.norm(size))
    out = middle + along.max() * way, middle + (along.max() + long) * way
    into = middle + (along.min() - long) * way, middle + along.min() * way
    if couple:
        return marks.moment(LOAD + case, *out, colour)
    beyond = [np.maximum(np.maximum(-p, p - size), 0.0).sum() for p in (out[1], into[0])]
    return marks.force(LOAD + case, *(out if beyond[0] >= beyond[1] else into), colour)


def _supports(grid: RegularGrid, fixed: Bool[Tensor, " f"]) -> tuple[Mark, ...]:
    """Plate at each group of supported nodes, outside the box where they lie on a face."""
    held = fixed.view(-1, 3).any(1).view(grid.nodes).numpy()
    numbers, _ = ndimage.label(held, np.ones((3, 3, 3)))
    found, thick = [], 0.8 * grid.cell_m
    for place in ndimage.find_objects(numbers):
        low = np.array([s.start for s in place]) * grid.cell_m
        high = np.array([s.stop - 1 for s in place]) * grid.cell_m
        flat, far = high - low < thick, low > np.array(grid.cells) * grid.cell_m / 2
        low, high = (
            np.where(flat & ~far, low - thick, low),
            np.where(flat & far, high + thick, high),
        )
        found.append(marks.plate("supports", low, high, HELD))
    return tuple(found)
