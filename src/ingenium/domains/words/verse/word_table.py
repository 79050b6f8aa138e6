"""Pronunciations of the tokens of a vocabulary, as arrays."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from ingenium.domains.words.verse.pronouncing import dictionary
from ingenium.domains.words.verse.scansion import SYLLABLES, fits
from ingenium.generators.tokens.vocabulary import Vocabulary


@dataclass(frozen=True)
class WordTable:
    """Stresses, rhyme and onset of each token of a vocabulary, as arrays over all tokens.

    Shapes: v tokens, r rhymes.
    """

    kinds: tuple[str, ...]  # stresses of syllables, such as `01`
    kind: Int[np.ndarray, " v"]  # -1 where the dictionary lacks the word
    rhyme: Int[np.ndarray, " v"]  # -1 where it cannot end a line
    onset: Int[np.ndarray, " v"]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> "WordTable":
        """Build from the usual pronunciation of each word."""
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
        return cls(tuple(kinds), kind, rhyme, onset)

    def partners(self, able: Bool[np.ndarray, " v"]) -> Int[np.ndarray, " r"]:
        """Count the onsets of each rhyme among some words that can end a line."""
        ending = np.unique(np.stack([self.rhyme, self.onset])[:, able], axis=1)
        return np.bincount(ending[0], minlength=int(self.rhyme.max(initial=-1)) + 1)
