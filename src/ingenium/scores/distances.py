"""Distances between the distributions of real and proposed designs, one a channel.

0 means equal. None reaches 0 on finite sets: compare them with the same distance between two sets
of real designs. Distances are symmetric in meaning, and scaled by the *real* designs.
"""

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from ingenium.core.errors import InputError
from ingenium.evaluate.arrays import as_pair, flat

# A channel whose spread is below this part of its size is constant.
CONSTANT = 1e-12


def marginal_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " d"]:
    """Wasserstein-1 distance of the values, in standard deviations; series pool their time steps.

    Shapes: real (n, d) or (n, d, t), proposed (p, d) or (p, d, t).
    Source: scipy.stats.wasserstein_distance.
    """
    a, b = as_pair(real, proposed)
    return _wasserstein(_by_channel(a), _by_channel(b))


def profile_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " d"]:
    """Wasserstein-1 distance at each time step, in standard deviations, averaged over time.

    Shapes: real (n, d, t), proposed (p, d, t).
    """
    a, b = as_series(real, proposed)
    d, t = a.shape[1:]
    scale = np.repeat(_spread(_by_channel(a)), t)
    by_step = _wasserstein(flat(a).T, flat(b).T, scale).reshape(d, t)
    distance: np.ndarray = by_step.mean(1)
    return distance


def ramp_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " d"]:
    """Wasserstein-1 distance of the changes from step to step, in their standard deviations.

    Shapes: real (n, d, t), proposed (p, d, t).
    """
    a, b = as_series(real, proposed)
    return marginal_distance(np.diff(a), np.diff(b))


def total_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " d"]:
    """Wasserstein-1 distance of the sum over time (the energy of a day), in standard deviations.

    Shapes: real (n, d, t), proposed (p, d, t).
    """
    a, b = as_series(real, proposed)
    return marginal_distance(a.sum(-1), b.sum(-1))


def autocorrelation_distance(
    real: ArrayLike, proposed: ArrayLike, *, lags: int | None = None
) -> Float64[np.ndarray, " d"]:
    """Mean absolute difference of the autocorrelation at lags 1 to `lags` (a quarter of t).

    It uses deviations from each set's own mean profile, so that it measures dependence and not
    shape.

    Shapes: real (n, d, t), proposed (p, d, t).
    """
    a, b = as_series(real, proposed)
    count = max(1, a.shape[-1] // 4) if lags is None else lags
    if not 1 <= count < a.shape[-1]:
        raise InputError(f"lags of 1 to {a.shape[-1] - 1} for {a.shape[-1]} steps", lags)
    gap: np.ndarray = np.abs(_autocorrelation(a, count) - _autocorrelation(b, count)).mean(-1)
    return gap


def crosscorrelation_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " d"]:
    """Mean absolute difference of a channel's correlations with the other channels.

    A single channel has distance 0.

    Shapes: real (n, d) or (n, d, t), proposed (p, d) or (p, d, t).
    """
    a, b = as_pair(real, proposed)
    d = a.shape[1]
    gap = np.abs(_correlation(_by_channel(a)) - _correlation(_by_channel(b)))
    mean: np.ndarray = gap.sum(1) / max(1, d - 1)
    return mean


def peak_time_distance(
    real: ArrayLike, proposed: ArrayLike, *, period: float = 24.0
) -> Float64[np.ndarray, " d"]:
    """Wasserstein-1 distance on the circle of the time of the peak, in the units of `period`.

    A series lasts one period (a day of 24 hours). Flat designs have no peak and do not count; of
    several equal peaks the first counts. Channels without peaks on both sides have distance 0, on
    one side half a period: the largest possible distance.

    Shapes: real (n, d, t), proposed (p, d, t).
    Source: Rabin, Delon and Gousseau, J. Math. Imaging Vis. 41, 2011, eq. 8 (the median rule).
    """
    a, b = as_series(real, proposed)
    t = a.shape[-1]
    share_a, share_b = _peak_shares(a), _peak_shares(b)
    gap = np.cumsum(share_a - share_b, -1)
    distance = np.abs(gap - np.median(gap, -1, keepdims=True)).sum(-1) * period / t
    peaks_a, peaks_b = share_a.sum(-1) > 0, share_b.sum(-1) > 0
    return np.where(peaks_a & peaks_b, distance, np.where(peaks_a == peaks_b, 0.0, period / 2))


def spectrum_distance(real: ArrayLike, proposed: ArrayLike) -> Float64[np.ndarray, " d"]:
    """Mean absolute difference of the mean power spectra (dB), without the mean of a series.

    Powers below one millionth of the real channel's total are taken as that, so that rounding
    noise does not count.

    Shapes: real (n, d, t), proposed (p, d, t).
    """
    a, b = as_series(real, proposed)
    power_a, power_b = _power(a), _power(b)
    floor = 1e-6 * power_a.sum(-1, keepdims=True)
    floor = np.where(floor > 0, floor, 1e-6 * np.maximum(power_b.sum(-1, keepdims=True), 1e-300))
    ratio = np.maximum(power_a, floor) / np.maximum(power_b, floor)
    gap_db: np.ndarray = np.abs(10.0 * np.log10(ratio)).mean(-1)
    return gap_db


