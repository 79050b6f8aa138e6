"""Diversity of proposals, and their coverage of real designs."""

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist, pdist, squareform

from ingenium.core.errors import InputError
from ingenium.evaluate.arrays import as_designs, as_pair, flat


def spread_ratio(real: ArrayLike, proposed: ArrayLike) -> float:
    """Mean distance between proposals over the mean distance between real designs.

    1 is as diverse as real designs, below 1 less diverse. Standardise first.

    Shapes: real (n, d) or (n, d, t), proposed (p, d) or (p, d, t), at least two of each.
    """
    a, b = (flat(x) for x in as_pair(real, proposed))
    _at_least(2, a, b)
    base = pdist(a).mean()
    return float(pdist(b).mean() / base) if base > 0 else float("nan")


def vendi_score(x: ArrayLike, bandwidth: float) -> float:
    """Effective number of different designs: 1 if all are equal, n if all are dissimilar.

    It is the exponential of the entropy of the eigenvalues of the similarities, exp(-d^2 / (2
    h^2)), and grows with n: compare sets of equal size and with one bandwidth.

    Shapes: x (n, d) or (n, d, t).
    Source: Friedman and Dieng, TMLR 2023, definition 3.1.
    """
    rows = flat(as_designs(x, "x"))
    if not bandwidth > 0:
        raise InputError("a bandwidth above 0", bandwidth, "See median_distance.")
    kernel = np.exp(-squareform(pdist(rows, "sqeuclidean")) / (2.0 * bandwidth**2))
    values = np.linalg.eigvalsh(kernel / len(rows))
    values = values[values > 1e-15]
    return float(np.exp(-(values * np.log(values)).sum()))


def median_distance(x: ArrayLike) -> float:
    """Median distance between designs: the usual bandwidth of a Gaussian kernel.

    Shapes: x (n, d) or (n, d, t), at least two.
    """
    rows = flat(as_designs(x, "x"))
    _at_least(2, rows)
    return float(np.median(pdist(rows)))


def vendi_ratio(real: ArrayLike, proposed: ArrayLike) -> float:
    """Effective number of proposals over that of as many real designs, with the real bandwidth.

    Where one side is longer, its first designs are taken: put them in random order.

    Shapes: real (n, d) or (n, d, t), proposed (p, d) or (p, d, t).
    """
    a, b = as_pair(real, proposed)
    size = min(len(a), len(b))
    # Half the median: with the median itself high-dimensional sets all score nearly alike.
    bandwidth = 0.5 * median_distance(a)
    if bandwidth == 0:
        return float("nan")
    return vendi_score(b[:size], bandwidth) / vendi_score(a[:size], bandwidth)


def density_and_coverage(
    real: ArrayLike, proposed: ArrayLike, *, k: int = 5
) -> tuple[float, float]:
    """Density and coverage by balls around real designs that reach to their k-th neighbours.

    Density: mean number of balls that contain a proposal, over k (about 1 if equal, can exceed 1).
    Coverage: share of balls that contain one (see `expected_coverage`).

    Shapes: real (n, d) or (n, d, t), proposed (p, d) or (p, d, t).
    Source: Naeem et al., ICML 2020, arXiv:2002.09797, eqs. 5 and 6.
    """
    a, b = (flat(x) for x in as_pair(real, proposed))
    _at_least(k + 1, a)
    radius = np.partition(squareform(pdist(a)), k, axis=1)[:, k]  # index 0 is the design itself
    inside: Float64[np.ndarray, "n p"] = cdist(a, b) <= radius[:, None]
    return float(inside.sum() / (k * len(b))), float(inside.any(1).mean())


def expected_coverage(n: int, p: int, *, k: int = 5) -> float:
    """Expected coverage of `n` real designs by `p` proposals of the same distribution.

    Source: Naeem et al., 2020, lemma 2 (for any distribution without ties).
    """
    steps = np.arange(k)
    return float(1.0 - np.prod((n - 1.0 - steps) / (n + p - 1.0 - steps)))


def _at_least(count: int, *sets: Float64[np.ndarray, "n cells"]) -> None:
    for rows in sets:
        if len(rows) < count:
            raise InputError(f"at least {count} designs", len(rows))
