"""Design-for-manufacture flags of a part: thin walls, undercuts, missing draft, overhangs.

The part's z axis is the direction of pull and of printing. Rays are cast from points on faces.

Shapes: t triangles, q points.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float64
from numba import njit

from ingenium.kits.solids.printing.mesh import Trimesh

EACH, MOST_POINTS = 6, 6000  # points on a face at least, and on a part
OFF_M = 1e-7  # of the start of a ray, from its face
OPPOSITE = -0.7  # cosine of the normals of both sides of a wall
LITTLE = 0.004  # share of the surface below which nothing is flagged


@dataclass(frozen=True)
class Rules:
    """Thresholds of flags."""

    wall_m: float = 1e-3  # m, thinnest wall without a flag
    draft_deg: float = 1.0  # least draft of castings without a flag
    overhang_deg: float = 45.0  # from the plate, below which a face needs support


class PartMeasures(NamedTuple):
    """Smallest wall, and shares of the surface that are undercut, without draft, overhanging."""

    wall_m: float
    undercut: float
    straight: float
    overhang: float

    def flags(self, rules: Rules) -> frozenset[str]:
        """Return the names of the faults."""
        found = {
            "thin wall": self.wall_m < rules.wall_m,
            "undercut": self.undercut > LITTLE,
            "no draft": self.straight > LITTLE,
            "overhang": self.overhang > LITTLE,
        }
        return frozenset(name for name, on in found.items() if on)


def measured(mesh: Trimesh, rules: Rules) -> PartMeasures:
    """Measure a part as it stands."""
    corners = np.asarray(mesh.vertices[mesh.faces], dtype=np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(cross, axis=1)
    real = size > 0
    corners, size = corners[real], size[real]
    normal = cross[real] / size[:, None]
    area = 0.5 * size
    point, owner = _points(corners, area)
    weight = area[owner] / np.bincount(owner, minlength=len(area))[owner]
    total = float(area.sum())
    out = normal[owner]
    lean = out[:, 2]
    return PartMeasures(
        _thinnest(corners, normal, point, out),
        float(weight[_hidden(corners, point, out)].sum() / total),
        float(weight[np.abs(lean) < math.sin(math.radians(rules.draft_deg))].sum() / total),
        _overhanging(corners, normal, area, rules) / total,
    )


def _points(
    corners: Float64[np.ndarray, "t 3 3"], area: Float64[np.ndarray, " t"]
) -> tuple[Float64[np.ndarray, "q 3"], np.ndarray]:
    """Return points spread over the faces, by area, and the face of each."""
    count = np.maximum(np.ceil(MOST_POINTS * area / area.sum() / 2), EACH).astype(int)
    owner = np.repeat(np.arange(len(area)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    # A sequence of low discrepancy in each triangle (Roberts), folded at its diagonal.
    u = (0.5 + number * 0.7548776662466927) % 1
    v = (0.5 + number * 0.5698402909980532) % 1
    fold = u + v > 1
    u, v = np.where(fold, 1 - u, u), np.where(fold, 1 - v, v)
    a, b, c = (corners[owner, i] for i in range(3))
    return a + u[:, None] * (b - a) + v[:, None] * (c - a), owner


def _overhanging(
    corners: Float64[np.ndarray, "t 3 3"],
    normal: Float64[np.ndarray, "t 3"],
    area: Float64[np.ndarray, " t"],
    rules: Rules,
) -> float:
    """Area of faces that look down, flatter than the angle, and do not lie on the plate."""
    lowest = corners[:, :, 2].min()
    high = corners[:, :, 2].max(1) > lowest + 1e-5
    flat = normal[:, 2] < -math.cos(math.radians(rules.overhang_deg))
    return float(area[flat & high].sum())


def _thinnest(
    corners: Float64[np.ndarray, "t 3 3"],
    normal: Float64[np.ndarray, "t 3"],
    point: Float64[np.ndarray, "q 3"],
    out: Float64[np.ndarray, "q 3"],
) -> float:
    """Shortest way through the part between faces that look away from each other."""
    way, face = _cast(corners, point - OFF_M * out, -out)
    hit = face >= 0
    facing = np.einsum("qi,qi->q", out[hit], normal[face[hit]]) < OPPOSITE
    return float(way[hit][facing].min(initial=math.inf))


def _hidden(
    corners: Float64[np.ndarray, "t 3 3"],
    point: Float64[np.ndarray, "q 3"],
    out: Float64[np.ndarray, "q 3"],
) -> np.ndarray:
    """Points that neither half of a mould reaches: a face that looks up is drawn upwards."""
    start = point + 10 * OFF_M * out
    up = np.zeros_like(point)
    up[:, 2] = 1.0
    above, below = (_cast(corners, start, way)[1] >= 0 for way in (up, -up))
    level = np.abs(out[:, 2]) < 1e-6
    upwards = out[:, 2] > 0
    return np.asarray(np.where(level, above & below, np.where(upwards, above, below)))


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _cast(corners, start, way):
    """First face along each ray, and how far it is; -1 without one (Möller and Trumbore, 1997)."""
    length = np.full(len(start), np.inf)
    face = np.full(len(start), -1)
    for t in range(len(corners)):
        ax, ay, az = corners[t, 0]
        bx, by, bz = corners[t, 1, 0] - ax, corners[t, 1, 1] - ay, corners[t, 1, 2] - az
        cx, cy, cz = corners[t, 2, 0] - ax, corners[t, 2, 1] - ay, corners[t, 2, 2] - az
        for i in range(len(start)):
            dx, dy, dz = way[i]
            px, py, pz = dy * cz - dz * cy, dz * cx - dx * cz, dx * cy - dy * cx
            det = bx * px + by * py + bz * pz
            if abs(det) < 1e-18:
                continue
            sx, sy, sz = start[i, 0] - ax, start[i, 1] - ay, start[i, 2] - az
            u = (sx * px + sy * py + sz * pz) / det
            if u < 0 or u > 1:
                continue
            qx, qy, qz = sy * bz - sz * by, sz * bx - sx * bz, sx * by - sy * bx
            v = (dx * qx + dy * qy + dz * qz) / det
            if v < 0 or u + v > 1:
                continue
            far = (cx * qx + cy * qy + cz * qz) / det
            if 1e-12 < far < length[i]:
                length[i], face[i] = far, t
    return length, face
