"""Draft of a sonnet: lines, and words of lines, that are fixed."""

import re
from dataclasses import dataclass

from ingenium.core.errors import InputError
from ingenium.core.given import Input
from ingenium.domains.words.verse.pronouncing import dictionary
from ingenium.domains.words.verse.scansion import LINES, SYLLABLES, lines

GAP = "_"
DRAFT = Input(
    "draft",
    "text",
    "a sonnet that is begun, a line each; `_` stands for one or more words to be written",
    most=4000,
)
Kept = tuple[str | None, ...]  # words of a line, and None for a gap of one or more
OPEN: Kept = (None,)


@dataclass(frozen=True)
class Draft:
    """Fixed words of each of the fourteen lines."""

    kept: tuple[Kept, ...] = (OPEN,) * LINES

    @property
    def words(self) -> tuple[str, ...]:
        """All fixed words."""
        return tuple(w for line in self.kept for w in line if w is not None)

    def altered(self, poem: list[list[str]]) -> int:
        """Count the lines of a poem that differ from the draft; all of them for missing lines."""
        held = sum(map(matches, self.kept, poem))
        return LINES - held


def matches(kept: Kept, words: list[str]) -> bool:
    """Return True if words fill a line's gaps; False for more words than syllables."""
    return _match(kept, words) is not None


def kept_places(kept: Kept, words: list[str]) -> frozenset[int]:
    """Return the indices of a line's fixed words."""
    found = _match(kept, words)
    if found is None:
        return frozenset()
    before = found.string.count
    spans = [found.span(i + 1) for i, w in enumerate(kept) if w is not None]
    return frozenset(before(" ", 0, start) for start, _ in spans)


def _match(kept: Kept, words: list[str]) -> re.Match[str] | None:
    if len(words) > SYLLABLES:  # of which there are many ways to fill gaps
        return None
    form = "".join(r"((?: \S+)+?)" if w is None else f"({re.escape(f' {w}')})" for w in kept)
    return re.fullmatch(form, "".join(f" {w}" for w in words))


def read_draft(text: str) -> Draft:
    """Parse a draft of at most fourteen lines; missing lines are free.

    Raises:
        InputError: for too many lines, or a word that the dictionary does not have.
    """
    kept = [_line(row) for row in text.splitlines() if row.strip()]
    if len(kept) > LINES:
        raise InputError(f"a draft of at most {LINES} lines", f"one of {len(kept)}")
    for number, line in enumerate(kept, 1):
        for word in line:
            if word is not None and word not in dictionary():
                raise InputError(
                    "words that the dictionary of pronunciations has",
                    f"{word!r} in line {number} of the draft",
                    f"Write {GAP} in its place, or another word.",
                )
    return Draft((*kept, *(OPEN,) * (LINES - len(kept))))


def _line(row: str) -> Kept:
    found: list[str | None] = []
    for i, part in enumerate(re.split(rf"(?:\s*{GAP})+", row)):
        found += [None] if i else []
        found += [word for words in lines(part) for word in words]
    return tuple(found)
