"""Cross-check of enclosures by Arb, which shares no code with this kit.

Source: Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, IEEE
    Trans. Computers 66 (2017) 1281.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ingenium.core.packages import Extra

FLINT = Extra("equations")


def _called(name: str) -> Callable[[Any], Any]:
    return lambda a: getattr(a, name)()


BALL_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {"sq": lambda a: a**2}
    | {name: _called(name) for name in ("sqrt", "exp", "log", "sin", "cos", "asin", "tanh")}
)


def ball(low: float, high: float) -> Any:
    """Return the ball that encloses all numbers between two ends.

    Raises:
        MissingExtra: with the line that installs python-flint.
    """
    arb = FLINT.package("flint").arb
    return arb(low) if low == high else arb(low).union(arb(high))


def ends(found: Any) -> tuple[float, float] | None:
    """Return float64 bounds of a ball; NaN where there may be no value."""
    if not found.is_finite():
        return None
    low, high = float(found.lower().mid()), float(found.upper().mid())
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
