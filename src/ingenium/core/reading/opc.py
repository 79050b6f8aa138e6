"""Packages of the Open Packaging Conventions, such as 3MF and DOCX: the part that a reader opens.

Which part is the document is said by the relationships of the package, not by a name or ending.
Source: ECMA-376, part 2, Open Packaging Conventions.
"""

import posixpath
from collections.abc import Mapping
from pathlib import Path

from ingenium.core.errors import InputError
from ingenium.core.reading.archives import members
from ingenium.core.reading.documents import elements

TYPES, RELATIONS = "[Content_Types].xml", "_rels/.rels"
TYPE_SPACE = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATION_SPACE = "http://schemas.openxmlformats.org/package/2006/relationships"
INSTEAD = "Export it again."


def root_part(path: Path, what: str, relation: str, content_type: str) -> tuple[str, bytes]:
    """Read the part that the package names as its document.

    Args:
        path: of the package.
        what: the file should have been, as it reads after "expected".
        relation: type of the relationship that names the document.
        content_type: of the document.

    Returns:
        Its name in the package, and its bytes.

    Raises:
        InputError: as for `archives.members`, for a package that names no document, or more than
            one, one that is not there, or one of another content type.
    """
    parts = members(path, what)
    named = [
        at["Target"]
        for at in _listed(parts, RELATIONS, what, f"{RELATION_SPACE} Relationship")
        if at.get("Type") == relation and at.get("TargetMode", "Internal") == "Internal"
    ]
    if len(named) != 1:
        raise InputError(f"{what} whose relationships name one document", f"{len(named)}", INSTEAD)
    name = posixpath.normpath(posixpath.join("/", named[0])).lstrip("/")
    if name not in parts:
        raise InputError(f"{what} with its document", f"no part {name[:100]}", INSTEAD)
    found = _type_of(name, parts, what)
    if found != content_type:
        raise InputError(f"{what} with a document of type {content_type}", f"{found}", INSTEAD)
    return name, parts[name]


def _type_of(name: str, parts: Mapping[str, bytes], what: str) -> str | None:
    own = {
        at.get("PartName"): at.get("ContentType")
        for at in _listed(parts, TYPES, what, f"{TYPE_SPACE} Override")
    }
    by_ending = {
        at.get("Extension", "").lower(): at.get("ContentType")
        for at in _listed(parts, TYPES, what, f"{TYPE_SPACE} Default")
    }
    return own.get(f"/{name}", by_ending.get(name.rpartition(".")[2].lower()))


def _listed(parts: Mapping[str, bytes], name: str, what: str, kind: str) -> list[Mapping[str, str]]:
    if name not in parts:
        raise InputError(f"{what} with {name}", "none", INSTEAD)
    return [element.attributes for element in elements(parts[name]) if element.name == kind]
