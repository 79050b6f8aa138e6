"""Documents as sentences, each with its place in its file."""

import re
from dataclasses import dataclass
from pathlib import Path

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of

ENDINGS = (".txt", ".md", ".rst")
MOST_BYTES, MOST_FILES, MOST_SENTENCES = 16 << 20, 20_000, 400_000
END = re.compile(
    r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z\d\u00c0-\u00de])|\n\s*\n|\n(?=\s*(?:[-*#|]|\d+\.\s))"
)
HEADING = re.compile(r"\s*(#+ [^\n]*)\n")
SHORT = re.compile(r"(?:\b(?:e\.g|i\.e|cf|vs?|no|fig|eq|approx|dr|mr|mrs|st)|\b[A-Z])\.$", re.I)


@dataclass(frozen=True)
class Passage:
    """A sentence of a file, from one character to another."""

    file: str  # from the folder on
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class DocumentSet:
    """Texts by file, digests of their contents, and all sentences."""

    texts: dict[str, str]
    digests: dict[str, str]
    passages: tuple[Passage, ...]

    @classmethod
    def of(cls, folder: Path) -> "DocumentSet":
        """Read all plain texts below a folder, or one file.

        Raises:
            InputError: if there is none, or one is no text.
        """
        files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        files = [f for f in files if f.suffix.lower() in ENDINGS and f.is_file()]
        what = f"a folder with documents ({', '.join(ENDINGS)})"
        if not files or len(files) > MOST_FILES:
            raise InputError(what, f"{len(files)} of them in {folder}", "Name another folder.")
        base = folder.parent if folder.is_file() else folder
        texts = {
            str(f.relative_to(base)): text_of(f, "a document as text", most=MOST_BYTES, prose=True)
            for f in files
        }
        found = [p for name, text in texts.items() for p in sentences(name, text)]
        if len(found) > MOST_SENTENCES:
            raise InputError(f"at most {MOST_SENTENCES:,} sentences", f"{len(found):,}")
        return cls(texts, {name: digest([text]) for name, text in texts.items()}, tuple(found))

    def stands(self, one: Passage) -> bool:
        """True if a sentence is at its stated place in its file."""
        return self.texts.get(one.file, "")[one.start : one.end] == one.text


def sentences(name: str, text: str) -> list[Passage]:
    """Sentences of a document, in order; abbreviations do not end one."""
    found, start = [], 0
    for m in [*END.finditer(text), None]:
        end = len(text) if m is None else m.start()
        if m is not None and SHORT.search(text, max(start, end - 8), end):
            continue
        heading = HEADING.match(text, start, end)
        if heading and any(map(str.isalnum, text[heading.end() : end])):
            line = heading.start(1), heading.end(1)
            found.append(Passage(name, *line, text[slice(*line)]))
            start = heading.end()
        piece = text[start:end]
        left = len(piece) - len(piece.lstrip())
        if any(map(str.isalnum, piece)):
            begin = start + left
            stop = start + len(piece.rstrip())
            found.append(Passage(name, begin, stop, text[begin:stop]))
        start = end if m is None else m.end()
    return found
