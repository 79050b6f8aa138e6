"""Weights of samples: their effective number, and the reliability of their tail.

Shapes: n samples, q quantities.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int64
from scipy.special import logsumexp
from torch import Tensor

from ingenium.infer.question import Arrays

TRUSTED_K = 0.7  # shape of the tail up to which importance weights are reliable
FEWEST = 5  # weights that a tail is fitted to


@dataclass(frozen=True, eq=False)
class Weighted:
    """Samples from a posterior, with the rows of the prior whose conditions they have."""

    arrays: Arrays
    rows: Int64[Tensor, " n"]
    weight: Float64[np.ndarray, " n"]  # sum to 1
    pareto_k: float  # NaN for a method without weights
    effective: float  # effective number of samples
    reported: Mapping[str, float] = field(default_factory=dict)  # diagnostics of the method


def effective(weight: Float64[np.ndarray, " n"]) -> float:
    """Effective number of samples (Kish, 1965)."""
    return float(1 / np.square(weight).sum())


def smoothed(log_weight: Float64[np.ndarray, " n"]) -> tuple[Float64[np.ndarray, " n"], float]:
    """Smooth the tail of weights by a generalised Pareto distribution; also return its shape k.

    Source: Vehtari, Simpson, Gelman, Yao and Gabry, JMLR 25(72), 2024 (Pareto smoothed importance
    sampling): the largest min(n / 5, 3 sqrt(n)) weights become the expected order statistics of
    the fitted tail. Above 0.7 the weights are not reliable.
    """
    n = len(log_weight)
    alive = np.isfinite(log_weight)
    if not alive.any():
        return np.full(n, 1 / n), math.inf
    shifted = np.where(alive, log_weight, -np.inf) - log_weight[alive].max()
    tail = math.ceil(min(n / 5, 3 * math.sqrt(n)))
    order = np.argsort(shifted, kind="stable")
    largest = order[-tail:]
    cut = max(shifted[order[-tail - 1]] if n > tail else -np.inf, math.log(np.finfo(float).tiny))
    over = np.exp(shifted[largest]) - math.exp(cut)
    above = over > 0
    if above.sum() < FEWEST:
        few = alive.sum() > FEWEST and np.ptp(shifted[alive]) < 1e-9
        return _normalised(shifted), 0.0 if few else math.inf
    k, scale = pareto(np.sort(over[above]))
    at = (np.arange(above.sum()) + 0.5) / above.sum()
    shape = k if abs(k) > 1e-9 else 1e-9
    with np.errstate(over="ignore"):  # of a tail without any bound, which is cut at the largest
        expected = scale * np.expm1(-shape * np.log1p(-at)) / shape
    new = shifted.copy()
    new[largest[above]] = np.minimum(np.log(expected + math.exp(cut)), 0.0)
    return _normalised(new), k


def pareto(excess: Float64[np.ndarray, " n"]) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution, from sorted excesses.

    Source: Zhang and Stephens, Technometrics 51, 2009, with the prior on k of Vehtari et al.
    """
    n = len(excess)
    points = 30 + math.floor(math.sqrt(n))
    quartile = excess[math.floor(n / 4 + 0.5) - 1]
    grid = 1 / excess[-1] + (1 - np.sqrt(points / (np.arange(1, points + 1) - 0.5))) / (
        3 * quartile
    )
    shape = np.log1p(-grid[:, None] * excess).mean(1)
    profile = n * (np.log(-grid / shape) - shape - 1)
    share = 1 / np.exp(profile[None] - profile[:, None]).sum(1)
    at = float((grid * share).sum() / share.sum())
    k = float(np.log1p(-at * excess).mean())
    scale = -k / at
    return (n * k + 10 * 0.5) / (n + 10), scale


def _normalised(log_weight: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    return np.asarray(np.exp(log_weight - logsumexp(log_weight)))


def quantiles(
    values: Float64[np.ndarray, "n *q"], weight: Float64[np.ndarray, " n"], at: tuple[float, ...]
) -> Float64[np.ndarray, "p *q"]:
    """Weighted quantiles of each column."""
    flat = values.reshape(len(values), -1)
    order = np.argsort(flat, axis=0, kind="stable")
    sizes = weight[order]
    sums = sizes.cumsum(0) - 0.5 * sizes
    found = [np.interp(at, sums[:, i], flat[order[:, i], i]) for i in range(flat.shape[1])]
    return np.stack(found, 1).reshape(len(at), *values.shape[1:])


def below(
    values: Float64[np.ndarray, "n q"],
    weight: Float64[np.ndarray, " n"],
    truth: Float64[np.ndarray, " q"],
) -> Float64[np.ndarray, " q"]:
    """Weight of samples below a truth, ties by half: uniform if the posterior is right."""
    less = (values < truth).astype(np.float64) + 0.5 * (values == truth)
    return np.asarray(weight @ less)


def ellipse_level(
    values: Float64[np.ndarray, "n 2"],
    weight: Float64[np.ndarray, " n"],
    point: Float64[np.ndarray, " 2"],
) -> float:
    """Weight inside the ellipse through a point, of the posterior's mean and covariance."""
    mean, cov = moments(values, weight)
    axes = np.linalg.inv(cov + 1e-12 * np.trace(cov) * np.eye(2) + 1e-300 * np.eye(2))
    out = np.einsum("ni,ij,nj->n", values - mean, axes, values - mean)
    own = float((point - mean) @ axes @ (point - mean))
    return float(weight[out < own].sum())


def moments(
    values: Float64[np.ndarray, "n q"], weight: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " q"], Float64[np.ndarray, "q q"]]:
    """Weighted mean and covariance."""
    mean = weight @ values
    out = values - mean
    return mean, (out * weight[:, None]).T @ out
