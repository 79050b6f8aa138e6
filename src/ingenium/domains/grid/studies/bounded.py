"""Intervals over seeds of what is bounded by its nature: ratios above 0, correlations below 1.

Student's interval is taken where the value has no bound, on the logarithm or on Fisher's z, and
its ends are transformed back, so that no end says what cannot be.
"""

import numpy as np
from numpy.typing import ArrayLike

from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import LEVEL, Interval, t_interval


def ratio_interval(ratios: ArrayLike, *, level: float = LEVEL) -> Interval:
    """Geometric mean over seeds; the interval of one over the ratios has one over its ends.

    Source: Bland and Altman, BMJ 312, 1996, p. 1079.

    Raises:
        InputError: unless all ratios are above 0.
    """
    x = np.asarray(ratios, dtype=np.float64)
    if not (x > 0).all():
        raise InputError("ratios above 0", x.tolist())
    return _back(t_interval(np.log(x), level=level), np.exp)


def rank_correlation_interval(
    correlations: ArrayLike, points: int, *, level: float = LEVEL
) -> Interval:
    """Mean over seeds of Fisher's z, transformed back, of rank correlations of `points` points.

    Without ties, the correlation next to 1 is 12 / (points^3 - points) below it, two neighbours
    swapped. One of 1, whose z is infinite, stands half of that below 1.

    Source: Fisher, Metron 1, 1921; Spearman, Am. J. Psychol. 15, 1904.

    Raises:
        InputError: for fewer than 3 points, or a correlation beyond 1.
    """
    x = np.asarray(correlations, dtype=np.float64)
    if points < 3:
        raise InputError("at least 3 points", points)
    if not (np.abs(x) <= 1 + 1e-9).all():
        raise InputError("correlations from -1 to 1", x.tolist())
    most = 1 - 6 / (points**3 - points)
    return _back(t_interval(np.arctanh(np.clip(x, -most, most)), level=level), np.tanh)


def _back(found: Interval, transform: np.ufunc) -> Interval:
    return Interval(*(float(transform(end)) for end in (found.value, found.low, found.high)))
