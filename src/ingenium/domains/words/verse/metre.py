"""Grammar of a sonnet: the words that may follow so that every line scans, ends and rhymes.

Each line is an automaton on syllable positions and on the words that a draft fixes. A word is
admitted only if the line can still end on an unused word of the required rhyme: no line gets stuck.
Rhymes of fixed ends are known from the beginning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.words.verse.draft import GAP, Draft
from ingenium.domains.words.verse.line import FREE, DraftLine, Place, Symbol, draft_line, line_of
from ingenium.domains.words.verse.scansion import FORMS, LINES, SYLLABLES
from ingenium.domains.words.verse.word_table import WordTable
from ingenium.generators.tokens.vocabulary import END, Vocabulary

BREAK = "\n"
CACHED = 512  # beginnings whose words are cached
SPARE = 2  # words that a rhyme has beyond those that its letter needs


@dataclass(frozen=True)
class Beginning:
    """Sonnet so far: its line, the place in it, and for each letter its rhyme and its words.

    Rhymes and words of fixed line ends are present from the beginning.
    """

    line: int = 0
    place: int = 0
    retained: int = 0  # completed words and gaps of the line's draft
    rhymes: tuple[tuple[str, int], ...] = ()  # letter and rhyme
    onsets: tuple[tuple[int, int], ...] = ()  # rhyme and onset of a word that ended a line

    def rhyme(self, letter: str) -> int | None:
        """Return the rhyme of a letter, if a line has it."""
        return dict(self.rhymes).get(letter)

    def ended(self, letter: str, rhyme: int, onset: int) -> "Beginning":
        """Return the state after a line of a letter that ends on such a word."""
        known = self.rhyme(letter) is not None
        rhymes = self.rhymes if known else (*self.rhymes, (letter, rhyme))
        return replace(self, rhymes=rhymes, onsets=(*self.onsets, (rhyme, onset)))


@dataclass(frozen=True)
class MetreGrammar:
    """Token grammar of a form and a draft, which permits no other words.

    Raises:
        InputError: for a draft that fits no sonnet of the form, or too few words that rhyme.
    """

    vocabulary: Vocabulary
    form: str
    draft: Draft = field(default_factory=Draft)

    def __post_init__(self) -> None:
        self._begun  # noqa: B018 - refuses an impossible draft

    @property
    def scheme(self) -> str:
        """Rhyme letter of each line."""
        return FORMS[self.form]

    @cached_property
    def words(self) -> WordTable:
        """Table of the vocabulary's words."""
        return WordTable.of(self.vocabulary)

    def start(self, n: int) -> list[Beginning]:
        """Return the state before the first word."""
        return [self._begun] * n

    def permits(
        self, state: Sequence[Beginning], rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Mask of the tokens that may follow in their rows."""
        requested, place = np.unique(rows.cpu().numpy(), return_inverse=True)
        masks = self.masks([state[row] for row in requested.tolist()])
        return torch.from_numpy(masks[place, ids.cpu().numpy()])

    def masks(self, state: Sequence[Beginning]) -> Bool[np.ndarray, "n v"]:
        """Mask of all tokens that may follow in each row."""
        return np.stack([self._mask(one) for one in state])

    def follow(self, state: Sequence[Beginning], ids: Int[Tensor, " n"]) -> list[Beginning]:
        """Return the state after one more token of each row."""
        return [self._after(one, token) for one, token in zip(state, ids.tolist(), strict=True)]

    @cached_property
    def _lines(self) -> tuple[DraftLine, ...]:
        """Fixed words of each line, with their stresses."""
        found = []
        for number, retained in enumerate(self.draft.retained, 1):
            line = draft_line(retained, self.words, self.vocabulary)
            if line is None:
                said = " ".join(GAP if w is None else w for w in retained)
                raise InputError(
                    "a draft whose lines are iambic pentameters, or can become some",
                    f"line {number}, {said!r}",
                    f"Write {GAP} in place of words that break the metre.",
                )
            found.append(line)
        return tuple(found)

    @cached_property
    def _begun(self) -> Beginning:
        """Initial state: the rhymes and words of fixed ends."""
        words, one = self.words, Beginning()
        for number, line in enumerate(self._lines):
            letter, token = self.scheme[number], line.end
            if token is None or letter == " ":
                continue
            rhyme, onset = int(words.rhyme[token]), int(words.onset[token])
            if one.rhyme(letter) not in (None, rhyme) or (rhyme, onset) in one.onsets:
                first = self.scheme.index(letter) + 1
                raise InputError(
                    f"ends that rhyme, in a draft of a {self.form} sonnet",
                    f"line {number + 1}, which does not rhyme with line {first}",
                )
            one = one.ended(letter, rhyme, onset)
        for letter in sorted(set(self.scheme) - {" "}):
            self._rich(letter, one)
        return one

    def _rich(self, letter: str, one: Beginning) -> None:
        """Refuse a letter for which too few words rhyme."""
        able, need = self._able[letter], self._open_lines(letter)
        requested = one.rhyme(letter)
        if requested is None:
            enough = int(self._rhymes[letter].sum()) > len(set(self.scheme))
        else:
            used = [o for r, o in one.onsets if r == requested]
            mine = able & (self.words.rhyme == requested) & ~np.isin(self.words.onset, used)
            enough = len(np.unique(self.words.onset[mine])) >= need
        if not enough:
            raise InputError(
                f"words that rhyme for lines {letter} of a {self.form} sonnet",
                "too few",
                "Keep other ends, or learn from more verse.",
            )

    def _open_lines(self, letter: str) -> int:
        """Count the lines of a letter whose ends are free."""
        both = zip(self.scheme, self._lines, strict=True)
        return sum(x == letter and line.end is None for x, line in both)

    @cached_property
    def _able(self) -> Mapping[str, Bool[np.ndarray, " v"]]:
        """Words that can end every line of a letter with a free end."""
        words = self.words
        found = {}
        for letter in set(self.scheme):
            both = zip(self.scheme, self._lines, strict=True)
            lines = [line for x, line in both if x == letter and line.end is None]
            kinds = [all(k in line.closes for line in lines) for k in words.kinds]
            found[letter] = (words.rhyme >= 0) & np.array(kinds)[words.kind]
        return found

    @cached_property
    def _rhymes(self) -> Mapping[str, Bool[np.ndarray, " r"]]:
        """Rhymes with enough words for all lines of a letter."""
        return {
            letter: self.words.partners(able) >= self._open_lines(letter) + SPARE
            for letter, able in self._able.items()
        }

    @cached_property
    def _masks(self) -> dict[Beginning, Bool[np.ndarray, " v"]]:
        """Cache of masks: rows with the same state share one."""
        return {}

    def _mask(self, one: Beginning) -> Bool[np.ndarray, " v"]:
        if one not in self._masks:
            if len(self._masks) >= CACHED:
                self._masks.clear()
            self._masks[one] = self._permitted(one)
        return self._masks[one]

    def _permitted(self, one: Beginning) -> Bool[np.ndarray, " v"]:
        words, found = self.words, np.zeros(len(self.vocabulary), bool)
        if one.place == SYLLABLES:
            token = END if one.line == LINES - 1 else self.vocabulary.number[BREAK]
            found[token] = True
            return found
        open_, ends = self._open(one)
        inner = np.array([(k, False, FREE) in open_ for k in words.kinds])
        closing = np.array([(k, True, FREE) in open_ for k in words.kinds])
        said = words.kind >= 0
        found[said] = inner[words.kind[said]]
        found[ends] |= closing[words.kind[ends]]
        retained = [at for _, _, at in open_ if at != FREE]
        found[[self._lines[one.line].tokens[at] for at in retained]] = True
        return found

    def _open(self, one: Beginning) -> tuple[dict[Symbol, Place], Bool[np.ndarray, " v"]]:
        """Return symbols that may follow, and words that may end the line."""
        line, ends = self._lines[one.line], self._ends(one)
        last = frozenset(self.words.kinds[k] for k in np.unique(self.words.kind[ends]))
        automaton = line_of(self.words.kinds, last, line.ways)
        return automaton.open((one.place, one.retained), SYLLABLES), ends

    def _ends(self, one: Beginning) -> Bool[np.ndarray, " v"]:
        """Return words that may end a line: the fixed one, or those of its rhyme or a rich one."""
        words, letter, line = self.words, self.scheme[one.line], self._lines[one.line]
        if line.end is not None:
            return np.asarray(np.arange(len(words.rhyme)) == line.end)
        able = self._able[letter]
        if letter == " ":
            return able
        requested = one.rhyme(letter)
        if requested is not None:
            used = [o for r, o in one.onsets if r == requested]
            return np.asarray(able & (words.rhyme == requested) & ~np.isin(words.onset, used))
        rich = self._rhymes[letter].copy()
        rich[[r for _, r in one.rhymes]] = False
        return np.asarray(able & rich[words.rhyme])

    def _after(self, one: Beginning, token: int) -> Beginning:
        words = self.words
        if token == self.vocabulary.number[BREAK]:
            return replace(one, line=min(one.line + 1, LINES - 1), place=0, retained=0)
        if words.kind[token] < 0 or one.place == SYLLABLES:
            return one
        line, letter = self._lines[one.line], self.scheme[one.line]
        own = self._retained(one, token) if token in line.tokens else None
        length = len(words.kinds[words.kind[token]])
        gap = line.ways[one.retained : one.retained + 1] == (None,)
        place, retained = own or (min(one.place + length, SYLLABLES), one.retained + gap)
        one = replace(one, place=place, retained=retained)
        if place != SYLLABLES or letter == " " or words.rhyme[token] < 0:
            return one
        return one.ended(letter, int(words.rhyme[token]), int(words.onset[token]))

    def _retained(self, one: Beginning, token: int) -> Place | None:
        """Return the position after the next fixed word, if that may follow."""
        tokens = self._lines[one.line].tokens
        after = ((at, to) for (_, _, at), to in self._open(one)[0].items())
        return next((to for at, to in after if at != FREE and tokens[at] == token), None)
