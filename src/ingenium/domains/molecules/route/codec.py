"""Codec of routes: the choices that lead to a route, as tokens.

Token 3 + k selects step k of those that make the next open molecule, the most promising first;
larger numbers wrap around. So every row of tokens is a route, and any family on tokens proposes
routes only.

Shapes: n designs, s choices and their end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.text import codes, texts
from ingenium.domains.molecules.route.chemistry import MOST_STEPS, Chemistry
from ingenium.domains.molecules.route.route import Route, chosen, read, walked
from ingenium.generators.tokens.codec import Grammar
from ingenium.generators.tokens.vocabulary import END, PAD

FIRST = END + 1  # token of the first choice


@dataclass(frozen=True)
class Choices:
    """Routes to one target as the choices of a walk."""

    chemistry: Chemistry
    target: str
    deepest: int
    most: int  # choices of a design
    longest: int  # characters of its text
    name: str
    tolerance: float = field(default=0.0, init=False)
    grammar: Grammar | None = field(default=None, init=False)  # every choice leads to a route

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        return (self.most + 1,)

    @property
    def symbols(self) -> int:
        """Number of tokens."""
        return FIRST + MOST_STEPS

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n s"]:
        """Return the tokens of the choices that lead to each route.

        Raises:
            InputError: for a text that is no route of these reactions, or one that is too long.
        """
        read_all = [read(text, self.target) for text in texts(arrays[0], name=self.name)]
        return self.of_routes([r if r is not None else Route("") for r in read_all])

    def of_routes(self, routes: Sequence[Route]) -> Float[Tensor, "n s"]:
        """Encode `Route` objects.

        Raises:
            InputError: for a route that no walk of at most `most` choices leads to.
        """
        ids = np.full((len(routes), self.most + 1), PAD, np.float32)
        for row, route in zip(ids, routes, strict=True):
            choices = chosen(self.chemistry, route, self.deepest) if route.target else None
            if choices is None or len(choices) > self.most:
                raise InputError(
                    f"{self.name} as a route to {self.target} of at most {self.most} of the "
                    "steps that a walk finds",
                    route.text or "none",
                    "Leave it out.",
                )
            row[: len(choices)] = np.array(choices) + FIRST
            row[len(choices)] = END
        return torch.from_numpy(ids)

    def decode(self, x: Float[Tensor, "n s"]) -> tuple[Tensor, ...]:
        """Return code points of the routes to which the choices lead."""
        return (codes([r.text for r in self.to_routes(x)], self.longest, name=self.name),)

    def to_routes(self, x: Float[Tensor, "n s"]) -> list[Route]:
        """Return the routes to which choices lead, each up to its end."""
        rows = x.detach().round().to(torch.int64).tolist()
        return [self._route([max(i, 0) for i in row]) for row in rows]

    def _route(self, ids: list[int]) -> Route:
        choices = []
        for token in ids[: self.most]:
            if token < FIRST:
                break
            choices.append(token - FIRST)
        route = walked(self.chemistry, self.target, choices, self.deepest)
        while len(route.text) > self.longest:  # one step less, until the text fits
            choices = choices[:-1]
            route = walked(self.chemistry, self.target, choices, self.deepest)
        return route
