"""Cross-check by SymPy: a law as an expression, evaluated again, simplified and compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.equations.law.language import Language, Postfix
from ingenium.domains.equations.law.operations import OPERATIONS
from ingenium.domains.equations.law.table import MeasuredTable
from ingenium.domains.equations.law.verifier import misfit, read_laws

BUILT: Mapping[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "sq": lambda a: a**2,
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "exp": sympy.exp,
    "log": sympy.log,
    "asin": sympy.asin,
    "tanh": sympy.tanh,
}


def symbols(language: Language, positive: Sequence[bool] | None = None) -> dict[str, Any]:
    """Return a real symbol for each column; positive where stated."""
    signs = positive or [False] * len(language.names)
    return {
        name: sympy.Symbol(name, positive=True) if sign else sympy.Symbol(name, real=True)
        for name, sign in zip(language.names, signs, strict=True)
    }


def expression(
    tokens: Postfix, constants: Sequence[Any], known: Mapping[str, Any], language: Language
) -> Any:
    """Convert a formula to a SymPy expression."""
    stack: list[Any] = []
    held = iter(constants)
    for t in tokens:
        if t in BUILT:
            taken = [stack.pop() for _ in range(OPERATIONS[t].arity)]
            stack.append(BUILT[t](*taken[::-1]))
        elif t in language.held:
            stack.append(sympy.sympify(next(held)))
        else:
            stack.append(known[t] if t in known else sympy.Integer(t))
    return stack[-1]


def same(one: Any, other: Any) -> bool:
    """Return True if the difference of two expressions simplifies to zero."""
    gap = one - other
    if gap == 0:
        return True
    return bool(sympy.simplify(gap) == 0)


@dataclass(frozen=True, eq=False)
class SympyVerifier:
    """Cross-check of the misfits, by expressions built and compiled by SymPy; no code is shared."""

    table: MeasuredTable
    name: str = "sympy"
    version: str = sympy.__version__
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("misfit", "1", "error on held-out rows, in spreads of the target"),
        Quantity("misfit_outside", "1", "the same on the rows furthest from the middle"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 2"]:
        laws, constants = arrays
        table, language = self.table, self.table.language
        found = torch.full((len(laws), 2), torch.nan, dtype=torch.float64)
        known = symbols(language)
        for i, tokens in enumerate(read_laws(language, laws)):  # an expression is built for each
            if tokens is None:
                continue
            own = expression(tokens, constants[i].tolist(), known, language)
            compiled = sympy.lambdify(list(known.values()), own, "numpy")
            with np.errstate(all="ignore"):
                values = np.asarray(compiled(*table.columns.numpy()), dtype=np.float64)
            rest = (torch.from_numpy(values * np.ones(len(table.values))) - table.values)[None]
            found[i, 0] = misfit(rest[:, table.inner], table.spread)[0]
            found[i, 1] = misfit(rest[:, table.outer], table.spread)[0]
        return found
