"""Proper scores of an ensemble against observations; each returns one value a design.

All are *fair*: unbiased for the score of the distribution that the members were sampled from, so
that families with ensembles of different size can be compared. Values are averages over cells,
except the energy score. Scores of several channels mix their units: standardise first.
"""

from collections.abc import Sequence

import numpy as np
import scoringrules as sr
from jaxtyping import Float64, Int
from numpy.typing import ArrayLike
from scipy.spatial.distance import pdist

from ingenium.core.errors import InputError
from ingenium.evaluate.arrays import as_ensemble, flat
from ingenium.scores.field_features import near_pairs

# Most numbers of one block of work in memory (64 MB of float64).
BLOCK = 8_000_000


def energy_score(ensemble: ArrayLike, observed: ArrayLike) -> Float64[np.ndarray, " n"]:
    """Distance of the observation from the members, less half their distance from each other.

    Own code, since scoringrules holds all pairs of members times all cells in memory together.

    Shapes: ensemble (m, n, d) or (m, n, d, t), observed (n, d) or (n, d, t).
    Source: Gneiting and Raftery, J. Am. Stat. Assoc. 102, 2007, eq. 22; fair: Ferro, Q. J. R.
    Meteorol. Soc. 140, 2014.
    """
    x, y = as_ensemble(ensemble, observed)
    scores = np.empty(len(y))
    for i in range(len(y)):  # one design at a time, to bound memory
        members = flat(x[:, i])
        error = np.linalg.norm(members - y[i].ravel(), axis=1).mean()
        scores[i] = error - 0.5 * pdist(members).mean()
    return scores


def all_pairs(cells: int) -> Int[np.ndarray, "q 2"]:
    """Return every pair of different cells, once."""
    return np.stack(np.triu_indices(cells, 1), -1)


