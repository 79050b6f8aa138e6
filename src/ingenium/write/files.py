"""Files of a document with the author of every span: Markdown, TEI, HTML and DOCX, and back.

Each holds the text in its own way and the record of the spans. Reading builds the document from the
marked text, checks it against the record, writes it again and compares: a file that differs in any
byte from what the session would have written is refused.
"""

import json
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from ingenium.core.digest import canonical
from ingenium.core.errors import InputError
from ingenium.core.reading.documents import json_text
from ingenium.core.reading.files import content, refusing
from ingenium.write import docx
from ingenium.write.document import Author, Document, Span, checked

WHAT = "a document with its record of authors, unaltered"
OPEN, CLOSE = "\n<!-- provenance\n", "\n-->\n"
MOST = 64 << 20
COLOURS = ("#e8f1fa", "#fdeecb", "#e3f3e6", "#f7e3ea", "#ece6f7")
STYLE = (
    "body{font:17px/1.55 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem;"
    "color:#1c2329;background:#fff}article{white-space:pre-wrap}"
    "table{font:14px system-ui,sans-serif;border-collapse:collapse;margin:1rem 0}"
    "td,th{padding:.2rem .8rem .2rem 0;text-align:left}"
)


def record(document: Document) -> dict[str, Any]:
    """Return the record of a document: title, authors, spans, and the last seal."""
    spans = [
        {
            "length": len(s.text), "author": s.author.name, "kind": s.author.kind,
            "origin": dict(s.origin), "seal": seal,
        }
        for s, seal in zip(document.spans, document.seals, strict=True)
    ]  # fmt: skip
    return {"title": document.title, "head": document.head, "spans": spans}


def rebuilt(text: str, found: Any, marked: list[str] | None = None) -> Document:
    """Return the document of a text and its record.

    Raises:
        InputError: for a text or a record that was altered.
    """
    try:
        spans, place = [], 0
        for one in found["spans"]:
            said = text[place : place + one["length"]]
            spans.append(Span(checked(said), Author(one["author"], one["kind"]), one["origin"]))
            place += one["length"]
        document = Document(found["title"], tuple(spans))
        seals = [one["seal"] for one in found["spans"]]
    except (KeyError, TypeError, AttributeError):
        raise InputError(WHAT, "no such record") from None
    if place != len(text) or (marked is not None and marked != [s.text for s in spans]):
        raise InputError(WHAT, "spans that do not cover the text")
    if list(document.seals) != seals or record(document) != found:
        wrong = next((i for i, s in enumerate(document.seals) if s != seals[i]), len(seals))
        raise InputError(WHAT, f"span {wrong + 1}, whose seal does not belong to it")
    return document


def markdown(document: Document) -> bytes:
    """Return the text as it is, with its record in a comment at the end."""
    said = canonical(record(document)).replace("-->", "--\\u003e").replace("<!--", "\\u003c!--")
    return (document.text + OPEN + said + CLOSE).encode()


def _from_markdown(data: bytes, path: Path) -> Document:
    whole = _decoded(data, path)
    text, mark, rest = whole.rpartition(OPEN)
    if not mark or not rest.endswith(CLOSE):
        raise InputError(WHAT, f"no record at the end of {path}")
    return rebuilt(text, json_text(rest.removesuffix(CLOSE), WHAT, str(path)))


def plain(path: Path) -> str:
    """Return the text of a Markdown file without its record."""
    whole = _decoded(content(path, WHAT, most=MOST), path)
    return whole.rpartition(OPEN)[0] if OPEN in whole else whole


def tei(document: Document) -> bytes:
    """Return TEI P5: a segment for each span, and persons and programs in the header."""
    authors = list(document.shares())
    listed = "".join(
        f'<respStmt xml:id="a{i}"><resp>{"writing" if a.kind == "person" else "generation"}</resp>'
        f"<name>{escape(a.name)}</name></respStmt>"
        for i, a in enumerate(authors)
    )
    segments = "".join(
        f'<seg xml:id="s{i}" resp="#a{authors.index(s.author)}">{_xml(s.text)}</seg>'
        for i, s in enumerate(document.spans)
    )
    said = _xml(canonical(record(document)))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<TEI xmlns="http://www.tei-c.org/ns/1.0">\n'
        f"<teiHeader><fileDesc><titleStmt><title>{_xml(document.title)}</title>{listed}</titleStmt>"
        "<publicationStmt><p>Exported by a session of ingenium write.</p></publicationStmt>"
        "<sourceDesc><p>Born digital.</p></sourceDesc></fileDesc>"
        f'<xenoData xml:id="provenance">{said}</xenoData></teiHeader>\n'
        f'<text><body><ab xml:space="preserve">{segments}</ab></body></text>\n</TEI>\n'
    ).encode()


