"""Estimators of a channel from its pilots: matching pursuit, LMMSE, mixture LMMSE.

Shapes: b sets of pilots, n known channels, f subcarriers, a antennas, m = f a numbers of a set,
j components.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.radio.packages import EXTRA

HERMITIAN = 1e-9  # relative, to which a covariance must be its own adjoint
NOTHING = 1e-6  # share of a channel in a component, below which it is left out


@dataclass(frozen=True)
class Pursuit:
    """Orthogonal matching pursuit on a fine grid of delays and directions, without a prior.

    It stops when the residual's peak is below the noise threshold of one false alarm in `alarms`.

    Source: Tropp and Gilbert, IEEE Trans. Inf. Theory 53, 2007; Cai and Wang, 57, 2011 (the end).
    """

    finer: int = 4  # steps of the grid over those that pilots resolve
    most: int = 24  # paths
    alarms: float = 100.0

    def estimate(
        self, received: Complex128[Tensor, "b f a"], noise_power: float
    ) -> Complex128[Tensor, "b f a"]:
        """Estimate the channel of each set of pilots."""
        b, f, a = received.shape
        n, m = self.finer * f, self.finer * a
        y = received.flatten(1)
        atoms = y.new_zeros(b, self.most, f * a)
        found, going = torch.zeros_like(y), torch.ones(b, dtype=torch.bool)
        least = noise_power * math.log(self.alarms * f * a)
        for k in range(self.most):  # each path is sought in what the others leave
            rest = (y - found).view(b, f, a)
            seen = n * torch.fft.fft(torch.fft.ifft(rest, n=n, dim=1), n=m, dim=2)
            power, at = (seen.abs().square() / (f * a)).flatten(1).max(1)
            going = going & (power > least)
            if not going.any():
                break
            over = _turns(-(at // m).double() / n, f)
            along = _turns((at % m).double() / m, a)
            own = (over[:, :, None] * along[:, None]).flatten(1)
            atoms[:, k] = torch.where(going[:, None], own, 0)
            used = atoms[:, : k + 1]
            inner = used.conj() @ used.mT + 1e-9 * f * a * torch.eye(k + 1, dtype=y.dtype)
            gain = torch.linalg.solve(inner, (used.conj() @ y[:, :, None]))
            found = torch.where(going[:, None], (used.mT @ gain)[:, :, 0], found)
        return found.view(b, f, a)


def _turns(share: Float64[Tensor, " b"], count: int) -> Complex128[Tensor, "b k"]:
    """Phases in equal increments, `share` turns each."""
    angle = 2 * math.pi * share[:, None] * torch.arange(count)
    return torch.polar(torch.ones_like(angle), angle)


@dataclass(frozen=True, eq=False)
class GlobalLmmse:
    """LMMSE with one covariance of all channels of a site."""

    cov: Complex128[Tensor, "m m"]

    def __post_init__(self) -> None:
        distance = float((self.cov - self.cov.mH).abs().max())
        if not distance <= HERMITIAN * float(self.cov.abs().max()):
            raise InputError(
                "a covariance that is Hermitian",
                f"one whose halves differ by {distance:.3g}",
                "Write the mean of x x^H over channels x.",
            )

    @classmethod
    def of(cls, channels: Complex128[Tensor, "n f a"]) -> "GlobalLmmse":
        """Fit the covariance of known channels."""
        x = channels.flatten(1)
        return cls(x.T @ x.conj() / len(x))

    def estimate(
        self, received: Complex128[Tensor, "b f a"], noise_power: float
    ) -> Complex128[Tensor, "b f a"]:
        """Estimate the channel of each set of pilots."""
        eye = torch.eye(len(self.cov), dtype=self.cov.dtype)
        gain = torch.linalg.solve(self.cov + noise_power * eye, self.cov)  # both are Hermitian
        found: Tensor = received.flatten(1) @ gain.conj()
        return found.view_as(received)


@dataclass(frozen=True, eq=False)
class MixtureLmmse:
    """Gaussian mixture of channels, whose posterior mean has a closed form.

    Source: Koller, Fesl, Turan and Utschick, IEEE Trans. Signal Process. 70, 2022.
    """

    weight: Float64[np.ndarray, " j"]
    cov: Complex128[Tensor, "j m m"]

    @classmethod
    def of(cls, channels: Complex128[Tensor, "n f a"], components: int) -> "MixtureLmmse":
        """Fit components clustered by power over delay and direction; means are 0."""
        x = channels.flatten(1)
        delay = torch.fft.ifft(channels, dim=1).abs().square().mean(2)
        angle = torch.fft.fft(channels, dim=2).abs().square().mean(1)
        reported = 10 * torch.cat([delay, angle], 1).clamp(min=1e-18).log10().numpy()
        reported = reported - reported.mean(0)
        axes = np.linalg.svd(reported, full_matrices=False)[2][:8]
        mixture = EXTRA.package("sklearn.mixture").GaussianMixture
        fitted = mixture(components, reg_covar=1.0, random_state=0).fit(reported @ axes.T)
        share = fitted.predict_proba(reported @ axes.T)
        whole = x.T @ x.conj() / len(x)
        covs = []
        for j in range(components):
            near = np.flatnonzero(share[:, j] > NOTHING)
            weight = torch.from_numpy(share[near, j] / max(share[:, j].sum(), 1e-9)).to(x.dtype)
            own = (x[near] * weight[:, None]).T @ x[near].conj()
            shrink = min(0.5, 4.0 / max(float(share[:, j].sum()), 1e-9))
            covs.append((1 - shrink) * own + shrink * whole)
        return cls(np.maximum(fitted.weights_, 1e-12), torch.stack(covs))

    def estimate(
        self, received: Complex128[Tensor, "b f a"], noise_power: float
    ) -> Complex128[Tensor, "b f a"]:
        """Average the estimates of the components, weighted by their likelihood."""
        y = received.flatten(1)
        eye = torch.eye(y.shape[1], dtype=y.dtype)
        odds, means = [], []
        for j, cov in enumerate(self.cov):  # few components
            root = torch.linalg.cholesky(cov + noise_power * eye)
            white = torch.linalg.solve_triangular(root, y.T, upper=False)
            volume = 2 * root.diagonal().real.log().sum()
            odds.append(float(np.log(self.weight[j])) - white.abs().square().sum(0) - volume)
            means.append((cov @ torch.cholesky_solve(y.T, root)).T)
        share = torch.softmax(torch.stack(odds), 0).to(y.dtype)
        return torch.einsum("jb,jbm->bm", share, torch.stack(means)).view_as(received)