def sample_pairs(
    shape: tuple[int, ...], count: int, rng: np.random.Generator
) -> Int[np.ndarray, "q 2"]:
    """Sample pairs of cells for the variogram score where all pairs are too many.

    A third lies within a channel, a third at one time between channels, a third anywhere: uniform
    samples of 13 channels by 96 steps would hardly contain the first two. The score is proper for
    any choice of pairs (it is a choice of weights), as long as all families get the same pairs:
    sample once with a stated seed. All pairs are returned where they are no more than `count`. For
    fields half of the pairs are at most a few cells apart.

    Shapes: shape (d,), (d, t) or (k, x, y[, z]).
    """
    cells = int(np.prod(shape))
    if cells * (cells - 1) // 2 <= count:
        return all_pairs(cells)
    first = rng.integers(cells, size=count)
    second = (first + rng.integers(1, cells, size=count)) % cells
    if len(shape) > 2:
        near = near_pairs(shape, count // 2, rng)
        return np.concatenate([near, np.stack([first, second], -1)[: count - len(near)]])
    if len(shape) == 2 and min(shape) > 1:
        d, t = shape
        third = count // 3
        row, step = np.divmod(first, t)
        later = (step + rng.integers(1, t, size=count)) % t
        other = (row + rng.integers(1, d, size=count)) % d
        second[:third] = (row * t + later)[:third]
        second[third : 2 * third] = (other * t + step)[third : 2 * third]
    return np.stack([first, second], -1)


def variogram_score(
    ensemble: ArrayLike,
    observed: ArrayLike,
    pairs: Int[np.ndarray, "q 2"],
    *,
    weights: Float64[np.ndarray, " q"] | None = None,
    p: float = 0.5,
) -> Float64[np.ndarray, " n"]:
    """Squared error of the expected |difference|^p between two cells, averaged over pairs.

    It detects wrong dependence where the energy score hardly does. The average (instead of the sum
    of the source) makes the value independent of the number of pairs.

    Shapes: ensemble (m, n, d) or (m, n, d, t), observed (n, d) or (n, d, t).
    Source: Scheuerer and Hamill, Mon. Weather Rev. 143, 2015, eq. 9.

    Raises:
        InputError: for pairs outside the cells, negative weights or weights that sum to zero.
    """
    x, y = as_ensemble(ensemble, observed)
    m, n = x.shape[:2]
    w = _pair_weights(pairs, weights, y[0].size)
    members = np.ascontiguousarray(np.moveaxis(x.reshape(m, n, -1), 0, -1))  # n, cells, m
    real = flat(y)
    scores = np.zeros(n)
    step = max(1, BLOCK // m)
    for i in range(n):  # one design at a time, to bound memory
        for start in range(0, len(pairs), step):
            a, b = pairs[start : start + step].T
            difference = np.abs(members[i].take(a, 0) - members[i].take(b, 0)) ** p
            error = difference.mean(-1) - np.abs(real[i, a] - real[i, b]) ** p
            fair = error**2 - difference.var(-1, ddof=1) / m
            scores[i] += w[start : start + step] @ fair
    return scores


def _pair_weights(
    pairs: Int[np.ndarray, "q 2"], weights: Float64[np.ndarray, " q"] | None, cells: int
) -> Float64[np.ndarray, " q"]:
    if len(pairs) == 0 or pairs.min() < 0 or pairs.max() >= cells:
        raise InputError(
            f"at least one pair of cells from 0 to {cells - 1}",
            f"{len(pairs)} pairs",
            "Write all_pairs(cells) or draw_pairs(shape, count, rng).",
        )
    w = np.ones(len(pairs)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(pairs),) or (w < 0).any() or not w.sum() > 0:
        raise InputError(
            f"{len(pairs)} weights of at least 0 that sum to more than 0",
            f"shape {w.shape}",
            "Leave weights out to count all pairs alike.",
        )
    share: np.ndarray = w / w.sum()
    return share


def crps(ensemble: ArrayLike, observed: ArrayLike) -> Float64[np.ndarray, " n"]:
    """Continuous ranked probability score, averaged over cells.

    Shapes: ensemble (m, n, d) or (m, n, d, t), observed (n, d) or (n, d, t).
    Source: Gneiting and Raftery, 2007, eq. 21; estimator by probability-weighted moments, which is
    the fair one: Zamo and Naveau, Math. Geosci. 50, 2018, eq. 9.
    """
    x, y = as_ensemble(ensemble, observed)
    scores = np.empty(len(y))
    for part in _blocks(x):
        by_cell = sr.crps_ensemble(y[part], x[:, part], m_axis=0, estimator="pwm", backend="numpy")
        scores[part] = flat(by_cell).mean(1)
    return scores


def pinball(
    ensemble: ArrayLike,
    observed: ArrayLike,
    *,
    levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
) -> Float64[np.ndarray, " n"]:
    """Quantile loss of the ensemble, averaged over cells and levels.

    Shapes: ensemble (m, n, d) or (m, n, d, t), observed (n, d) or (n, d, t).
    Source: Koenker and Bassett, Econometrica 46, 1978; quantiles of type 6 (Hyndman and Fan, 1996).
    """
    x, y = as_ensemble(ensemble, observed)
    alpha = np.asarray(levels, dtype=np.float64).reshape(-1, *[1] * y.ndim)
    scores = np.empty(len(y))
    for part in _blocks(x):
        quantiles = np.quantile(x[:, part], levels, axis=0, method="weibull")
        loss = sr.quantile_score(y[part][None], quantiles, alpha, backend="numpy")
        scores[part] = flat(loss.mean(0)).mean(1)
    return scores


def interval_coverage(
    ensemble: ArrayLike, observed: ArrayLike, *, level: float = 0.9, tolerance: float = 0.0
) -> Float64[np.ndarray, " n"]:
    """Share of cells in the central interval; its mean is `level` for a calibrated ensemble.

    An observation covers a segment of the ensemble's distribution: its rank out of m + 1, widened
    by the members that equal it. It counts by the part of that segment inside the interval (the
    mean over the randomised ranks). So small ensembles are unbiased, and cells where all are equal
    (PV at night) count as exactly `level` instead of raising the coverage.

    Shapes: ensemble (m, n, d) or (m, n, d, t), observed (n, d) or (n, d, t).
    Source: randomised probability integral transform, Czado, Gneiting and Held, Biometrics 65,
    2009, sec. 2.
    """
    x, y = as_ensemble(ensemble, observed)
    tail = (1.0 - level) / 2.0
    shares = np.empty(len(y))
    for part in _blocks(x):
        below = (x[:, part] < y[part] - tolerance).sum(0)
        reach = (x[:, part] <= y[part] + tolerance).sum(0) + 1
        low, high = below / (len(x) + 1), reach / (len(x) + 1)
        inside = np.minimum(high, 1.0 - tail) - np.maximum(low, tail)
        shares[part] = flat(np.maximum(inside, 0.0) / (high - low)).mean(1)
    return shares


def interval_width(
    ensemble: ArrayLike, observed: ArrayLike, *, level: float = 0.9
) -> Float64[np.ndarray, " n"]:
    """Width of the central interval, averaged over cells; narrower is better at equal coverage.

    Below (1 + level) / (1 - level) members (19 at 90 %) the interval is cut at the outermost ones.

    Shapes: ensemble (m, n, d) or (m, n, d, t), observed (n, d) or (n, d, t).
    """
    x, y = as_ensemble(ensemble, observed)
    tail = (1.0 - level) / 2.0
    widths = np.empty(len(y))
    for part in _blocks(x):
        low, high = np.quantile(x[:, part], (tail, 1.0 - tail), axis=0, method="weibull")
        widths[part] = flat(high - low).mean(1)
    return widths


def _blocks(x: Float64[np.ndarray, "m n d *t"]) -> list[slice]:
    """Slices of the designs, so that an ensemble's block stays within `BLOCK` numbers."""
    step = max(1, BLOCK // (x[0, 0].size * len(x)))
    return [slice(start, start + step) for start in range(0, x.shape[1], step)]
