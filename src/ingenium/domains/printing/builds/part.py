"""Part to be printed: from a user's mesh, at a scale, turned so that a direction points up."""

import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.given import Given, Input
from ingenium.kits.solids.printing.files import read_mesh
from ingenium.kits.solids.printing.mesh import Trimesh, mesh_of

PART = Input("part", "file", "closed mesh of the part, STL in millimetres or 3MF", most=64_000_000)
SMALLEST_M = 2e-3  # longest side of a part that this problem takes
OUTLINE_MM = ((0, 0), (12, 0), (12, 3), (3, 3), (3, 9), (0, 9))  # of the angle without a [given]
DEEP_MM = 5.0

Corners = Float64[np.ndarray, "t 3 3"]


def part_of(given: Given, scale: float, bed_m: tuple[float, float, float]) -> Trimesh:
    """Return the scaled part of a spec, or a small angle where it gives none.

    Raises:
        InputError: for a mesh that is not closed, or a part that is too small or fits no bed.
    """
    mesh = _read(given) if PART.name in given else angle()
    scaled = mesh_of(np.asarray(mesh.vertices) * scale, np.asarray(mesh.faces))
    sides, bed = np.sort(scaled.extents), np.sort(bed_m)
    text = " x ".join(f"{1e3 * s:.4g}" for s in scaled.extents)
    if sides[-1] < SMALLEST_M:
        raise InputError(
            f"a part of at least {1e3 * SMALLEST_M:g} mm",
            f"{text} mm",
            "Export the STL in millimetres; for one in inches write scale = 25.4.",
        )
    if ((sides > bed).any() and sides[0] > bed[0]) or sides[-1] > math.hypot(*bed):
        raise InputError(
            f"a part that fits a build space of {' x '.join(f'{1e3 * b:g}' for b in bed_m)} mm",
            f"{text} mm",
            "Write a larger bed_m, or scale = 0.5; an STL in micrometres needs scale = 0.001.",
        )
    return scaled


def _read(given: Given) -> Trimesh:
    ending, data = given.files[PART.name]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"part{ending}"
        path.write_bytes(data)
        return read_mesh(path)


def angle() -> Trimesh:
    """Return an angle of 12 x 9 x 5 mm, closed, by hand."""
    flat = 1e-3 * np.array(OUTLINE_MM, dtype=np.float64)
    n = len(flat)
    bottom, top = (np.column_stack([flat, np.full(n, z)]) for z in (0.0, 1e-3 * DEEP_MM))
    caps = [(0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 5)]  # a fan: the corner 0 sees all others
    faces = [(c, b, a) for a, b, c in caps] + [(a + n, b + n, c + n) for a, b, c in caps]
    for i in range(n):
        j = (i + 1) % n
        faces += [(i, j, j + n), (i, j + n, i + n)]
    return mesh_of(np.concatenate([bottom, top]), np.array(faces, dtype=np.int64))


def upward(tilt_deg: float, azimuth_deg: float) -> Float64[np.ndarray, "3 3"]:
    """Return the rotation that turns a direction of the part upright.

    The direction leans by `tilt_deg` from the part's own z axis, towards `azimuth_deg`.
    """
    tilt, azimuth = math.radians(tilt_deg), math.radians(azimuth_deg)
    ca, sa, ct, st = math.cos(azimuth), math.sin(azimuth), math.cos(tilt), math.sin(tilt)
    about_z = np.array([[ca, sa, 0.0], [-sa, ca, 0.0], [0.0, 0.0, 1.0]])
    about_y = np.array([[ct, 0.0, -st], [0.0, 1.0, 0.0], [st, 0.0, ct]])
    return np.asarray(about_y @ about_z)


def turned(mesh: Trimesh, tilt_deg: float, azimuth_deg: float) -> Trimesh:
    """Return a part turned and set onto the plate, its box at the origin, in whole micrometres."""
    vertices = np.asarray(mesh.vertices) @ upward(tilt_deg, azimuth_deg).T
    vertices = np.rint(1e6 * (vertices - vertices.min(0)))
    return mesh_of(vertices * 1e-6, np.asarray(mesh.faces))


def height_m(mesh: Trimesh, tilt_deg: float, azimuth_deg: float) -> float:
    """Return the height of a part in an orientation."""
    z = np.asarray(mesh.vertices) @ upward(tilt_deg, azimuth_deg)[2]
    return float(z.max() - z.min())


def column_m3(
    mesh: Trimesh, tilt_deg: Float64[np.ndarray, " n"], azimuth_deg: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Return the volume below faces flatter than 45 degrees, down to the plate: a cheap estimate.

    Columns that end on the part count down to the plate as well.
    """
    middles = np.asarray(mesh.triangles_center)
    areas = np.asarray(mesh.face_normals) * np.asarray(mesh.area_faces)[:, None]
    flat = math.sqrt(0.5) * np.asarray(mesh.area_faces)
    vertices, found = np.asarray(mesh.vertices), np.empty(len(tilt_deg))
    for i, (tilt, azimuth) in enumerate(zip(tilt_deg.tolist(), azimuth_deg.tolist(), strict=True)):
        up = upward(tilt, azimuth)[2]
        down = -areas @ up
        height = middles @ up - (vertices @ up).min()
        found[i] = (np.where(down > flat, down, 0.0) * height).sum()
    return found
