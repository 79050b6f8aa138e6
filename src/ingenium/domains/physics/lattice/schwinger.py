"""Schwinger model: U(1) in two dimensions with two flavours of Wilson fermions.

Their determinant is dense and exact, by LU. It depends on all links together, so that no sampler is
exact for the law; pure gauge fields at a shifted coupling are near it.

Shapes: n configurations, v sites, x rows and y columns.
"""

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from scipy.optimize import brentq
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.domains.physics.lattice.chains import trajectory
from ingenium.domains.physics.lattice.characters import Characters
from ingenium.domains.physics.lattice.u1 import LEAPS, U1

WIDEST, MOST = 12, 0.3  # sites of a side, and hopping parameter
NODES, SHIFTS = 5, (-0.2, 4.0)  # couplings at which the shift is fitted, and its bounds


@dataclass(frozen=True)
class Schwinger(U1):
    """Links under the Wilson action and the determinant of each of two flavours.

    Fermions are antiperiodic from the last row to the first.
    Source: Gattringer and Lang, Quantum Chromodynamics on the Lattice, 2010, ch. 5; Schwinger,
    Phys. Rev. 128 (1962) 2425.
    """

    hopping: float = 0.24
    name: ClassVar[str] = "schwinger"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        *U1.quantities,
        Quantity("determinant", "1", "logarithm of both flavours' determinant, of a site"),
    )
    curve: ClassVar[tuple[str, ...]] = ("plaquette", "charge² / sites", "determinant")

    def __post_init__(self) -> None:
        if not 0 < self.hopping <= MOST:
            raise InputError(
                f"a hopping parameter above 0 and at most {MOST}",
                self.hopping,
                "Write hopping = 0.24.",
            )
        if self.size > WIDEST:
            raise InputError(
                f"fermions on at most {WIDEST} sites a side, whose determinant is dense", self.size
            )

    @cached_property
    def _ends(self) -> Tensor:
        """Site at the end of each link, (2, v)."""
        site = torch.arange(self.sites).view(self.size, self.size)
        return torch.stack([site.roll(-1, d).flatten() for d in (0, 1)])

    def dirac(self, link: Float64[Tensor, "n 2 x y"]) -> Complex128[Tensor, "n w w"]:
        """Matrix of Wilson fermions: identity less hopping to all neighbours."""
        n, v = len(link), self.sites
        sign = torch.ones(2, self.size, self.size, dtype=torch.float64)
        sign[0, -1] = -1
        hop = (self.hopping * sign * torch.exp(1j * link)).flatten(2)
        start, one = torch.arange(v), torch.eye(2, dtype=torch.complex128)
        parts = torch.zeros(n, v, v, 2, 2, dtype=torch.complex128)
        for d, gamma in enumerate(_gammas()):
            there = torch.zeros(n, v, v, dtype=torch.complex128)
            there[:, start, self._ends[d]] = hop[:, d]
            parts = parts + there[..., None, None] * (one - gamma)
            parts = parts + there.mH[..., None, None] * (one + gamma)
        whole = parts.transpose(2, 3).reshape(n, 2 * v, 2 * v)
        return torch.eye(2 * v, dtype=torch.complex128) - whole

    def log_determinant(self, link: Float64[Tensor, "n 2 x y"]) -> Float64[Tensor, " n"]:
        """Log determinant of both flavours, which are real and equal."""
        found: Tensor = 2 * torch.linalg.slogdet(self.dirac(link)).logabsdet
        return found

    def action(
        self, link: Float64[Tensor, "n 2 x y"], beta: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Action of the links, less the log determinant."""
        return super().action(link, beta) - self.log_determinant(link)

    def measure(self, link: Float64[Tensor, "n 2 x y"]) -> Float64[Tensor, "n k"]:
        """Quantities of the links, and the determinant."""
        own = self.log_determinant(link)[:, None] / self.sites
        return torch.cat([super().measure(link), own], 1)

    def observed(self, measured: np.ndarray) -> np.ndarray:
        """Plaquette, charge squared over the sites, and determinant."""
        return np.concatenate([super().observed(measured), measured[:, 3:4]], 1)

    def exact(self, beta: float) -> np.ndarray:
        """Unknown means: NaN."""
        return np.full(len(self.curve), math.nan)

    def log_z(self, beta: float) -> Any:  # none, where that of pure gauge fields is a number
        """Unknown normalisation: None."""
        return None

    def step(self, chain: str, link: Tensor, beta: Tensor, rng: torch.Generator) -> Tensor:
        """Run one trajectory of hybrid Monte Carlo, with the force of the determinant."""
        return trajectory(lambda x: self.action(x, beta), link, rng, LEAPS)[0]

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Return equal links: free fermions, whose determinant is a product over momenta."""
        beta = torch.tensor([2.0], dtype=torch.float64)
        free = free_determinant(self.size, self.hopping)
        truth = {"plaquette": 1.0, "determinant": free / self.sites, "action": -free}
        return (((self.start(1, torch.Generator()), beta), truth),)


@cache
def _gammas() -> tuple[Tensor, Tensor]:
    rows = ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]])
    first, second = (torch.tensor(r, dtype=torch.complex128) for r in rows)
    return first, second


