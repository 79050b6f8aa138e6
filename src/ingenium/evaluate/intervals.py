"""Confidence intervals over groups of designs, over seeds, of shares, and of pairs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.errors import InputError
from ingenium.evaluate.arrays import Groups, as_groups
from ingenium.evaluate.measured import Interval as Interval

LEVEL = 0.95
RESAMPLES = 2000


@dataclass(frozen=True)
class PairedDifference:
    """Difference of two families on the same seeds and designs.

    `seeds_won` is the share of seeds in which the first was lower (a tie counts half).
    """

    difference: Interval
    seeds_won: float
    seeds: int


def wilson(count: int, n: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Ends of Wilson's score interval of a share.

    Source: Wilson, J. Am. Stat. Assoc. 22, 1927; Newcombe, Stat. Med. 17, 1998, method 3.
    """
    from scipy.special import ndtri  # 0.2 s of imports, where an interval is computed

    _check_count(count, n)
    share, z = count / n, float(ndtri(0.5 + 0.5 * level))
    scale = 2 * (n + z * z)
    middle = (2 * n * share + z * z) / scale
    half = z / scale * math.sqrt(4 * n * share * (1 - share) + z * z)
    return 0.0 if count == 0 else middle - half, 1.0 if count == n else middle + half


def share_of(found: Sequence[bool]) -> Interval:
    """Share of true entries, with Wilson's interval.

    Raises:
        InputError: if there are no entries.
    """
    return Interval(sum(found) / max(1, len(found)), *wilson(sum(found), len(found)))


def clopper_pearson(count: int, n: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Ends of the exact interval of a share, whose coverage is at least `level`.

    Source: Clopper and Pearson, Biometrika 26, 1934; Newcombe, 1998, method 5.
    """
    from scipy.special import betaincinv

    _check_count(count, n)
    tail = (1 - level) / 2
    low = float(betaincinv(count, n - count + 1, tail)) if count else 0.0
    return low, float(betaincinv(count + 1, n - count, 1 - tail)) if count < n else 1.0


def t_interval(values: ArrayLike, *, level: float = LEVEL) -> Interval:
    """Mean over seeds with Student's interval; the ends are NaN for a single seed."""
    from scipy.special import stdtrit

    x = _finite_row(values)
    mean = float(x.mean())
    if len(x) == 1:
        return Interval(mean, math.nan, math.nan)
    half = stdtrit(len(x) - 1, (1.0 + level) / 2.0) * x.std(ddof=1) / math.sqrt(len(x))
    return Interval(mean, mean - float(half), mean + float(half))


def crossed_means(
    values: Float64[np.ndarray, "s n"],
    rng: np.random.Generator,
    *,
    groups: Groups | None = None,
    resamples: int = RESAMPLES,
) -> Float64[np.ndarray, " resamples"]:
    """Means of bootstrap samples of seeds and, independently, of groups of designs.

    The same generator state gives the same samples for every table of the same size, which makes
    differences of two calls paired. A single seed, or a single group, is not resampled.

    Shapes: values (s seeds, n designs), groups (n,).
    Source: Owen, Ann. Appl. Stat. 1, 2007 (the pigeonhole bootstrap).
    """
    s, n = values.shape
    group = as_groups(groups, n)
    size = np.bincount(group).astype(np.float64)
    total = np.stack([np.bincount(group, weights=row) for row in values])
    seeds = rng.multinomial(s, np.full(s, 1.0 / s), size=resamples) / s
    weeks = rng.multinomial(len(size), np.full(len(size), 1.0 / len(size)), size=resamples)
    means: np.ndarray = ((seeds @ total) * weeks).sum(-1) / (weeks @ size)
    return means


def crossed_interval(
    values: ArrayLike,
    rng: np.random.Generator,
    *,
    groups: Groups | None = None,
    level: float = LEVEL,
) -> Interval:
    """Mean over seeds and designs with an interval for both kinds of randomness.

    Shapes: values (s seeds, n designs), groups (n,).
    """
    x = _finite_table(values)
    return _percentiles(float(x.mean()), crossed_means(x, rng, groups=groups), level)


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    *,
    groups: Groups | None = None,
    level: float = LEVEL,
) -> PairedDifference:
    """Difference of the first and the second family, on the same seeds and designs.

    With one value a seed (n = 1) the interval is Student's over seeds, otherwise a crossed
    bootstrap.

    Shapes: first and second (s seeds, n designs), groups (n,).
    """
    a, b = _matching(first, second)
    gap = a - b
    by_seed = gap.mean(1)
    if gap.shape[1] == 1:
        difference = t_interval(by_seed, level=level)
    else:
        difference = crossed_interval(gap, rng, groups=groups, level=level)
    won = float(((by_seed < 0) + 0.5 * (by_seed == 0)).mean())
    return PairedDifference(difference, won, len(gap))


def skill(
    score: ArrayLike,
    reference: ArrayLike,
    rng: np.random.Generator,
    *,
    groups: Groups | None = None,
    level: float = LEVEL,
) -> Interval:
    """Skill score 1 - score / reference, paired.

    Shapes: score and reference (s seeds, n designs), groups (n,).
    """
    a, b = _matching(score, reference)
    state = rng.integers(2**63)
    means_a = crossed_means(a, np.random.default_rng(state), groups=groups)
    means_b = crossed_means(b, np.random.default_rng(state), groups=groups)
    return _percentiles(float(1.0 - a.mean() / b.mean()), 1.0 - means_a / means_b, level)


def _check_count(count: int, n: int) -> None:
    if not 0 <= count <= n or n == 0:
        raise InputError("a count of 0 to n, with n above 0", f"{count} of {n}")


def _percentiles(value: float, means: np.ndarray, level: float) -> Interval:
    low, high = np.quantile(means, ((1.0 - level) / 2.0, (1.0 + level) / 2.0))
    return Interval(value, float(low), float(high))


def _finite_row(values: ArrayLike) -> Float64[np.ndarray, " n"]:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or len(x) == 0 or not np.isfinite(x).all():
        raise InputError("one row of finite values", f"shape {x.shape}")
    return x


def _finite_table(values: ArrayLike) -> Float64[np.ndarray, "s n"]:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or x.size == 0 or not np.isfinite(x).all():
        raise InputError(
            "finite values of shape (seeds, designs)",
            f"shape {x.shape}",
            "Write x[None] for a single seed.",
        )
    return x


def _matching(
    first: ArrayLike, second: ArrayLike
) -> tuple[Float64[np.ndarray, "s n"], Float64[np.ndarray, "s n"]]:
    a, b = _finite_table(first), _finite_table(second)
    if a.shape != b.shape:
        raise InputError("the same seeds and designs on both sides", f"{a.shape} and {b.shape}")
    return a, b
