"""Exact Gaussian process regression of designs on conditions."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

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
    steps: int = 50  # of the ascent of the marginal likelihood


class GaussianProcess(Classical):
    """Exact Gaussian processes on the leading principal components of the designs.

    Each component has its own lengthscales, signal and noise, set by the marginal likelihood.
    A proposal is a draw from the predictive of all variables of a row together: the leading
    components with the correlation of their leave-one-out residuals, the trailing ones with the
    variance they had in training. Beyond `rows` designs a random part of them is used, for the
    cost is cubic.

    Shapes: m training rows, q leading components, r all components.
    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, alg. 2.1 and
        eq. 5.12 (leave-one-out).
    """

    mean: Tensor  # (d,)
    basis: Tensor  # (r, d) rows are orthonormal
    spread: Tensor  # (r,) deviation of each component
    conditions: Tensor  # (m, c)
    kernel: Tensor  # (q, c + 2) logarithms of lengthscales, signal, noise
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
        chosen = (
            torch.randperm(len(x), generator=rng)[: self.settings.rows].sort().values.to(x.device)
        )
        y, z = x[chosen].double(), cond[chosen].double()
        self.cond_mean, spread = z.mean(0), z.std(0, correction=0)
        self.cond_spread = torch.where(spread > 0, spread, 1.0)
        self.conditions = (z - self.cond_mean) / self.cond_spread
        self.mean = y.mean(0)
        _, size, basis = torch.linalg.svd(y - self.mean, full_matrices=False)
        keep = size > 1e-9 * size[0].clamp(min=1e-300)
        self.basis = basis[keep]
        self.spread = size[keep] / math.sqrt(len(y))
        q = min(self.settings.components, len(self.basis))
        target = ((y - self.mean) @ self.basis[:q].T / self.spread[:q]).T
        course = self.maximise(target)
        self.condition_on(target)
        return {"loss": course}

    def covariance(
        self, a: Float[Tensor, "i c"], b: Float[Tensor, "j c"], kernel: Float[Tensor, "q w"]
    ) -> Float[Tensor, "q i j"]:
        """Squared exponential covariance with a lengthscale for each condition."""
        length, signal = kernel[:, None, : self.c].exp(), kernel[:, self.c, None, None].exp()
        apart = torch.cdist(a / length, b / length, compute_mode="donot_use_mm_for_euclid_dist")
        return signal.square() * torch.exp(-0.5 * apart.square())

    def noisy(self, kernel: Float[Tensor, "q w"]) -> Float[Tensor, "q m m"]:
        """Covariance of the training targets."""
        eye = torch.eye(len(self.conditions), dtype=kernel.dtype, device=kernel.device)
        noise = (2 * kernel[:, -1]).exp()[:, None, None] + JITTER
        return self.covariance_smooth(kernel) + noise * eye

    def covariance_smooth(self, kernel: Float[Tensor, "q w"]) -> Float[Tensor, "q m m"]:
        """Covariance among the training rows, with a gradient at distance zero."""
        scaled = self.conditions / kernel[:, None, : self.c].exp()
        square = scaled.square().sum(-1)
        apart = square[:, :, None] + square[:, None] - 2 * scaled @ scaled.mT
        return (2 * kernel[:, self.c, None, None] - 0.5 * apart.clamp(min=0)).exp()

    def maximise(self, target: Float[Tensor, "q m"]) -> list[float]:
        """Set the kernels by the marginal likelihood (a weak prior keeps lengthscales finite)."""
        start = torch.zeros(len(target), self.c + 2, dtype=target.dtype, device=target.device)
        start[:, : self.c] = 0.5 * math.log(max(self.c, 1))
        start[:, -1] = -0.5
        kernel = nn.Parameter(start.clone())
        adam = torch.optim.Adam([kernel], lr=0.1)
        course = []
        with torch.enable_grad():
            for _ in range(self.settings.steps):
                factor = torch.linalg.cholesky(self.noisy(kernel))
                alpha = torch.cholesky_solve(target[..., None], factor)[..., 0]
                half_log_det = factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
                fit = 0.5 * (target * alpha).sum(-1) + half_log_det
                loss = (fit + 0.5 * (kernel - start).square().sum(-1) / 2.25).sum()
                adam.zero_grad()
                torch.autograd.backward(loss)
                adam.step()
                course.append(float(loss.detach()) / target.numel())
        self.kernel = kernel.detach()
        return course

    def condition_on(self, target: Float[Tensor, "q m"]) -> None:
        """Factor the covariances and keep how residuals of the components hang together."""
        self.factor = torch.linalg.cholesky(self.noisy(self.kernel))
        inverse = torch.cholesky_inverse(self.factor)
        self.weights = (inverse @ target[..., None])[..., 0]
        precision = inverse.diagonal(dim1=-2, dim2=-1)
        residual = (self.weights / precision.sqrt()).T  # leave-one-out, in predictive deviations
        shrunk = torch.from_numpy(shrunk_covariance(residual.cpu().numpy(), centred=True))
        scale = shrunk.diagonal().sqrt()
        self.mixing = torch.linalg.cholesky(shrunk / scale / scale[:, None]).to(target)

    def draw(self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator) -> Float[Tensor, "n d"]:
        asked = (cond.double() - self.cond_mean) / self.cond_spread
        cross = self.covariance(asked, self.conditions, self.kernel)  # (q, n, m)
        centre = (cross @ self.weights[..., None])[..., 0].T
        known = torch.linalg.solve_triangular(self.factor, cross.mT, upper=False)
        prior = (2 * self.kernel[:, self.c]).exp() + (2 * self.kernel[:, -1]).exp()
        variance = (prior[:, None] - known.square().sum(-2)).clamp(min=JITTER).T
        eps = gaussian(self.mean.new_empty(len(cond), len(self.basis)), rng)
        q = len(self.kernel)
        lead = centre + variance.sqrt() * (eps[:, :q] @ self.mixing.T)
        scores = torch.cat([lead, eps[:, q:]], 1) * self.spread
        return (self.mean + scores @ self.basis).to(cond.dtype)
