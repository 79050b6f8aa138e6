"""Verifier of cut texts: each word is compared with the word of its source."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.desk.cutup.sources import SourcePiece, Sources, read_cut


@dataclass(frozen=True, eq=False)
class CutVerifier:
    """Verifier that looks each word up in the line that its piece names.

    A text without a list of pieces measures NaN.
    """

    sources: Sources
    name: str = "ingenium-sources"
    version: str = "1"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("untraced_words", "1", "words without a piece, or that differ from their source"),
        Quantity("absent_pieces", "1", "pieces that no source has, and empty lines"),
        Quantity("longest_span", "1", "most successive words of a line of a source"),
        Quantity("repeated_lines", "1", "lines that occur before"),
        Quantity("sources_used", "1", "number of sources"),
        Quantity("cut_words", "1", "words of the text"),
        Quantity("cuts", "1", "joints between pieces within lines"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 7"]:
        """Return the counts of each text."""
        rows = [self._one(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    @lru_cache(maxsize=1024)  # noqa: B019 - a problem has one, and texts come again
    def _one(self, text: str) -> tuple[float, ...]:
        found = read_cut(text)
        if found is None:
            return (math.nan,) * len(self.quantities)
        lines, pieces = found
        untraced = absent = 0
        for words, own in zip(lines, pieces, strict=True):
            known = [self.sources.words(p) for p in own]
            absent += known.count(None) + (words == [""])
            said = [w for k in known for w in k or ()]
            untraced += sum(a != b for a, b in zip(words, said, strict=False))
            untraced += abs(len(words) - len(said))
        whole = ["\n".join(words) for words in lines]
        counts = (
            len(_longest(pieces)),
            len(whole) - len(set(whole)),
            len({p.name for own in pieces for p in own}),
            sum(map(len, lines)),
            sum(max(0, len(own) - 1) for own in pieces),
        )
        return tuple(map(float, (untraced, absent, *counts)))


def _longest(pieces: list[list[SourcePiece]]) -> range:
    """Return the longest run of words of one line, of pieces that continue each other joined."""
    best, now, last = range(0), range(0), None
    for piece in (p for own in pieces for p in own):
        joined = last and (piece.name, piece.line, piece.first) == (
            last.name,
            last.line,
            last.last + 1,
        )
        now = range(now.start if joined else piece.first, piece.last + 1)
        best, last = max(best, now, key=len), piece
    return best
