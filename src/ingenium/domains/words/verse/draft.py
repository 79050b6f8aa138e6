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
FixedWords = tuple[str | None, ...]  # words of a line, and None for a gap of one or more
OPEN: FixedWords = (None,)


@dataclass(frozen=True)
class Draft:
    """Fixed words of each of the fourteen lines."""

    retained: tuple[FixedWords, ...] = (OPEN,) * LINES

    @property
    def words(self) -> tuple[str, ...]:
        """All fixed words."""
        return tuple(w for line in self.retained for w in line if w is not None)

    def altered(self, poem: list[list[str]]) -> int:
        """Count the lines of a poem that differ from the draft; all of them for missing lines."""
        held = sum(map(matches, self.retained, poem))
        return LINES - held


def matches(retained: FixedWords, words: list[str]) -> bool:
    """Return True if words fill a line's gaps; False for more words than syllables."""
    return _match(retained, words) is not None


def fixed_places(retained: FixedWords, words: list[str]) -> frozenset[int]:
    """Return the indices of a line's fixed words."""
    found = _match(retained, words)
    if found is None:
        return frozenset()
    before = found.string.count
    spans = [found.span(i + 1) for i, w in enumerate(retained) if w is not None]
    return frozenset(before(" ", 0, start) for start, _ in spans)


def _match(retained: FixedWords, words: list[str]) -> re.Match[str] | None:
    if len(words) > SYLLABLES:  # of which there are many ways to fill gaps
        return None
    form = "".join(r"((?: \S+)+?)" if w is None else f"({re.escape(f' {w}')})" for w in retained)
    return re.fullmatch(form, "".join(f" {w}" for w in words))


def read_draft(text: str) -> Draft:
    """Parse a draft of at most fourteen lines; missing lines are free.

    Raises:
        InputError: for too many lines, or a word that the dictionary does not have.
    """
    retained = [_line(row) for row in text.splitlines() if row.strip()]
    if len(retained) > LINES:
        raise InputError(f"a draft of at most {LINES} lines", f"one of {len(retained)}")
    for number, line in enumerate(retained, 1):
        for word in line:
            if word is not None and word not in dictionary():
                raise InputError(
                    "words that the dictionary of pronunciations has",
                    f"{word!r} in line {number} of the draft",
                    f"Write {GAP} in its place, or another word.",
                )
    return Draft((*retained, *(OPEN,) * (LINES - len(retained))))


def _line(row: str) -> FixedWords:
    found: list[str | None] = []
    for i, part in enumerate(re.split(rf"(?:\s*{GAP})+", row)):
        found += [None] if i else []
        found += [word for words in lines(part) for word in words]
    return tuple(found)
