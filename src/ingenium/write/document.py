"""Documents as spans, each with the author of its characters; edits pass characters on.

Spans are chained: the seal of each covers its text, its author, its origin and the seal before it.
Source: W3C, Web Annotation Data Model, 2017 (positions and quotes as selectors).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any, Literal

from ingenium.core.digest import digest
from ingenium.core.errors import InputError

ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
PIECES = re.compile(r"\w+|\s+|[^\w\s]")
LONG = 400  # characters of a changed stretch, from which on whole words change hands
GENESIS = "sha256:" + 64 * "0"
CONTEXT = "http://www.w3.org/ns/anno.jsonld"
NAME = re.compile(r"[^\x00-\x1f<>\"&|{}]{1,80}")


@dataclass(frozen=True)
class Author:
    """A person or a program, by name."""

    name: str
    kind: Literal["person", "program"]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.kind not in ("person", "program"):
            raise InputError("an author's name of at most 80 plain characters", repr(self.name))


@dataclass(frozen=True)
class Span:
    """Characters of one author, and where they come from: the spec, the seed, the prompt."""

    text: str
    author: Author
    origin: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A title, and spans whose texts make up the whole text."""

    title: str
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(s.text for s in self.spans)

    @property
    def seals(self) -> tuple[str, ...]:
        """Seal of each span; each covers all before it."""
        found, last = [], digest([GENESIS, self.title])
        for s in self.spans:
            last = digest([last, s.text, s.author.name, s.author.kind, dict(s.origin)])
            found.append(last)
        return tuple(found)

    @property
    def head(self) -> str:
        """Last seal."""
        return self.seals[-1] if self.spans else digest([GENESIS, self.title])

    def shares(self) -> dict[Author, float]:
        """Share of the characters of each author, white space left out."""
        counts: dict[Author, int] = {}
        for s in self.spans:
            own = sum(not c.isspace() for c in s.text)
            counts[s.author] = counts.get(s.author, 0) + own
        whole = sum(counts.values()) or 1
        return {a: n / whole for a, n in counts.items()}

    def added(self, text: str, author: Author, origin: Mapping[str, Any]) -> "Document":
        """Return the document with a text at its end."""
        return made(self.title, (*self.spans, Span(checked(text), author, origin)))

    def edited(self, text: str, author: Author) -> "Document":
        """Return the document with another text: characters that stay have their authors.

        Words are compared first, and characters within short stretches that differ.
        """
        checked(text)
        owners = [i for i, s in enumerate(self.spans) for _ in s.text]
        spans: list[Span] = []
        for old, new, start in changes(self.text, text):
            if old is None:
                spans.append(Span(new, author, {"by": "editing"}))
            else:
                spans += [replace(self.spans[owners[start + k]], text=c) for k, c in enumerate(old)]
        return made(self.title, spans)

    def annotations(self, source: str) -> list[dict[str, Any]]:
        """Return the spans as W3C Web Annotations on the text of a file."""
        found, place, before = [], 0, digest([GENESIS, self.title])
        for span, seal in zip(self.spans, self.seals, strict=True):
            end = place + len(span.text)
            agent = {"type": "Person" if span.author.kind == "person" else "Software"}
            entry = {
                "@context": CONTEXT,
                "id": f"urn:{seal}",
                "type": "Annotation",
                "motivation": "identifying",
                "creator": {**agent, "name": span.author.name},
                "body": {
                    "type": "Dataset",
                    "origin": dict(span.origin),
                    "previous": f"urn:{before}",
                },
                "target": {
                    "source": source,
                    "selector": {"type": "TextPositionSelector", "start": place, "end": end},
                },
            }
            found.append(entry)
            place, before = end, seal
        return found


def checked(text: str) -> str:
    """Return a text that every format can hold.

    Raises:
        InputError: for control characters, or carriage returns.
    """
    odd = ODD.search(text)
    if odd:
        raise InputError("text without control characters", f"U+{ord(odd[0]):04X}", "Take it out.")
    return text


def made(title: str, spans: Iterable[Span]) -> Document:
    """Return a document whose neighbouring spans of one origin are joined."""
    found: list[Span] = []
    texts: list[list[str]] = []
    for s in spans:
        if found and found[-1].author == s.author and found[-1].origin == s.origin:
            texts[-1].append(s.text)
        elif s.text:
            found.append(s)
            texts.append([s.text])
    return Document(
        title, tuple(replace(s, text="".join(t)) for s, t in zip(found, texts, strict=True))
    )


def changes(old: str, new: str) -> Iterable[tuple[str | None, str, int]]:
    """Yield stretches of the new text: those that stay with their place, and new ones with None."""
    before, after = PIECES.findall(old), PIECES.findall(new)
    starts = [0]
    for piece in before:
        starts.append(starts[-1] + len(piece))
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        said = "".join(after[k:m])
        if tag == "equal":
            yield said, said, starts[i]
        elif tag == "insert":
            yield None, said, -1
        elif tag == "replace":
            yield from _letters("".join(before[i:j]), said, starts[i])


def _letters(old: str, new: str, start: int) -> Iterable[tuple[str | None, str, int]]:
    if len(old) > LONG or len(new) > LONG:
        yield None, new, -1
        return
    for tag, i, _, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield new[k:m], new[k:m], start + i
        elif tag in ("insert", "replace"):
            yield None, new[k:m], -1
