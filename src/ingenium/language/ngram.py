"""Interpolated n-gram model of words, as a family of generators.

Source: Jelinek and Mercer, Interpolated estimation of Markov source parameters, 1980.
"""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.generators.rows import check_cond, check_rows, check_steer
from ingenium.generators.tokens.codec import Grammar, Tokens, check_ids
from ingenium.generators.tokens.drawing import FREELY, OPEN, Drawing, Turnstile, sampled
from ingenium.generators.tokens.vocabulary import BEGIN, END, PAD
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

HELD_OUT = 10  # every tenth text determines the weight of each order
ROUNDS = 20  # of expectation and maximisation
Context = tuple[int, ...]


@runtime_checkable
class Masking(Protocol):
    """A grammar that returns the permitted tokens of all rows as a mask."""

    def masks(self, state: Any) -> Bool[np.ndarray, "n v"]:
        """Return a row for each beginning."""
        ...


class NGram:
    """Mixture of token probabilities after none, one and two tokens, with a grammar if any.

    The mixture maximises the likelihood of every tenth text, with counts of the others.

    Shapes: n designs, s steps, v symbols but two.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        tokens: Tokens,
        grammar: Grammar | None = None,
        drawing: Drawing = FREELY,
    ) -> None:
        self.shape, self.c, self.tokens = shape, c, tokens
        self.grammar, self.drawing = grammar, drawing
        self.mix = np.array([0.05, 0.25, 0.4, 0.3])  # even, of one, of two, of three
        self.ids = torch.zeros(0, shape[0], dtype=torch.int32)
        self._count(self.ids.numpy())

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Count, and find the mixture; conditions are ignored.

        Raises:
            ValueError: if rows do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        ids = check_ids(x, self.tokens.symbols).to(torch.int32)
        distance = torch.arange(len(ids)) % HELD_OUT == HELD_OUT - 1
        if bool(distance.any()) and not bool(distance.all()):
            self._count(ids[~distance].numpy())
            self._mixed(ids[distance].numpy())
        self.ids = ids
        self._count(ids.numpy())
        return {"mean_loss": [float(-self.log_density(x, cond).mean())]}

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One text for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "ngram")
        n, s = len(cond), self.shape[0]
        points = torch.rand(n, s, generator=rng, dtype=torch.float64)
        ids = torch.full((n, s), PAD, dtype=torch.int64)
        over = torch.zeros(n, dtype=torch.bool)
        state: Any = self.grammar.start(n) if self.grammar else None
        for step in range(s):
            if step == s - 1:
                token = torch.full((n,), END)
            else:
                token = self._drawn(ids[:, :step], points[:, step], state, s - step)
            token = torch.where(over, torch.full_like(token, PAD), token)
            ids[:, step] = token
            over = over | (token == END)
            if bool(over.all()):
                break
            if self.grammar:
                state = self.grammar.follow(state, token)
        return ids.to(torch.float32)

    def _drawn(self, before: Tensor, point: Tensor, state: Any, left: int) -> Int[Tensor, " n"]:
        """Sample the next token of each row, among all that the grammar permits if it has masks."""
        chances = self._chances(before.numpy())
        over = (before == END).any(1)
        if isinstance(self.grammar, Masking):
            masks = self.grammar.masks(state)[:, OPEN:] | over.numpy()[:, None]
            return sampled(_logarithm(chances * masks), point, self.drawing)
        rows = torch.arange(len(before))
        may = None
        if self.grammar is not None:
            may = Turnstile(self.grammar, state, left, over, rows)
        return sampled(_logarithm(chances), point, self.drawing, may)

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Log probability of each text without the grammar (nats)."""
        rows = [float(np.log(self.surprises(row)).sum()) for row in _texts(x.numpy())]
        return torch.tensor(rows, dtype=torch.float32)

    def surprises(self, text: list[int]) -> np.ndarray:
        """Return the probability of each token of a text, and of its end."""
        parts = [
            self._parts(token, tuple(([BEGIN, BEGIN, *text])[i : i + 2]))
            for i, token in enumerate([*text, END])
        ]
        return np.asarray(np.array(parts) @ self.mix)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the training texts, and the mixture."""
        return {"ids": self.ids, "mix": torch.from_numpy(self.mix)}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Load the state and count again."""
        self.ids = state_dict["ids"].to(torch.int32)
        self.mix = state_dict["mix"].to(torch.float64).numpy().copy()
        self._count(self.ids.numpy())
        return self

    def _count(self, rows: np.ndarray) -> None:
        """Count how often each token follows each context of none, one or two."""
        size = self.tokens.symbols - OPEN
        self.single = np.zeros(size)
        self.after: dict[Context, tuple[np.ndarray, np.ndarray]] = {}
        counts: dict[Context, dict[int, int]] = {}
        for text in _texts(rows):
            before = (BEGIN, BEGIN)
            for token in [*text, END]:
                self.single[token - OPEN] += 1
                contexts: tuple[Context, ...] = (before, before[1:])
                for context in contexts:
                    own = counts.setdefault(context, {})
                    own[token] = own.get(token, 0) + 1
                before = (before[1], token)
        for context, own in counts.items():
            share = np.array(list(own.values()), dtype=np.float64)
            self.after[context] = (np.array(list(own)) - OPEN, share / share.sum())
        total = self.single.sum()
        self.single = self.single / total if total else np.full(size, 1 / size)

    def _chances(self, before: Int[np.ndarray, "n s"]) -> Float[np.ndarray, "n v"]:
        """Probabilities of the next token of each row; unknown contexts fall back to shorter."""
        size = len(self.single)
        base = self.mix[0] / size + self.mix[1] * self.single
        found = np.tile(base, (len(before), 1))
        for row, ids in zip(found, before.tolist(), strict=True):  # contexts differ
            context = tuple(([BEGIN, BEGIN, *ids])[-2:])
            for part, key in ((self.mix[2], context[1:]), (self.mix[3], context)):
                if key in self.after:
                    tokens, share = self.after[key]
                    row[tokens] += part * share
                else:
                    row += part * self.single
        return found

    def _parts(self, token: int, context: Context) -> list[float]:
        """Probability of a token by each order."""
        own = token - OPEN
        parts = [1 / len(self.single), float(self.single[own])]
        for key in (context[1:], context):
            tokens, share = self.after.get(key, (np.zeros(0, int), np.zeros(0)))
            met = share[tokens == own]
            parts.append(float(met.sum()) if key in self.after else float(self.single[own]))
        return parts

    def _mixed(self, rows: np.ndarray) -> None:
        """Fit the mixture to the texts that were not counted."""
        parts = np.array(
            [
                self._parts(token, tuple(([BEGIN, BEGIN, *text])[i : i + 2]))
                for text in _texts(rows)
                for i, token in enumerate([*text, END])
            ]
        )
        mix = np.full(4, 0.25)
        for _ in range(ROUNDS):
            worth = parts * mix
            mix = (worth / worth.sum(1, keepdims=True)).mean(0)
        self.mix = mix


def _texts(rows: np.ndarray) -> list[list[int]]:
    """Tokens of each row up to its end."""
    return [[int(t) for t in row[: int(np.argmax(row == END))]] for row in rows]


def _logarithm(chances: Float[np.ndarray, "n v"]) -> Float[Tensor, "n v"]:
    with np.errstate(divide="ignore"):
        return torch.from_numpy(np.log(chances))
