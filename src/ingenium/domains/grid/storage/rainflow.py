"""Rainflow counting of charge, with half cycles at the ends.

Source: ASTM E1049-85 (2017), section 5.4.4.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float


def turning_points(series: Float[np.ndarray, " t"]) -> list[float]:
    """Return the first and last values of a series, and its reversals in between."""
    x = series[np.concatenate([[True], np.diff(series) != 0])]
    if len(x) < 3:
        return [float(v) for v in x]
    slope = np.sign(np.diff(x))
    turns = x[1:-1][slope[1:] != slope[:-1]]
    return [float(x[0]), *map(float, turns), float(x[-1])]


def cycles(series: Float[np.ndarray, " t"]) -> list[tuple[float, float, float]]:
    """Count the cycles of a series: range, mean, and 1 for a whole or 0.5 for a half cycle.

    >>> [(r, n) for r, _, n in cycles(np.array([-2, 1, -3, 5, -1, 3, -4, 4, -2.0]))]
    [(3.0, 0.5), (4.0, 0.5), (4.0, 1.0), (8.0, 0.5), (9.0, 0.5), (8.0, 0.5), (6.0, 0.5)]
    """
    found, stack = [], list[float]()
    for point in turning_points(series):
        stack.append(point)
        while len(stack) >= 3:
            last, before = abs(stack[-1] - stack[-2]), abs(stack[-2] - stack[-3])
            if last < before:
                break
            if len(stack) == 3:  # the range includes the starting point: half a cycle
                found.append(_counted(stack[0], stack[1], 0.5))
                stack.pop(0)
            else:
                found.append(_counted(stack[-3], stack[-2], 1.0))
                del stack[-3:-1]
    return found + _halves(stack)


def _halves(stack: Sequence[float]) -> list[tuple[float, float, float]]:
    return [_counted(a, b, 0.5) for a, b in pairwise(stack)]


def _counted(a: float, b: float, count: float) -> tuple[float, float, float]:
    return abs(a - b), (a + b) / 2, count
