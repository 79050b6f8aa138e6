"""Stories as documents: headline, sentences, fact lines and label, read again and recomputed."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingenium.core.errors import InputError
from ingenium.domains.language.report.claims import Claim, Figure
from ingenium.domains.language.report.facts import FactLines
from ingenium.domains.language.report.reader import ProseReader
from ingenium.domains.language.report.slots import UnreadError
from ingenium.words.label import Label, bylines, read_label

LONGEST, MOST_LINES = 6000, 60  # characters; lines
VOWELS = re.compile(r"[aeiouy]+")
ORDER = "# -> "  # marks of the parts, in order; a sentence has none


@dataclass(frozen=True)
class LineReading:
    """A line of prose: what it claims, what is wrong with that, or why it is unread."""

    text: str
    claims: tuple[Claim, ...] = ()
    faults: tuple[str, ...] = ()  # of its claims
    unread: str = ""


@dataclass(frozen=True)
class StoryReading:
    """Findings of a reader in a story."""

    lines: tuple[LineReading, ...]
    facts: tuple[str, ...]  # faults of fact lines
    fact: Figure | None
    label: str  # fault of the label; empty if it is as it must be
    bylines: tuple[str, ...]
    misplaced: int  # lines out of the order of a story

    @property
    def wrong(self) -> int:
        """Number of claims that the table contradicts."""
        return sum(len(line.faults) for line in self.lines)

    @property
    def unread(self) -> int:
        """Number of lines that were not understood, or that are out of place."""
        return self.misplaced + sum(bool(line.unread) for line in self.lines)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims of the sentences, without the headline's."""
        return tuple(c for line in self.lines[1:] for c in line.claims)

    @property
    def repeated(self) -> int:
        """Number of claims that stand in two sentences."""
        return sum(n - 1 for n in Counter(self.claims).values())


@dataclass(frozen=True, eq=False)
class StoryReader:
    """Reader of stories about one table, which knows the label that they must carry."""

    prose: ProseReader
    facts: FactLines
    label: Label

    def read(self, text: str, true: Callable[[Claim], bool] | None = None) -> StoryReading | None:
        """Return what a story says, and what of it is wrong; None for a text that is no story.

        `true` judges claims in place of the table's own arithmetic.
        """
        lines = text.split("\n")
        if not lines[0].startswith("# ") or len(lines) > MOST_LINES:
            return None
        kinds = [line[:2] if line[:2] in ("- ", "> ") else "p" for line in lines[1:]]
        body = [x for x, k in zip(lines[1:], kinds, strict=True) if k == "p" and x]
        facts = [x for x, k in zip(lines[1:], kinds, strict=True) if k == "- "]
        shown = [k for k, x in zip(kinds, lines[1:], strict=True) if x]
        misplaced = sum(a > b for a, b in zip(shown, sorted(shown, key="p- > ".find), strict=True))
        prose = [self._line(f"{lines[0][2:]}.", true), *(self._line(x, true) for x in body)]
        faults, fact = self.facts.faults(facts)
        if fact is not None and true is not None and not true(fact):
            faults = [*faults, "not so"]
        named = (*bylines([lines[0][2:], *body, *facts]),)
        return StoryReading(tuple(prose), tuple(faults), fact, self._label(lines), named, misplaced)

    def _line(self, text: str, true: Callable[[Claim], bool] | None) -> LineReading:
        try:
            claims = tuple(self.prose.claims(text))
        except UnreadError as error:
            return LineReading(text, unread=str(error))
        if true is not None:
            return LineReading(text, claims, tuple("not so" for c in claims if not true(c)))
        found = (claim.fault(self.prose.table) for claim in claims)
        return LineReading(text, claims, tuple(why for why in found if why))

    def _label(self, lines: Sequence[str]) -> str:
        while lines and not lines[-1]:
            lines = lines[:-1]
        try:
            found = read_label(lines)
        except InputError as error:
            return str(error)
        return "" if found == self.label else "it is the label of something else"


def reading_ease(sentences: Sequence[str]) -> float:
    """Return the reading ease of sentences, from 0 (hard) to 100, with counted vowel groups.

    Source: Flesch, Journal of Applied Psychology 32(3), 1948.
    """
    words = [w for s in sentences for w in re.findall(r"[a-z]+", s.lower())]
    if not words:
        return 0.0
    syllables = sum(max(1, len(VOWELS.findall(w))) for w in words)
    return 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * syllables / len(words)


def distinct_pairs(sentences: Sequence[str]) -> float:
    """Return the share of pairs of neighbouring words that occur once; 1 repeats nothing."""
    words = [re.findall(r"\w+", s.lower()) for s in sentences]
    pairs = [p for own in words for p in pairwise(own)]
    return len(set(pairs)) / len(pairs) if pairs else 1.0
