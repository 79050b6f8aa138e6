"""Catalogues of messages, as gettext's PO and as XLIFF 1.2: read strictly, and written.

Source: GNU gettext manual, The Format of PO Files; OASIS, XLIFF 1.2, 2008.
"""

import ast
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ingenium.core.errors import InputError

KEYWORD = re.compile(r"(msgctxt|msgid|msgid_plural|msgstr|msgstr\[(\d)\])\s+(\".*\")")
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
QUOTED = re.compile(r'"(?:[^"\\\n]|\\[abfnrtv\\"?\'0-7x])*"')
XLIFF = "urn:oasis:names:tc:xliff:document:1.2"
WHAT = "a catalogue of messages"


@dataclass(frozen=True)
class CatalogueEntry:
    """A message, its translations by plural form, and what stands around it."""

    source: str
    target: tuple[str, ...] = ("",)
    plural: str = ""  # the source for other numbers; empty if there is none
    context: str | None = None
    comments: tuple[str, ...] = ()  # lines with #, without flags
    flags: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)

    @property
    def key(self) -> tuple[str | None, str, str]:
        """Identity of a message among others."""
        return self.context, self.source, self.plural

    @property
    def translated(self) -> bool:
        """True if every form is there, and nobody marked it as uncertain."""
        return all(self.target) and "fuzzy" not in self.flags


@dataclass(frozen=True)
class Catalogue:
    """A header and messages, in order."""

    header: tuple[tuple[str, str], ...]
    entries: tuple[CatalogueEntry, ...]

    def po(self) -> str:
        """Return the catalogue as PO."""
        head = "".join(f"{name}: {value}\n" for name, value in self.header)
        blocks = [_block(CatalogueEntry("", (head,)))]
        return "\n".join([*blocks, *map(_block, self.entries)])

    def named(self, **values: str) -> "Catalogue":
        """Return the catalogue with other values in its header."""
        own = dict(self.header) | {k.replace("_", "-"): v for k, v in values.items()}
        return replace(self, header=tuple(own.items()))


def _block(entry: CatalogueEntry) -> str:
    lines = [*entry.comments]
    if entry.flags:
        lines.append(f"#, {', '.join(entry.flags)}")
    if entry.context is not None:
        lines.append(f"msgctxt {_quoted(entry.context)}")
    lines.append(f"msgid {_quoted(entry.source)}")
    if entry.plural:
        lines.append(f"msgid_plural {_quoted(entry.plural)}")
        lines += [f"msgstr[{i}] {_quoted(t)}" for i, t in enumerate(entry.target)]
    else:
        lines.append(f"msgstr {_quoted(entry.target[0])}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + "".join(ESCAPES.get(c, c) for c in text) + '"'


def read_po(text: str) -> Catalogue:
    """Read a catalogue from PO.

    Raises:
        InputError: for a line that is none of PO, or a message twice, with its line.
    """
    entries = [e for e in _entries(text.splitlines()) if e is not None]
    if not entries:
        raise InputError(WHAT, "no messages", 'Write msgid "..." and msgstr "".')
    header: tuple[tuple[str, str], ...] = ()
    if entries[0].key == (None, "", ""):
        pairs = (x.partition(": ") for x in entries[0].target[0].splitlines())
        header, entries = tuple((a, c) for a, _, c in pairs), entries[1:]
    seen: dict[object, int] = {}
    for entry in entries:
        if entry.key in seen:
            got = f'"{entry.source[:40]}" in lines {seen[entry.key]} and {entry.line}'
            raise InputError("each message once", got, "Remove one, or give it a msgctxt.")
        seen[entry.key] = entry.line
    return Catalogue(header, tuple(entries))


def _entries(lines: Iterable[str]) -> Iterator[CatalogueEntry | None]:
    """Read the blocks of a file."""
    parts: dict[str, str] = {}
    notes: list[str] = []
    first, last = 0, ""
    for number, line in enumerate([*lines, ""], 1):
        plain = line.strip()
        match = KEYWORD.fullmatch(plain)
        starts = not plain or plain.startswith("#") or (match and match[1] in ("msgctxt", "msgid"))
        if starts and "msgstr" in "".join(parts):
            yield _entry(parts, notes, first)
            parts, notes, last = {}, [], ""
        if plain.startswith("#"):
            if not plain.startswith("#~"):
                notes.append(plain)
        elif match:
            if match[1] in parts:
                raise InputError(f"one {match[1]} of a message", f"two, in line {number}")
            first = number if match[1] in ("msgctxt", "msgid") and not parts else first
            last = match[1]
            parts[last] = _unquoted(match[3], number)
        elif plain.startswith('"') and last:
            parts[last] += _unquoted(plain, number)
        elif plain:
            raise InputError(f"{WHAT} as PO", f"line {number}: {plain[:60]}", "Correct the line.")
    if parts:
        raise InputError("a msgstr of each message", f"none after line {first}")


def _entry(parts: dict[str, str], notes: list[str], line: int) -> CatalogueEntry:
    if "msgid" not in parts:
        raise InputError("a msgid before msgstr", f"none in line {line or 1}")
    forms = sorted(k for k in parts if k.startswith("msgstr"))
    flags = [f.strip() for n in notes if n.startswith("#,") for f in n[2:].split(",")]
    comments = tuple(n for n in notes if not n.startswith("#,"))
    return CatalogueEntry(
        parts["msgid"],
        tuple(parts[k] for k in forms),
        parts.get("msgid_plural", ""),
        parts.get("msgctxt"),
        comments,
        tuple(flags),
        line,
    )


def _unquoted(text: str, line: int) -> str:
    if not QUOTED.fullmatch(text):
        raise InputError("text in quotation marks, escaped as in C", f"line {line}: {text[:60]}")
    found: str = ast.literal_eval(text)
    return found


def xliff(catalogue: Catalogue, language: str) -> str:
    """Return a catalogue as XLIFF 1.2; a plural is a group of units."""
    root = ET.Element("xliff", {"version": "1.2", "xmlns": XLIFF})
    about = {"original": "messages", "source-language": "en", "target-language": language}
    file = ET.SubElement(root, "file", about | {"datatype": "plaintext"})
    body = ET.SubElement(file, "body")
    for i, entry in enumerate(catalogue.entries):
        for form, target in enumerate(entry.target):
            unit = ET.SubElement(body, "trans-unit", {"id": f"{i}.{form}"})
            if entry.context is not None:
                unit.set("resname", entry.context)
            source = entry.plural if entry.plural and form else entry.source
            ET.SubElement(unit, "source").text = source
            state = "needs-review-translation" if "fuzzy" in entry.flags else "translated"
            ET.SubElement(unit, "target", {"state": state if target else "new"}).text = target
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def read_xliff(text: str) -> Catalogue:
    """Read messages without plurals from XLIFF 1.2.

    Raises:
        InputError: for what is no such file, has entities of its own, or a unit without source.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError("XLIFF without a document type", "one")
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise InputError("XLIFF 1.2", f"XML with a fault: {error}") from None
    entries = []
    for unit in root.iter(f"{{{XLIFF}}}trans-unit"):
        source = unit.findtext(f"{{{XLIFF}}}source")
        if not source:
            raise InputError("a source in each unit", f"none in unit {unit.get('id')}")
        target = unit.findtext(f"{{{XLIFF}}}target") or ""
        entries.append(CatalogueEntry(source, (target,), context=unit.get("resname")))
    if not entries:
        raise InputError("XLIFF 1.2 with units", "none")
    return Catalogue((), tuple(entries))
