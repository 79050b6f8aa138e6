"""A sonnet that is begun: lines, and words of lines, that stay as they are."""

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
    """What each of the fourteen lines keeps."""

    kept: tuple[Kept, ...] = (OPEN,) * LINES

    @property
    def words(self) -> tuple[str, ...]:
        """All that are kept."""
        return tuple(w for line in self.kept for w in line if w is not None)

    def altered(self, poem: list[list[str]]) -> int:
        """How many lines of a poem are not as the draft has them; of one that lacks them, all."""
        held = sum(map(matches, self.kept, poem))
        return LINES - held


def matches(kept: Kept, words: list[str]) -> bool:
    """Whether words are those of a line with its gaps filled; more words than syllables are not."""
    return _match(kept, words) is not None


def kept_places(kept: Kept, words: list[str]) -> frozenset[int]:
    """Which words of a line are those that were kept."""
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
    """A draft of at most fourteen lines; those that lack are written.

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
