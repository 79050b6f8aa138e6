"""The grammar of a sonnet: which word may follow so that every line scans, ends and rhymes.

Each line is an automaton on the places of its syllables. A word is let in only if, after it, the
line can still end on a word that its rhyme needs and that was not used before: no line is stuck.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.words.verse.pronouncing import dictionary
from ingenium.domains.words.verse.scansion import FORMS, LINES, SYLLABLES, fits
from ingenium.generators.tokens.vocabulary import END, Vocabulary
from ingenium.words.automaton import Automaton

BREAK = "\n"
SPARE = 2  # words that a rhyme has beyond those that its letter needs


@dataclass(frozen=True)
class Beginning:
    """A sonnet so far: its line, the place in it, and for each letter its rhyme and its words."""

    line: int = 0
    place: int = 0
    rhymes: tuple[tuple[str, int], ...] = ()  # letter and rhyme
    onsets: tuple[tuple[int, int], ...] = ()  # rhyme and onset of a word that ended a line

    def rhyme(self, letter: str) -> int | None:
        """That of a letter, if a line had it."""
        return dict(self.rhymes).get(letter)


@dataclass(frozen=True)
class WordTable:
    """What counts of each token of a vocabulary, as arrays over all tokens.

    Shapes: v tokens, k kinds of stresses.
    """

    kinds: tuple[str, ...]  # stresses of syllables, such as `01`
    kind: Int[np.ndarray, " v"]  # -1 where the dictionary lacks the word
    rhyme: Int[np.ndarray, " v"]  # -1 where it cannot end a line
    onset: Int[np.ndarray, " v"]
    partners: Int[np.ndarray, " r"]  # how many onsets each rhyme has
    fits: Bool[np.ndarray, "k p"]  # whether a kind may begin at a place

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> "WordTable":
        """Of the usual way to say each word."""
        known = dictionary()
        words = [token.strip() for token in vocabulary.tokens]
        sounds = [known[w][0] if w in known else None for w in words]
        kinds = sorted({s.stresses for s in sounds if s})
        rhymes: dict[str, int] = {}
        onsets: dict[str, int] = {}
        kind, rhyme, onset = (np.full(len(words), -1) for _ in range(3))
        for i, s in enumerate(sounds):
            if s is None:
                continue
            kind[i] = kinds.index(s.stresses)
            if s.closes and fits(s.stresses, SYLLABLES - len(s.stresses)):
                rhyme[i] = rhymes.setdefault(s.rhyme, len(rhymes))
                onset[i] = onsets.setdefault(s.onset, len(onsets))
        ending = np.unique(np.stack([rhyme, onset])[:, rhyme >= 0], axis=1)
        partners = np.bincount(ending[0], minlength=len(rhymes))
        table = np.array([[fits(k, p) for p in range(SYLLABLES + 1)] for k in kinds])
        return cls(tuple(kinds), kind, rhyme, onset, partners, table)


@dataclass(frozen=True)
class MetreGrammar:
    """Permits the words of a form and nothing else; a `Grammar` of tokens."""

    vocabulary: Vocabulary
    form: str

    def __post_init__(self) -> None:
        need = Counter(self.scheme.replace(" ", ""))
        rich = int((self.words.partners >= max(need.values(), default=0) + SPARE).sum())
        if rich <= len(need):
            raise InputError(
                f"words that rhyme for a {self.form} sonnet", "too few", "Learn from more verse."
            )

    @property
    def scheme(self) -> str:
        """A letter for each line."""
        return FORMS[self.form]

    @cached_property
    def words(self) -> WordTable:
        """Of the vocabulary."""
        return WordTable.of(self.vocabulary)

    def start(self, n: int) -> list[Beginning]:
        """Nothing yet."""
        return [Beginning()] * n

    def permits(
        self, state: Sequence[Beginning], rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Whether some rows may go on with one token each."""
        masks = {row: self._mask(state[row]) for row in set(rows.tolist())}
        both = zip(rows.tolist(), ids.tolist(), strict=True)
        return torch.tensor([bool(masks[row][token]) for row, token in both])

    def masks(self, state: Sequence[Beginning]) -> Bool[np.ndarray, "n v"]:
        """All tokens with which each row may go on."""
        return np.stack([self._mask(one) for one in state])

    def follow(self, state: Sequence[Beginning], ids: Int[Tensor, " n"]) -> list[Beginning]:
        """After one more token of each row."""
        return [self._after(one, token) for one, token in zip(state, ids.tolist(), strict=True)]

    def _mask(self, one: Beginning) -> Bool[np.ndarray, " v"]:
        words, found = self.words, np.zeros(len(self.vocabulary), bool)
        if one.place == SYLLABLES:
            token = END if one.line == LINES - 1 else self.vocabulary.number[BREAK]
            found[token] = True
            return found
        ends = self._ends(one)
        last = frozenset(words.kinds[k] for k in np.unique(words.kind[ends]))
        line = line_of(words.kinds, last)
        open_ = line.open(one.place, SYLLABLES)
        inner = np.array([(k, False) in open_ for k in words.kinds])
        closing = np.array([(k, True) in open_ for k in words.kinds])
        said = words.kind >= 0
        found[said] = inner[words.kind[said]]
        found[ends] |= closing[words.kind[ends]]
        return found

    def _ends(self, one: Beginning) -> Bool[np.ndarray, " v"]:
        """Words that may end a line: those of its rhyme, or where it is new, of any rich one."""
        words, letter = self.words, self.scheme[one.line]
        able = words.rhyme >= 0
        if letter == " ":
            return np.asarray(able)
        asked = one.rhyme(letter)
        if asked is not None:
            used = [o for r, o in one.onsets if r == asked]
            return np.asarray((words.rhyme == asked) & ~np.isin(words.onset, used))
        rich = words.partners >= self.scheme.count(letter) + SPARE
        rich[[r for _, r in one.rhymes]] = False
        return np.asarray(able & rich[words.rhyme])

    def _after(self, one: Beginning, token: int) -> Beginning:
        words = self.words
        if token == self.vocabulary.number[BREAK]:
            return replace(one, line=min(one.line + 1, LINES - 1), place=0)
        if words.kind[token] < 0:
            return one
        place = min(one.place + len(words.kinds[words.kind[token]]), SYLLABLES)
        letter = self.scheme[one.line]
        if place != SYLLABLES or letter == " " or words.rhyme[token] < 0:
            return replace(one, place=place)
        rhyme, onset = int(words.rhyme[token]), int(words.onset[token])
        known = one.rhyme(letter) is not None
        rhymes = one.rhymes if known else (*one.rhymes, (letter, rhyme))
        return replace(one, place=place, rhymes=rhymes, onsets=(*one.onsets, (rhyme, onset)))


@cache
def line_of(kinds: tuple[str, ...], last: frozenset[str]) -> Automaton[int, tuple[str, bool]]:
    """A line as an automaton on places, whose last symbols are kinds of words that may end it."""
    moves: dict[int, dict[tuple[str, bool], int]] = {}
    for place in range(SYLLABLES):
        free = {k: place + len(k) for k in kinds if fits(k, place)}
        moves[place] = {(k, False): to for k, to in free.items() if to < SYLLABLES}
        moves[place] |= {(k, True): to for k, to in free.items() if to == SYLLABLES and k in last}
    return Automaton(moves, frozenset({SYLLABLES}))
