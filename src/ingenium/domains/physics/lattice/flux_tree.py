"""Flow on the fluxes of a torus, which halves regions down to single plaquettes.

Halves are equivalent, so their density is even about half the flux, and flips with the sign of
charges. The flux through a region is a sum of plaquettes. Given the flux of a region, that of its
half has a density of one angle, which a network models; gauges and loops around the torus are
uniform. So the flow uses gauge-invariant angles alone, its density is exact and normalised, and the
whole torus begins with flux 0. The network is trained where the law is known without a torus: on
open lattices plaquettes are independent, and a half depends only on the flux of the whole.

Shapes: n configurations, v plaquettes, m halvings, j components.
"""

import math
from functools import cached_property

import torch
from jaxtyping import Float64
from torch import Tensor, nn

from ingenium.domains.physics.lattice.u1 import U1
from ingenium.generators.torus import (
    log_mixture,
    mixture,
    von_mises,
    wrapped,
)

COMPONENTS, WIDTH = 4, 40  # components are pairs on either side of half the flux
ROWS, EACH = 64, 32  # open lattices in a step, and sampled halvings of a level for each


class FluxTree(nn.Module):
    """Densities of the flux of a half, given that of the whole; a small network for each level."""

    turn: Tensor

    def __init__(self, law: U1, couplings: tuple[float, float]) -> None:
        super().__init__()
        self.law, self.couplings = law, couplings
        self.nets = nn.ModuleList(_network() for _ in self.levels)  # from the leaves on
        turn = torch.arange(COMPONENTS, dtype=torch.float64) % 2 * math.pi
        self.register_buffer("turn", turn, persistent=False)  # half of the flux, or its opposite

    @cached_property
    def levels(self) -> tuple[Tensor, ...]:
        """Halvings by level: first plaquette of a region, of its second half, and its end."""
        found, regions = [], [(0, self.law.sites)]
        while regions:
            cut = [(a, (a + b) // 2, b) for a, b in regions if b - a > 1]
            if cut:
                found.append(torch.tensor(cut))
            regions = [part for a, c, b in cut for part in ((a, c), (c, b))]
        return tuple(found)

    def _mixture(
        self, flux: Float64[Tensor, "n m"], cut: Tensor, beta: Float64[Tensor, " n"]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, means and concentrations of the first half's flux."""
        half = wrapped(flux) / 2
        first, second = ((cut[:, i + 1] - cut[:, i]).to(torch.float64) for i in (0, 1))
        narrow = beta[:, None] * (1 / first + 1 / second)
        condition = [
            torch.cos(half),
            torch.sin(half).abs(),
            (torch.cos(half) + 0.02).log(),  # a pair of plaquettes is as narrow as this cosine
            narrow.log(),
            (beta.log() - 1)[:, None].expand_as(half),
            (second - first).expand_as(half),
        ]
        net = self.nets[int(torch.log2(first.max()).ceil())]
        weight, move, wide = net(torch.stack(condition, -1)).chunk(3, -1)
        middle, move = half[..., None] + self.turn, math.pi * torch.tanh(move)
        kappa = narrow[..., None] * torch.exp(wide - 0.7)
        mean = torch.cat([middle + move, middle - move], -1)
        return torch.cat([weight, weight], -1), mean, torch.cat([kappa, kappa], -1)

    def log_fluxes(
        self, angle: Float64[Tensor, "n v"], beta: Float64[Tensor, " n"], cut: Tensor
    ) -> Float64[Tensor, "n m"]:
        """Log density of each first half."""
        whole = nn.functional.pad(angle.cumsum(1), (1, 0))
        start, middle, end = (whole[:, cut[:, i]] for i in range(3))
        return log_mixture(middle - start, *self._mixture(end - start, cut, beta))

    def log_density(
        self, link: Float64[Tensor, "n 2 x y"], beta: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Log density of configurations, where uniform links on the circle have density 1."""
        angle = self.law.plaquettes(link).flatten(1)
        parts = [self.log_fluxes(angle, beta, cut).sum(1) for cut in self.levels]
        return torch.stack(parts).sum(0) + (self.law.sites - 1) * math.log(2 * math.pi)

    def sample(self, beta: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample configurations, one for each coupling."""
        flux = torch.zeros(len(beta), 1, dtype=torch.float64)
        at = torch.zeros(self.law.sites + 1, dtype=torch.long)  # place of a region by its start
        for cut in self.levels:
            whole = flux[:, at[cut[:, 0]]]
            first = mixture(*self._mixture(whole, cut, beta), rng)
            flux[:, at[cut[:, 0]]] = first
            at[cut[:, 1]] = flux.shape[1] + torch.arange(len(cut))
            flux = torch.cat([flux, wrapped(whole - first)], 1)
        angle = flux[:, at[:-1]].reshape(-1, self.law.size, self.law.size)
        return (self.law.sampled(angle, rng),)

    def learn(self, steps: int, seed: int) -> list[float]:
        """Train on fluxes of open lattices at couplings of the range; return the losses (nats)."""
        rng = torch.Generator().manual_seed(seed)
        best = torch.optim.Adam(self.parameters(), lr=3e-3)
        plan = torch.optim.lr_scheduler.OneCycleLR(best, 4e-3, total_steps=steps)
        low, high = (math.log(x) for x in self.couplings)
        losses = []
        for _ in range(steps):
            beta = torch.exp(low + (high - low) * torch.rand(ROWS, generator=rng)).to(torch.float64)
            angle = von_mises(beta[:, None].expand(-1, self.law.sites), rng)
            parts = []
            for cut in self.levels:
                own = cut[torch.randperm(len(cut), generator=rng)[:EACH]]
                parts.append(-self.log_fluxes(angle, beta, own).mean() * len(cut))
            loss: Tensor = torch.stack(parts).sum()
            best.zero_grad()
            loss.backward()
            best.step()
            plan.step()
            losses.append(float(loss.detach()))
        return losses


def _network() -> nn.Module:
    """Build a network from six features to logits, moves and widths of a mixture."""
    last = nn.Linear(WIDTH, 3 * COMPONENTS)
    net = nn.Sequential(
        nn.Linear(6, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU(), last
    ).to(torch.float64)
    with torch.no_grad():
        last.weight.mul_(0.1)
    return net
