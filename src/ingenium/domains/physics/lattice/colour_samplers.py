"""Untrained samplers of SU(3) on a torus: independent plaquettes, and character expansion.

Plaquettes in order multiply to the commutator of two loops around the torus, in the gauge where
links of a tree are the identity. Shapes: n configurations, v plaquettes, c cells of a grid.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from jaxtyping import Complex128, Float64
from torch import Tensor, nn

from ingenium.core.errors import EngineError
from ingenium.domains.physics.lattice import colours
from ingenium.domains.physics.lattice.su3 import SU3, matrices, plaquettes, traces

CELLS, INSIDE = 64, 5  # cells of an angle, and points of each side at which the density is bounded
ABOVE = 1.25  # bound over the largest of them
AT_ONCE = 512  # plaquettes in a batch, several for each configuration that still lacks one


@dataclass(frozen=True)
class IndependentColours:
    """Sampler with all plaquettes but one independent; that one closes the torus."""

    law: SU3
    couplings: ClassVar[tuple[float, float]] = (0.5, 10.0)

    def log_z(self, coupling: float) -> float:
        """Logarithm of the law's normalisation."""
        return self.law.log_z(coupling)

    def sample(self, beta: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample configurations, one for each coupling."""
        a, b = (colours.uniform((len(beta),), rng) for _ in range(2))
        every = beta[:, None].expand(-1, self.law.sites - 1).flatten()
        p = single(every, rng).view(len(beta), -1, 3, 3)
        left = a @ b @ a.mH @ b.mH
        for i in range(p.shape[1]):  # matrices in their order
            left = p[:, i].mH @ left
        return (self.law.sampled(torch.cat([p, left[:, None]], 1), a, b, rng),)

    def log_density(self, link: Tensor, beta: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Log density of configurations, where uniform links on the group have density 1."""
        own = traces(plaquettes(matrices(link)))
        free = own.sum((1, 2)) - own[:, 0, -1]
        one = torch.tensor([colours.log_one(b) for b in beta.tolist()], dtype=torch.float64)
        return beta * free - (self.law.sites - 1) * (beta + one)


@dataclass(frozen=True)
class ColourCharacters:
    """Exact sequential sampler of plaquettes, given the rest of the torus summed by characters.

    No approximation: the product over the remaining r plaquettes has as density the sum of d c^r
    chi over representations with positive coefficients, so that it is largest at the identity;
    loops and plaquettes are sampled alone and accepted with that density over its value at the
    identity.
    """

    law: SU3
    couplings: ClassVar[tuple[float, float]] = (0.5, 10.0)

    def log_z(self, coupling: float) -> float:
        """Logarithm of the law's normalisation."""
        return self.law.log_z(coupling)

    def sample(self, beta: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample configurations, one for each coupling."""
        n, sites = len(beta), self.law.sites
        values, which = beta.unique(return_inverse=True)
        a, b = torch.zeros(2, n, 3, 3, dtype=torch.complex128)
        left, rows = torch.zeros_like(a), torch.arange(n)
        while len(rows):  # as many rounds as the row that takes longest
            one, two = (colours.uniform((len(rows),), rng) for _ in range(2))
            whole = one @ two @ one.mH @ two.mH
            good = self._good(values, which[rows], sites, whole, rng)
            for own, new in ((a, one), (b, two), (left, whole)):
                own[rows[good]] = new[good]
            rows = rows[~good]
        p = torch.zeros(n, sites, 3, 3, dtype=torch.complex128)
        for i in range(sites - 1):  # sequential, since each depends on the last
            rows = torch.arange(n)
            while len(rows):
                each = max(1, AT_ONCE // len(rows))
                many = rows.repeat_interleave(each)
                tried = single(beta[many], rng)
                after = tried.mH @ left[many]
                good = self._good(values, which[many], sites - 1 - i, after, rng).view(-1, each)
                found = good.any(1)
                first = good.to(torch.uint8).argmax(1) + each * torch.arange(len(rows))
                p[rows[found], i] = tried[first[found]]
                left[rows[found]] = after[first[found]]
                rows = rows[~found]
        p[:, -1] = left
        return (self.law.sampled(p, a, b, rng),)

    def _good(
        self, values: Tensor, which: Tensor, rest: int, u: Tensor, rng: torch.Generator
    ) -> Tensor:
        """Sample acceptance, by the density of the rest of the torus."""
        if rest == 1:
            share = torch.exp(values[which] * (traces(u) - 1))
        else:
            share = colours.convolved(_forms(tuple(values.tolist()), rest)[which], u)
        return torch.rand(len(u), generator=rng, dtype=torch.float64) < share

    def log_density(self, link: Tensor, beta: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Log density, which is that of the law itself."""
        log_z = torch.tensor([self.law.log_z(b) for b in beta.tolist()], dtype=torch.float64)
        return -self.law.action(link, beta) - log_z


@cache
def _forms(values: tuple[float, ...], rest: int) -> Tensor:
    """Kernels of the density over the remaining plaquettes, for each coupling."""
    own = [colours.kernel(b, rest) for b in values]
    most = max(len(f) for f in own)
    return torch.stack([nn.functional.pad(f, (0, most - len(f)) * 2) for f in own])


def single(beta: Float64[Tensor, " n"], rng: torch.Generator) -> Complex128[Tensor, "n 3 3"]:
    """Sample a plaquette under exp(beta Re tr P / 3): eigenvalues, conjugated by a random matrix.

    Two angles of eigenvalues are sampled by rejection below a bound that is constant on cells.
    """
    values, which = beta.unique(return_inverse=True)
    bounds, ends = _cells(tuple(values.tolist()))
    angle = torch.zeros(len(beta), 2, dtype=torch.float64)
    rows = torch.arange(len(beta))
    while len(rows):  # as many rounds as the row that takes longest
        lot = torch.rand(4, len(rows), generator=rng, dtype=torch.float64)
        cell = torch.searchsorted(ends, which[rows] + lot[0]) % CELLS**2
        tried = torch.stack([cell // CELLS + lot[1], cell % CELLS + lot[2]], 1)
        tried = tried * 2 * math.pi / CELLS
        ratio = _density(tried, beta[rows]) / bounds[which[rows], cell]
        if bool((ratio > 1).any()):
            raise EngineError("the density of a plaquette is above its bound on a cell")
        good = lot[3] < ratio
        angle[rows[good]] = tried[good]
        rows = rows[~good]
    phases = torch.cat([angle, -angle.sum(1, keepdim=True)], 1)
    turn = colours.uniform((len(beta),), rng)
    return turn @ torch.diag_embed(torch.exp(1j * phases)) @ turn.mH


def _density(angle: Float64[Tensor, "*s 2"], beta: Tensor) -> Tensor:
    """Density of two angles of eigenvalues, up to a constant."""
    third = -angle.sum(-1)
    whole = [angle[..., 0], angle[..., 1], third]
    cosines = torch.cos(whole[0]) + torch.cos(whole[1]) + torch.cos(third)
    gaps = [1 - torch.cos(whole[i] - whole[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    return torch.exp(beta * (cosines / 3 - 1)) * gaps[0] * gaps[1] * gaps[2]


@cache
def _cells(values: tuple[float, ...]) -> tuple[Float64[Tensor, "b c"], Float64[Tensor, " e"]]:
    """Bounds on the cells for each coupling, and their cumulative shares."""
    bounds = torch.stack([_bounds(b) for b in values])
    whole = bounds.cumsum(1)
    return bounds, (whole / whole[:, -1:] + torch.arange(len(values))[:, None]).flatten()


@cache
def _bounds(beta: float) -> Float64[Tensor, " c"]:
    """Bounds of the density on each cell, from its largest value on points inside and around."""
    line = torch.linspace(0, 1, INSIDE, dtype=torch.float64)
    at = (torch.arange(CELLS)[:, None] + line) * 2 * math.pi / CELLS  # (cells, points)
    a, b = at[:, None, :, None], at[None, :, None, :]
    both = torch.stack(torch.broadcast_tensors(a, b), -1)
    top = _density(both, torch.tensor(beta, dtype=torch.float64)).amax((2, 3)).flatten()
    return ABOVE * top + 1e-6 * top.max()
