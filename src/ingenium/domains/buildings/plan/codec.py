"""Codec of plans in the tokens of their dissection."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ingenium.domains.buildings.plan.dissection import DissectionGrammar
from ingenium.domains.buildings.plan.layout import DEPTHS, GLAZING, PATTERN, WIDTHS, RowLayout
from ingenium.domains.buildings.plan.spaces import arrays_of, plans
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

SIZES = 4  # tokens of depths, widths and glazing


@dataclass(frozen=True)
class PlanCodec(TokenCodec):
    """Token numbers of dissections, to plans and back.

    Shapes: n designs, s steps.
    """

    layout: RowLayout | None = None

    @classmethod
    def of(cls, layout: RowLayout) -> "PlanCodec":
        """Build the codec of a layout."""
        rooms, rows = layout.spaces.rooms, 2 * layout.spaces.storeys
        pieces = [f"{k}{d}" for k in "ns" for d in DEPTHS]
        pieces += [f"c{w}" for w in WIDTHS] + [f"g{g}" for g in GLAZING]
        pieces += [f"{k}{i}" for k in "rq" for i in range(rooms)] + ["|", "/"]
        vocabulary = Vocabulary(tuple(pieces), PATTERN)
        steps = SIZES + rooms + rows + 1
        grammar = DissectionGrammar(vocabulary, rooms, rows)
        return cls(vocabulary, steps, 8 * steps, grammar, "dissection", layout=layout)

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n {self.steps}"]:
        """Return the token numbers of each plan.

        Raises:
            InputError: for a plan that is no dissection along a corridor.
        """
        assert self.layout is not None
        found = [self.layout.text(p) if p else "" for p in plans(arrays)]
        return self.of_texts(found)

    def decode(self, x: Float[Tensor, "n {self.steps}"]) -> tuple[Tensor, ...]:
        """Return the arrays of the plans of token numbers."""
        assert self.layout is not None
        listed = [self.layout.plan(t) for t in self.to_texts(x)]
        if not listed:
            empty = self.layout.plan("")
            return tuple(a[:0] for a in arrays_of([empty]))
        return arrays_of(listed)
