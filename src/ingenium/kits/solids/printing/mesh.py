"""Triangle meshes: lazy imports of their packages, construction, and closedness checks."""

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64, Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ingenium.core.errors import InputError, MissingExtra
from ingenium.core.reading.files import are_numbers

if TYPE_CHECKING:
    from trimesh import Trimesh as Trimesh
else:
    Trimesh = Any  # the package is imported on first use

Vertices = Float64[np.ndarray, "v 3"]
Faces = Int64[np.ndarray, "t 3"]
MOST_FACES = 1_000_000
BYTES = 700  # most memory for reading and checking a triangle of text


def package(name: str) -> Any:
    """Import one module of the extra `structures`.

    Raises:
        MissingExtra: with the line that installs it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra("structures", error.name or name) from error


def check_count(faces: int) -> None:
    """Refuse more triangles than fit into the memory budget.

    Raises:
        InputError: for more than `MOST_FACES`.
    """
    if faces > MOST_FACES:
        raise InputError(
            f"at most {MOST_FACES} triangles",
            f"{faces} triangles, about {faces * BYTES / 2**30:.3g} GiB to check",
            "Decimate the mesh.",
        )


def numbers(found: Sequence[Any]) -> Float64[np.ndarray, "..."]:
    """Convert text of coordinates to numbers.

    Raises:
        InputError: for other text, or none.
    """
    words = np.array(found, dtype=object)
    if not are_numbers(word for word in words.ravel().tolist() if word is not None):
        odd = next(w for w in words.ravel().tolist() if w is not None and not are_numbers([w]))
        raise InputError("numbers as coordinates", f"{odd[:40]!r}")
    read: Float64[np.ndarray, ...] = words.astype(np.float64)  # NaN where one is missing
    return read


def without_slivers(faces: Faces) -> Faces:
    """Return faces with three different corners: rounding merges corners that are closer."""
    a, b, c = faces.T
    retained: Faces = faces[(a != b) & (b != c) & (c != a)]
    return retained


def mesh_of(vertices: Vertices, faces: Faces) -> Trimesh:
    """Build a mesh of exactly these vertices and faces."""
    mesh: Trimesh = package("trimesh").Trimesh(vertices, faces, process=False)
    return mesh


def volume_m3(vertices: Vertices, faces: Faces) -> float:
    """Return the volume of a closed mesh; negative if it is inside out."""
    a, b, c = (vertices[faces[:, i]] - vertices.mean(0) for i in range(3))
    return float(np.einsum("ti,ti->", a, np.cross(b, c)) / 6)


def check_closed(vertices: Vertices, faces: Faces) -> None:
    """Check that a mesh encloses one body, faces outward; cavities are allowed.

    Self-intersections are not checked: the check is expensive, and `voxels` counts every point of
    an overlap once.

    Raises:
        InputError: for no faces, holes, edges of more than two faces, faces that turn against
            each other, a mesh inside out, or several bodies.
    """
    wanted = "a closed mesh of one body"
    if len(faces) == 0:
        raise InputError(wanted, "no faces", "Export the part as a triangle mesh.")
    start = faces.ravel()
    end = np.roll(faces, -1, 1).ravel()
    count = len(vertices)
    low, high = np.minimum(start, end), np.maximum(start, end)
    key, edge, uses = np.unique(low * count + high, return_inverse=True, return_counts=True)
    middle = 500 * (vertices[key // count] + vertices[key % count])
    if (uses == 1).any():
        raise InputError(
            "a watertight mesh",
            f"{int((uses == 1).sum())} open edges, {_near(middle[uses == 1])}",
            "Close the holes before export.",
        )
    if (uses > 2).any():
        raise InputError(
            "a manifold mesh, two faces at each edge",
            f"{int((uses > 2).sum())} edges of more than two faces, {_near(middle[uses > 2])}",
            "Join or part the bodies that touch there.",
        )
    turns = np.bincount(edge, weights=np.where(start < end, 1, -1), minlength=len(key))
    if (turns != 0).any():
        raise InputError(
            "faces that all look outward",
            f"faces that turn against each other, {_near(middle[turns != 0])}",
            "Flip them, or recompute the normals outward.",
        )
    _check_one_body(vertices, faces, shells(faces, edge))


def shells(faces: Faces, edge: Int64[np.ndarray, " q"] | None = None) -> Int64[np.ndarray, " t"]:
    """Number the shell of each face; faces of a shell are connected by edges."""
    if edge is None:
        ends = np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1), -1).reshape(-1, 2)
        edge = np.unique(ends @ [faces.max() + 1, 1], return_inverse=True)[1]
    order = np.argsort(edge, kind="stable")
    owner = np.repeat(np.arange(len(faces)), 3)[order]
    same = np.flatnonzero(np.diff(edge[order]) == 0)
    pairs = (np.ones(len(same)), (owner[same], owner[same + 1]))
    graph = coo_array(pairs, shape=(len(faces), len(faces)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _check_one_body(vertices: Vertices, faces: Faces, shell: Int64[np.ndarray, " t"]) -> None:
    parts = [faces[shell == s] for s in range(shell.max() + 1)]
    volumes = [volume_m3(vertices, part) for part in parts]
    bodies = [part for part, volume in zip(parts, volumes, strict=True) if volume > 0]
    if not bodies:
        raise InputError(
            "faces that look outward", "a mesh inside out", "Reverse the order of all faces."
        )
    if len(bodies) > 1:
        raise InputError(
            "a closed mesh of one body",
            f"{len(bodies)} bodies",
            "Export each part as a file of its own, or join the bodies.",
        )
    for part, volume in zip(parts, volumes, strict=True):
        if volume <= 0 and abs(winding(vertices, bodies[0], vertices[part[0, 0]])) < 0.5:
            raise InputError(
                "faces that look outward", "a body inside out next to the part", "Remove it."
            )


def winding(vertices: Vertices, faces: Faces, point_m: Float64[np.ndarray, " 3"]) -> float:
    """Return the winding number of a closed mesh about a point: 1 inside, 0 outside.

    Source: van Oosterom and Strackee, IEEE Trans. Biomed. Eng. 30(2), 1983 (solid angle).
    """
    a, b, c = (vertices[faces[:, i]] - point_m for i in range(3))
    la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
    above = np.einsum("ti,ti->t", a, np.cross(b, c))
    dots = [np.einsum("ti,ti->t", x, y) for x, y in ((a, b), (b, c), (c, a))]
    below = la * lb * lc + dots[0] * lc + dots[1] * la + dots[2] * lb
    return float(np.arctan2(above, below).sum() / (2 * np.pi))


def _near(middle_mm: Float64[np.ndarray, "q 3"]) -> str:
    x, y, z = middle_mm[0]
    return f"one at ({x:.3g}, {y:.3g}, {z:.3g}) mm"
