"""Meshes as STL and 3MF files: millimetres in the file, metres inside."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.reading.files import content, plain, refusing
from ingenium.kits.solids.printing.mesh import (
    Faces,
    Trimesh,
    Vertices,
    check_closed,
    check_count,
    mesh_of,
    numbers,
    without_slivers,
)
from ingenium.kits.solids.printing.threemf import CORE, UNITS_M, read_3mf

MM = 1000.0
DIGITS = 6  # decimals of a coordinate in a 3MF
SMALLEST_M, LARGEST_M = 1e-4, 10.0  # longest side of a part
WHEN = (1980, 1, 1, 0, 0, 0)  # the same mesh gives the same bytes
HEADER = b"ingenium, millimetres".ljust(80, b"\0")
FACET = re.compile(
    r"^[ \t]*facet[ \t]+normal(?:[ \t]+\S+){3}[ \t]*\n[ \t]*outer[ \t]+loop[ \t]*\n"
    r"(?:[ \t]*vertex(?:[ \t]+\S+){3}[ \t]*\n){3}"
    r"[ \t]*endloop[ \t]*\n[ \t]*endfacet[ \t]*\n",
    re.IGNORECASE | re.MULTILINE,
)
VERTEX = re.compile(r"^[ \t]*vertex[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)", re.I | re.M)
SOLID = re.compile(r"solid[^\n]*\n(?:\0|[ \t]*\n)*[ \t]*endsolid[^\n]*\s*", re.IGNORECASE)
RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" '
    'ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>\n'
)
RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Target="/3D/3dmodel.model" Id="rel0" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>\n'
)


def write_stl(mesh: Trimesh, path: Path) -> None:
    """Write a binary STL in millimetres.

    Raises:
        StorageError: if it cannot be written.
    """
    corners = np.asarray(mesh.vertices[mesh.faces], dtype=np.float64) * MM
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    records = np.zeros(len(corners), dtype=RECORD)
    records["normal"] = np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)
    records["corners"] = corners
    count = np.uint32(len(corners)).astype("<u4").tobytes()
    write_atomic(path, HEADER + count + records.tobytes())


def write_3mf(mesh: Trimesh, path: Path, *, unit: str = "millimeter") -> None:
    """Write a 3MF; the same mesh always gives the same bytes.

    Source: 3D Manufacturing Format, Core Specification 1.3, 3MF Consortium.

    Raises:
        InputError: for a unit that 3MF does not know.
        StorageError: if it cannot be written.
    """
    if unit not in UNITS_M:
        raise InputError(f"one of {', '.join(UNITS_M)}", f'"{unit}"')
    rows = (np.asarray(mesh.vertices) / UNITS_M[unit]).tolist()
    vertex = "".join(
        f'<vertex x="{x:.{DIGITS}f}" y="{y:.{DIGITS}f}" z="{z:.{DIGITS}f}"/>\n' for x, y, z in rows
    )
    triangle = "".join(
        f'<triangle v1="{a}" v2="{b}" v3="{c}"/>\n' for a, b, c in mesh.faces.tolist()
    )
    model = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<model unit="{unit}" xml:lang="en-US" xmlns="{CORE}">\n'
        '<metadata name="Application">ingenium</metadata>\n<resources>\n'
        f'<object id="1" type="model"><mesh>\n<vertices>\n{vertex}</vertices>\n'
        f"<triangles>\n{triangle}</triangles>\n</mesh></object>\n</resources>\n"
        '<build><item objectid="1"/></build>\n</model>\n'
    )
    packed = io.BytesIO()
    parts = {"[Content_Types].xml": TYPES, "_rels/.rels": RELATIONS, "3D/3dmodel.model": model}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, text)
    write_atomic(path, packed.getvalue())


def read_mesh(path: Path) -> Trimesh:
    """Read one closed body from an STL (taken as millimetres) or a 3MF, faces outward.

    Raises:
        InputError: for a file that is absent, no STL or 3MF, damaged, empty, far too large or
            small, or a mesh that is open, not manifold, inside out or of several bodies.
    """
    readers = {".stl": _read_stl, ".3mf": read_3mf}
    if path.suffix.lower() not in readers:
        raise InputError("a file that ends in .stl or .3mf", str(path))
    try:
        with refusing("a mesh", path):
            vertices, faces = readers[path.suffix.lower()](path)
            _check_size(vertices, faces)
            check_closed(vertices, faces)
    except InputError as error:
        got = f"{error.got} in {path.name}"
        raise InputError(error.expected, got, error.instead) from error
    return mesh_of(vertices, faces)


def _check_size(vertices: Vertices, faces: Faces) -> None:
    if len(faces) == 0:
        raise InputError("a mesh", "no faces", "Export the part as a triangle mesh.")
    if not np.isfinite(vertices).all():
        raise InputError("finite coordinates", "NaN or infinity")
    used = vertices[np.unique(faces)]
    side = float((used.max(0) - used.min(0)).max())
    if not SMALLEST_M <= side <= LARGEST_M:
        raise InputError(
            f"a part between {SMALLEST_M * MM:g} mm and {LARGEST_M * MM:g} mm long",
            f"{side * MM:.4g} mm",
            "Check the unit of the export: STL is taken as millimetres.",
        )


def _read_stl(path: Path) -> tuple[Vertices, Faces]:
    data = content(path, "a mesh file")
    count = int.from_bytes(data[80:84], "little") if len(data) >= 84 else -1
    if len(data) == 84 + RECORD.itemsize * count:
        check_count(count)
        corners = np.frombuffer(data, RECORD, offset=84)["corners"].astype(np.float64)
    elif data[:5].lower() == b"solid":
        corners = _text_corners(plain(data.decode("utf-8"), "an STL as text", path.name))
    else:
        raise InputError(
            "an STL whose length fits its number of triangles",
            f"{len(data)} bytes for {max(count, 0)} triangles",
            "The file may be cut off: export it again.",
        )
    place, number = np.unique(corners.reshape(-1, 3) + 0.0, axis=0, return_inverse=True)
    return place / MM, without_slivers(number.reshape(-1, 3).astype(np.int64))


def _text_corners(text: str) -> np.ndarray:
    """Read the corners of an STL as text, in the lines that its grammar gives them.

    Raises:
        InputError: for lines of anything else, or outside of the solid.
    """
    check_count(text.count("vertex") // 3)
    left = FACET.sub("\0", text)
    if SOLID.fullmatch(left) is None:
        odd = next((row for row in left.split("\n")[1:] if row.strip("\0 \t")), "")
        raise InputError(
            "an STL as text: one solid, of facets in seven lines each",
            f"`{odd.strip(chr(0))[:60]}` between or after them",
            "Export it again.",
        )
    return numbers(VERTEX.findall(text)).reshape(-1, 3, 3)