def free_determinant(size: int, hopping: float) -> float:
    """Log determinant of both flavours for links of one."""
    k = np.arange(size)
    p, q = np.meshgrid(2 * np.pi * (k + 0.5) / size, 2 * np.pi * k / size)
    mass = 1 - 2 * hopping * (np.cos(p) + np.cos(q))
    slope = 4 * hopping**2 * (np.sin(p) ** 2 + np.sin(q) ** 2)
    return float(2 * np.log(mass**2 + slope).sum())


class ShiftedGauge(nn.Module):
    """Sampler of pure gauge fields by characters, at a coupling shifted by the fermions.

    In powers of the hopping parameter the determinant begins as a plaquette term; the shift absorbs
    that and similar terms, such that the mean plaquette is the law's.
    """

    line: Tensor

    def __init__(self, law: Schwinger, couplings: tuple[float, float]) -> None:
        super().__init__()
        self.law, self.couplings, self.pure = law, couplings, Characters(U1(law.size))
        self.at = torch.linspace(*couplings, NODES, dtype=torch.float64)
        self.register_buffer("line", torch.zeros(2, dtype=torch.float64))

    def shifted(self, beta: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Couplings of the sampled gauge fields."""
        return beta + self.line[0] * beta + self.line[1]

    def sample(self, beta: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample configurations, one for each coupling."""
        return self.pure.sample(self.shifted(beta), rng)

    def log_density(self, link: Tensor, beta: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Log density of configurations, where uniform links on the circle have density 1."""
        return self.pure.log_density(link, self.shifted(beta))

    @torch.no_grad()
    def learn(self, steps: int, seed: int) -> list[float]:
        """Fit the shift by weighting `steps` fields at each node, twice; return the lost shares."""
        rng, lost = torch.Generator().manual_seed(seed), []
        for _ in range(2):
            found = [self._weighed(beta, steps, rng) for beta in self.at.tolist()]
            lost += [share for _, share in found]
            line = np.polyfit(self.at.numpy(), [shift for shift, _ in found], 1)
            self.line.copy_(torch.from_numpy(line))
        return lost

    def _weighed(self, beta: float, n: int, rng: torch.Generator) -> tuple[float, float]:
        """Find the shift that gives pure gauge fields the law's mean plaquette; also the loss."""
        at = torch.full((n,), beta, dtype=torch.float64)
        (link,) = self.sample(at, rng)
        share = torch.softmax(-self.law.action(link, at) - self.log_density(link, at), 0)
        due = float(share @ self.law.measure(link)[:, 0])

        def off(shift: float) -> float:
            return self.pure.law.mean_plaquette(beta + shift) - due

        low, high = SHIFTS
        found = brentq(off, low, high, xtol=1e-6) if off(low) < 0 < off(high) else 0.0
        return found, 1 - 1 / float(share.square().sum()) / n
