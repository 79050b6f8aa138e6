"""Proof that a formula has a value: interval arithmetic over a box that is bisected.

Sample points cannot show that there is no pole between them; an enclosure can.

Shapes: v columns, b boxes.

Source: Moore, Kearfott and Cloud, Introduction to Interval Analysis, 2009, ch. 2 and 6.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.domains.equations.law.language import WHOLE, Language, Postfix
from ingenium.domains.equations.law.operations import OPERATIONS
from ingenium.kits.enclosures.balls import BALL_FUNCTIONS, ball, ends
from ingenium.kits.enclosures.enclosure import Enclosure
from ingenium.kits.enclosures.functions import FUNCTIONS

MOST, ROUNDS = 2048, 24  # boxes in a batch, and how often they are halved
BINARY: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _evaluated(
    tokens: Postfix,
    operations: Mapping[str, Callable[..., Any]],
    columns: Mapping[str, Any],
    constants: Sequence[Any],
    number: Callable[[float], Any],
) -> Any:
    """Evaluate a formula in some arithmetic."""
    stack: list[Any] = []
    own = iter(constants)
    for t in tokens:
        if t in OPERATIONS:
            taken = [stack.pop() for _ in range(OPERATIONS[t].arity)][::-1]
            stack.append(operations[t](*taken))
        elif t in columns:
            stack.append(columns[t])
        else:
            stack.append(number(float(t) if t in WHOLE else float(next(own))))
    return stack[-1]


def _finite(operation: Callable[..., Enclosure]) -> Callable[..., Enclosure]:
    """Wrap an operation so that overflow counts as no value."""

    def found(*arguments: Enclosure) -> Enclosure:
        value = operation(*arguments)
        return value.where(value.proved)

    return found


ENCLOSED: Mapping[str, Callable[..., Enclosure]] = {
    name: _finite(operation) for name, operation in (BINARY | dict(FUNCTIONS)).items()
}


def enclose(
    language: Language,
    tokens: Postfix,
    constants: Sequence[float],
    box: Enclosure,
) -> Enclosure:
    """Enclose a formula over boxes, a row of each column; NaN where it may have no value."""
    columns = {name: box[i] for i, name in enumerate(language.names)}
    even = np.ones(box.low.shape[1])
    found: Enclosure = _evaluated(
        tokens, ENCLOSED, columns, constants, lambda x: Enclosure.of(x * even)
    )
    return found


def by_balls(
    tokens: Postfix, constants: Sequence[float], box: Mapping[str, tuple[float, float]]
) -> tuple[float, float] | None:
    """Bounds over one box by Arb; None where there may be no value.

    Raises:
        MissingExtra: with the line that installs python-flint.
    """
    columns = {name: ball(float(low), float(high)) for name, (low, high) in box.items()}
    operations = BINARY | dict(BALL_FUNCTIONS)
    return ends(_evaluated(tokens, operations, columns, constants, lambda x: ball(x, x)))


def unproven(
    language: Language,
    tokens: Postfix,
    constants: Sequence[float],
    box: Float64[np.ndarray, "2 v"],
) -> float:
    """Share of a box in which the formula is not proved to have a value.

    A box without bounds is halved along the widest side of the formula's columns; in ratio for a
    column of one sign.
    """
    used = [i for i, name in enumerate(language.names) if name in tokens]
    low, high = (box[side][:, None].copy() for side in (0, 1))
    share = np.ones(1)
    for _ in range(ROUNDS):
        open_ = ~enclose(language, tokens, constants, Enclosure(low, high)).proved
        if not open_.any() or not used or 2 * open_.sum() > MOST:
            break
        low, high, share = low[:, open_], high[:, open_], share[open_] / 2
        low, high = _halved(low, high, used)
        share = np.concatenate([share, share])
    found = enclose(language, tokens, constants, Enclosure(low, high))
    return float(share[~found.proved].sum())


def _halved(low: np.ndarray, high: np.ndarray, used: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Halve each box."""
    signed = low * high > 0
    with np.errstate(all="ignore"):
        ratio = np.abs(np.log(np.abs(high) / np.abs(low)))
        wide = np.where(signed, ratio, (high - low) / np.maximum(np.abs(low), np.abs(high)) * 8)
        middle = np.where(signed, np.sign(low) * np.sqrt(low * high), (low + high) / 2)
    side = np.array(used)[np.argmax(wide[used], 0)]
    every = np.arange(low.shape[1])
    cut_low, cut_high = low.copy(), high.copy()
    cut_high[side, every] = middle[side, every]
    cut_low[side, every] = middle[side, every]
    return np.concatenate([low, cut_low], 1), np.concatenate([cut_high, high], 1)
