"""DOCX of runs, each in the character style of its author, with the record as a part of its own."""

import io
import zipfile
from collections.abc import Sequence
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree

from ingenium.core.errors import InputError
from ingenium.core.reading.archives import members
from ingenium.core.reading.office import DOCUMENT, DOCUMENT_TYPE, WORD, parsed
from ingenium.core.reading.opc import root_part
from ingenium.write.document import Span

__all__ = ["has_record", "packed", "parsed", "unescaped", "unpacked"]
TIME = (1980, 1, 1, 0, 0, 0)  # of members: the same document has the same bytes
SHADES = ("E8F1FA", "FDEECB", "E3F3E6", "F7E3EA", "ECE6F7")
MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RECORD = "customXml/item1.xml"
NAMESPACE = "urn:ingenium:authors"
TYPES = (
    f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/styles.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>'
)
ROOT_LINKS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
)
LINKS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/styles" Target="styles.xml"/><Relationship Id="rId2" '
    f'Type="{OFFICE}/customXml" Target="../{RECORD}"/></Relationships>'
)


def packed(title: str, spans: Sequence[Span], said: str) -> bytes:
    """Return the bytes of a document; a paragraph for each line of the text."""
    authors = list(dict.fromkeys(s.author for s in spans))
    paragraphs: list[list[str]] = [[]]
    for s in spans:
        style = f'<w:rPr><w:rStyle w:val="Author{authors.index(s.author)}"/></w:rPr>'
        for i, line in enumerate(s.text.split("\n")):
            if i:
                paragraphs.append([])
            if line:
                shown = escape(line, quote=False).replace(
                    "\t", '</w:t><w:tab/><w:t xml:space="preserve">'
                )
                paragraphs[-1].append(f'<w:r>{style}<w:t xml:space="preserve">{shown}</w:t></w:r>')
    body = "".join(f"<w:p>{''.join(runs)}</w:p>" for runs in paragraphs)
    styles = "".join(
        f'<w:style w:type="character" w:customStyle="1" w:styleId="Author{i}">'
        f'<w:name w:val="Written by {escape(a.name)}"/><w:rPr><w:shd w:val="clear" w:color="auto" '
        f'w:fill="{SHADES[i % len(SHADES)]}"/></w:rPr></w:style>'
        for i, a in enumerate(authors)
    )
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT_LINKS,
        "word/document.xml": f'{HEAD}<w:document xmlns:w="{MAIN}"><w:body>{body}</w:body>'
        "</w:document>",
        "word/styles.xml": f'{HEAD}<w:styles xmlns:w="{MAIN}">{styles}</w:styles>',
        "word/_rels/document.xml.rels": LINKS,
        RECORD: f'{HEAD}<record xmlns="{NAMESPACE}">{escape(said, quote=False)}</record>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content.encode())
    return file.getvalue()


def unpacked(path: Path) -> tuple[list[str], str]:
    """Return the texts of paragraphs, joined by line ends, and the record.

    Raises:
        InputError: for a file without them.
    """
    found = members(path, "a document as DOCX")
    if RECORD not in found:
        raise InputError("a DOCX file with a record of authors", f"{path}")
    _, data = root_part(path, "a document as DOCX", DOCUMENT, DOCUMENT_TYPE)
    root = parsed(data, path)
    lines = ["".join(_text(t) for t in p.iter()) for p in root.iter(f"{WORD}p")]
    said = parsed(found[RECORD], path).text or ""
    return ["\n".join(lines)], said


def has_record(path: Path) -> bool:
    """Return True if a DOCX file has a record of authors."""
    found = members(path, "a document as DOCX")
    return NAMESPACE.encode() in found.get(RECORD, b"")


def _text(element: ElementTree.Element) -> str:
    return (
        (element.text or "") if element.tag == f"{WORD}t" else "\t" * (element.tag == f"{WORD}tab")
    )


def unescaped(text: str) -> str:
    """Return a text whose escapes are resolved."""
    return unescape(text)
