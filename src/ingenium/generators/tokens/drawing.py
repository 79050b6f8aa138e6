"""Sampling of the next token from its probabilities, restricted by a grammar."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.tokens.codec import Grammar

PATIENCE = 24  # refusals in a row, after which the grammar is evaluated for all tokens
OPEN = 2  # numbers 0 and 1 pad and begin, and are never proposed: probabilities start with the end


@dataclass(frozen=True)
class Drawing:
    """Settings of sampling, and the share of rows that hide their conditions in training."""

    temperature: float = 1.0
    top_p: float = 1.0  # sample from the likeliest tokens that have this probability together
    hidden: float = 0.1  # share of rows that are trained without conditions, for guidance

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and 0 < self.top_p <= 1 and 0 <= self.hidden < 1):
            raise InputError("temperature > 0, 0 < top_p <= 1 and 0 <= hidden < 1", self)

    def chances(self, logits: Float[Tensor, "n v"]) -> Float64[Tensor, "n v"]:
        """Unnormalised probability of each token; 0 for those beyond `top_p`."""
        chance = (logits.double() / self.temperature).softmax(-1)
        if self.top_p == 1:
            return chance
        falling, place = torch.sort(chance, dim=-1, descending=True, stable=True)
        beyond = falling.cumsum(-1) - falling >= self.top_p
        return torch.zeros_like(chance).scatter(-1, place, falling.masked_fill(beyond, 0.0))


FREELY = Drawing()


def fall(
    chance: Float64[Tensor, "n v"], point: Float64[Tensor, " n"]
) -> tuple[Int[Tensor, " n"], Float64[Tensor, " n"]]:
    """Invert the cumulative distribution at a point of [0, 1): the column, and the place in it.

    The place is again in [0, 1). A column with probability 0 is never returned.
    """
    edges = chance.cumsum(-1)
    at = point * edges[:, -1]
    column = (edges <= at[:, None]).sum(-1).clamp(max=chance.shape[1] - 1)
    share = chance.gather(1, column[:, None])[:, 0]
    inside = (at - edges.gather(1, column[:, None])[:, 0]) / share + 1
    return column, inside.clamp(0.0, 1 - 2**-53)


def sampled(
    logits: Float[Tensor, "n v"],
    point: Float64[Tensor, " n"],
    drawing: Drawing,
    may: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Int[Tensor, " n"]:
    """Sample the token in whose probability interval a point of [0, 1) lies.

    The probability of a refused token is set to 0, and the place of the point in its interval is
    the next point. So tokens are sampled as if all refused ones had had probability 0.

    Raises:
        InputError: if a grammar permits no token.
    """
    chance = drawing.chances(logits)
    column, point = fall(chance, point)
    token = OPEN + column
    if may is None:
        return token
    full = logits.double().softmax(-1)
    rows, rounds = torch.arange(len(token), device=token.device), 0
    while len(rows := rows[~may(rows, token[rows])]):  # ends: each round takes a token of each row
        rounds += 1
        held = _held(may, rows, full.shape[1]) if rounds == PATIENCE else None
        for table in (chance, full):
            table[rows, token[rows] - OPEN] = 0.0
            if held is not None:
                table[rows] *= held
        left = chance[rows]
        spent = left.sum(1) == 0
        left[spent] = full[rows[spent]]
        if bool((left.sum(1) == 0).any()):
            raise InputError("a grammar that permits some token everywhere", "one that does not")
        column, point[rows] = fall(left, point[rows])
        token[rows] = OPEN + column
    return token


def _held(
    may: Callable[[Tensor, Tensor], Tensor], rows: Int[Tensor, " m"], width: int
) -> Bool[Tensor, "m v"]:
    """Evaluate the grammar for all tokens in some rows."""
    tokens = OPEN + torch.arange(width, device=rows.device)
    requested = may(rows.repeat_interleave(width), tokens.repeat(len(rows)))
    return requested.reshape(len(rows), width)


@dataclass(frozen=True)
class Turnstile:
    """Tokens that a grammar permits after the beginnings of a batch; all in finished rows."""

    grammar: Grammar
    state: Any
    left: int
    over: Bool[Tensor, " n"]
    places: Int[Tensor, " n"]  # of the rows in the state

    def __call__(self, rows: Int[Tensor, " m"], ids: Int[Tensor, " m"]) -> Bool[Tensor, " m"]:
        """Return for some of the rows whether each may continue with its token."""
        permitted = self.grammar.permits(self.state, self.places[rows], ids, self.left)
        return self.over[rows] | permitted
