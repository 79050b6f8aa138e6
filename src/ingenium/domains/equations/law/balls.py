"""What a formula may be, by balls of FLINT: bounds that share no code with those of `enclosure`.

Source: Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, IEEE
    Trans. Computers 66 (2017) 1281.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ingenium.core.packages import Extra
from ingenium.domains.equations.law.language import WHOLE, Postfix
from ingenium.domains.equations.law.operations import OPERATIONS

EQUATIONS = Extra("equations")
BUILT: Mapping[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "sq": lambda a: a**2,
    **{name: lambda a, name=name: getattr(a, name)()
       for name in ("sqrt", "sin", "cos", "exp", "log", "asin", "tanh")},
}  # fmt: skip


def ball(
    tokens: Postfix, constants: Sequence[float], box: Mapping[str, tuple[float, float]]
) -> tuple[float, float] | None:
    """Bounds of a formula over a box, rounded outwards; none where there may be no value.

    Raises:
        MissingExtra: with the line that installs python-flint.
    """
    arb = EQUATIONS.package("flint").arb
    stack: list[Any] = []
    held = iter(constants)
    for t in tokens:
        if t in OPERATIONS:
            taken = [stack.pop() for _ in range(OPERATIONS[t].arity)][::-1]
            stack.append(BUILT[t](*taken))
        elif t in box:
            low, high = box[t]
            stack.append(arb(float(low)).union(arb(float(high))))
        else:
            stack.append(arb(float(t) if t in WHOLE else float(next(held))))
    found = stack[-1]
    if not found.is_finite():
        return None
    ends = float(found.lower().mid()), float(found.upper().mid())
    return math.nextafter(ends[0], -math.inf), math.nextafter(ends[1], math.inf)
