"""Calibration of posteriors: ranks of prior samples, and coverage of held-out truths.

Shapes: n samples, q quantities, b truths, m readings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64
from scipy import stats

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Watch
from ingenium.evaluate.intervals import t_interval, wilson
from ingenium.evaluate.measured import Interval
from ingenium.evaluate.shrinkage import shrunk_covariance
from ingenium.infer.methods.method import Answer
from ingenium.infer.prior import Prior
from ingenium.infer.question import Arrays, InferenceQuestion
from ingenium.infer.weights import Weighted, below, ellipse_level, moments

REGIONS = (0.5, 0.9)  # whose coverage is judged
LEAST_P = 0.01  # below which ranks are not uniform, over all quantities together
OFF = 0.05  # by which coverage may differ from its nominal value, beyond its interval
LEAST_PREDICTED = 0.005  # share of replicated readings that fit no better; below, no fit
LEAST_SHARE = 0.005  # share of the prior's readings further out; below, outside the prior
WRONG = 1.5  # ratio of true to stated errors, or the reverse, that truths must reveal
SHIFTED = 1.0  # shift in standard deviations that ranks must reveal
SIMULATED = 1000  # simulated readings of the prior
REPLICAS = 200  # replicated readings of the posterior


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of truths in their posteriors: the weight of samples below each of their quantities."""

    levels: Float64[np.ndarray, "b q"]
    ellipses: Float64[np.ndarray, "b p"]  # the weight inside the ellipse through the truth
    sizes: Float64[np.ndarray, "b p"]  # radii of ellipses, over the least that readings allow

    def uniform_p(self) -> Float64[np.ndarray, " q"]:
        """Probability of ranks this uneven if the posterior is right (Kolmogorov, Smirnov)."""
        if not len(self.levels):
            return np.full(self.levels.shape[1], np.nan)
        return np.array([stats.kstest(c, "uniform").pvalue for c in self.levels.T])

    def inside(self, region: float) -> Bool[np.ndarray, "b q"]:
        """True where central intervals contain the truths."""
        half = (1 - region) / 2
        return (self.levels >= half) & (self.levels <= 1 - half)

    def coverage(self, region: float) -> Interval:
        """Share of quantities inside; quantities of one truth count as one cluster."""
        if not len(self.levels):
            return Interval(np.nan, np.nan, np.nan)
        return t_interval(self.inside(region).mean(1))

    def ellipse(self, region: float) -> Interval:
        """Share of truths inside the ellipse of a pair."""
        n = self.ellipses.size
        if not n:
            return Interval(np.nan, np.nan, np.nan)
        count = int((self.ellipses <= region).sum())
        return Interval(count / n, *wilson(count, n))

    def size(self) -> Interval:
        """Median radius of ellipses over the smallest that readings allow; NaN without a bound."""
        own = np.sort(self.sizes[np.isfinite(self.sizes)])
        if not len(own):
            return Interval(np.nan, np.nan, np.nan)
        at = np.asarray(stats.binom.ppf([0.025, 0.975], len(own), 0.5)).astype(int)
        low, high = own[np.clip(at, 0, len(own) - 1)]
        return Interval(float(np.median(own)), float(low), float(high))


def truths_needed() -> int:
    """Least number of held-out truths that reveal a posterior `WRONG` times too sharp or too wide.

    With fewer, the interval around a region's nominal coverage does not exclude the coverage that
    such a posterior would have. Quantities of one truth are correlated, so they count once.

    Source: the interval of Wilson leaves out a share c where (p - c)^2 > z^2 c (1 - c) / n.
    """
    z = float(stats.norm.ppf(0.975))
    most = 0.0
    for region in REGIONS:
        reach = float(stats.norm.ppf((1 + region) / 2))
        for scale in (WRONG, 1 / WRONG):
            held = 2 * float(stats.norm.cdf(reach * scale)) - 1
            most = max(most, z**2 * held * (1 - held) / (region - held) ** 2)
    return int(most) + 1


