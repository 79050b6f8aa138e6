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
Project = Callable[[Tensor], Tensor]


def classifier_free(known: Denoiser, unknown: Denoiser, weight: float) -> Denoiser:
    """Extrapolate from the denoiser without conditions through the one with conditions.

    Weight 0 ignores the conditions, 1 is the plain conditional model, larger ones exaggerate them.
    Source: Ho and Salimans, 2022, arXiv:2207.12598, eq. 6 with weight = 1 + w; score and
    denoiser are linear in each other.
    """
    if weight == 1:
        return known

    def guided(x: Tensor, sigma: float) -> Tensor:
        return torch.lerp(unknown(x, sigma), known(x, sigma), weight)

    return guided


def steered(denoise: Denoiser, steer: Steer) -> Denoiser:
    """Move the expected clean design down the energy, then onto the constraints.

    The mean of the density tilted by exp(-strength * energy) is, to first order, the denoised
    design less its covariance times the gradient. Differentiating through the denoiser gives that
    product, since the covariance is sigma^2 times the Jacobian; without, the covariance of
    standardised white data replaces it. A row never moves further, in root mean square, than the
    standard deviation of the latter, so that steep energies are stable; a row whose gradient is not
    finite does not move.

    Source: Chung et al., 2023, arXiv:2209.14687, eq. 15 (posterior mean in the energy); Efron, J.
        Am. Stat. Assoc. 106(496), 2011 (Tweedie's formulas for mean and covariance).
    """
    if steer.energy is None and steer.project is None:
        return denoise
    move = _through if steer.through else _alongside
    return lambda x, sigma: move(denoise, x, sigma, steer)


def _alongside(
    denoise: Denoiser, x: Float[Tensor, "n *shape"], sigma: float, steer: Steer
) -> Float[Tensor, "n *shape"]:
    """Move the denoised design alone; elements move independently of each other."""
    clean = denoise(x, sigma)
    if steer.energy is not None:
        variance = sigma**2 / (1 + sigma**2)
        with torch.enable_grad():
            at = clean.detach().requires_grad_()
            gradient = torch.autograd.grad(steer.energy(at).sum(), at)[0]
        clean = clean - _bounded(steer.strength * variance * gradient, sigma)
    return clean if steer.project is None else steer.project(clean)


def _through(
    denoise: Denoiser, x: Float[Tensor, "n *shape"], sigma: float, steer: Steer
) -> Float[Tensor, "n *shape"]:
    """Move the denoised design with its correlations, by derivatives of the denoiser."""
    with torch.enable_grad():
        at = x.detach().requires_grad_()
        graph = denoise(at, sigma)
        clean = graph.detach()
        if steer.energy is not None:
            rest = steer.energy(graph).sum()
            again = steer.project is not None
            gradient = torch.autograd.grad(rest, at, retain_graph=again)[0]
            clean = clean - _bounded(steer.strength * sigma**2 * gradient, sigma)
        if steer.project is None:
            return clean
        way = steer.project(clean) - clean
        along = torch.autograd.grad(graph, at, way)[0] * (1 + sigma**2)
    return steer.project(clean + _followed(way, along, sigma))


def _followed(
    way: Float[Tensor, "n *shape"], along: Float[Tensor, "n *shape"], sigma: float
) -> Float[Tensor, "n *shape"]:
    """Movement of a whole design when a constraint moves part of it by `way`.

    With `along` the covariance times `way`, the mean of a Gaussian under one linear constraint
    moves by `along |way|^2 / (way . along)`, exactly; for several constraints this is the first
    step of conjugate gradients. A tenth of |way|^2 in the denominator keeps the step small where
    the network says that nothing varies; the projection that follows makes up for it.

    Source: Song et al., ICLR 2023 (pseudoinverse-guided diffusion), eq. 7.
    """
    requested, moved = way.flatten(1), along.flatten(1)
    size = requested.square().sum(dim=1, keepdim=True)
    overlap = (requested * moved).sum(dim=1, keepdim=True).clamp_min(0) + 0.1 * size
    step = torch.where(size > 0, size / overlap * moved, 0.0)
    return _bounded(step.view_as(way), sigma)


def _bounded(step: Float[Tensor, "n *shape"], sigma: float) -> Float[Tensor, "n *shape"]:
    """Bound the root mean square of steps a row by the remaining standard deviation at sigma.

    It is that of standardised white data; rows that are not finite do not move.
    """
    reach = sigma / math.sqrt(1 + sigma**2)
    flat = step.flatten(1)
    length = flat.square().mean(dim=1, keepdim=True).sqrt()
    shorter = flat * (reach / length.clamp_min(reach))
    return torch.where(torch.isfinite(length), shorter, 0.0).view_as(step)
