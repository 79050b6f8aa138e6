"""Steering of families that map standard normal numbers to designs."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.sampling.noise import gaussian
from ingenium.sampling.steer import Steer

STEPS = 40
STEP = 0.1  # time of one step; after 40 of them 2 % of a start's influence is left


def tilt(
    z: Float[Tensor, "n m"],
    decode: Callable[[Float[Tensor, "n m"]], Float[Tensor, "n *shape"]],
    steer: Steer,
    rng: torch.Generator,
) -> Float[Tensor, "n m"]:
    """Move standard normal numbers towards the density `N(z) exp(-strength energy(decode(z)))`.

    The Langevin steps leave the normal density unchanged where the energy is flat, so steering does
    not reduce variety. A step moves a row by at most the length of its own noise, which makes steep
    energies stable.

    Source: Cotter et al., Statistical Science 28, 2013, sec. 4 (preconditioned Langevin).
    """
    if steer.energy is None:
        return z
    conditioned = math.exp(-STEP)
    stir = math.sqrt(1 - conditioned**2)
    for _ in range(STEPS):
        with torch.enable_grad():
            at = z.detach().requires_grad_()
            (slope,) = torch.autograd.grad(steer.energy(decode(at)).sum(), at)
        push = (1 - conditioned) * steer.strength * slope
        most = stir * math.sqrt(z.shape[1])
        length = torch.linalg.vector_norm(push, dim=1, keepdim=True)
        push = push * (most / length.clamp(min=1e-12)).clamp(max=1)
        z = conditioned * z - push + stir * gaussian(z, rng)
    return z.detach()
