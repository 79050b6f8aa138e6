"""Annealed Langevin sampling: the noise falls, and at each level random steps settle the state."""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.sampling.noise import gaussian
from ingenium.sampling.solvers import Denoiser


@dataclass(frozen=True)
class AnnealedLangevin:
    """Draws at each noise level from the last one's denoised design, then Langevin steps there.

    The slope of the log density at noise sigma is `(clean - x) / sigma^2`. A Langevin step of
    `pace` times sigma^2 keeps that density up to an error in its variance of about half the pace.
    Source: Song and Ermon, 2019, arXiv:1907.05600, alg. 1; Song et al., 2021, arXiv:2011.13456,
    alg. 2 (a predictor before the Langevin steps).
    """

    corrections: int = 1  # Langevin steps a level
    pace: float = 0.1

    def solve(
        self,
        denoise: Denoiser,
        x: Float[Tensor, "n *shape"],
        levels: tuple[float, ...],
        rng: torch.Generator,
    ) -> Float[Tensor, "n *shape"]:
        """`1 + corrections` evaluations a level; the last level gives the denoised design."""
        for now, then in pairwise(levels):
            share = (then / now) ** 2
            x = torch.lerp(denoise(x, now), x, share)
            if then == 0:
                return x
            x = x + then * math.sqrt(1 - share) * gaussian(x, rng)
            for _ in range(self.corrections):
                x = torch.lerp(x, denoise(x, then), self.pace)
                x = x + then * math.sqrt(2 * self.pace) * gaussian(x, rng)
        return x
