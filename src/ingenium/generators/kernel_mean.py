"""Conditional mean by kernel ridge regression, validated on runs of neighbouring rows."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.learned_buffers import LearnedBuffers

RIDGES = (0.015, 0.05, 0.15, 0.5, 1.5, 5.0, 15.0, 50.0)
SEARCH_RIDGES = (0.05, 0.5, 5.0)
RELEVANCES = (0.0, 0.1, 0.2, 0.35, 0.6, 1.0, 2.0)
FIRST_RELEVANCE = 0.3
SWEEPS = 2


@dataclass(frozen=True)
class MeanSettings:
    """Settings of the regression of the mean."""

    run: int = 7  # rows in a row that are left out together: neighbouring days are alike
    gain: float = 0.05  # share of a component's variance that its regression must explain
    leading: int = 12  # components that choose the relevance of the conditions


class KernelMean(LearnedBuffers):
    """Conditional mean of columns, and the residuals of held-out predictions.

    Each principal component of the columns is regressed with a Gaussian kernel. The relevance of
    each condition (an inverse length) and each component's ridge minimise the squared error on runs
    of rows left out together, in closed form; a component that gains too little gets its plain
    mean. The residuals are those of the left-out rows, so their spread is that of a prediction.

    Shapes: n rows, m training rows, c spec features, w columns.
    Source: Rasmussen and Williams, 2006, sec. 2.3, 5.1 (automatic relevance determination) and
        5.4.2; for left-out groups, Burman, Chow and Nolan, Biometrika 81, 1994, and the block
        form of Rasmussen and Williams, eq. 5.12.
    """

    centre: Tensor  # (c,)
    spread: Tensor  # (c,)
    relevance: Tensor  # (c,)
    rows: Tensor  # (m, c) standardised training conditions times relevance
    offset: Tensor  # (w,)
    weight: Tensor  # (m, w)
    residual: Tensor  # (m, w) of left-out rows

    def __init__(self) -> None:
        super().__init__()
        self.empty("centre", "spread", "relevance", "rows", "offset", "weight", "residual")

    def learn(
        self, z: Float[Tensor, "m w"], cond: Float[Tensor, "m c"], settings: MeanSettings
    ) -> None:
        """Choose relevances and ridges, and fit on all rows."""
        z, cond = z.to(torch.float64), cond.to(torch.float64)
        self.offset, self.centre = z.mean(0), cond.mean(0)
        spread = cond.std(0)
        self.spread = torch.where(spread > 1e-9, spread, 1.0)
        standard = (cond - self.centre) / self.spread
        _, _, axes = torch.linalg.svd(z - self.offset, full_matrices=False)
        y = (z - self.offset) @ axes.T
        self.relevance = _relevance(standard, y[:, : settings.leading], settings.run)
        self.rows = standard * self.relevance
        error, weight, residual = _left_out(_kernel(self.rows, self.rows), y, settings.run, RIDGES)
        plain = y * len(y) / max(len(y) - 1, 1)
        idle = error > (1 - settings.gain) * plain.square().mean(0)
        self.weight = torch.where(idle, 0.0, weight) @ axes
        self.residual = torch.where(idle, plain, residual) @ axes

    def mean(self, cond: Float[Tensor, "n c"]) -> Float[Tensor, "n w"]:
        """Expected columns of each row."""
        return self.offset + _kernel(self._scaled(cond), self.rows) @ self.weight

    def distance(self, cond: Float[Tensor, "n c"]) -> Float[Tensor, "n m"]:
        """Distance of conditions to those of the training rows, weighted by relevance."""
        return _distance(self._scaled(cond), self.rows)

    def _scaled(self, cond: Tensor) -> Tensor:
        return (cond.to(torch.float64) - self.centre) / self.spread * self.relevance


def _kernel(a: Float[Tensor, "n c"], b: Float[Tensor, "m c"]) -> Float[Tensor, "n m"]:
    return torch.exp(-0.5 * _distance(a, b).square())


def _distance(a: Float[Tensor, "n c"], b: Float[Tensor, "m c"]) -> Float[Tensor, "n m"]:
    """Euclidean distance by differences, so that a row gets the same bits in any batch."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _relevance(
    standard: Float[Tensor, "m c"], y: Float[Tensor, "m k"], run: int
) -> Float[Tensor, " c"]:
    """Relevance of conditions by coordinate descent on a grid; a step is an eigendecomposition."""
    best = standard.new_full((standard.shape[1],), FIRST_RELEVANCE)

    def error(relevance: Tensor) -> float:
        rows = standard * relevance
        left = _left_out(_kernel(rows, rows), y, run, SEARCH_RIDGES)[0]
        return float(torch.minimum(left, y.square().mean(0)).sum())

    least = error(best)
    for _ in range(SWEEPS):
        before = best
        for i in range(len(best)):
            for value in RELEVANCES:
                if value == float(best[i]):
                    continue
                tried = best.clone()
                tried[i] = value
                got = error(tried)
                if got < least * (1 - 1e-3):
                    least, best = got, tried
        if torch.equal(before, best):
            break
    return best


def _left_out(
    kernel: Float[Tensor, "m m"], y: Float[Tensor, "m k"], run: int, ridges: tuple[float, ...]
) -> tuple[Float[Tensor, " k"], Float[Tensor, "m k"], Float[Tensor, "m k"]]:
    """Mean squared error on left-out runs, weights and residuals, each for the best ridge."""
    values, vectors = torch.linalg.eigh(kernel)
    turned = vectors.T @ y
    best = torch.full_like(y[0], torch.inf)
    weight, residual = torch.zeros_like(y), torch.zeros_like(y)
    for ridge in ridges:
        shrink = 1 / (values.clamp(min=0) + ridge)
        own = vectors @ (shrink[:, None] * turned)
        left = torch.empty_like(y)
        # Runs are few, and the last one may be shorter.
        for rows in torch.split(torch.arange(len(y)), run):
            inverse = (vectors[rows] * shrink) @ vectors[rows].T
            left[rows] = torch.linalg.solve(inverse, own[rows])
        error = left.square().mean(0)
        better = error < best
        best = torch.where(better, error, best)
        weight = torch.where(better, own, weight)
        residual = torch.where(better, left, residual)
    return best, weight, residual
