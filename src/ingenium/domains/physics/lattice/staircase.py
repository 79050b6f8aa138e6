"""Site after site: an autoregressive law whose sites see no more than the exact one lets them.

With neighbours alone, what is known of the sites before acts through the staircase of the last
`size` sites, and on a torus through the first row. A small network sees both, relative to the site
before, and gives the density of one value; their product is normalised by construction. It learns
by maximum likelihood from chains at couplings all over its range.

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
CHAINS, WARM = 48, 60  # chains that are learned from, and steps before


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
        inside = seen * self.head.told + 2 * PLACE + 1 + self.head.pulls
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

    def _told(
        self, flat: Float64[Tensor, "n v"], coupling: Float64[Tensor, " n"], sites: slice
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Anchors, what a network gives, and pulls of some sites; and which is the first."""
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
        told = (2 * coupling - low - high) / (high - low)
        own = (self.row[number // self.law.size], self.column[number % self.law.size])
        features = [
            self.head.relative(padded[:, seen_at], known, anchor),
            torch.cat(own, -1).expand(len(flat), -1, -1),
            told[:, None, None].expand(-1, len(number), 1),
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
        """Of configurations: counted for spins, else by the lengths of angles and numbers."""
        flat = field.flatten(1)
        anchor, out, pull, first = self._told(flat, coupling, slice(None))
        return self.head.log_density(flat, anchor, out, pull, first).sum(1)

    def draw(self, coupling: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Configurations, one for each coupling, with tickets where spins need them."""
        flat = torch.zeros(len(coupling), self.law.sites, dtype=torch.float64)
        for i in range(self.law.sites):  # one after the other, since each hangs on the last
            anchor, out, pull, first = self._told(flat, coupling, slice(i, i + 1))
            flat[:, i] = self.head.draw(anchor, out, pull, first, rng)[:, 0]
        field = flat.view(-1, self.law.size, self.law.size)
        return (field, tickets(len(field), rng)) if self.law.kind == "spin" else (field,)

    def learn(self, steps: int, seed: int) -> list[float]:
        """Fit to chains at couplings of the range; gives the losses (nats)."""
        rng = torch.Generator().manual_seed(seed)
        low, high = self.couplings
        coupling = low + (high - low) * (torch.arange(CHAINS) + 0.5).to(torch.float64) / CHAINS
        field = self.law.start(CHAINS, rng)
        for _ in range(WARM):
            field = self.law.lesson(field, coupling, rng)
        best = torch.optim.Adam(self.parameters(), lr=1e-3)
        plan = torch.optim.lr_scheduler.OneCycleLR(best, 5e-3, total_steps=steps)
        losses = []
        for _ in range(steps):
            field = self.law.lesson(field, coupling, rng)
            loss: Tensor = -self.log_density(field, coupling).mean()
            best.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 20.0)
            best.step()
            plan.step()
            losses.append(float(loss.detach()))
        return losses


def _places(law: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Places of what each site sees, of its neighbours, and how strong their bonds are.

    Sites that come later are told by the place after the last.
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
