"""Intervals of stored values at another level: Student's, and Wilson's for shares.

Plain arithmetic, so that a list of verdicts, which are derived when they are read, needs no engine.
"""

import math
from collections.abc import Sequence
from functools import cache
from statistics import fmean, variance

from ingenium.evaluate.measured import Interval, Value

LEVEL = 0.95
LEVEL_OF_LOOKS = 0.982  # of each of four looks, at 5, 10, 20 and 30 seeds; Pocock, 1977


def level_of(sequential: bool) -> float:
    """Level of an interval, by whether its study may go on while it is undecided."""
    return LEVEL_OF_LOOKS if sequential else LEVEL


def at_level(found: Value, level: float, seeds: int, *, share_of: float = 0.0) -> Interval:
    """Return the interval of a value at a level; of a share (`share_of` 1, or 100 for %) Wilson's.

    More seeds narrow only what comes of seeds: an interval over days or designs, which every look
    has in common, is widened no further than Student's over seeds. Without values by seed, the
    distances of the 95 % interval are stretched as Student's would be.
    """
    x = [y for y in found.by_seed if math.isfinite(y)]
    if share_of and not found.interval.exact and len(x) > 1:
        return _share(x, level, share_of)
    own = found.interval
    if level != LEVEL and own.known and not own.exact and seeds > 1:
        below, above = own.value - own.low, own.high - own.value
        if len(x) > 1:
            over_seeds = mean_of(x, level)
            half = over_seeds.high - over_seeds.value
            below, above = max(below, half), max(above, half)
        else:
            far = student(seeds - 1, level) / student(seeds - 1, LEVEL)
            below, above = far * below, far * above
        own = Interval(own.value, own.value - below, own.value + above)
    if not share_of or own.exact:
        return own
    return Interval(own.value, max(0.0, own.low), min(share_of, own.high))


def difference(own: Value, other: Value, level: float) -> Interval:
    """Interval of a difference: paired by seed, or between the ends of both intervals."""
    if len(own.by_seed) == len(other.by_seed) > 1:
        return mean_of([a - b for a, b in zip(own.by_seed, other.by_seed, strict=True)], level)
    a, b = own.interval, other.interval
    return Interval(a.value - b.value, a.low - b.high, a.high - b.low)


def mean_of(x: Sequence[float], level: float) -> Interval:
    """Mean with Student's interval; without ends where a value is missing."""
    if not all(math.isfinite(y) for y in x):
        return Interval(math.nan, math.nan, math.nan)
    mean = fmean(x)
    half = student(len(x) - 1, level) * math.sqrt(variance(x) / len(x))
    return Interval(mean, mean - half, mean + half)


def _share(x: Sequence[float], level: float, whole: float) -> Interval:
    """Wilson's interval of a mean of shares, with as many trials as explain their spread.

    No more is claimed than the seeds tell: the quantile is Student's, and where all seeds agree
    each of them is one trial. Source: Wilson, 1927; effective size by Kish, 1965.
    """
    p = fmean(x) / whole
    spread = variance(x) / whole**2 / len(x)
    n = p * (1 - p) / spread if spread > 0 else float(len(x))
    n, t = max(n, 1.0), student(len(x) - 1, level)
    scale, middle = 2 * (n + t * t), 2 * n * p + t * t
    half = t * math.sqrt(4 * n * p * (1 - p) + t * t)
    low, high = (middle - half) / scale, (middle + half) / scale
    return Interval(whole * p, whole * max(0.0, low), whole * min(1.0, high))


@cache
def student(freedom: int, level: float) -> float:
    """Quantile of Student's distribution within which a share `level` lies.

    Source: Abramowitz and Stegun, 1964, 26.7.3 and 26.7.4.
    """
    low, high = 0.0, 1.0
    while _within(high, freedom) < level:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """Share of Student's distribution between -t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    cos, sin = math.cos(angle), math.sin(angle)
    if freedom % 2:
        term, total = cos, 0.0
        for k in range(1, freedom - 1, 2):
            total, term = total + term, term * cos**2 * (k + 1) / (k + 2)
        return 2 / math.pi * (angle + sin * total)
    term, total = 1.0, 0.0
    for k in range(0, freedom - 1, 2):
        total, term = total + term, term * cos**2 * (k + 1) / (k + 2)
    return sin * total