def mmd_squared(real: ArrayLike, proposed: ArrayLike) -> float:
    """Squared maximum mean discrepancy of whole designs; unbiased, so 0 on average if equal.

    Gaussian kernel of the median distance between the designs of both sets. Standardise first.

    Shapes: real (n, d) or (n, d, t), proposed (p, d) or (p, d, t), at least two of each.
    Source: Gretton et al., J. Mach. Learn. Res. 13, 2012, eq. 3.
    """
    a, b = (flat(x) for x in as_pair(real, proposed))
    n, p = len(a), len(b)
    if min(n, p) < 2:
        raise InputError("at least two designs on each side", f"{n} and {p}")
    pooled = np.concatenate([a, b])
    squared = cdist(pooled, pooled, "sqeuclidean")
    median = np.median(squared[np.triu_indices(n + p, 1)])
    kernel = np.exp(-squared / (2.0 * median if median > 0 else 1.0))
    np.fill_diagonal(kernel, 0.0)
    within = kernel[:n, :n].sum() / (n * (n - 1)) + kernel[n:, n:].sum() / (p * (p - 1))
    return float(within - 2.0 * kernel[:n, n:].mean())


def as_series(
    real: ArrayLike, proposed: ArrayLike
) -> tuple[Float64[np.ndarray, "n d t"], Float64[np.ndarray, "p d t"]]:
    """Check real and proposed series.

    Raises:
        InputError: for anything but series of one kind with at least two steps.
    """
    a, b = as_pair(real, proposed)
    if a.ndim != 3 or a.shape[-1] < 2:
        raise InputError(
            "series of shape (n, d, t) with at least two steps",
            f"shape {a.shape}",
            "Vectors have marginal_distance, crosscorrelation_distance and mmd_squared.",
        )
    return a, b


def _by_channel(x: Float64[np.ndarray, "n d *t"]) -> Float64[np.ndarray, "d values"]:
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)


def _spread(x: Float64[np.ndarray, "d values"]) -> Float64[np.ndarray, " d"]:
    std = x.std(-1)
    return np.where(std > CONSTANT * np.maximum(1.0, np.abs(x).max(-1)), std, 1.0)


def _wasserstein(
    a: Float64[np.ndarray, "d values"],
    b: Float64[np.ndarray, "d others"],
    scale: Float64[np.ndarray, " d"] | None = None,
) -> Float64[np.ndarray, " d"]:
    from scipy.stats import wasserstein_distance  # a second of imports, here alone

    distance = np.array([wasserstein_distance(u, v) for u, v in zip(a, b, strict=True)])
    scaled: np.ndarray = distance / (_spread(a) if scale is None else scale)
    return scaled


def _correlation(x: Float64[np.ndarray, "d values"]) -> Float64[np.ndarray, "d d"]:
    """Correlation of channels; 0 with a constant one, and on the diagonal."""
    centred = x - x.mean(-1, keepdims=True)
    norm = np.linalg.norm(centred, axis=-1)
    scale = np.abs(x).max(-1) * np.sqrt(x.shape[-1])
    unit = np.divide(
        centred, norm[:, None], out=np.zeros_like(x), where=(norm > CONSTANT * scale)[:, None]
    )
    correlation: np.ndarray = unit @ unit.T
    np.fill_diagonal(correlation, 0.0)
    return correlation


def _autocorrelation(x: Float64[np.ndarray, "n d t"], lags: int) -> Float64[np.ndarray, "d lags"]:
    """Correlation of deviations at each lag, each overlap with its own variances."""
    deviation = x - x.mean(0)
    rows = []
    for lag in range(1, lags + 1):
        early, late = deviation[..., :-lag], deviation[..., lag:]
        product = (early * late).sum((0, 2))
        norm = np.sqrt((early**2).sum((0, 2)) * (late**2).sum((0, 2)))
        rows.append(np.divide(product, norm, out=np.zeros_like(norm), where=norm > 0))
    return np.stack(rows, -1)


def _peak_shares(x: Float64[np.ndarray, "n d t"]) -> Float64[np.ndarray, "d t"]:
    """Share of designs that peak at each step; all 0 for a channel without peaks."""
    peaked = x.max(-1) > x.min(-1)
    at = x.argmax(-1)[..., None] == np.arange(x.shape[-1])
    count = (at & peaked[..., None]).sum(0).astype(np.float64)
    shares: np.ndarray = count / np.maximum(1.0, count.sum(-1, keepdims=True))
    return shares


def _power(x: Float64[np.ndarray, "n d t"]) -> Float64[np.ndarray, "d f"]:
    """Mean power of each frequency above 0."""
    centred = x - x.mean(-1, keepdims=True)
    power: np.ndarray = (np.abs(np.fft.rfft(centred)[..., 1:]) ** 2).mean(0)
    return power
