"""Trained reader as a family: it writes laws of a table, under the grammar of units.

Shapes: n designs, s columns of a design (tokens, then constants), c features.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from safetensors.torch import load_file
from torch import Tensor

from ingenium.domains.equations.law.codec import LawCodec
from ingenium.domains.equations.law.reader import LawReader, condition, symbols
from ingenium.domains.equations.law.table import MeasuredTable
from ingenium.generators.rows import check_cond, check_steer
from ingenium.generators.tokens.drawing import Turnstile, sampled
from ingenium.generators.tokens.vocabulary import BEGIN, END, PAD
from ingenium.generators.unlearned import Unlearned
from ingenium.sampling.steer import FREE, Steer

WEIGHTS = Path(__file__).parent / "reader.safetensors"


@dataclass(eq=False)
class ReadLaws(Unlearned):
    """Laws of one table by a network trained on others; constants start near 1.

    A fit only checks its inputs: the network is conditioned on rows of the table.
    """

    table: MeasuredTable
    codec: LawCodec
    c: int

    def __post_init__(self) -> None:
        self.shape = self.codec.shape
        self.reader = LawReader().eval()

    @cached_property
    def about(self) -> Float[Tensor, "1 t"]:
        """Encoding of the table."""
        rows, own = self.table.train, self.table
        dims = (*own.language.dims, own.language.target)
        return condition(own.columns[:, rows], own.values[rows], dims)[None]

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose one law for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "reader")
        n = len(cond)
        points = torch.rand(n, self.codec.steps, generator=rng, dtype=torch.float64)
        ids = self.written(points)
        constants = torch.exp(torch.randn(n, self.codec.k, generator=rng, dtype=torch.float64))
        return torch.cat([ids.to(torch.float64), self.codec.numbers.encode((constants,))], 1)

    @torch.no_grad()
    def written(self, points: Float[Tensor, "n s"]) -> Int[Tensor, "n s"]:
        """Sample tokens of laws by inverting their distributions at points of [0, 1)."""
        n, steps = points.shape
        language, grammar = self.codec.language, self.codec.grammar
        known = symbols(language)  # of the end and the tokens of this table
        after = torch.tensor([PAD, BEGIN, END, *(known[1:] + END).tolist()])
        ids = torch.full((n, steps), PAD, dtype=torch.int64)
        state, over = grammar.start(n), torch.zeros(n, dtype=torch.bool)
        token, cache = torch.full((n,), BEGIN), self.reader.begin(self.about, n)
        for step in range(steps):  # each needs the one before
            scores, cache = self.reader.follow(after[token], step, cache)
            may = Turnstile(grammar, state, steps - step, over, torch.arange(n))
            token = sampled(scores[:, known], points[:, step], self.codec.drawing, may)
            token = torch.where(over, torch.full_like(token, PAD), token)
            ids[:, step] = token
            over = over | (token == END)
            state = grammar.follow(state, token)
            if bool(over.all()):
                break
        return ids

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights of the network."""
        found: dict[str, Tensor] = self.reader.state_dict()
        return found

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> Any:
        """Load the weights of the network."""
        return self.reader.load_state_dict({k: v.float() for k, v in state_dict.items()})


def opened(table: MeasuredTable, codec: LawCodec, weights: Path = WEIGHTS) -> ReadLaws:
    """Open the trained reader, for a table."""
    found = ReadLaws(table, codec, 1)
    found.load_state_dict(load_file(weights))
    return found
