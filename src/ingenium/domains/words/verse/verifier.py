"""Verifier of a poem: unmetrical lines, ends that do not rhyme, and perplexity."""

import math
import re
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.words.verse.corpus import written
from ingenium.domains.words.verse.draft import Draft
from ingenium.domains.words.verse.scansion import LINES, lines, scan, unrhymed
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.language.ngram import NGram


@dataclass(frozen=True)
class Scansion:
    """Scansion by the dictionary of pronunciations; NaN for a text without words.

    Its perplexity is that of the words by a mixture of one to three words, counted on verse; a word
    that is not in it counts as likely as the rarest.
    """

    form: str
    vocabulary: Vocabulary
    model: NGram
    draft: Draft = field(default_factory=Draft)
    name: str = "cmudict"
    version: str = "0.7b"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("lines_missing", "1", "lines less or more than fourteen"),
        Quantity("unmetrical", "1", "lines that are no iambic pentameter"),
        Quantity("unrhymed", "1", "lines that do not rhyme as the form asks"),
        Quantity("repeated", "1", "lines that end in a word that ended one before"),
        Quantity("unknown_words", "1", "words that the dictionary does not have"),
        Quantity("altered", "1", "lines that change what the draft fixes"),
        Quantity("perplexity", "1", "even choices that a word is worth to a model of verse"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 7"]:
        rows = [self._poem(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    def _poem(self, text: str) -> list[float]:
        words = lines(text)
        if not any(any(map(str.isalpha, w)) for line in words for w in line):
            return [math.nan] * len(self.quantities)
        scans = [scan(line) for line in words]
        ends = [s.end for s in scans]
        return [
            float(abs(LINES - len(scans))),
            float(sum(s.sounds is None for s in scans)),
            float(unrhymed(ends, self.form) if len(ends) == LINES else LINES),
            float(len(ends) - len(set(ends))),
            float(sum(s.unknown for s in scans)),
            float(self.draft.altered(words)),
            self.perplexity(words),
        ]

    def perplexity(self, words: list[list[str]]) -> float:
        """Perplexity of a poem's words and line breaks."""
        number = self.vocabulary.number
        found = re.findall(self.vocabulary.pattern, written(words))
        ids = [number.get(piece, -1) for piece in found]
        known = [i for i in ids if i >= 0]
        chances = self.model.surprises(known)
        floor = float(self.model.single[self.model.single > 0].min())
        total = float(np.log(chances).sum()) + math.log(floor) * (len(ids) - len(known))
        return math.exp(-total / (len(ids) + 1))
