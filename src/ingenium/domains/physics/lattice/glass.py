"""Edwards-Anderson glass: spins on an open square, with random bonds of one or minus one.

Source: Edwards and Anderson, J. Phys. F 5 (1975) 965; replica exchange, Hukushima and Nemoto, J.
Phys. Soc. Japan 65 (1996) 1604.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.physics.lattice import clusters, elimination
from ingenium.domains.physics.lattice.sites import UNKNOWN, Ising

STEP = 1e-3  # of a coupling, for the slope of log Z


@dataclass(frozen=True)
class Glass(Ising):
    """Spins under fixed random bonds, seeded by the disorder's number."""

    disorder: int = 0
    name: ClassVar[str] = "glass"
    disordered: ClassVar[bool] = True
    chains: ClassVar[tuple[str, ...]] = ("local updates",)

    def __post_init__(self) -> None:
        if self.size > elimination.WIDEST:
            raise InputError(
                f"a glass of at most {elimination.WIDEST} sites a side, whose sum is exact",
                self.size,
            )

    @cached_property
    def bonds(self) -> Float64[Tensor, "2 x y"]:
        """Bonds of one or minus one, site by site to the right and then down; 0 over the border."""
        inside = torch.ones(self.size, self.size, 2, dtype=torch.float64)
        inside[:, -1, 0] = inside[-1, :, 1] = 0.0
        places = torch.nonzero(inside.flatten())[:, 0]
        sampled = np.random.default_rng(self.disorder).choice([-1.0, 1.0], len(places))
        found = torch.zeros_like(inside).flatten()
        found[places] = torch.from_numpy(sampled)
        return found.view_as(inside).permute(2, 0, 1).contiguous()

    def log_z(self, coupling: float) -> float:
        """Logarithm of the normalisation, by elimination."""
        return _log_z(self, coupling)

    def exact(self, coupling: float) -> np.ndarray:
        """Energy, by the slope of log Z."""
        near = [_log_z(self, coupling + i * STEP) for i in (-2, -1, 1, 2)]
        slope = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * STEP)
        return np.array([-slope / self.sites, UNKNOWN])

    def examples(self, spin: Tensor, coupling: Tensor, rng: torch.Generator) -> Tensor:
        """Sweep each replica, then exchange neighbours in coupling."""
        spin = clusters.heat_bath(spin, coupling, self.bonds, rng)
        energy, pairs = self.energy(spin), torch.arange(len(spin))
        odd = int(torch.randint(0, 2, (1,), generator=rng))
        low = pairs[odd : len(spin) - 1 : 2]
        gain = (coupling[low] - coupling[low + 1]) * (energy[low] - energy[low + 1])
        took = low[torch.rand(len(low), generator=rng, dtype=torch.float64).log() < gain]
        pairs[took], pairs[took + 1] = took + 1, took.clone()
        return spin[pairs]

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Return all spins up: energy is the mean of the bonds."""
        one = torch.ones(1, self.size, self.size, dtype=torch.float64)
        rest = (torch.tensor([0.5], dtype=torch.float64), torch.tensor([0.4], dtype=torch.float64))
        energy = -float(self.bonds.sum()) / self.sites
        return (((one, *rest), {"energy": energy, "magnetisation": 1.0}),)


@lru_cache(maxsize=4096)
def _log_z(law: Glass, coupling: float) -> float:
    return elimination.log_z(law.bonds, coupling)
