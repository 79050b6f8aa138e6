"""Exact Gaussian process regression of designs on conditions."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.evaluate.gaussian_process import GaussianRegression
from ingenium.evaluate.shrinkage import shrunk_covariance
from ingenium.generators.classical import Classical
from ingenium.sampling.noise import gaussian
from ingenium.train.plan import Plan

JITTER = 1e-6


@dataclass(frozen=True)
class GaussianProcessSettings:
    """Size of the regression."""

    components: int = 16  # leading principal components that are regressed
    rows: int = 1000  # training rows used at most
    tuned: int = 400  # of them, on which the kernels are tuned
    steps: int = 50  # iterations of the ascent of the marginal likelihood, at most


class GaussianProcess(Classical):
    """Exact Gaussian processes on the leading principal components of the designs.

    Each component has its own lengthscales, signal and noise, set by the marginal likelihood of a
    part of the rows. A proposal is a sample of the predictive distribution of all variables of a
    row: the leading components with the correlation of their leave-one-out residuals, the trailing
    ones with the variance they had in training. Beyond `rows` designs a random part of them is
    used, since the cost is cubic.

    Shapes: m training rows, q leading components, r all components.
    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, alg. 2.1 and
        eq. 5.12 (leave-one-out).
    """

    mean: Tensor  # (d,)
    basis: Tensor  # (r, d) rows are orthonormal
    spread: Tensor  # (r,) deviation of each component
    conditions: Tensor  # (m, c)
    kernel: Tensor  # (q, c + 2) logarithms of the signal's variance, lengthscales, the noise's
    factor: Tensor  # (q, m, m) lower Cholesky factor
    weights: Tensor  # (q, m)
    mixing: Tensor  # (q, q) Cholesky factor of the residual correlation
    cond_mean: Tensor
    cond_spread: Tensor

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: GaussianProcessSettings = GaussianProcessSettings(),
    ) -> None:
        super().__init__(shape, c)
        self.settings = settings
        self.empty("mean", "basis", "spread", "conditions", "kernel", "factor", "weights")
        self.empty("mixing", "cond_mean", "cond_spread")

    def learn(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        rng = torch.Generator().manual_seed(plan.seed)
        order = torch.randperm(len(x), generator=rng)[: self.settings.rows].to(x.device)
        y, z = x[order].double(), cond[order].double()
        self.cond_mean, spread = z.mean(0), z.std(0, correction=0)
        self.cond_spread = torch.where(spread > 0, spread, 1.0)
        self.conditions = (z - self.cond_mean) / self.cond_spread
        self.mean = y.mean(0)
        _, size, basis = torch.linalg.svd(y - self.mean, full_matrices=False)
        conditioned = size > 1e-9 * size[0].clamp(min=1e-300)
        self.basis = basis[conditioned]
        self.spread = size[conditioned] / math.sqrt(len(y))
        q = min(self.settings.components, len(self.basis))
        target = ((y - self.mean) @ self.basis[:q].T / self.spread[:q]).cpu().numpy()
        self.regress(target)
        return {}

    def regress(self, target: Float[np.ndarray, "m q"]) -> None:
        """Fit a process to each component, and store the correlation of their residuals."""
        from ingenium.evaluate.kernels import smooth

        within, start = (0.05, 100.0), np.full(self.c, math.sqrt(max(self.c, 1)))
        at = self.conditions.cpu().numpy()
        parts = [
            GaussianRegression.of(
                at,
                column,
                smooth(start, 0.4, nu=math.inf, within=within, level=(1e-3, 1e3),
                       noise_within=(1e-6, 4.0)),
                tuned=self.settings.tuned,
                steps=self.settings.steps,
            )
            for column in target.T
        ]  # fmt: skip
        models = [part.model for part in parts]
        kernel = [model.kernel_.theta for model in models]  # logarithms
        self.kernel, self.factor, self.weights, residual = (
            torch.from_numpy(np.stack(rows)).to(self.mean)
            for rows in (
                kernel,
                [model.L_ for model in models],
                [model.alpha_ for model in models],
                [part.missed * np.sqrt(np.diag(part.inverse)) for part in parts],
            )
        )
        shrunk = torch.from_numpy(shrunk_covariance(residual.T.cpu().numpy(), centred=True))
        scale = shrunk.diagonal().sqrt()
        self.mixing = torch.linalg.cholesky(shrunk / scale / scale[:, None]).to(self.mean)

    def covariance(self, requested: Float[Tensor, "n c"]) -> Float[Tensor, "q n m"]:
        """Squared exponential covariance with the training rows, for each process."""
        level, length = self.kernel[:, 0, None, None], self.kernel[:, None, 1:-1].exp()
        distance = torch.cdist(
            requested / length,
            self.conditions / length,
            compute_mode="donot_use_mm_for_euclid_dist",
        )
        return (level - 0.5 * distance.square()).exp()

    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        requested = (cond.double() - self.cond_mean) / self.cond_spread
        cross = self.covariance(requested)
        centre = (cross @ self.weights[..., None])[..., 0].T
        known = torch.linalg.solve_triangular(self.factor, cross.mT, upper=False)
        prior = self.kernel[:, 0].exp() + self.kernel[:, -1].exp()
        variance = (prior[:, None] - known.square().sum(-2)).clamp(min=JITTER).T
        eps = gaussian(self.mean.new_empty(len(cond), len(self.basis)), rng)
        q = len(self.kernel)
        lead = centre + variance.sqrt() * (eps[:, :q] @ self.mixing.T)
        scores = torch.cat([lead, eps[:, q:]], 1) * self.spread
        return (self.mean + scores @ self.basis).to(cond.dtype)
