"""The grammar of a sonnet: which word may follow so that every line scans, ends and rhymes.

Each line is an automaton on the places of its syllables. A word is let in only if, after it, the line
can still end on a word that its rhyme needs and that was not used before, so no line is ever stuck.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.words.verse.pronouncing import Sound, dictionary
from ingenium.domains.words.verse.scansion import FORMS, LINES, SYLLABLES, fits
from ingenium.generators.tokens.vocabulary import END, Vocabulary
from ingenium.words.automaton import Automaton

BREAK = "\n"
SPARE = 2  # words that a rhyme has beyond those that its letter needs


class Ending(NamedTuple):
    """How a word rhymes."""

    rhyme: str
    onset: str


@dataclass(frozen=True)
class Beginning:
    """A sonnet so far: its line, the place in it, and for each letter its rhyme and its words."""

    line: int = 0
    place: int = 0
    rhymes: tuple[tuple[str, str], ...] = ()  # letter and rhyme
    onsets: tuple[tuple[str, str], ...] = ()  # rhyme and onset of a word that ended a line

    def rhyme(self, letter: str) -> str | None:
        """That of a letter, if a line had it."""
        return dict(self.rhymes).get(letter)


@dataclass(frozen=True)
class MetreGrammar:
    """Permits the words of a form and nothing else; a `Grammar` of tokens."""

    vocabulary: Vocabulary
    form: str
    _let_in: dict[tuple[object, ...], np.ndarray] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        need = Counter(self.scheme.replace(" ", "")).values()
        if max(need, default=0) and len(self._rich(max(need))) <= len(need):
            raise InputError(
                f"words that rhyme for a {self.form} sonnet", "too few", "Learn from more verse."
            )

    @property
    def scheme(self) -> str:
        """A letter for each line."""
        return FORMS[self.form]

    @cached_property
    def sounds(self) -> dict[int, Sound]:
        """How each token is said, its usual way; tokens that the dictionary lacks have none."""
        known = dictionary()
        named = ((i, token.strip()) for i, token in enumerate(self.vocabulary.tokens))
        return {i: known[word][0] for i, word in named if word in known}

    @cached_property
    def endings(self) -> dict[int, Ending]:
        """Of words that can end a line."""
        return {
            i: Ending(sound.rhyme, sound.onset)
            for i, sound in self.sounds.items()
            if sound.closes and fits(sound.stresses, SYLLABLES - len(sound.stresses))
        }

    @cached_property
    def partners(self) -> dict[str, dict[str, set[int]]]:
        """Words of each rhyme, by their onset."""
        found: dict[str, dict[str, set[int]]] = {}
        for token, ending in self.endings.items():
            found.setdefault(ending.rhyme, {}).setdefault(ending.onset, set()).add(token)
        return found

    def _rich(self, need: int) -> list[str]:
        return [r for r, onsets in self.partners.items() if len(onsets) >= need + SPARE]

    def start(self, n: int) -> list[Beginning]:
        """Nothing yet."""
        return [Beginning()] * n

    def permits(
        self, state: Sequence[Beginning], rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Whether some rows may go on with one token each."""
        both = zip(rows.tolist(), ids.tolist(), strict=True)
        return torch.tensor([bool(self.let_in(state[row])[token]) for row, token in both])

    def follow(self, state: Sequence[Beginning], ids: Int[Tensor, " n"]) -> list[Beginning]:
        """After one more token of each row."""
        return [self._after(one, token) for one, token in zip(state, ids.tolist(), strict=True)]

    def let_in(self, one: Beginning) -> Bool[np.ndarray, " v"]:
        """Which of all tokens may follow a beginning."""
        letter = self.scheme[one.line]
        asked = one.rhyme(letter)
        taken = frozenset(r for _, r in one.rhymes) if asked is None else frozenset()
        used = frozenset(o for r, o in one.onsets if r == asked)
        last = one.line == LINES - 1
        key = (one.place, last, letter if asked is None else "", asked, taken, used)
        if key not in self._let_in:
            self._let_in[key] = self._line(one)
        return self._let_in[key]

    def _line(self, one: Beginning) -> Bool[np.ndarray, " v"]:
        """As `let_in`: the line as an automaton on places, whose last symbols are its endings."""
        found = np.zeros(len(self.vocabulary), bool)
        if one.place == SYLLABLES:
            token = END if one.line == LINES - 1 else self.vocabulary.number[BREAK]
            found[token] = True
            return found
        ends = [t for t in self.endings if self._ends(one, t, self.scheme[one.line])]
        kinds = {sound.stresses for sound in self.sounds.values()}
        last = {self.sounds[t].stresses for t in ends}
        moves: dict[int, dict[tuple[str, bool], int]] = {}
        for place in range(SYLLABLES):
            inner = {(k, False): place + len(k) for k in kinds if fits(k, place)}
            moves[place] = {way: to for way, to in inner.items() if to < SYLLABLES}
            closing = {(k, True): SYLLABLES for k in last if place + len(k) == SYLLABLES}
            moves[place] |= {way: to for way, to in closing.items() if fits(way[0], place)}
        line = Automaton(moves, frozenset({SYLLABLES}))
        open_ = line.open(one.place, SYLLABLES)
        for t, sound in self.sounds.items():
            found[t] = (sound.stresses, False) in open_
        found[[t for t in ends if (self.sounds[t].stresses, True) in open_]] = True
        return found

    def _ends(self, one: Beginning, token: int, letter: str) -> bool:
        """Whether a word may end a line."""
        ending = self.endings[token]
        if letter == " ":
            return True
        asked = one.rhyme(letter)
        if asked is not None:
            return ending.rhyme == asked and (asked, ending.onset) not in one.onsets
        taken = {rhyme for _, rhyme in one.rhymes}
        need = self.scheme.count(letter)
        return ending.rhyme not in taken and len(self.partners[ending.rhyme]) >= need + SPARE

    def _after(self, one: Beginning, token: int) -> Beginning:
        if token == self.vocabulary.number[BREAK]:
            return replace(one, line=one.line + 1, place=0)
        sound = self.sounds.get(token)
        if sound is None:
            return one
        place = one.place + len(sound.stresses)
        letter = self.scheme[min(one.line, LINES - 1)]
        if place != SYLLABLES or letter == " " or token not in self.endings:
            return replace(one, place=place)
        ending = self.endings[token]
        rhymes = one.rhymes if one.rhyme(letter) else (*one.rhymes, (letter, ending.rhyme))
        return replace(one, place=place, rhymes=rhymes, onsets=(*one.onsets, tuple(ending)))
