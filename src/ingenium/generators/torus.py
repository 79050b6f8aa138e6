"""Von Mises distributions of angles and their mixtures.

Shapes: `*s` any axes, j components.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

TRIES = 40  # of the rejection; each is accepted with 0.66 or more, so all fail once in 1e18


def wrapped(angle: Tensor) -> Tensor:
    """Return the same angle in [-pi, pi)."""
    turned: Tensor = torch.remainder(angle + math.pi, 2 * math.pi) - math.pi
    return turned


def log_von_mises(angle: Tensor, kappa: Tensor) -> Tensor:
    """Log density of the von Mises law exp(kappa cos angle) / (2 pi I0(kappa)), kappa >= 0."""
    norm: Tensor = torch.special.i0e(kappa).log() + math.log(2 * math.pi)
    found: Tensor = kappa * (torch.cos(angle) - 1) - norm
    return found


def von_mises(kappa: Float[Tensor, " *s"], rng: torch.Generator) -> Float[Tensor, " *s"]:
    """Sample one angle around 0 for each concentration, from a fixed number of random numbers.

    Source: Best and Fisher, Applied Statistics 28 (1979) 152.
    """
    k = kappa.clamp_min(1e-4)  # below it the law is flat to 1e-4 of its density
    tau = 1 + torch.sqrt(1 + 4 * k.square())
    rho = (tau - torch.sqrt(2 * tau)) / (2 * k)
    r = (1 + rho.square()) / (2 * rho)
    shape = (TRIES, *kappa.shape)
    u = torch.rand((2, *shape), generator=rng, dtype=kappa.dtype)
    z = torch.cos(math.pi * u[0])
    f = (1 + r * z) / (r + z)
    c = k * (r - f)
    good = (c * (2 - c) > u[1]) | (torch.log(c / u[1].clamp_min(1e-300)) + 1 >= c)
    first = good.to(torch.uint8).argmax(0, keepdim=True)
    angle = torch.acos(f.gather(0, first)[0].clamp(-1, 1))
    sign = torch.rand(kappa.shape, generator=rng, dtype=kappa.dtype) < 0.5
    return torch.where(sign, angle, -angle)


def log_mixture(
    angle: Float[Tensor, " *s"],
    weight: Float[Tensor, "*s j"],
    mean: Float[Tensor, "*s j"],
    kappa: Float[Tensor, "*s j"],
) -> Float[Tensor, " *s"]:
    """Log density of a mixture; `weight` holds logits."""
    parts = log_von_mises(angle[..., None] - mean, kappa)
    return torch.logsumexp(parts + torch.log_softmax(weight, -1), -1)


def mixture(
    weight: Float[Tensor, "*s j"],
    mean: Float[Tensor, "*s j"],
    kappa: Float[Tensor, "*s j"],
    rng: torch.Generator,
) -> Float[Tensor, " *s"]:
    """Sample one angle of each mixture."""
    u = torch.rand(weight.shape[:-1], generator=rng, dtype=weight.dtype)
    below = torch.softmax(weight, -1).cumsum(-1) < u[..., None]
    chosen = below.sum(-1, keepdim=True).clamp_max(weight.shape[-1] - 1)
    own = kappa.gather(-1, chosen)[..., 0]
    return wrapped(mean.gather(-1, chosen)[..., 0] + von_mises(own, rng))
