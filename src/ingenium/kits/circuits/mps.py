"""Matrix-product Born machine: exact probabilities and samples, in time linear in qubits."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.kits.circuits.outcomes import OutcomeFamily
from ingenium.sampling.noise import uniform

LEAST = 1e-300


@dataclass(frozen=True)
class MatrixProductSettings:
    """Settings of the sites, and the bond dimension of the cuts between them."""

    qubits: int = 8
    bond: int = 8  # bond dimension; at most its log2 in bits of entanglement


class MatrixProduct(OutcomeFamily):
    """Born machine whose amplitudes are products of real matrices, one for each bit.

    The norm is contracted exactly from the last site to the first, and outcomes are sampled bit by
    bit from its partial contractions, so that nothing of the size of all outcomes is stored.

    Shapes: n designs, m different conditions, l and r dimensions of the cuts on either side of a
        site.
    Source: Han et al., Phys. Rev. X 8:031012, 2018, arXiv:1709.01662; Cheng et al., Phys. Rev. B
        99:155131, 2019.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: MatrixProductSettings = MatrixProductSettings(),
    ) -> None:
        n = settings.qubits
        if not 1 <= n <= 60 or settings.bond < 1:
            raise InputError("1 to 60 qubits and a bond of at least 1", settings)
        cuts = [min(settings.bond, 2 ** min(i, n - i, 30)) for i in range(n + 1)]
        sizes = [(cuts[i], 2, cuts[i + 1]) for i in range(n)]
        super().__init__(shape, c, n, sum(a * 2 * b for a, _, b in sizes))
        self.settings, self.sizes = settings, sizes
        with torch.no_grad():
            start = [torch.randn(s) / (2 * s[0]) ** 0.5 for s in sizes]
            self.turned.copy_(torch.cat([s.flatten() for s in start]))

    def sites(self, turned: Float64[Tensor, "m p"]) -> list[Float64[Tensor, "m _ 2 _"]]:
        """Return the matrices of each bit, the lowest first."""
        counts = [a * b * r for a, b, r in self.sizes]
        parts = turned.split(counts, dim=1)
        return [p.reshape(-1, *s) for p, s in zip(parts, self.sizes, strict=True)]

    def rest(self, sites: list[Tensor]) -> tuple[list[Tensor], Float64[Tensor, " m"]]:
        """Contract all sites after each cut, scaled; also return the log of the norm."""
        m = len(sites[0])
        right = sites[0].new_ones(m, 1, 1)
        log = sites[0].new_zeros(m)
        found = [right]
        for site in reversed(sites):
            right = torch.einsum("mlbr,mrs,mkbs->mlk", site, right, site)
            size = right.diagonal(dim1=1, dim2=2).sum(1).clamp(min=LEAST)
            right, log = right / size[:, None, None], log + size.log()
            found.append(right)
        return found[::-1], log

    def log_chance(
        self, outcome: Int64[Tensor, " n"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float64[Tensor, " n"]:
        """Log probability of an outcome under each row of conditions."""
        turned, row = self.under(cond)
        sites = self.sites(turned)
        norm = self.rest(sites)[1]
        left = turned.new_ones(len(outcome), 1)
        log = -norm[row]
        for i, site in enumerate(sites):
            bit = outcome >> i & 1
            left = torch.einsum("nl,nlr->nr", left, site[row, :, bit])
            size = left.norm(dim=1).clamp(min=LEAST)
            left, log = left / size[:, None], log + 2 * size.log()
        return log + 2 * left[:, 0].abs().clamp(min=1e-12).log()

    @torch.no_grad()
    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Int64[Tensor, " n"]:
        """Sample an outcome for each row of conditions, bit by bit."""
        turned, row = self.under(cond)
        sites = self.sites(turned)
        right, _ = self.rest(sites)
        at = uniform(turned.new_empty(len(cond), len(sites)), rng)
        left = turned.new_ones(len(cond), 1)
        outcome = torch.zeros(len(cond), dtype=torch.int64)
        for i, site in enumerate(sites):
            both = torch.einsum("nl,nlbr->nbr", left, site[row])
            weight = torch.einsum("nbr,nrs,nbs->nb", both, right[i + 1][row], both)
            bit = (at[:, i] * weight.sum(1) >= weight[:, 0]).to(torch.int64)
            left = both[torch.arange(len(cond)), bit]
            left = left / left.norm(dim=1, keepdim=True).clamp(min=LEAST)
            outcome += bit << i
        return outcome
