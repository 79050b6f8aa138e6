"""Reader of 3MF models: meshes, and components that place meshes, as one list of triangles.

What would make another part of the same triangles is refused: extensions that the file requires,
lattices and other geometry of extensions, objects that are not printed, and other model files.
Source: 3D Manufacturing Format, Core Specification 1.3, 3MF Consortium.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.reading.documents import Element, elements
from ingenium.core.reading.files import words
from ingenium.core.reading.opc import root_part
from ingenium.kits.solids.printing.mesh import (
    MOST_FACES,
    Faces,
    Vertices,
    check_count,
    numbers,
    without_slivers,
)

UNITS_M = {
    "micron": 1e-6,
    "millimeter": 1e-3,
    "centimeter": 1e-2,
    "inch": 0.0254,
    "foot": 0.3048,
    "meter": 1.0,
}
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MODEL = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
MODEL_TYPE = "application/vnd.ms-package.3dmanufacturing-3dmodel+xml"
SHAPING = ("beamlattice", "slice", "volumetric", "boolean", "displacement", "implicit")
PLAIN = "Export the part as a plain mesh, without extensions."
DEEPEST = 8  # components within components
MOST_USES = 10_000  # items and components of a file
Mesh = tuple[Vertices, Faces]


def read_3mf(path: Path) -> Mesh:
    """Read corners in metres and triangles of all build items of a file.

    Raises:
        InputError: for an incomplete 3MF or several models, a model that builds nothing or far too
            much, or items that name no object.
    """
    _, data = root_part(path, "a whole 3MF", MODEL, MODEL_TYPE)
    model = _Model()
    for element in elements(data):
        model.take(element)
    scale = UNITS_M.get(model.unit)
    if scale is None:
        raise InputError(f"a unit of {', '.join(UNITS_M)}", f'"{model.unit}"')
    vertices, faces = model.built()
    return vertices * scale, without_slivers(faces)


@dataclass
class _Object:
    """An object of the model: corners and triangles as text, or references to other objects."""

    corners: list[tuple[str | None, ...]] = field(default_factory=list)
    triangles: list[tuple[str | None, ...]] = field(default_factory=list)
    parts: list[Mapping[str, str]] = field(default_factory=list)
    kind: str = "model"


class _Model:
    """Collects the needed parts of a model, element by element."""

    def __init__(self) -> None:
        self.unit = "millimeter"
        self.items: list[Mapping[str, str]] = []
        self._objects: dict[str, _Object] = {}
        self._open = _Object()
        self._made: dict[str, Mesh] = {}
        self._uses = 0

    def take(self, element: Element) -> None:
        """Process an element that has ended; the parts of an object end before the object."""
        reported = element.attributes
        space, _, name = element.name.rpartition(" ")
        if any(word in space.lower() for word in SHAPING):
            raise InputError("a 3MF of meshes", f"{name[:40]} of {space[:100]}", PLAIN)
        if space != CORE:
            return
        if name == "vertex":
            self._open.corners.append((reported.get("x"), reported.get("y"), reported.get("z")))
            self._check(self._open.corners)
        elif name == "triangle":
            self._open.triangles.append(
                (reported.get("v1"), reported.get("v2"), reported.get("v3"))
            )
            self._check(self._open.triangles)
        elif name == "component":
            self._open.parts.append(_own(reported))
        elif name == "item":
            self.items.append(_own(reported))
        elif name == "object":
            self._open.kind = reported.get("type", "model")
            self._file(reported.get("id", ""))
        elif name == "model":
            self.unit = reported.get("unit", "millimeter")
            if required := reported.get("requiredextensions", "").strip():
                raise InputError("a 3MF that requires no extension", required[:100], PLAIN)

    def built(self) -> Mesh:
        """Return all built meshes, in the unit of the model.

        Raises:
            InputError: if there is no mesh or they are too large.
        """
        if not self.items:
            raise InputError("a 3MF that builds something", "no build item")
        return _joined(self._placed(self.items, DEEPEST))

    def _check(self, listed: list[tuple[str | None, ...]]) -> None:
        if len(listed) > MOST_FACES:
            check_count(len(listed))

    def _file(self, name: str) -> None:
        if name in self._objects:
            raise InputError("objects with names of their own", f'two objects "{name}"')
        if self._open.parts and self._open.triangles:
            raise InputError("objects of a mesh or of components", f'object "{name}" of both')
        self._objects[name] = self._open
        self._open = _Object()

    def _placed(self, uses: list[Mapping[str, str]], deep: int) -> Iterator[Mesh]:
        """The meshes of items or components, transformed as each specifies."""
        for use in uses:
            self._uses += 1
            if self._uses > MOST_USES:
                raise InputError(f"at most {MOST_USES} items and components", "more")
            vertices, faces = self._mesh(use.get("objectid", ""), deep)
            yield _moved(vertices, faces, use.get("transform"))

    def _mesh(self, name: str, deep: int) -> Mesh:
        """Mesh of an object, built once for any number of uses."""
        if name not in self._objects or deep == 0:
            raise InputError("items that name objects of the file", f'object "{name}"')
        if name not in self._made:
            one = self._objects[name]
            if one.kind != "model":
                raise InputError("objects that are printed", f'one of type "{one.kind[:40]}"')
            parts = _joined(self._placed(one.parts, deep - 1)) if one.parts else _read(one)
            self._made[name] = parts
        return self._made[name]


def _own(use: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse a use of an object in another file, or one that is not printed."""
    if any(key.rpartition(" ")[2] == "path" for key in use):
        raise InputError("a 3MF with all objects in one model", "one in another file", PLAIN)
    if use.get("printable", "1") not in ("1", "true"):
        raise InputError("items that are printed", 'one with printable="0"', "Take it out.")
    return use


def _joined(parts: Iterator[Mesh]) -> Mesh:
    """Several meshes as one, refused as soon as it is too large."""
    found: list[Mesh] = []
    start = corners = 0
    for vertices, faces in parts:
        found.append((vertices, faces + corners))
        corners, start = corners + len(vertices), start + len(faces)
        check_count(max(start, corners))
    return np.concatenate([v for v, _ in found]), np.concatenate([f for _, f in found])


def _moved(vertices: Vertices, faces: Faces, given: str | None) -> Mesh:
    if given is None:
        return vertices, faces
    move = numbers(words(given))
    if move.shape != (12,):
        raise InputError("a transform of 12 numbers", f'"{given[:200]}"')
    turned = vertices @ move[:9].reshape(3, 3) + move[9:]
    mirrored = np.linalg.det(move[:9].reshape(3, 3)) < 0
    return turned, faces[:, ::-1].copy() if mirrored else faces


def _read(one: _Object) -> Mesh:
    """The numbers of a mesh."""
    vertices = numbers(one.corners).reshape(-1, 3)
    number = numbers(one.triangles).reshape(-1, 3)
    outside = ((number < 0) | (number >= len(vertices)) | (number % 1 != 0)).any()
    if not np.isfinite(number).all() or outside:
        raise InputError(
            "triangles of vertices that exist", f"others, of {math.prod(number.shape)} corners"
        )
    return vertices, number.astype(np.int64)
