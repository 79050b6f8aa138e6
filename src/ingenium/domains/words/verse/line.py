"""Automaton of a line, on syllable positions and on the words that a draft fixes."""

from dataclasses import dataclass
from functools import cache
from itertools import product

from ingenium.domains.words.verse.draft import FixedWords
from ingenium.domains.words.verse.pronouncing import dictionary
from ingenium.domains.words.verse.scansion import SYLLABLES, fits
from ingenium.domains.words.verse.word_table import WordTable
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.language.automaton import Automaton

Place = tuple[int, int]  # completed syllables, and completed words and gaps of the draft
Symbol = tuple[str, bool, int]  # stresses, whether the line ends, which word of the draft
FREE = -1  # of a word that the draft does not fix
Ways = tuple[tuple[str, ...] | None, ...]  # stresses that fixed words may have, None for a gap
OPEN: Ways = (None,)


@dataclass(frozen=True)
class DraftLine:
    """Fixed words of a line, with their possible stresses."""

    ways: Ways = OPEN
    tokens: tuple[int, ...] = (FREE,)  # of fixed words, by their places in the draft
    closes: frozenset[str] = frozenset()  # stresses of words that can end it, if none is fixed

    @property
    def end(self) -> int | None:
        """Token of the last word, if that is fixed."""
        return None if self.ways[-1] is None else self.tokens[-1]


def draft_line(retained: FixedWords, words: WordTable, vocabulary: Vocabulary) -> DraftLine | None:
    """Return a line with possible stresses; None where it cannot scan, as with over ten words.

    A last word rhymes by its usual pronunciation.
    """
    if len(retained) > SYLLABLES:
        return None
    tokens = tuple(FREE if w is None else vocabulary.number[f" {w}"] for w in retained)
    ways = tuple(map(_ways, retained))
    if retained[-1] is None:
        closes = frozenset(k for k in words.kinds if possible(words.kinds, k, ways))
        return DraftLine(ways, tokens, closes) if closes else None
    if words.rhyme[tokens[-1]] < 0:
        return None
    usual = words.kinds[words.kind[tokens[-1]]]
    ways = (*ways[:-1], (usual,))
    return DraftLine(ways, tokens) if possible(words.kinds, usual, ways) else None


def _ways(word: str | None) -> tuple[str, ...] | None:
    """Return the stresses of a word, the usual ones first."""
    if word is None:
        return None
    return tuple(dict.fromkeys(sound.stresses for sound in dictionary()[word]))


def possible(kinds: tuple[str, ...], last: str, retained: Ways) -> bool:
    """Return True if a line can end in a word of these stresses."""
    return (0, 0) in line_of(kinds, frozenset({last}), retained).steps


@cache
def line_of(
    kinds: tuple[str, ...], last: frozenset[str], retained: Ways = OPEN
) -> Automaton[Place, Symbol]:
    """Build the automaton of a line whose last word has one of these stresses."""
    end = (SYLLABLES, len(retained))
    moves: dict[Place, dict[Symbol, Place]] = {}
    for place, at in product(range(SYLLABLES), range(len(retained) + 1)):
        before, here = (*retained[at - 1 : at],), (*retained[at : at + 1],)
        ways: list[tuple[str, int, int]] = []  # stresses, position after it, which word
        if here == OPEN:
            ways += [(k, at + 1, FREE) for k in kinds]
        elif at and before == OPEN:
            ways += [(k, at, FREE) for k in kinds]
        if here and here[0] is not None:
            ways += [(k, at + 1, at) for k in here[0]]
        fitting = [(k, (place + len(k), to), which) for k, to, which in ways if fits(k, place)]
        own = moves.setdefault((place, at), {})
        own |= {(k, False, which): to for k, to, which in fitting if to[0] < SYLLABLES}
        own |= {(k, True, which): to for k, to, which in fitting if to == end and k in last}
    return Automaton(moves, frozenset({end}))
