"""Masked diffusion of token sequences: tokens are uncovered one by one, in any order."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.generators.tokens.autoregressive import guided, half
from ingenium.generators.tokens.codec import Tokens, check_ids
from ingenium.generators.tokens.decoders import DecoderBlock
from ingenium.generators.tokens.drawing import FREELY, OPEN, Drawing, Turnstile, sampled
from ingenium.generators.tokens.vocabulary import END, PAD
from ingenium.sampling.noise import uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

LEAST = 1e-3  # share of tokens that is covered at least in training


@dataclass(frozen=True)
class MaskedDiffusionSettings:
    """Network."""

    width: int = 192
    layers: int = 4
    heads: int = 4


class MaskedDiffusion(Model):
    """A transformer that predicts covered tokens from all the others.

    In training a random share of the tokens is covered, and predictions are weighted by the inverse
    of that share, which makes the loss a bound of the negative log density. A proposal starts with
    everything covered and uncovers one place after the other, in a random order; with a grammar
    from left to right, so that the result obeys it. Places after the end hold ends, of which the
    first counts.

    Shapes: n designs, s steps, w numbers of a step.
    Source: Sahoo et al., NeurIPS 2024, arXiv:2406.07524, eq. 10 (linear schedule); Zheng et al.,
        ICLR 2025, arXiv:2409.02908 (one place at a time); Kingma et al., NeurIPS 2021,
        arXiv:2107.00630, appendix I.1 (shares that are spread evenly over a batch).
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        tokens: Tokens,
        *,
        settings: MaskedDiffusionSettings = MaskedDiffusionSettings(),
        drawing: Drawing = FREELY,
    ) -> None:
        super().__init__(shape, c)
        self.steps, self.tokens, self.drawing = shape[0], tokens, drawing
        width, layers = settings.width, settings.layers
        self.told = nn.Sequential(nn.Linear(c, width), nn.SiLU(), nn.Linear(width, width))
        self.unknown = nn.Parameter(torch.zeros(width))
        self.embed = nn.Embedding(tokens.symbols + 1, width)  # the last is a cover
        self.position = nn.Parameter(torch.zeros(self.steps, width))
        self.blocks = nn.Sequential(
            *(DecoderBlock(width, settings.heads, layers) for _ in range(layers))
        )
        self.head = nn.Sequential(
            nn.LayerNorm(width, bias=False), nn.Linear(width, tokens.symbols - OPEN)
        )
        with torch.no_grad():
            for weight in (self.embed.weight, self.position):
                weight.normal_(0, 0.02)

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train on all rows under `plan`.

        Raises:
            ValueError: if rows or plan do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        check_ids(x, self.tokens.symbols)
        return super().fit(x, cond, plan)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Upper bound of the negative log density without grammar, for each step (nats)."""
        hide = uniform(cond.new_empty(len(cond), 1), rng) < self.drawing.hidden
        return self._bound(x, torch.where(hide, self.unknown, self.told(cond)), rng)

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss with all conditions shown."""
        with torch.no_grad():
            return self._bound(x, self.told(cond), rng)

    def _bound(
        self, x: Float[Tensor, "n s"], condition: Float[Tensor, "n w"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        ids = x.to(torch.int64)
        ids = ids.masked_fill(ids == PAD, END)
        spread = torch.arange(len(ids), device=ids.device)[:, None] / len(ids)
        share = LEAST + (1 - LEAST) * ((uniform(condition.new_empty(1, 1), rng) + spread) % 1)
        covered = uniform(condition.new_empty(ids.shape), rng) < share
        with half(condition.device):
            known = self._known(ids.masked_fill(covered, self.tokens.symbols), condition)
            logits: Tensor = self.head(known[covered])
        lost = functional.cross_entropy(logits.float(), ids[covered] - OPEN, reduction="none")
        row = covered.nonzero()[:, 0]
        total = lost.new_zeros(len(ids)).index_add(0, row, lost)
        return total / (share[:, 0] * self.steps)

    def _known(
        self, ids: Int[Tensor, "n s"], condition: Float[Tensor, "n w"]
    ) -> Float[Tensor, "n s w"]:
        """Hidden state at each place, from all uncovered tokens."""
        x: Tensor = self.embed(ids) + condition[:, None] + self.position
        for block in (m for m in self.blocks if isinstance(m, DecoderBlock)):
            q, k, v = block.triple(x)
            x = block.rest(x, functional.scaled_dot_product_attention(q, k, v))
        return x

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, place by place.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests unsupported guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "tokens, which have no gradient", weight=True)
        n, times = len(cond), 1 if steer.weight == 1.0 else 2
        condition = torch.cat([self.told(cond), self.unknown.expand(n, -1)])[: times * n]
        order, grammar = self._order(cond, rng), self.tokens.grammar
        state = None if grammar is None else grammar.start(n)
        rows = torch.arange(n, device=cond.device)
        ids = torch.full((n, self.steps), self.tokens.symbols, device=cond.device)
        for step in range(self.steps):  # each needs those before
            place, over = order[:, step], (ids == END).any(1)
            known = self._known(ids.repeat(times, 1), condition)
            logits: Tensor = self.head(known[torch.arange(times * n), place.repeat(times)])
            may = (
                None
                if grammar is None
                else Turnstile(grammar, state, self.steps - step, over, rows)
            )
            point = uniform(cond.new_empty(n, dtype=torch.float64), rng)
            token = sampled(guided(logits, steer.weight), point, self.drawing, may)
            if grammar is not None:
                token = token.masked_fill(over, END)
                state = grammar.follow(state, token.masked_fill(over, PAD))
            ids[rows, place] = token
        return finish(ended(ids).to(cond), steer)

    def _order(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Int[Tensor, "n {self.steps}"]:
        """Order in which the places of each design are uncovered."""
        if self.tokens.grammar is not None:
            return torch.arange(self.steps, device=cond.device).expand(len(cond), -1)
        keys = uniform(cond.new_empty(len(cond), self.steps), rng)
        return torch.argsort(keys, dim=1, stable=True)


def ended(ids: Int[Tensor, "n s"]) -> Int[Tensor, "n s"]:
    """Cut sequences at their first end; the last place is one at the latest."""
    ids = ids.clone()
    ids[:, -1] = END
    before = functional.pad((ids == END).cumsum(1)[:, :-1], (1, 0))
    return ids.masked_fill(before > 0, PAD)
