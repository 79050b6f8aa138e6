"""Operations of a formula: values, slopes, and written forms.

Shapes: values of any shape; slopes are partial derivatives by each argument.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

SUM, PRODUCT, SIGN, ATOM = 1, 2, 3, 9  # how strongly a written form binds


@dataclass(frozen=True)
class FormulaOperation:
    """Operation on one or two arguments."""

    value: Callable[..., Tensor]
    slopes: Callable[..., tuple[Tensor, ...]]
    sympy: str  # templates of the written forms; arguments are {0} and {1}
    latex: str
    c: str
    arity: int = 1
    binds: int = ATOM


def _one(value: Callable[[Tensor], Tensor], slope: Callable[[Tensor, Tensor], Tensor],
         name: str, latex: str, c: str = "") -> FormulaOperation:  # fmt: skip
    def slopes(value: Tensor, a: Tensor) -> tuple[Tensor, ...]:
        return (slope(value, a),)

    return FormulaOperation(value, slopes, f"{name}({{0}})", latex, c or f"{name}({{0}})")


def _called(name: str) -> str:
    return rf"\{name}\left({{0}}\right)"


def _even(value: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    return torch.ones_like(value), torch.ones_like(value)


def _odd(value: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    return torch.ones_like(value), -torch.ones_like(value)


OPERATIONS: Mapping[str, FormulaOperation] = MappingProxyType(
    {
        "+": FormulaOperation(torch.add, _even, "{0} + {1}", "{0} + {1}", "{0} + {1}", 2, SUM),
        "-": FormulaOperation(torch.sub, _odd, "{0} - {1}", "{0} - {1}", "{0} - {1}", 2, SUM),
        "*": FormulaOperation(
            torch.mul, lambda v, a, b: (b, a), "{0}*{1}", r"{0} \, {1}", "{0}*{1}", 2, PRODUCT
        ),
        "/": FormulaOperation(
            torch.div,
            lambda v, a, b: (1 / b, -v / b),
            "{0}/{1}",
            r"\frac{{{0}}}{{{1}}}",
            "{0}/{1}",
            2,
            PRODUCT,
        ),
        "sq": FormulaOperation(
            torch.square, lambda v, a: (2 * a,), "{0}**2", "{0}^2", "pow({0}, 2)", 1, SIGN
        ),
        "sqrt": _one(torch.sqrt, lambda v, a: 0.5 / v, "sqrt", r"\sqrt{{{0}}}"),
        "sin": _one(torch.sin, lambda v, a: torch.cos(a), "sin", _called("sin")),
        "cos": _one(torch.cos, lambda v, a: -torch.sin(a), "cos", _called("cos")),
        "exp": _one(torch.exp, lambda v, a: v, "exp", _called("exp")),
        "log": _one(torch.log, lambda v, a: 1 / a, "log", _called("ln")),
        "asin": _one(torch.asin, lambda v, a: (1 - a * a).rsqrt(), "asin", _called("arcsin")),
        "tanh": _one(torch.tanh, lambda v, a: 1 - v * v, "tanh", _called("tanh")),
    }
)
