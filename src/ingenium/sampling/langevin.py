"""Annealed Langevin sampling: random steps equilibrate the state at each falling noise level."""

import math
from dataclasses import dataclass

import torch

from ingenium.sampling.noise import gaussian
from ingenium.sampling.solvers import Ancestral, Denoiser, Span, State


@dataclass(frozen=True)
class AnnealedLangevin(Ancestral):
    """Solver that samples each noise level from the denoised design, then takes Langevin steps.

    The gradient of the log density at noise sigma is `(clean - x) / sigma^2`. A Langevin step of
    `pace` times sigma^2 preserves that density up to an error in its variance of about
    half the pace.
    Source: Song and Ermon, 2019, arXiv:1907.05600, alg. 1; Song et al., 2021, arXiv:2011.13456,
    alg. 2 (a predictor before the Langevin steps).
    """

    corrections: int = 1  # Langevin steps a level
    pace: float = 0.1

    def step(self, denoise: Denoiser, x: State, span: Span, rng: torch.Generator) -> State:
        """Take a step of `1 + corrections` evaluations; the last returns the denoised design."""
        x = super().step(denoise, x, span, rng)
        then = span[1]
        for _ in range(self.corrections if then > 0 else 0):
            x = torch.lerp(x, denoise(x, then), self.pace)
            x = x + then * math.sqrt(2 * self.pace) * gaussian(x, rng)
        return x
