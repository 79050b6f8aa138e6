"""JSON and XML files: bounded in size, depth and number of parts, without duplicate entries."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ingenium.core.errors import InputError
from ingenium.core.reading.files import text

MOST_PARTS = 10_000_000  # of a JSON text: each takes about 80 bytes
MOST_JSON = 128 << 20  # bytes
DEEPEST = 100
MOST_TAGS = 4_000_000  # of an XML document
PIECE = 1 << 16


def json_file(path: Path, what: str) -> Any:
    """Parse a JSON file.

    Raises:
        InputError: if it is not JSON, is too large, or has an entry of one object twice.
    """
    return json_text(text(path, what, most=MOST_JSON, prose=True), what, str(path))


def json_text(found: str, what: str, where: str) -> Any:
    """Parse JSON text with the checks of `json_file`; `where` names it in the message.

    Raises:
        InputError: if it is not JSON, is too large, or has an entry of one object twice.
    """
    parts = sum(map(found.count, ",[{"))
    if parts > MOST_PARTS:
        raise InputError(f"{what} of at most {MOST_PARTS} parts", f"{parts} in {where}")
    try:
        return json.loads(found, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # ValueError also of numbers with many digits
        raise InputError(what, f"{where}: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object with a key twice: readers differ in which of the two they use."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        doubled = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f'the entry "{doubled[:80]}" occurs twice in one object')
    return found


@dataclass(slots=True)
class Element:
    """An element of an XML document: its name with its namespace, attributes, and own text."""

    name: str  # such as `http://... object`; without a namespace `DataArray`
    attributes: Mapping[str, str]
    depth: int
    text: list[str] = field(default_factory=list)


def elements(data: bytes) -> Iterator[Element]:
    """Yield each element of a document when it ends, so that none is held longer than it is used.

    Raises:
        expat.ExpatError: for data that are not XML.
        ValueError: for a document type (whose entities could expand without end), or for elements
            that are too many or nested too deeply.
    """
    tags = data.count(b"<")
    if tags > MOST_TAGS:
        raise ValueError(f"{tags} tags, and {MOST_TAGS} are read at most")
    reader = _Reader()
    for start in range(0, len(data), PIECE):
        reader.parser.Parse(data[start : start + PIECE], False)
        yield from reader.ended
        reader.ended.clear()
    reader.parser.Parse(b"", True)
    yield from reader.ended


class _Reader:
    """Collects the elements that the parser reports."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._said
        self.parser.StartDoctypeDeclHandler = self._typed
        self.open: list[Element] = []
        self.ended: list[Element] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) == DEEPEST:
            raise ValueError(f"elements more than {DEEPEST} deep")
        self.open.append(Element(name, attributes, len(self.open)))

    def _end(self, name: str) -> None:
        self.ended.append(self.open.pop())

    def _said(self, part: str) -> None:
        self.open[-1].text.append(part)

    def _typed(self, *reported: object) -> None:
        raise ValueError("a document type, which is not read")
