"""Paragraphs of word processors' files: DOCX of Office Open XML, ODT of OpenDocument."""

from pathlib import Path
from xml.etree import ElementTree

from ingenium.core.errors import InputError
from ingenium.core.reading.archives import members
from ingenium.core.reading.files import refusing
from ingenium.core.reading.opc import root_part

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
WHAT = "a document as DOCX or ODT"


def office_text(path: Path) -> str:
    """Return the paragraphs of a document, with a blank line between; headings begin with `#`.

    Raises:
        InputError: for a file that is no such document, or declares entities.
    """
    if path.suffix.lower() == ".docx":
        _, data = root_part(path, WHAT, DOCUMENT, DOCUMENT_TYPE)
        lines = _docx(parsed(data, path))
    else:
        found = members(path, WHAT, "content.xml")
        if "content.xml" not in found:
            raise InputError(f"{WHAT}, which contains content.xml", f"{path} without it")
        lines = _odt(parsed(found["content.xml"], path))
    return "\n\n".join(lines) + "\n"


def parsed(data: bytes, path: Path) -> ElementTree.Element:
    """Parse XML that declares no types or entities.

    Raises:
        InputError: for anything else.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InputError(f"{WHAT} without declarations of entities", f"{path}")
    with refusing(WHAT, path):
        return ElementTree.fromstring(data)


def _docx(root: ElementTree.Element) -> list[str]:
    lines = []
    for paragraph in root.iter(f"{WORD}p"):
        style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
        head = style is not None and style.get(f"{WORD}val", "").startswith(("Heading", "Title"))
        text = "".join(
            {f"{WORD}t": t.text or "", f"{WORD}tab": " ", f"{WORD}br": "\n"}.get(t.tag, "")
            for t in paragraph.iter()
        )
        if text.strip():
            lines.append(f"# {text}" if head else text)
    return lines


def _odt(root: ElementTree.Element) -> list[str]:
    lines = []
    for element in root.iter():
        if element.tag in (f"{TEXT}p", f"{TEXT}h"):
            text = _odt_text(element)
            if text.strip():
                lines.append(f"# {text}" if element.tag.endswith("}h") else text)
    return lines


def _odt_text(element: ElementTree.Element) -> str:
    parts = [element.text or ""]
    for child in element:
        spaces = {f"{TEXT}s": " " * int(child.get(f"{TEXT}c", "1")[:3]), f"{TEXT}tab": " ",
                  f"{TEXT}line-break": "\n"}  # fmt: skip
        inner = _odt_text(child) if child.tag in (f"{TEXT}span", f"{TEXT}a") else ""
        parts += [spaces.get(child.tag, inner), child.tail or ""]
    return "".join(parts)
