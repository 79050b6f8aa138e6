"""Wrapped normal noise on circles, and reverse diffusion on a torus.

Shapes: n designs, m angles.

Source: Jing et al., Torsional Diffusion, NeurIPS 2022, arXiv:2206.01729, section 3; De Bortoli et
    al., 2022, arXiv:2202.02763 (score models on manifolds).
"""

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

WIDEST = math.pi  # at which the distribution is uniform
NARROWEST = 0.01 * math.pi
TURNS = 6  # whole turns on either side, which leave out less than 1e-17 up to `WIDEST`
NODES = 512  # of a periodic mean, exact to 1e-15 from `NARROWEST` on


def log_density(x: Float[Tensor, "*s"], sigma: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """Return the log density of an angle under a wrapped normal of deviation `sigma`."""
    around = _around(x) / sigma[..., None]
    norm = sigma.log() + 0.5 * math.log(2 * math.pi)
    return torch.logsumexp(-0.5 * around.square(), -1) - norm


def score(x: Float[Tensor, "*s"], sigma: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """Return the derivative of `log_density` by the angle."""
    around = _around(x)
    share = torch.softmax(-0.5 * (around / sigma[..., None]).square(), -1)
    return -(share * around).sum(-1) / sigma.square()


def mean_square_score(sigma: Float[Tensor, " s"]) -> Float[Tensor, " s"]:
    """Return the mean of the squared score under its own density, which scales losses."""
    nodes = torch.linspace(-math.pi, math.pi, NODES + 1, dtype=torch.float64)[:-1]
    grid = nodes.expand(len(sigma), -1)
    wide = sigma.to(torch.float64)[:, None].expand_as(grid)
    density = log_density(grid, wide).exp() * (2 * math.pi / NODES)
    return (density * score(grid, wide).square()).sum(-1).to(sigma.dtype)


def levels(steps: int) -> list[float]:
    """Return deviations from `WIDEST` down to `NARROWEST`, in geometric steps."""
    share = (NARROWEST / WIDEST) ** (1 / steps)
    return [WIDEST * share**i for i in range(steps + 1)]


def backwards(
    shape: tuple[int, int],
    score_of: Callable[[Float[Tensor, "n m"], float], Float[Tensor, "n m"]],
    steps: int,
    rng: torch.Generator,
) -> Float[Tensor, "n m"]:
    """Sample angles by denoising steps, starting from uniform ones.

    Args:
        shape: designs and angles.
        score_of: function that returns the score of angles at a deviation.
        steps: number of noisy steps, before a last one without noise.
        rng: source of all noise.
    """
    x = 2 * math.pi * torch.rand(shape, generator=rng) - math.pi
    sigmas = levels(steps)
    for wide, narrow in pairwise(sigmas):
        removed = wide**2 - narrow**2
        noise = torch.randn(shape, generator=rng)
        x = x + removed * score_of(x, wide) + math.sqrt(removed) * (narrow / wide) * noise
    x = x + sigmas[-1] ** 2 * score_of(x, sigmas[-1])
    return torch.remainder(x + math.pi, 2 * math.pi) - math.pi


def _around(x: Float[Tensor, "*s"]) -> Float[Tensor, "*s k"]:
    """The angle and its images."""
    whole = torch.arange(-TURNS, TURNS + 1, dtype=x.dtype)
    near = torch.remainder(x + math.pi, 2 * math.pi) - math.pi
    return near[..., None] + 2 * math.pi * whole
