"""Elementary functions of enclosures, by the mathematical library of C.

`math` and not NumPy computes the ends: the vector kernels of NumPy are tested to 4 units in the
last place and depend on the processor. Errors of the library are published: the largest that
searches have found are 0.52 units (exp, log, sin, cos, asin) and 2.3 (tanh) in the GNU library, and
below 1 and 2.3 in the others. A unit of the true value is two steps of the computed one where a
power of two lies between, so results are widened by twice as many steps. `sqrt` is rounded to
nearest.

Source: Zimmermann, Accuracy of Mathematical Functions in Single, Double, Double Extended, and
    Quadruple Precision, 2021, hal-03141101, table 2; GNU C Library manual, Known Maximum Errors in
    Math Functions; IEEE 754-2019, clause 5.4.1.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool

from ingenium.kits.enclosures.enclosure import Enclosure, widened

ULPS = 1.0  # at most; of exp, log, sin, cos and asin
ULPS_TANH = 2.5
LEAST = 5e-324  # above 0
FAR = 1e8  # radians; beyond, crests and troughs are indistinguishable
ROUNDED = 2.0**-50  # relative, of a number of turns

Function = Callable[[Enclosure], Enclosure]


def _applied(function: Callable[[float], float], at: np.ndarray) -> np.ndarray:
    """Apply a scalar function to each number: the library of C takes no arrays."""
    return np.array([function(x) for x in at.ravel().tolist()]).reshape(at.shape)


def _clipped(ends: np.ndarray, least: float, most: float) -> np.ndarray:
    return np.asarray(np.clip(ends, least, most))  # of a single number NumPy makes no array


def _rising(
    function: Callable[[float], float],
    *,
    domain: tuple[float, float] = (-math.inf, math.inf),
    image: tuple[float, float] = (-math.inf, math.inf),
    ulps: float = ULPS,
) -> Function:
    """Enclose an increasing function on its domain; NaN where an interval leaves it."""

    def found(a: Enclosure) -> Enclosure:
        good = (a.low >= domain[0]) & (a.high <= domain[1])
        low, high = (_applied(function, _clipped(end, *domain)) for end in (a.low, a.high))
        ends = widened(low, high, steps=math.ceil(2 * ulps))
        low, high = (_clipped(end, *image) for end in (ends.low, ends.high))
        return Enclosure(low, high).where(good)

    return found


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def square(a: Enclosure) -> Enclosure:
    """Square of an enclosure."""
    return a**2


def sqrt(a: Enclosure) -> Enclosure:
    """Square root; NaN where an interval reaches below 0."""
    with np.errstate(invalid="ignore"):
        found = widened(np.sqrt(a.low), np.sqrt(a.high))
    return Enclosure(np.asarray(np.maximum(found.low, 0.0)), found.high).where(a.low >= 0)


def power(a: Enclosure, exponent: Enclosure) -> Enclosure:
    """Any power of numbers above 0."""
    return exp(exponent * log(a))


def sin(a: Enclosure) -> Enclosure:
    """Sine; the bound is 1 or -1 where a crest or a trough may lie inside."""
    return _wave(a, math.sin, 0.25)


def cos(a: Enclosure) -> Enclosure:
    """Cosine, bounded as the sine is."""
    return _wave(a, math.cos, 0.0)


def _wave(a: Enclosure, function: Callable[[float], float], crest: float) -> Enclosure:
    """Enclose a wave whose first crest is at `crest` turns."""
    near = (np.abs(a.low) < FAR) & (np.abs(a.high) < FAR)
    ends = [_applied(function, np.where(near, end, 0.0)) for end in (a.low, a.high)]
    found = widened(np.minimum(*ends), np.maximum(*ends), steps=math.ceil(2 * ULPS))
    up = ~near | _turn_inside(a, crest)
    down = ~near | _turn_inside(a, crest + 0.5)
    low, high = np.where(down, -1.0, found.low), np.where(up, 1.0, found.high)
    low, high = (_clipped(end, -1.0, 1.0) for end in (low, high))
    return Enclosure(low, high).where(a.low <= a.high)


def _turn_inside(a: Enclosure, at: float) -> Bool[np.ndarray, "*shape"]:
    """Mask of intervals that may contain `at` plus a whole number of turns, with rounding slack."""
    first, last = a.low / (2 * np.pi) - at, a.high / (2 * np.pi) - at
    return np.asarray(
        np.ceil(first - ROUNDED * (1 + np.abs(first))) <= last + ROUNDED * (1 + np.abs(last))
    )


exp = _rising(_exp, image=(0.0, math.inf))
log = _rising(math.log, domain=(LEAST, math.inf))
asin = _rising(math.asin, domain=(-1.0, 1.0))
tanh = _rising(math.tanh, image=(-1.0, 1.0), ulps=ULPS_TANH)

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "sq": square,
        "sqrt": sqrt,
        "exp": exp,
        "log": log,
        "sin": sin,
        "cos": cos,
        "asin": asin,
        "tanh": tanh,
    }
)