def ranks_needed(quantities: int) -> int:
    """Least number of ranks that reveal a posterior shifted by `SHIFTED` standard deviations.

    With fewer, the largest distance from uniform ranks that the test accepts, over all quantities,
    exceeds that of such a posterior.
    """
    distance = 2 * float(stats.norm.cdf(SHIFTED / 2)) - 1
    n = 2
    while stats.kstwo.ppf(1 - LEAST_P / quantities, n) >= distance:
        n += 1
    return n


def ranked(
    question: InferenceQuestion,
    answer: Answer,
    truths: Arrays,
    check: Sequence[int],
    rng: torch.Generator,
    watch: Watch,
    stage: str,
) -> Ranks:
    """Simulate readings of truths, infer each posterior, and rank the truth in it."""
    readings = question.likelihood.simulate(truths, rng)
    values = question.measure(truths).numpy()
    names = [q.name for q in question.quantities]
    levels, ellipses, sizes = [], [], []
    least = np.full((len(values), len(question.pairs)), np.nan)
    if question.bound is not None and len(values):
        least = torch.linalg.det(question.bound(readings, truths)).numpy()
    for i in check:  # a posterior each
        watch(stage, i, len(check))
        found = answer(readings[i], rng)
        sampled = question.measure(found.arrays).numpy()
        levels.append(below(sampled, found.weight, values[i]))
        at = [[names.index(n) for n in pair] for pair in question.pairs]
        ellipses.append([ellipse_level(sampled[:, j], found.weight, values[i, j]) for j in at])
        own = [np.linalg.det(moments(sampled[:, j], found.weight)[1]) for j in at]
        sizes.append(own / least[i])
    q, p = len(names), len(question.pairs)
    return Ranks(
        np.array(levels).reshape(-1, q),
        np.array(ellipses).reshape(-1, p),
        np.array(sizes).reshape(-1, p) ** 0.25,
    )


def of_prior(prior: Prior, n: int, rng: torch.Generator) -> Arrays:
    """Sample truths from the prior."""
    return tuple(a.detach() for a in prior.designs(prior.start(n, rng)))


def held_out(known: xr.Dataset, prior: Prior, n: int, rng: torch.Generator) -> Arrays:
    """Select held-out designs in random order, each at most once."""
    own = known.isel({DESIGN: np.flatnonzero(known["held_out"].to_numpy())})
    order = torch.randperm(own.sizes[DESIGN], generator=rng).numpy()[:n]
    return to_arrays(own.isel({DESIGN: order}), prior.problem.variables)


def prior_share(question: InferenceQuestion, prior: Prior, rng: torch.Generator) -> float:
    """Share of the prior's own readings at least as far out as the given ones.

    The distance uses a shrunk covariance of half of the simulated readings, and is compared with
    the other half.
    """
    sampled = of_prior(prior, SIMULATED, rng)
    simulated = question.likelihood.simulate(sampled, rng)
    simulated = simulated[torch.isfinite(simulated).all(1)]
    half = len(simulated) // 2
    known, others = simulated[:half].numpy(), simulated[half:].numpy()
    centre, spread = known.mean(0), np.maximum(known.std(0), 1e-300)
    cov = shrunk_covariance((known - centre) / spread)
    axes = np.linalg.cholesky(np.linalg.inv(cov))

    def far(x: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, " n"]:
        return np.asarray(np.square((x - centre) / spread @ axes).sum(1))

    own = far(question.readings[None].numpy())[0]
    return float((far(others) >= own).mean())


def predicted_p(question: InferenceQuestion, found: Weighted, rng: torch.Generator) -> float:
    """Share of readings replicated from the posterior that fit it no better than the given ones.

    Source: Gelman, Meng and Stern, Statistica Sinica 6, 1996, with the likelihood as discrepancy.
    """
    n = len(found.weight)
    count = min(n, REPLICAS)
    weight = torch.from_numpy(found.weight)
    chosen = torch.multinomial(weight, count, replacement=True, generator=rng)
    arrays = tuple(a[chosen] for a in found.arrays)
    again = question.likelihood.simulate(arrays, rng)
    own = question.likelihood.log_density(question.readings[None], arrays)[0]
    each = question.likelihood.log_density(again, arrays).diagonal()  # under its own design
    return float((each <= own).to(torch.float64).mean())
