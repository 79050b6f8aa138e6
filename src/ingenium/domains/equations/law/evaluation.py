"""Batched evaluation of formulas over all rows of a table: values, and slopes by constants.

Each formula has a stack; at each step the formulas with the same operation are batched.

Shapes: p formulas, s tokens, k constants, v columns, r rows.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int
from torch import Tensor

from ingenium.domains.equations.law.language import PAD, WHOLE, Language
from ingenium.domains.equations.law.operations import OPERATIONS


@dataclass(frozen=True, eq=False)
class Evaluator:
    """Evaluates formulas of a language in double precision."""

    language: Language

    def depth(self, tokens: Int[Tensor, "p s"]) -> int:
        """Depth of the deepest stack."""
        change = [1 - (OPERATIONS[t].arity if t in OPERATIONS else 0) for t in self.language.tokens]
        table = torch.tensor([*change, 0])  # a pad is the last
        return int(table[tokens].cumsum(1).amax()) if tokens.numel() else 1

    def values(
        self,
        tokens: Int[Tensor, "p s"],
        constants: Float64[Tensor, "p k"],
        columns: Float64[Tensor, "v r"],
    ) -> Float64[Tensor, "p r"]:
        """Value of each formula in each row."""
        return self._run(tokens, constants, columns, slopes=False)[0]

    def slopes(
        self,
        tokens: Int[Tensor, "p s"],
        constants: Float64[Tensor, "p k"],
        columns: Float64[Tensor, "v r"],
    ) -> tuple[Float64[Tensor, "p r"], Float64[Tensor, "p k r"]]:
        """Return values, and their derivatives by each constant, in forward mode."""
        return self._run(tokens, constants, columns, slopes=True)

    def _run(
        self, tokens: Tensor, constants: Tensor, columns: Tensor, *, slopes: bool
    ) -> tuple[Tensor, Tensor]:
        p, k, r, depth = len(tokens), constants.shape[1], columns.shape[1], self.depth(tokens)
        stack = torch.zeros(depth, p, r, dtype=torch.float64)
        moved = torch.zeros(depth, p, k, r, dtype=torch.float64) if slopes else torch.zeros(0)
        top = torch.full((p,), -1)
        used = torch.zeros(p, dtype=torch.int64)
        names, held = self.language.names, self.language.held
        for step in range(tokens.shape[1]):
            now = tokens[:, step]
            for number in torch.unique(now).tolist():
                if number == PAD:
                    continue
                token = self.language.tokens[number]
                rows = torch.nonzero(now == number)[:, 0]
                if token in OPERATIONS:
                    self._operate(token, rows, stack, moved, top, slopes=slopes)
                    continue
                top[rows] += 1
                at = top[rows]
                if token in held:
                    place = used[rows]
                    stack[at, rows] = constants[rows, place][:, None]
                    if slopes:
                        moved[at, rows] = 0.0
                        moved[at, rows, place] = 1.0
                    used[rows] += 1
                    continue
                leaf = float(token) if token in WHOLE else columns[names.index(token)]
                stack[at, rows] = torch.as_tensor(leaf, dtype=torch.float64)
                if slopes:
                    moved[at, rows] = 0.0
        every = torch.arange(p)
        return stack[top, every], moved[top, every] if slopes else moved

    def _operate(
        self,
        token: str,
        rows: Tensor,
        stack: Tensor,
        moved: Tensor,
        top: Tensor,
        *,
        slopes: bool,
    ) -> None:
        """Replace the arguments on the stacks of some formulas by the result."""
        operation = OPERATIONS[token]
        places = [top[rows] - i for i in range(operation.arity)][::-1]
        taken = [stack[at, rows] for at in places]
        out = operation.value(*taken)
        if slopes:
            parts = zip(operation.slopes(out, *taken), places, strict=True)
            moved[places[0], rows] = sum(slope[:, None] * moved[at, rows] for slope, at in parts)
        stack[places[0], rows] = out
        top[rows] = places[0]
