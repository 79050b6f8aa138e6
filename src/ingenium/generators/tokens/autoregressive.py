"""Autoregressive families on tokens: the probability of each token given those before it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.generators.tokens.codec import Grammar, Tokens, check_ids
from ingenium.generators.tokens.decoders import Decoder
from ingenium.generators.tokens.drawing import FREELY, OPEN, Drawing, Turnstile, sampled
from ingenium.generators.tokens.vocabulary import BEGIN, END, PAD
from ingenium.sampling.noise import uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.scale.chain import Chain
from ingenium.train.plan import Plan, Turn

PIECES, ENOUGH = 4, 64  # number of length classes of a batch, and least rows of a class


class TokenAutoregressive(Model):
    """A decoder of the probability of each token given those before it, up to the end.

    Conditions are added to the embedding of every token. A share of the training rows hides them,
    for classifier-free guidance of proposals. With a grammar only permitted tokens are sampled; the
    density is then that of the masked probabilities. The last step can only be the end. In training
    a share `dropout` of the inputs and of the hidden state of the decoder is left out, the same
    numbers at all steps of a design.

    Shapes: n designs, s steps, w numbers of a step, m steps of all designs, v symbols but two.
    Source: Graves, 2013, arXiv:1308.0850; Ho and Salimans, 2022, arXiv:2207.12598 (guidance);
        Holtzman et al., ICLR 2020, arXiv:1904.09751 (the likeliest tokens); Gal and Ghahramani,
        NeurIPS 2016, arXiv:1512.05287 (dropout).
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        tokens: Tokens,
        decoder: Decoder,
        *,
        width: int,
        drawing: Drawing = FREELY,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(shape, c)
        if not 0 <= dropout < 1:
            raise InputError("a dropout from 0 to below 1", dropout, "Leave out a tenth: 0.1.")
        if len(shape) != 1 or shape[0] < 1:
            raise InputError("designs of tokens, of shape (s,)", shape, "Use a codec of tokens.")
        self.steps, self.tokens, self.drawing = shape[0], tokens, drawing
        self.dropout = dropout
        self.told = nn.Sequential(nn.Linear(c, width), nn.SiLU(), nn.Linear(width, width))
        self.unknown = nn.Parameter(torch.zeros(width))
        self.embed = nn.Embedding(tokens.symbols, width)
        self.position = nn.Parameter(torch.zeros(self.steps, width))
        self.decoder = decoder
        self.head = nn.Linear(width, tokens.symbols - OPEN)
        with torch.no_grad():
            for weight in (self.embed.weight, self.position, self.head.weight):
                weight.normal_(0, 0.02)
            self.head.bias.zero_()

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

    def turns(self) -> tuple[Turn, ...]:
        """Optimise all parameters on the loss, with a shorter memory of squared gradients."""
        return (Turn(tuple(self.parameters()), self.loss, betas=(0.9, 0.98)),)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log density without grammar, for each step of a design (nats)."""
        hide = uniform(cond.new_empty(len(cond), 1), rng) < self.drawing.hidden
        condition = torch.where(hide, self.unknown, self.told(cond))
        return self._surprise(x.to(torch.int64), condition, rng) / self.steps

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss with all conditions shown."""
        with torch.no_grad():
            return self.surprise(x, cond) / self.steps

    def surprise(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Differentiable negative log density without grammar (nats)."""
        return self._surprise(x.to(torch.int64), self.told(cond))

    def _surprise(
        self,
        ids: Int[Tensor, "n s"],
        condition: Float[Tensor, "n w"],
        rng: torch.Generator | None = None,
    ) -> Float[Tensor, " n"]:
        """Negative log density of each row, in pieces of similar length to save work on padding."""
        length = lengths(ids)
        order, pieces = by_length(length)
        with half(condition.device):
            parts = [
                self._piece(ids[rows, : length[rows].max()], condition[rows], rng)
                for rows in pieces
            ]
        return torch.cat(parts)[order.argsort()]

    def _piece(
        self, ids: Int[Tensor, "n s"], condition: Float[Tensor, "n w"], rng: torch.Generator | None
    ) -> Float[Tensor, " n"]:
        counts = self.choices(ids)
        logits = self.head(self._known(ids, condition, rng)[counts]).float()
        lost = functional.cross_entropy(logits, ids[counts] - OPEN, reduction="none")
        row = counts.nonzero()[:, 0]
        return lost.new_zeros(len(ids)).index_add(0, row, lost)

    def choices(self, ids: Int[Tensor, "n s"]) -> Tensor:
        """Mark the steps with a choice: up to the end, without the last (always the end)."""
        return (ids != PAD) & (torch.arange(ids.shape[1], device=ids.device) < self.steps - 1)

    def _known(
        self,
        ids: Int[Tensor, "n s"],
        condition: Float[Tensor, "n w"],
        rng: torch.Generator | None = None,
    ) -> Float[Tensor, "n s w"]:
        """Hidden state before each token; with dropout if a generator is given."""
        before = functional.pad(ids[:, :-1], (1, 0), value=BEGIN)
        read = self.embed(before) + condition[:, None] + self.position[: ids.shape[1]]
        return self._thinned(self.decoder(self._thinned(read, rng)), rng)

    def _thinned(
        self, numbers: Float[Tensor, "n s w"], rng: torch.Generator | None
    ) -> Float[Tensor, "n s w"]:
        if rng is None or not self.dropout:
            return numbers
        retained = uniform(numbers[:, :1], rng) >= self.dropout
        return numbers * retained / (1 - self.dropout)

    def chain(self) -> Chain:
        """Return its parts for training over many ranks.

        Raises:
            InputError: for a decoder that is no transformer, or dropout.
        """
        from ingenium.generators.tokens.chained import chained

        return chained(self)

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Exact log probability of each design at temperature 1, with all tokens (nats).

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        return self._chance(check_ids(x, self.tokens.symbols), self.told(cond))

    def _chance(
        self, ids: Int[Tensor, "n s"], condition: Float[Tensor, "n w"]
    ) -> Float[Tensor, " n"]:
        """Log probability of each sequence under the grammar."""
        logits = self.head(self._known(ids, condition))
        if self.tokens.grammar is not None:
            refused = ~permitted(self.tokens.grammar, ids, self.tokens.symbols)
            logits = logits.masked_fill(refused, -torch.inf)
        chosen = (ids - OPEN).clamp(min=0)[..., None]
        chance = logits.log_softmax(-1).gather(-1, chosen)[..., 0]
        total: Tensor = chance.where(self.choices(ids), 0.0).sum(1)
        return total

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, token by token.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests unsupported guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "tokens, which have no gradient", weight=True)
        return self._write(self.told(cond), self.unknown.expand(len(cond), -1), rng, steer)

    def follow(
        self, token: Int[Tensor, " n"], condition: Float[Tensor, "n w"], step: int, memory: Any
    ) -> tuple[Float[Tensor, "n v"], Any]:
        """Return logits after one more token, and the memory with it."""
        read = self.embed(token) + condition + self.position[step]
        known, memory = self.decoder.follow(read, memory)
        return self.head(known), memory

    def scores(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> tuple[Float[Tensor, "m v"], Int[Tensor, " m"]]:
        """Logits at all steps with a choice, with a gradient, and the tokens chosen."""
        known, got = self.states(x, cond)
        return self.head(known), got

    def states(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> tuple[Float[Tensor, "m w"], Int[Tensor, " m"]]:
        """Hidden states at these steps, the shortest designs first, and the tokens chosen."""
        ids, condition = x.to(torch.int64), self.told(cond)
        length = lengths(ids)
        known, got = list[Tensor](), list[Tensor]()
        for rows in by_length(length)[1]:
            own = ids[rows, : length[rows].max()]
            counts = self.choices(own)
            known.append(self._known(own, condition[rows])[counts])
            got.append(own[counts] - OPEN)
        return torch.cat(known), torch.cat(got)

    def _write(
        self,
        shown: Float[Tensor, "n w"],
        hidden: Float[Tensor, "n w"],
        rng: torch.Generator,
        steer: Steer,
    ) -> Float[Tensor, "n *shape"]:
        """Write designs under the embedded conditions, guided away from the hidden ones."""
        n, times, grammar = len(shown), 1 if steer.weight == 1.0 else 2, self.tokens.grammar
        condition = torch.cat([shown, hidden])[: times * n]
        memory = self.decoder.begin(len(condition), self.steps, condition)
        state = None if grammar is None else grammar.start(n)
        rows = torch.arange(n, device=condition.device)  # rows without an end so far
        ids = torch.full((n, self.steps), PAD, device=condition.device)
        token = torch.full((n,), BEGIN, device=condition.device)
        for step in range(self.steps - 1):  # each needs the one before
            logits, memory = self.follow(token[rows].repeat(times), condition, step, memory)
            logits = guided(logits, steer.weight)
            over = (ids[rows] == END).any(1)
            may = None
            if grammar is not None:
                may = Turnstile(grammar, state, self.steps - step, over, rows)
            point = uniform(condition.new_empty(n, dtype=torch.float64), rng)[rows]
            token = torch.full_like(token, PAD)
            token[rows] = sampled(logits, point, self.drawing, may).masked_fill(over, PAD)
            ids[:, step] = token
            going = (token[rows] > END).nonzero()[:, 0]
            if not len(going):
                break
            if grammar is not None:
                state = grammar.follow(state, token)
            if 2 * len(going) <= len(rows):  # continue with the rest alone
                both = torch.cat([going + k * len(rows) for k in range(times)])
                memory, condition = self.decoder.retained(memory, both), condition[both]
                rows = rows[going]
        ids[~(ids == END).any(1), -1] = END
        return finish(ids.to(condition), steer)


def guided(logits: Float[Tensor, "m v"], weight: float) -> Float[Tensor, "n v"]:
    """Return logits, or extrapolate them from rows without conditions to those with them."""
    if weight == 1.0:
        return logits
    shown, hidden = logits.log_softmax(-1).chunk(2)
    return hidden + weight * (shown - hidden)


def permitted(grammar: Grammar, ids: Int[Tensor, "n s"], symbols: int) -> Bool[Tensor, "n s v"]:
    """Mark the tokens that a grammar permits at each step of designs; all after their end."""
    n, steps = ids.shape
    state, rows = grammar.start(n), torch.arange(n)
    out = torch.ones(n, steps, symbols - OPEN, dtype=torch.bool)
    for step in range(steps - 1):
        going = rows[ids[:, step] != PAD]
        for token in range(OPEN, symbols):
            requested = torch.full((len(going),), token)
            out[going, step, token - OPEN] = grammar.permits(state, going, requested, steps - step)
        state = grammar.follow(state, ids[:, step])
    return out


def lengths(ids: Int[Tensor, "n s"]) -> Int[Tensor, " n"]:
    """Number of steps of each row up to its end, at least one."""
    return (ids != PAD).sum(1).clamp(min=1)


def by_length(length: Int[Tensor, " n"]) -> tuple[Int[Tensor, " n"], tuple[Tensor, ...]]:
    """Sort rows by length and cut them into pieces, to save work on padding."""
    order = length.argsort(stable=True)
    return order, order.chunk(min(PIECES, -(-len(length) // ENOUGH)))


def half(device: torch.device) -> AbstractContextManager[object]:
    """Half precision on processors that compute it natively; on a GPU the trainer decides."""
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return torch.autocast("cpu", dtype=torch.bfloat16)
    return nullcontext()
