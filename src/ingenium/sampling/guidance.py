"""Guidance of a denoiser: by conditions, by the gradient of an energy, by projection.

Shapes: n designs, then the axes of one design, in standardised units.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.sampling.solvers import Denoiser
from ingenium.sampling.steer import Steer

Energy = Callable[[Tensor], Tensor]


def classifier_free(known: Denoiser, unknown: Denoiser, weight: float) -> Denoiser:
    """Extrapolates from the denoiser without conditions through the one with conditions.

    Weight 0 ignores the conditions, 1 is the plain conditional model, more exaggerates them.
    Source: Ho and Salimans, 2022, arXiv:2207.12598, eq. 6 with weight = 1 + w; score and
    denoiser are linear in each other.
    """
    if weight == 1:
        return known

    def guided(x: Tensor, sigma: float) -> Tensor:
        return torch.lerp(unknown(x, sigma), known(x, sigma), weight)

    return guided


def steered(denoise: Denoiser, steer: Steer) -> Denoiser:
    """Moves the expected clean design down the energy, then onto the constraints.

    The mean of the density tilted by exp(-strength * energy) is, to first order, the denoised
    design less its covariance times the gradient. Differentiating through the denoiser gives
    that product, since the covariance is sigma^2 times the Jacobian; without, the covariance of
    standardised white data stands in for it. A row never moves further, in root mean square,
    than the standard deviation of the latter, so that steep energies cannot throw it off; a row
    whose gradient is not finite does not move.

    Source: Chung et al., 2023, arXiv:2209.14687, eq. 15 (posterior mean in the energy);
    Efron, J. Am. Stat. Assoc. 106(496), 2011 (Tweedie's formulas for mean and covariance).
    """
    energy, project = steer.energy, steer.project
    if energy is not None:
        denoise = _downhill(denoise, energy, steer)
    if project is None:
        return denoise
    return lambda x, sigma: project(denoise(x, sigma))


def _downhill(denoise: Denoiser, energy: Energy, steer: Steer) -> Denoiser:
    """Each denoised design after one step down the energy."""

    def moved(x: Tensor, sigma: float) -> Tensor:
        variance = sigma**2 / (1 + sigma**2)
        with torch.enable_grad():
            if steer.through:
                at = x.detach().requires_grad_()
                clean = denoise(at, sigma)
            else:
                at = clean = denoise(x, sigma).detach().requires_grad_()
            gradient = torch.autograd.grad(energy(clean).sum(), at)[0]
        covariance = sigma**2 if steer.through else variance
        step = steer.strength * covariance * gradient
        return clean.detach() - _bounded(step, math.sqrt(variance))

    return moved


def _bounded(step: Float[Tensor, "n *shape"], reach: float) -> Float[Tensor, "n *shape"]:
    """Steps no longer than `reach` in root mean square a row; zero where not finite."""
    flat = step.flatten(1)
    length = flat.square().mean(dim=1, keepdim=True).sqrt()
    shorter = flat * (reach / length.clamp_min(reach))
    return torch.where(torch.isfinite(length), shorter, 0.0).view_as(step)
