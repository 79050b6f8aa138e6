"""Untrained samplers of U(1) on a torus: independent plaquettes, and character expansion.

Shapes: n configurations, v plaquettes.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64
from scipy import special
from torch import Tensor

from ingenium.domains.physics.lattice.u1 import MOST, U1
from ingenium.generators.torus import log_von_mises, von_mises, wrapped


@dataclass(frozen=True)
class IndependentPlaquettes:
    """Sampler with all plaquettes but the last independent; the last closes the torus."""

    law: U1
    couplings: ClassVar[tuple[float, float]] = (0.05, 20.0)

    def log_z(self, coupling: float) -> float:
        """Logarithm of the law's normalisation."""
        return self.law.log_z(coupling)

    def sample(self, beta: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample configurations, one for each coupling."""
        angle = von_mises(beta[:, None].expand(-1, self.law.sites), rng)
        angle[:, -1] = wrapped(-angle[:, :-1].sum(1))
        return (self.law.sampled(angle.reshape(-1, self.law.size, self.law.size), rng),)

    def log_density(
        self, link: Float64[Tensor, "n 2 x y"], beta: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Log density of configurations, where uniform links on the circle have density 1."""
        angle = self.law.plaquettes(link).flatten(1)[:, :-1]
        own = log_von_mises(angle, beta[:, None].expand_as(angle)).sum(1)
        return own + (self.law.sites - 1) * math.log(2 * math.pi)


@dataclass(frozen=True)
class Characters:
    """Exact sequential sampler of plaquettes, given the rest of the torus summed by characters.

    No approximation: the remaining flux over r plaquettes has the density of r convolutions of one
    plaquette, a Fourier series of positive terms (I_k / I_0)^r; a plaquette is sampled alone and
    accepted with the probability of that density over its value at 0.
    """

    law: U1
    couplings: ClassVar[tuple[float, float]] = (0.05, 20.0)

    def log_z(self, coupling: float) -> float:
        """Logarithm of the law's normalisation."""
        return self.law.log_z(coupling)

    def sample(self, beta: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample configurations, one for each coupling."""
        angle = torch.zeros(len(beta), self.law.sites, dtype=torch.float64)
        flux = torch.zeros(len(beta), dtype=torch.float64)
        for i in range(self.law.sites - 1):  # sequential, since each depends on the last
            series = _series(tuple(beta.tolist()), self.law.sites - 1 - i)
            left = torch.arange(len(beta))
            while len(left):  # as many rounds as the row that takes longest
                tried = von_mises(beta, rng)
                u = torch.rand(len(beta), generator=rng, dtype=torch.float64)
                share = _sum(series, flux + tried) / _sum(series, torch.zeros_like(flux))
                good = (u < share)[left]
                rows = left[good]
                angle[rows, i], flux[rows] = tried[rows], flux[rows] + tried[rows]
                left = left[~good]
        angle[:, -1] = wrapped(-flux)
        return (self.law.sampled(angle.reshape(-1, self.law.size, self.law.size), rng),)

    def log_density(
        self, link: Float64[Tensor, "n 2 x y"], beta: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Log density, which is that of the law itself."""
        log_z = torch.tensor([self.law.log_z(b) for b in beta.tolist()], dtype=torch.float64)
        return -self.law.action(link, beta) - log_z


@cache
def _series(beta: tuple[float, ...], rest: int) -> Tensor:
    """Coefficients of the density of a flux over `rest` plaquettes, for each coupling."""
    k, b = np.arange(MOST), np.array(beta)[:, None]
    return torch.from_numpy((special.ive(k, b) / special.ive(0, b)) ** rest * np.where(k, 2.0, 1.0))


def _sum(series: Float64[Tensor, "n k"], flux: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
    """Sum of a Fourier series of cosines, at one flux for each row."""
    k = torch.arange(series.shape[1], dtype=torch.float64)
    return (series * torch.cos(k * flux[:, None])).sum(1)
