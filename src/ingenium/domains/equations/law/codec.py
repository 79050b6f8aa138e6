"""Codec of laws as tokens and numbers: text by its vocabulary, constants by size and sign.

Shapes: n laws, k constants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.text import codes
from ingenium.domains.equations.law.archive import padded
from ingenium.domains.equations.law.grammar import UnitGrammar
from ingenium.domains.equations.law.language import (
    CONSTANTS,
    LONGEST,
    PATTERN,
    Language,
    Postfix,
    text,
)
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.drawing import FREELY, Drawing
from ingenium.generators.tokens.two_kinds import TwoKindCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

LAW, VALUES = "law", "constants"
FINEST = 1e-6  # constants from here on are encoded by their size, smaller ones nearly as 0
WIDE = 7.0  # natural units of the logarithm that count as one


@dataclass(frozen=True)
class SignedSizes:
    """Codec of constants by sign and logarithm, through the inverse hyperbolic sine."""

    k: int = CONSTANTS
    tolerance: float = 1e-12

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one design."""
        return (self.k,)

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n {self.k}"]:
        """Standardise constants."""
        return torch.asinh(arrays[0].to(torch.float64) / FINEST) / WIDE

    def decode(self, x: Float[Tensor, "n {self.k}"]) -> tuple[Tensor, ...]:
        """Decode constants."""
        return (FINEST * torch.sinh(WIDE * x.to(torch.float64)),)


class LawCodec(TwoKindCodec):
    """Codec of the laws in a language."""

    language: Language

    @classmethod
    def of(cls, language: Language) -> "LawCodec":
        """Build from tokens under the grammar of units, and constants."""
        vocabulary = Vocabulary(tuple(f" {t}" for t in language.tokens), PATTERN)
        words = TokenCodec(vocabulary, LONGEST + 1, longest(language), UnitGrammar(language), LAW)
        found = cls(words, SignedSizes())
        object.__setattr__(found, "language", language)
        return found

    @cached_property
    def grammar(self) -> UnitGrammar:
        """Grammar of the language."""
        return UnitGrammar(self.language)

    @property
    def k(self) -> int:
        """Number of constants of a design."""
        return int(self.numbers.shape[0])

    @property
    def drawing(self) -> Drawing:
        """Settings for sampling tokens."""
        return FREELY

    def of_laws(self, laws: Sequence[tuple[Postfix, Sequence[float]]]) -> Float[Tensor, "n s"]:
        """Encode tokens and constants as standardised designs."""
        if not laws:
            return torch.zeros(0, *self.shape, dtype=torch.float64)
        points = codes([text(tokens) for tokens, _ in laws], self.words.longest)
        return self.encode((points, torch.stack([padded(c) for _, c in laws])))

    def laws(self, x: Float[Tensor, "n s"]) -> list[tuple[Postfix, tuple[float, ...]] | None]:
        """Decode tokens and constants; None for an invalid formula."""
        listed = self.words.to_texts(x[:, : self.steps])
        (constants,) = self.numbers.decode(x[:, self.steps :])
        found: list[tuple[Postfix, tuple[float, ...]] | None] = []
        for one, row in zip(listed, constants.tolist(), strict=True):
            tokens = self.language.split(one)
            held = sum(t in self.language.held for t in tokens or ())
            found.append(None if tokens is None else (tokens, tuple(row[:held])))
        return found


def longest(language: Language) -> int:
    """Number of characters of the longest law."""
    return LONGEST * (1 + max(map(len, language.tokens)))