def _from_tei(data: bytes, path: Path) -> Document:
    root = docx.parsed(data, path)
    name = "{http://www.tei-c.org/ns/1.0}"
    header = root.find(f"{name}teiHeader/{name}xenoData")
    block = root.find(f"{name}text/{name}body/{name}ab")
    if header is None or block is None:
        raise InputError(WHAT, f"no record in {path}")
    marked = [s.text or "" for s in block.findall(f"{name}seg")]
    return rebuilt("".join(marked), json_text(header.text or "", WHAT, str(path)), marked)


def page(document: Document) -> bytes:
    """Return a page that colours each author, with shares and the spans as Web Annotations."""
    shares = document.shares()
    colour = {a: COLOURS[i % len(COLOURS)] for i, a in enumerate(shares)}
    rows = "".join(
        f'<tr><td style="background:{colour[a]}">{escape(a.name)}</td><td>{a.kind}</td>'
        f"<td>{share:.1%}</td></tr>"
        for a, share in shares.items()
    )
    body = "".join(
        f'<span data-span="{i}" style="background:{colour[s.author]}" '
        f'title="{escape(s.author.name)}">{_xml(s.text)}</span>'
        for i, s in enumerate(document.spans)
    )
    said, notes = (
        json.dumps(x, sort_keys=True).replace("<", "\\u003c")
        for x in (record(document), document.annotations("#text"))
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>'
        f"{_xml(document.title)}</title><style>{STYLE}</style></head>\n<body>\n"
        f"<table><tr><th>author</th><th></th><th>share of characters</th></tr>{rows}</table>\n"
        f'<article id="text">{body}</article>\n'
        f'<script type="application/ld+json">{notes}</script>\n'
        f'<script type="application/json" id="record">{said}</script>\n</body></html>\n'
    ).encode()


def _from_page(data: bytes, path: Path) -> Document:
    whole = _decoded(data, path)
    start = whole.rpartition('<script type="application/json" id="record">')[2]
    found = json_text(start.partition("</script>")[0], WHAT, str(path))
    _, mark, rest = whole.partition('<article id="text">')
    article, _, _ = rest.partition("</article>\n<script")
    marked = [
        docx.unescaped(piece.partition(">")[2].rpartition("</span>")[0])
        for piece in article.split("<span data-span=")[1:]
    ]
    if not mark:
        raise InputError(WHAT, f"no text in {path}")
    return rebuilt("".join(marked), found, marked)


def word(document: Document) -> bytes:
    """Return DOCX: a run for each span in a paragraph, in the style of its author."""
    return docx.packed(document.title, list(document.spans), canonical(record(document)))


def _from_word(data: bytes, path: Path) -> Document:
    marked, said = docx.unpacked(path)
    return rebuilt("".join(marked), json_text(said, WHAT, str(path)))


WRITERS: Mapping[str, Callable[[Document], bytes]] = {
    ".md": markdown, ".xml": tei, ".html": page, ".docx": word,
}  # fmt: skip
READERS: Mapping[str, Callable[[bytes, Path], Document]] = {
    ".md": _from_markdown, ".xml": _from_tei, ".html": _from_page, ".docx": _from_word,
}  # fmt: skip


def read_document(path: Path) -> Document:
    """Read a document from any of its files.

    Raises:
        InputError: for a file of another kind, or one that was altered in any way.
    """
    if path.suffix not in READERS:
        raise InputError(f"a file of {', '.join(READERS)}", f"{path}")
    data = content(path, WHAT, most=MOST)
    with refusing(WHAT, path):
        found = READERS[path.suffix](data, path)
        same = WRITERS[path.suffix](found) == data
    if not same:
        raise InputError(WHAT, f"{path}, which was changed outside of the text and its record")
    return found


def _xml(text: str) -> str:
    return escape(text, quote=False)


def _decoded(data: bytes, path: Path) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InputError(WHAT, f"{path}, which is not UTF-8") from None
