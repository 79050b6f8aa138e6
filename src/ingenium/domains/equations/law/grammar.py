"""Grammar of formulas with consistent units, which constrains a generator of tokens.

Tokens are in postfix order, so the state of a prefix is a stack of dimensions. A token may follow
if the stack can still become one formula of the target's dimension in the remaining steps: all
entries multiplied or divided, with the shortest product of columns for the missing dimension, with
or without a final root.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from operator import add, sub

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingenium.domains.equations.law import dimension
from ingenium.domains.equations.law.dimension import Dimension
from ingenium.domains.equations.law.language import CONSTANTS, Language
from ingenium.domains.equations.law.operations import OPERATIONS
from ingenium.generators.tokens.vocabulary import END

SPECIALS = 3  # numbers before the first token of the language
ALONGSIDE = 5  # tokens of a constant between a column and itself, which may follow a number
DEEPEST, LARGEST = 6, 9  # of a stack, and tokens of a product of columns
Stack = tuple[tuple[Dimension, bool], ...]  # dimensions, each with a flag for a column in it
Beginning = tuple[Stack, int]


@dataclass(frozen=True, eq=False)
class UnitGrammar:
    """Grammar of a language; a state is a stack and the number of constants of each row."""

    language: Language

    def start(self, n: int) -> list[Beginning]:
        """Return empty stacks."""
        return [((), 0)] * n

    def permits(
        self, state: list[Beginning], rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Mask of tokens that may follow in their rows and still allow an end in time."""
        requested = zip(rows.tolist(), ids.tolist(), strict=True)
        return torch.tensor(
            [self._may(state[row], i, left) for row, i in requested], dtype=torch.bool
        )

    def follow(self, state: list[Beginning], ids: Int[Tensor, " n"]) -> list[Beginning]:
        """Return the stacks after one more token each."""
        both = zip(state, ids.tolist(), strict=True)
        return [self._after(one, i) or one if i > END else one for one, i in both]

    def _may(self, one: Beginning, i: int, left: int) -> bool:
        if i == END:
            stack = one[0]
            return len(stack) == 1 and stack[0] == (self.language.target, True)
        after = self._after(one, i)
        return after is not None and self._ends(after[0], room=after[1] < CONSTANTS) <= left - 2

    def _after(self, one: Beginning, i: int) -> Beginning | None:
        """Return the stack after a token; None where it may not follow."""
        stack, held = one
        token = self.language.tokens[i - SPECIALS]
        if token in self.language.leaves:
            column = token in self.language.names
            if not column and stack and not stack[-1][1]:
                return None  # two numbers would make a number
            held += token in self.language.held
            entry = (self.language.leaves[token], column)
            return ((*stack, entry), held) if held <= CONSTANTS and len(stack) < DEEPEST else None
        arity = OPERATIONS[token].arity
        if len(stack) < arity:
            return None
        taken = stack[len(stack) - arity :]
        dim = dimension.after(token, [d for d, _ in taken])
        if dim is None or not any(c for _, c in taken):
            return None
        return (*stack[: len(stack) - arity], (dim, True)), held

    def _ends(self, stack: Stack, *, room: bool) -> float:
        """Return the number of tokens that suffice to end, without the end itself.

        A root may be last. With `room` a constant with a unit may be among them.
        """
        requested = (stack, room)
        if requested not in self._known_ends:
            self._known_ends[requested] = self._searched_ends(stack, self.shortest[room])
        return self._known_ends[requested]

    @cached_property
    def _known_ends(self) -> dict[tuple[Stack, bool], float]:
        """Cache of `_ends`: the same few stacks recur."""
        return {}

    def _searched_ends(self, stack: Stack, shortest: Mapping[Dimension, int]) -> float:
        joined, column = len(stack) - 1, any(own for _, own in stack)
        (first, _), *others = stack
        found = float("inf")
        for root in (0, 1):
            target = tuple((1 + root) * t for t in self.language.target)
            rests = {tuple(map(sub, target, first))}
            for dim, _ in others:  # multiplied or divided: equal products count once
                rests = {tuple(map(how, r, dim)) for r in rests for how in (add, sub)}
            for rest in rests:
                more = 0 if column and not any(rest) else 1 + shortest.get(rest, found)
                found = min(found, joined + root + more)
        return float(found)

    @cached_property
    def shortest(self) -> tuple[dict[Dimension, int], dict[Dimension, int]]:
        """Token counts of the shortest product by dimension, without and with a constant."""
        columns = _products(dict.fromkeys(self.language.dims, 1))
        both = dict(columns)
        for _, held in self.language.constants:
            both.setdefault(held, ALONGSIDE)
            for (dim, own), how in product(columns.items(), (add, sub)):
                whole = tuple(map(how, dim, held))
                both[whole] = min(own + 2, both.get(whole, own + 2))
        return columns, both


def _products(leaves: Mapping[Dimension, int]) -> dict[Dimension, int]:
    """Token counts of the shortest product, by dimension."""
    cost = dict(leaves)
    for size in range(2, LARGEST + 1):
        new: dict[Dimension, int] = {}
        listed = list(cost.items())
        for a, one in listed:
            for b, other in listed:
                if one + other == size - 1:
                    new[tuple(x + y for x, y in zip(a, b, strict=True))] = size
                    new[tuple(x - y for x, y in zip(a, b, strict=True))] = size
        for dim, own in new.items():
            cost.setdefault(dim, own)
    return cost
