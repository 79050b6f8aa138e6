"""Training at random noise levels, shared by diffusion and energy-based models."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.generators.denoising import DenoisingSettings
from ingenium.sampling.noise import gaussian
from ingenium.sampling.solvers import ladder

Denoise = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]  # x, sigma, cond, keep


@dataclass(frozen=True, kw_only=True)
class LevelSettings(DenoisingSettings):
    """Network, noise levels and solver; designs are standardised, so their spread is 1."""

    level_mean: float = -0.5  # of log sigma in training
    level_std: float = 1.4
    least: float  # smallest and largest sigma in sampling
    most: float

    @property
    def levels(self) -> tuple[float, ...]:
        """Noise levels, dense where they are small."""
        return ladder(self.steps, self.least, self.most)


def weighted_error(
    denoise: Denoise,
    own: LevelSettings,
    x: Float[Tensor, "n *shape"],
    cond: Float[Tensor, "n c"],
    rng: torch.Generator,
    conditioned: Bool[Tensor, " n"] | None,
) -> Float[Tensor, " n"]:
    """Weighted squared error of the denoised design; 1 a row for an untrained network.

    Source: Karras et al., 2022, arXiv:2206.00364, table 1 (column EDM) with sigma_data = 1.
    """
    sigma = (own.level_mean + own.level_std * gaussian(x.flatten(1)[:, 0], rng)).exp()
    noisy = x + sigma.view(-1, *[1] * (x.ndim - 1)) * gaussian(x, rng)
    error = (denoise(noisy, sigma, cond, conditioned) - x).square().flatten(1).mean(-1)
    return error * (1 + sigma.square().reciprocal())
