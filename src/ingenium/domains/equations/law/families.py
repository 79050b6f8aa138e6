"""Genetic search, and samples of the grammar, as families for specs and comparisons.

Shapes: n designs, s columns of a design (tokens, then constants), c features.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.equations.law.archive import FittedLaw, LawArchive
from ingenium.domains.equations.law.codec import LawCodec
from ingenium.domains.equations.law.genetic import Entry, LawSearch
from ingenium.generators.rows import check_cond, check_rows, check_steer
from ingenium.generators.tokens.drawing import OPEN, Turnstile, sampled
from ingenium.generators.tokens.vocabulary import END, PAD
from ingenium.generators.unlearned import Unlearned
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

CHILDREN_EACH = 4  # every fourth proposal is a child


@dataclass(eq=False)
class GeneticLaws:
    """Genetic search from known laws; it proposes its archive, the front first, and children."""

    search: LawSearch
    codec: LawCodec
    generations: int
    c: int

    def __post_init__(self) -> None:
        self.shape = self.codec.shape
        self.found = torch.zeros(0, *self.shape, dtype=torch.float64)
        self.front = torch.zeros(2, dtype=torch.int64)  # laws of it, and all that are proved

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Search, with known laws as seeds.

        Raises:
            ValueError: if rows do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        seeds = self._laws(x.to(torch.float64))
        archive = self.search.evolved(seeds, self.generations, plan.progress)
        sound, others = self.search.proved(archive)
        ranked = [*sound.ranked(), *others]
        self.found = self.codec.of_laws([(law.tokens, law.constants) for law in ranked])
        self.front = torch.tensor([len(sound.front()), len(ranked) - len(others)])
        return {
            "misfit": [law.misfit for law in sound.front()],
            "expressions_on_rows": [float(archive.count.rows)],
            "expressions_by_algebra": [float(archive.count.algebra)],
        }

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose the front, random others of the archive, and children of both.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "genetic")
        n = len(cond)
        front, proved = self.front.tolist()
        behind = front + torch.randperm(max(0, proved - front), generator=rng)
        last = proved + torch.randperm(len(self.found) - proved, generator=rng)
        order = torch.cat([torch.arange(front), behind, last])[: max(0, n - n // CHILDREN_EACH)]
        seed = int(torch.randint(2**31, (1,), generator=rng))
        archive = LawArchive()
        laws = self._laws(self.found[:proved] if proved else self.found)
        archive.add(FittedLaw(tokens, own, 1.0 + i) for i, (tokens, own) in enumerate(laws))
        known = {tokens for tokens, _ in laws}
        children = self.search.children(
            archive, np.random.default_rng(seed), n - min(n, len(order)), known
        )
        rows = torch.cat([self.found[order], self.codec.of_laws(children)])
        return rows[torch.arange(n) % len(rows)]

    def state_dict(self) -> dict[str, Tensor]:
        """Return the archive."""
        return {"found": self.found, "front": self.front}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Load the archive."""
        self.found = state_dict["found"].to(torch.float64)
        self.front = state_dict["front"].to(torch.int64)
        return self

    def _laws(self, x: Tensor) -> list[Entry]:
        read = self.codec.laws(x)
        return [e for e in read if e is not None]


@dataclass(eq=False)
class GrammarLaws(Unlearned):
    """Random formulas: each token that may follow is equally likely."""

    codec: LawCodec
    c: int

    def __post_init__(self) -> None:
        self.shape = self.codec.shape

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose one formula for each row of `cond`, with constants near 1."""
        check_cond(cond, self.c)
        check_steer(steer, "grammar")
        n, words = len(cond), self.codec.words
        ids = torch.full((n, words.steps), PAD, dtype=torch.int64)
        points = torch.rand(n, words.steps, generator=rng, dtype=torch.float64)
        state, over = self.codec.grammar.start(n), torch.zeros(n, dtype=torch.bool)
        even = torch.zeros(n, words.symbols - OPEN)
        for step in range(words.steps):
            may = Turnstile(self.codec.grammar, state, words.steps - step, over, torch.arange(n))
            token = sampled(even, points[:, step], self.codec.drawing, may)
            token = torch.where(over, torch.full_like(token, PAD), token)
            ids[:, step] = token
            over = over | (token == END)
            state = self.codec.grammar.follow(state, token)
        constants = torch.exp(torch.randn(n, self.codec.k, generator=rng, dtype=torch.float64))
        return torch.cat([ids.to(torch.float64), self.codec.numbers.encode((constants,))], 1)
