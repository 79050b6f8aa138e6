"""Exact open spin lattices with bonds of any strength: sites are summed out one by one.

A table over the spins of the last `size` sites holds the sum over all sites before, so that work
grows with 2^size, by the treewidth of the lattice. Stored tables, read backwards, sample the law.

Shapes: n configurations, x rows, y columns.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.physics.lattice.tickets import tickets

WIDEST = 18  # sites of a side; the table has 2^18 numbers


def tables(bonds: Float64[Tensor, "2 x y"], coupling: float) -> Iterator[Tensor]:
    """Logarithms of partial sums after each site; the first spin of a row is the highest bit."""
    rows, columns = bonds.shape[1:]
    sign = torch.tensor([1.0, -1.0], dtype=torch.float64)
    both = sign[:, None] * sign
    right, down = (coupling * bonds).unbind(0)
    table = torch.full((2**columns,), -columns * math.log(2), dtype=torch.float64)
    for r in range(rows):
        for c in range(columns):  # site after site: each sum needs the last
            before = table.view(2**c, 1, 2, -1)
            pull = (down[r - 1, c] if r else 0.0) * both
            table = torch.logsumexp(before + pull[:, :, None], 2)
            if c:
                left = sign.repeat(2 ** (c - 1))
                table = table + (right[r, c - 1] * left[:, None] * sign)[:, :, None]
            table = table.reshape(-1)
            yield table


def log_z(bonds: Float64[Tensor, "2 x y"], coupling: float) -> float:
    """Logarithm of the sum over all spins."""
    (last,) = deque(tables(bonds, coupling), maxlen=1)
    return float(torch.logsumexp(last, 0))


@dataclass(frozen=True)
class Elimination:
    """Exact sampler of the law, backwards through its tables."""

    law: Any
    couplings: ClassVar[tuple[float, float]] = (0.01, 5.0)

    def log_z(self, coupling: float) -> float:
        """Logarithm of the law's normalisation."""
        return float(self.law.log_z(coupling))

    def sample(self, coupling: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample configurations, one for each coupling, with tickets."""
        spin = torch.zeros(len(coupling), self.law.size, self.law.size, dtype=torch.float64)
        for one in coupling.unique().tolist():
            rows = torch.nonzero(coupling == one)[:, 0]
            spin[rows] = self._drawn(one, len(rows), rng)
        return spin, tickets(len(coupling), rng)

    def log_density(self, field: Tensor, coupling: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Log density, which is that of the law."""
        whole = torch.tensor([self.log_z(b) for b in coupling.tolist()], dtype=torch.float64)
        found: Tensor = -self.law.action(field, coupling) - whole
        return found

    def _drawn(self, coupling: float, n: int, rng: torch.Generator) -> Float64[Tensor, "n x y"]:
        side, down = self.law.size, coupling * self.law.bonds[1]
        retained = list(tables(self.law.bonds, coupling))
        state = torch.multinomial(torch.softmax(retained[-1], 0), n, True, generator=rng)
        spin = torch.zeros(n, side, side, dtype=torch.float64)
        for i in range(side * side - 1, -1, -1):  # each spin, then the one above that it replaced
            r, c = divmod(i, side)
            bit = 1 << (side - 1 - c)
            own = 1.0 - 2.0 * ((state & bit) > 0).to(torch.float64)
            spin[:, r, c] = own
            if r:
                up, low = state & ~bit, state | bit
                gap = retained[i - 1][up] - retained[i - 1][low] + 2 * down[r - 1, c] * own
                lot = torch.rand(n, generator=rng, dtype=torch.float64)
                state = torch.where(lot < torch.sigmoid(gap), up, low)
        return spin
