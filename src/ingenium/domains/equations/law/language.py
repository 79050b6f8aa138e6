"""Language of formulas over a table: tokens in postfix order, each with its dimension.

` length gravity / sqrt c *` is a constant times the root of length over gravity. `c` is a constant
that is a pure number; `c[m/s**2]` is one with an admitted unit. Values of constants are stored with
the text, in the order of their tokens.
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
    """Columns, units and constants of formulas over a table."""

    names: tuple[str, ...]  # of the columns
    dims: tuple[Dimension, ...]
    target: Dimension
    constants: tuple[tuple[str, Dimension], ...]  # tokens of constants that have a unit
    bases: tuple[str, ...]

    @property
    def zero(self) -> Dimension:
        """Dimension of pure numbers."""
        return (0,) * len(self.bases)

    @cached_property
    def leaves(self) -> dict[str, Dimension]:
        """Tokens without arguments, with their dimensions."""
        plain = dict.fromkeys((*WHOLE, PURE), self.zero)
        return dict(zip(self.names, self.dims, strict=True)) | plain | dict(self.constants)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All tokens, by number."""
        return (*self.leaves, *OPERATIONS)

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of each token."""
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
        """Split a text into tokens; None for an invalid formula."""
        found = tuple(text.split(" ")[1:]) if text.startswith(" ") else ()
        return found if self.whole(found) else None

    def whole(self, tokens: Sequence[str]) -> bool:
        """Return True if tokens are one formula of bounded length."""
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
        """Return operations of inconsistent units, and a result not of the target's dimension."""
        found, dim = self._checked(tokens)
        return found + (dim is not None and dim != self.target)

    def dimension(self, tokens: Sequence[str]) -> Dimension | None:
        """Return the dimension of a formula; None where its units are inconsistent."""
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
        """Encode formulas as rows of numbers, padded after their end."""
        width = max(map(len, listed), default=1)
        rows = [[self.number[t] for t in one] + [PAD] * (width - len(one)) for one in listed]
        return torch.tensor(rows, dtype=torch.int64).reshape(-1, width)


def text(tokens: Postfix) -> str:
    """Join tokens as designs store them."""
    return "".join(f" {t}" for t in tokens)


def parts(tokens: Postfix) -> Iterator[tuple[int, int]]:
    """Yield the slice of each part of a formula, which ends with its operation."""
    begins: list[int] = []
    for i, t in enumerate(tokens):
        start = i
        for _ in range(OPERATIONS[t].arity if t in OPERATIONS else 0):
            start = begins.pop()
        begins.append(start)
        yield start, i + 1
