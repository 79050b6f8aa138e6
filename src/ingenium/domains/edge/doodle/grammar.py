"""Grammar of sketches: a word, then strokes, each of at least one point.

Shapes: n sketches, m queried rows.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingenium.domains.edge.doodle.strokes import LIFT
from ingenium.generators.tokens.vocabulary import END, Vocabulary


@dataclass(frozen=True)
class SketchGrammar:
    """Grammar of a word, given first strokes, and then any strokes."""

    words: int
    lift: int  # number of the token
    begun: tuple[int, ...] = ()  # tokens that every sketch begins with, after its word

    @classmethod
    def of(cls, vocabulary: Vocabulary, words: int, begun: str = "") -> "SketchGrammar":
        """Build the grammar of a vocabulary, with given first strokes."""
        tokens = vocabulary.encode([begun])[0].tolist() if begun else []
        return cls(words, vocabulary.number[LIFT], tuple(tokens))

    def start(self, n: int) -> "PenState":
        """Return the state before any token."""
        return PenState(torch.zeros(n, dtype=torch.int64), torch.zeros(n, dtype=torch.bool))

    def permits(
        self, state: "PenState", rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Mask of the tokens that may follow in their rows."""
        step, down = state.step[rows], state.down[rows]
        first = END + 1 + self.words
        word, end, lift = (ids > END) & (ids < first), ids == END, ids == self.lift
        point = (ids >= first) & ~lift
        free = torch.where(end | lift, down, point)
        free &= ~(lift & (left <= 2))  # no space for a point and the end
        begun = torch.tensor([0, *self.begun])
        at = step.clamp(max=len(self.begun))
        given = ids == begun[at]
        held = torch.where(step <= len(self.begun), given, free)
        return torch.where(step == 0, word, held)

    def follow(self, state: "PenState", ids: Int[Tensor, " n"]) -> "PenState":
        """Return the state after one more token of each row."""
        return PenState(state.step + 1, (ids != self.lift) & (ids > END + self.words))


@dataclass(frozen=True)
class PenState:
    """Number of tokens written, and a flag that the pen is on the paper."""

    step: Int[Tensor, " n"]
    down: Bool[Tensor, " n"] = field(repr=False)
