"""Estimates of a channel from its pilots, beside each other.

Shapes: b sets of pilots, n known channels, f subcarriers, a antennas, m = f a numbers of a set,
j components.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from sklearn.mixture import GaussianMixture
from torch import Tensor

from ingenium.domains.radio.pilots import Fading, flat
from ingenium.domains.radio.rays import delays, steering

GRID = (96, 48)  # delays and directions of the dictionary of OMP
MOST_ATOMS = 12


def nmse_db(
    found: Complex128[Tensor, "b f a"], truth: Complex128[Tensor, "b f a"]
) -> Float64[Tensor, " b"]:
    """Squared error over the power of the channel, of each."""
    error = (found - truth).abs().square().sum((1, 2))
    return 10 * (error / truth.abs().square().sum((1, 2))).log10()


def pooled_nmse_db(found: Complex128[Tensor, "b f a"], truth: Complex128[Tensor, "b f a"]) -> float:
    """Mean squared error over mean power, each channel brought to the same power before."""
    power = truth.abs().square().sum((1, 2))
    error = (found - truth).abs().square().sum((1, 2)) / power
    return float(10 * error.mean().log10())


def posterior_mean(
    fading: Fading,
    received: Complex128[Tensor, "b f a"],
    arrays: tuple[Tensor, ...],
    at_once: int = 16,
) -> Complex128[Tensor, "b f a"]:
    """Mean over draws of a prior, by their likelihood, of what each expects.

    It is the least squared error that is possible if the prior is right.
    """
    found = []
    for part in received.split(at_once):  # memory: sets times draws
        readings = flat(part)
        share = torch.softmax(fading.log_density(readings, arrays), 1)
        best = share.topk(min(64, share.shape[1]), dim=1)
        weight = best.values / best.values.sum(1, keepdim=True)
        for i in range(len(part)):  # other draws for each
            own = tuple(a[best.indices[i]] for a in arrays)
            each = fading.expected(readings[i : i + 1], own)[0]
            found.append(torch.einsum("n,nfa->fa", weight[i].to(each.dtype), each))
    return torch.stack(found)


def genie(
    fading: Fading, received: Complex128[Tensor, "b f a"], arrays: tuple[Tensor, ...]
) -> Complex128[Tensor, "b f a"]:
    """LMMSE of who knows delays, angles and powers, and not the gains."""
    readings = flat(received)
    each = [
        fading.expected(readings[i : i + 1], tuple(a[i : i + 1] for a in arrays))[0, 0]
        for i in range(len(received))  # each under its own truth
    ]
    return torch.stack(each)


@dataclass(frozen=True, eq=False)
class GlobalLmmse:
    """LMMSE with one covariance of all channels of a site."""

    cov: Complex128[Tensor, "m m"]

    @classmethod
    def of(cls, channels: Complex128[Tensor, "n f a"]) -> "GlobalLmmse":
        """Of known channels."""
        x = channels.flatten(1)
        return cls(x.T @ x.conj() / len(x))

    def estimate(
        self, received: Complex128[Tensor, "b f a"], noise_power: float
    ) -> Complex128[Tensor, "b f a"]:
        """Of all sets at once."""
        eye = torch.eye(len(self.cov), dtype=self.cov.dtype)
        gain = torch.linalg.solve(self.cov + noise_power * eye, self.cov)  # both are Hermitian
        found: Tensor = received.flatten(1) @ gain.conj()
        return found.view_as(received)


@dataclass(frozen=True, eq=False)
class MixtureLmmse:
    """A mixture of Gaussians of channels, whose posterior mean is known in closed form.

    Source: Koller, Fesl, Turan and Utschick, IEEE Trans. Signal Process. 70, 2022.
    """

    weight: Float64[np.ndarray, " j"]
    cov: Complex128[Tensor, "j m m"]

    @classmethod
    def of(cls, channels: Complex128[Tensor, "n f a"], components: int) -> "MixtureLmmse":
        """Components told apart by power over delay and direction; zero means, as phases turn."""
        x = channels.flatten(1)
        delay = torch.fft.ifft(channels, dim=1).abs().square().mean(2)
        angle = torch.fft.fft(channels, dim=2).abs().square().mean(1)
        told = 10 * torch.cat([delay, angle], 1).clamp(min=1e-18).log10().numpy()
        told = told - told.mean(0)
        axes = np.linalg.svd(told, full_matrices=False)[2][:8]
        fitted = GaussianMixture(components, reg_covar=1.0, random_state=0).fit(told @ axes.T)
        share = fitted.predict_proba(told @ axes.T)
        whole = x.T @ x.conj() / len(x)
        covs = []
        for j in range(components):
            weight = torch.from_numpy(share[:, j] / max(share[:, j].sum(), 1e-9)).to(x.dtype)
            own = (x * weight[:, None]).T @ x.conj()
            shrink = min(0.5, 4.0 / max(float(share[:, j].sum()), 1e-9))
            covs.append((1 - shrink) * own + shrink * whole)
        return cls(np.maximum(fitted.weights_, 1e-12), torch.stack(covs))

    def estimate(
        self, received: Complex128[Tensor, "b f a"], noise_power: float
    ) -> Complex128[Tensor, "b f a"]:
        """Estimates of the components, by their likelihood."""
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


def omp(
    fading: Fading, received: Complex128[Tensor, "b f a"], most_delay_s: float
) -> Complex128[Tensor, "b f a"]:
    """Orthogonal matching pursuit over delays and directions, until the noise is left.

    Source: Tropp and Gilbert, IEEE Trans. Inf. Theory 53, 2007.
    """
    over = delays(torch.linspace(0, most_delay_s, GRID[0], dtype=torch.float64)[None], fading.hz)[0]
    line = torch.linspace(-1, 1, GRID[1], dtype=torch.float64)[None]
    along = steering(line, fading.antennas)[0]
    f, a = received.shape[1:]
    found = []
    for y in received:  # each stops where it has enough
        left, atoms = y, list[Tensor]()
        fit = torch.zeros_like(y)
        while len(atoms) < MOST_ATOMS and left.abs().square().mean() > fading.noise_power:
            seen = (over.conj().T @ left @ along.conj()).abs()
            best = int(seen.argmax())
            i, j = divmod(best, GRID[1])
            atoms.append(torch.outer(over[:, i], along[:, j]).flatten())
            basis = torch.stack(atoms, 1)
            gain = torch.linalg.lstsq(basis, y.flatten()[:, None]).solution
            fit = (basis @ gain)[:, 0].view(f, a)
            left = y - fit
        found.append(fit)
    return torch.stack(found)
