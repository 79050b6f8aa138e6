"""Where a formula is proved to have a value: interval arithmetic over a box that is cut finer.

Sample points cannot show that there is no pole between them; an enclosure can. Each operation is
rounded outwards, so that the bounds hold in floating point.

Shapes: v columns, b boxes.

Source: Moore, Kearfott and Cloud, Introduction to Interval Analysis, 2009, ch. 2 and 6.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from ingenium.domains.equations.law.language import WHOLE, Language, Postfix
from ingenium.domains.equations.law.operations import OPERATIONS

MOST, ROUNDS = 2048, 24  # boxes at once, and how often they are cut
LOOSE = 4  # units in the last place by which library functions may be off
Ends = tuple[np.ndarray, np.ndarray]  # lower and upper; NaN where there is no value


def _out(low: np.ndarray, high: np.ndarray, units: int = 1) -> Ends:
    """Rounded outwards; what is not finite becomes no value."""
    for _ in range(units):
        low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)
    bad = ~(np.isfinite(low) & np.isfinite(high))
    return np.where(bad, np.nan, low), np.where(bad, np.nan, high)


def _where(good: np.ndarray, ends: Ends) -> Ends:
    return np.where(good, ends[0], np.nan), np.where(good, ends[1], np.nan)


def _times(a: Ends, b: Ends) -> Ends:
    every = np.stack([x * y for x in a for y in b])
    return _out(every.min(0), every.max(0))


def _over(a: Ends, b: Ends) -> Ends:
    good = b[0] * b[1] > 0
    every = np.stack([x / y for x in a for y in b])
    return _where(good, _out(every.min(0), every.max(0)))


def _square(a: Ends) -> Ends:
    both = np.square(a[0]), np.square(a[1])
    low = np.where(a[0] * a[1] <= 0, 0.0, np.minimum(*both))
    found = _out(low, np.maximum(*both))
    return np.maximum(found[0], 0.0), found[1]


def _rising(function: Callable[[np.ndarray], np.ndarray], least: float = -np.inf,
            most: float = np.inf) -> Callable[[Ends], Ends]:  # fmt: skip
    def found(a: Ends) -> Ends:
        good = (a[0] >= least) & (a[1] <= most)
        return _where(good, _out(function(a[0]), function(a[1]), LOOSE))

    return found


def _wave(shift: float) -> Callable[[Ends], Ends]:
    """Sine of what is shifted: 1 and -1 where a crest or a trough may lie inside."""

    def found(a: Ends) -> Ends:
        low, high = _out(a[0] + shift, a[1] + shift, LOOSE)
        ends = np.sin(low), np.sin(high)
        turn = 2 * np.pi

        def inside(at: float) -> np.ndarray:
            first = np.ceil((low - at) / turn - 1e-9) * turn + at
            return np.asarray(first <= high + 1e-9)

        least = np.where(inside(-np.pi / 2), -1.0, np.minimum(*ends))
        most = np.where(inside(np.pi / 2), 1.0, np.maximum(*ends))
        small = np.maximum(np.abs(low), np.abs(high)) < 1e8  # beyond, turns are not told apart
        least, most = np.where(small, least, -1.0), np.where(small, most, 1.0)
        return _where(np.isfinite(a[0]), _out(least, most, LOOSE))

    return found


ENCLOSED: Mapping[str, Callable[..., Ends]] = {
    "+": lambda a, b: _out(a[0] + b[0], a[1] + b[1]),
    "-": lambda a, b: _out(a[0] - b[1], a[1] - b[0]),
    "*": _times,
    "/": _over,
    "sq": _square,
    "sqrt": _rising(np.sqrt, 0.0),
    "sin": _wave(0.0),
    "cos": _wave(np.pi / 2),
    "exp": _rising(np.exp),
    "log": _rising(np.log, 5e-324),
    "asin": _rising(np.arcsin, -1.0, 1.0),
    "tanh": _rising(np.tanh),
}


def enclose(
    language: Language,
    tokens: Postfix,
    constants: Sequence[float],
    low: Float64[np.ndarray, "v b"],
    high: Float64[np.ndarray, "v b"],
) -> Ends:
    """Bounds of a formula over each box; NaN where it may have no value."""
    stack: list[Ends] = []
    held = iter(constants)
    even = np.ones(low.shape[1])
    with np.errstate(all="ignore"):
        for t in tokens:
            if t in OPERATIONS:
                taken = [stack.pop() for _ in range(OPERATIONS[t].arity)][::-1]
                stack.append(ENCLOSED[t](*taken))
            elif t in language.names:
                row = language.names.index(t)
                stack.append((low[row], high[row]))
            else:
                value = float(t) if t in WHOLE else float(next(held))
                stack.append((value * even, value * even))
    return stack[-1]


def unproven(
    language: Language,
    tokens: Postfix,
    constants: Sequence[float],
    box: Float64[np.ndarray, "2 v"],
) -> float:
    """The share of a box in which the formula is not proved to have a value.

    A box is halved where its bounds are none, along the widest side of the columns that the
    formula has; a column of one sign in ratio.
    """
    used = [i for i, name in enumerate(language.names) if name in tokens]
    low, high = (box[side][:, None].copy() for side in (0, 1))
    share = np.ones(1)
    for _ in range(ROUNDS):
        ends = enclose(language, tokens, constants, low, high)
        open_ = ~(np.isfinite(ends[0]) & np.isfinite(ends[1]))
        if not open_.any() or not used or 2 * open_.sum() > MOST:
            break
        low, high, share = low[:, open_], high[:, open_], share[open_] / 2
        low, high = _halved(low, high, used)
        share = np.concatenate([share, share])
    ends = enclose(language, tokens, constants, low, high)
    return float(share[~(np.isfinite(ends[0]) & np.isfinite(ends[1]))].sum())


def _halved(low: np.ndarray, high: np.ndarray, used: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Each box as two."""
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
