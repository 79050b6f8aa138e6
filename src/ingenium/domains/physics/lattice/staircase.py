"""Autoregressive law of sites, which sees no more than the exact conditional needs.

With nearest-neighbour bonds, earlier sites act only through the staircase of the last `size` sites,
and on a torus through the first row. A small network takes both, relative to the site before, and
gives the density of one value; the product is normalised by construction. It is trained by maximum
likelihood on chains at couplings over its whole range.

Shapes: n configurations, v sites, k seen.
"""

import math
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor, nn

from ingenium.domains.physics.lattice.heads import HEADS
from ingenium.domains.physics.lattice.tickets import tickets

WIDTH, PLACE = 64, 8
CHAINS, WARM = 48, 60  # training chains, and warm-up steps


class Staircase(nn.Module):
    """Densities of sites in the order of rows."""

    seen_at: Tensor
    near_at: Tensor
    strength: Tensor

    def __init__(self, law: Any, couplings: tuple[float, float], *, symmetric: bool = True) -> None:
        super().__init__()
        self.law, self.couplings, self.symmetric = law, couplings, symmetric
        self.head = HEADS[law.kind]
        side, seen = law.size, 2 * law.size
        self.row, self.column = (nn.Parameter(0.1 * torch.randn(side, PLACE)) for _ in range(2))
        inside = seen * self.head.condition + 2 * PLACE + 1 + self.head.pulls
        own = law.sites if law.disordered else 1  # networks: one for all sites, or each its own
        shapes = ((inside, WIDTH), (WIDTH, WIDTH), (WIDTH, self.head.given))
        self.weights = nn.ParameterList(
            torch.randn(own, a, b) / math.sqrt(a) * (0.1 if b == shapes[-1][1] else 1.0)
            for a, b in shapes
        )
        self.biases = nn.ParameterList(torch.zeros(own, 1, b) for _, b in shapes)
        self.to(torch.float64)
        seen_at, near_at, strength = _places(law)
        self.register_buffer("seen_at", seen_at, persistent=False)
        self.register_buffer("near_at", near_at, persistent=False)
        self.register_buffer("strength", strength, persistent=False)

    def _reported(
        self, flat: Float64[Tensor, "n v"], coupling: Float64[Tensor, " n"], sites: slice
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return anchors, network outputs, local fields of sites, and the mask of the first."""
        padded = nn.functional.pad(flat, (0, 1), value=self.head.nothing)
        seen_at, near_at = self.seen_at[sites], self.near_at[sites]
        known = (seen_at < self.law.sites).to(flat.dtype)
        number = torch.arange(self.law.sites)[sites]
        before = torch.where(number % self.law.size == 0, number - self.law.size, number - 1)
        alone = (number == 0) | (not self.symmetric)  # without symmetry nothing is an anchor
        anchor = padded[:, torch.where(alone, self.law.sites, before)]
        pull = self.head.pull(
            padded[:, near_at], coupling[:, None, None] * self.strength[sites], anchor
        )
        low, high = self.couplings
        condition = (2 * coupling - low - high) / (high - low)
        own = (self.row[number // self.law.size], self.column[number % self.law.size])
        features = [
            self.head.relative(padded[:, seen_at], known, anchor),
            torch.cat(own, -1).expand(len(flat), -1, -1),
            condition[:, None, None].expand(-1, len(number), 1),
            pull,
        ]
        x = torch.cat(features, -1).transpose(0, 1)  # (v, n, f)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            w, b = (p[sites] if len(p) > 1 else p for p in (weight, bias))
            x = torch.nn.functional.silu(x) @ w + b if i else x @ w + b
        return anchor, x.transpose(0, 1), pull, (number == 0).expand(len(flat), -1)

    def log_density(
        self, field: Float64[Tensor, "n x y"], coupling: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Log density: by counting measure for spins, else by lengths of angles and numbers."""
        flat = field.flatten(1)
        anchor, out, pull, first = self._reported(flat, coupling, slice(None))
        return self.head.log_density(flat, anchor, out, pull, first).sum(1)

    def sample(self, coupling: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample configurations, one for each coupling, with tickets where spins need them."""
        flat = torch.zeros(len(coupling), self.law.sites, dtype=torch.float64)
        for i in range(self.law.sites):  # sequential, since each depends on the last
            anchor, out, pull, first = self._reported(flat, coupling, slice(i, i + 1))
            flat[:, i] = self.head.sample(anchor, out, pull, first, rng)[:, 0]
        field = flat.view(-1, self.law.size, self.law.size)
        return (field, tickets(len(field), rng)) if self.law.kind == "spin" else (field,)

    def learn(self, steps: int, seed: int) -> list[float]:
        """Train on chains at couplings of the range; return the losses (nats)."""
        rng = torch.Generator().manual_seed(seed)
        low, high = self.couplings
        coupling = low + (high - low) * (torch.arange(CHAINS) + 0.5).to(torch.float64) / CHAINS
        field = self.law.start(CHAINS, rng)
        for _ in range(WARM):
            field = self.law.examples(field, coupling, rng)
        best = torch.optim.Adam(self.parameters(), lr=1e-3)
        plan = torch.optim.lr_scheduler.OneCycleLR(best, 5e-3, total_steps=steps)
        losses = []
        for _ in range(steps):
            field = self.law.examples(field, coupling, rng)
            loss: Tensor = -self.log_density(field, coupling).mean()
            best.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 20.0)
            best.step()
            plan.step()
            losses.append(float(loss.detach()))
        return losses


def _places(law: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Indices of seen sites and of neighbours, and the strengths of the neighbours' bonds.

    Later sites have the index after the last.
    """
    side, sites = law.size, law.size**2
    row, column = np.divmod(np.arange(sites), side)
    right, down = law.bonds.numpy()
    j = (column[:, None] + np.arange(side)) % side
    above = np.where(j < column[:, None], row[:, None], row[:, None] - 1)
    last = np.where(above >= 0, above * side + j, sites)
    top = np.where((row[:, None] > 0) | (j < column[:, None]), j, sites)
    near, strength = [], []
    for step, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
        r = (row + step * (axis == 0)) % side
        c = (column + step * (axis == 1)) % side
        bonds = down if axis == 0 else right
        strength.append(bonds[row, column] if step > 0 else bonds[r, c])
        near.append(r * side + c)
    place, strong = np.stack(near, 1), np.stack(strength, 1) * law.doubled
    later = place > np.arange(sites)[:, None]
    place, strong = np.where(later, sites, place), np.where(later, 0.0, strong)
    seen = np.concatenate([last, top], 1)
    return torch.from_numpy(seen), torch.from_numpy(place), torch.from_numpy(strong)
