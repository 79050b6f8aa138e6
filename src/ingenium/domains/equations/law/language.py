"""The language of formulas over a table: tokens in postfix order, each with its dimension.

` length gravity / sqrt c *` is a constant times the root of length over gravity. `c` is a constant
that is a pure number; `c[m/s**2]` is one with a unit that was admitted. Values of constants are
kept beside the text, in the order in which they stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Int
from torch import Tensor

from ingenium.domains.equations.law import dimension
from ingenium.domains.equations.law.dimension import Dimension
from ingenium.domains.equations.law.operations import OPERATIONS

WHOLE = ("1", "2")  # numbers that are no constants
PURE = "c"  # a constant without a unit
LONGEST, CONSTANTS = 31, 6  # tokens of a formula, and constants
PAD = -1
PATTERN = r" [^ ]+"
Postfix = tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """What formulas over a table may consist of."""

    names: tuple[str, ...]  # of the columns
    dims: tuple[Dimension, ...]
    target: Dimension
    constants: tuple[tuple[str, Dimension], ...]  # tokens of constants that have a unit
    bases: tuple[str, ...]

    @property
    def zero(self) -> Dimension:
        """Of pure numbers."""
        return (0,) * len(self.bases)

    @cached_property
    def leaves(self) -> dict[str, Dimension]:
        """Tokens without arguments, with their dimensions."""
        plain = dict.fromkeys((*WHOLE, PURE), self.zero)
        return dict(zip(self.names, self.dims, strict=True)) | plain | dict(self.constants)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All, by number."""
        return (*self.leaves, *OPERATIONS)

    @cached_property
    def number(self) -> dict[str, int]:
        """Of each token."""
        return {t: i for i, t in enumerate(self.tokens)}

    @property
    def units(self) -> tuple[tuple[str, Dimension], ...]:
        """Tokens of all constants, with their dimensions; pure numbers first."""
        return ((PURE, self.zero), *self.constants)

    @cached_property
    def held(self) -> frozenset[str]:
        """Tokens of constants."""
        return frozenset((PURE, *(name for name, _ in self.constants)))

    def split(self, text: str) -> Postfix | None:
        """The tokens of a text; None for what is no formula."""
        found = tuple(text.split(" ")[1:]) if text.startswith(" ") else ()
        return found if self.whole(found) else None

    def whole(self, tokens: Sequence[str]) -> bool:
        """Whether tokens are one formula of bounded length."""
        depth = 0
        for t in tokens:
            if t not in self.number:
                return False
            taken = OPERATIONS[t].arity if t in OPERATIONS else 0
            depth += 1 - taken
            if depth < 1:
                return False
        held = sum(t in self.held for t in tokens)
        return depth == 1 and len(tokens) <= LONGEST and held <= CONSTANTS

    def faults(self, tokens: Sequence[str]) -> int:
        """Operations whose units do not agree, and the whole if it is not the target's."""
        found, dim = self._checked(tokens)
        return found + (dim is not None and dim != self.target)

    def dimension(self, tokens: Sequence[str]) -> Dimension | None:
        """Of a formula; none where its units do not agree."""
        return self._checked(tokens)[1]

    def _checked(self, tokens: Sequence[str]) -> tuple[int, Dimension | None]:
        stack: list[Dimension | None] = []
        found = 0
        for t in tokens:
            if t in self.leaves:
                stack.append(self.leaves[t])
                continue
            taken = [stack.pop() for _ in range(OPERATIONS[t].arity)][::-1]
            known = [d for d in taken if d is not None]
            out = dimension.after(t, known) if len(known) == len(taken) else None
            found += out is None and len(known) == len(taken)
            stack.append(out)
        return found, stack[-1]

    def numbers(self, listed: Sequence[Postfix]) -> Int[Tensor, "p s"]:
        """Formulas as rows of numbers, padded after their end."""
        width = max(map(len, listed), default=1)
        rows = [[self.number[t] for t in one] + [PAD] * (width - len(one)) for one in listed]
        return torch.tensor(rows, dtype=torch.int64).reshape(-1, width)


def text(tokens: Postfix) -> str:
    """As a design holds them."""
    return "".join(f" {t}" for t in tokens)


def parts(tokens: Postfix) -> Iterator[tuple[int, int]]:
    """Where each part of a formula begins and ends: the slice that ends with its operation."""
    begins: list[int] = []
    for i, t in enumerate(tokens):
        start = i
        for _ in range(OPERATIONS[t].arity if t in OPERATIONS else 0):
            start = begins.pop()
        begins.append(start)
        yield start, i + 1
