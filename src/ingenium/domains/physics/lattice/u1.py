"""U(1) in two dimensions: compact links on a torus, with the Wilson action.

Shapes: n configurations, two directions of links, x rows and y columns.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64
from scipy import integrate, special
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.quantity import Quantity, Variable
from ingenium.domains.physics.lattice.chains import trajectory
from ingenium.generators.torus import wrapped

LEAPS = 12  # of a trajectory of length 1: accepted in nine of ten at coupling 7
MOST = 60  # charges of characters; at coupling 20 the last adds less than 1e-40


@dataclass(frozen=True)
class U1:
    """Compact electrodynamics on a torus of `size` by `size` sites.

    Source: Gattringer and Lang, Quantum Chromodynamics on the Lattice, 2010, ch. 2; exact values
    by characters, Migdal, Sov. Phys. JETP 42 (1975) 413.
    """

    size: int
    name: ClassVar[str] = "u1"
    coupling: ClassVar[str] = "beta of the Wilson action, beta times the sum of 1 - cos P"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("plaquette", "1", "mean of cos P"),
        Quantity("charge", "1", "topological charge: sum of the angles of plaquettes over 2 pi"),
        Quantity("loops", "1", "mean of cos of the loops around the torus", rounding=1e-9),
    )
    curve: ClassVar[tuple[str, ...]] = ("plaquette", "charge² / sites")
    slow: ClassVar[str] = "charge"
    colours: ClassVar[str] = "RdBu_r"
    drawn_as: ClassVar[str] = "angles of plaquettes, blue for -pi to red for pi"
    chains: ClassVar[tuple[str, ...]] = ("hybrid Monte Carlo",)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Array of links."""
        dims = ("direction", "row", "column")
        return (Variable("link", dims, "rad", "angle of each link", -math.pi, math.pi),)

    @property
    def codec(self) -> Channels:
        """Codec of angles over pi."""
        return Channels.between([(-math.pi, math.pi)], (self.size, self.size), own=[(2,)])

    def settled(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Wrap angles to the circle."""
        return (wrapped(arrays[0]).clamp(-math.pi, math.pi),)

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes of the dimensions."""
        return {"direction": 2, "row": self.size, "column": self.size}

    @property
    def sites(self) -> int:
        """Number of sites, which is that of plaquettes."""
        return self.size**2

    def plaquettes(self, link: Float64[Tensor, "n 2 x y"]) -> Float64[Tensor, "n x y"]:
        """Angle around each cell, in [-pi, pi)."""
        a, b = link[:, 0], link[:, 1]
        return wrapped(a + b.roll(-1, 1) - a.roll(-1, 2) - b)

    def action(
        self, link: Float64[Tensor, "n 2 x y"], beta: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Beta times the sum of 1 - cos P."""
        return beta * (1 - torch.cos(self.plaquettes(link))).sum((1, 2))

    def measure(self, link: Float64[Tensor, "n 2 x y"]) -> Float64[Tensor, "n k"]:
        """Measure the quantities."""
        angle = self.plaquettes(link)
        around = [torch.cos(link[:, d].sum(1 + d)).mean(1) for d in (0, 1)]
        charge = (angle.sum((1, 2)) / (2 * math.pi)).round() + 0.0  # no -0
        return torch.stack([torch.cos(angle).mean((1, 2)), charge, (around[0] + around[1]) / 2], 1)

    def observed(self, measured: np.ndarray) -> np.ndarray:
        """Return the observables with exact means: plaquette, and charge squared over sites."""
        return np.stack([measured[:, 0], measured[:, 1] ** 2 / self.sites], 1)

    def exact(self, beta: float) -> np.ndarray:
        """Means of plaquette and charge susceptibility in the ensemble."""
        return np.array([self.mean_plaquette(beta), _susceptibility(beta, self.sites)])

    def mean_plaquette(self, beta: float) -> float:
        """Mean plaquette of the ensemble."""
        return _exact(beta, self.sites)[1]

    def log_z(self, beta: float) -> float:
        """Logarithm of the sum over configurations, links uniform on the circle."""
        return _exact(beta, self.sites)[0]

    def start(self, n: int, rng: torch.Generator) -> Tensor:
        """Return equal links (cold start)."""
        return torch.zeros(n, 2, self.size, self.size, dtype=torch.float64)

    def step(self, chain: str, link: Tensor, beta: Tensor, rng: torch.Generator) -> Tensor:
        """Run one trajectory of hybrid Monte Carlo."""
        return trajectory(lambda x: self.action(x, beta), link, rng, LEAPS)[0]

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Return equal links, and one quantum of flux spread evenly."""
        beta, none = (
            torch.tensor([5.0], dtype=torch.float64),
            torch.zeros(1, 2, dtype=torch.float64),
        )
        angle = torch.full((1, self.size, self.size), 2 * math.pi / self.sites, dtype=torch.float64)
        even = math.cos(2 * math.pi / self.sites)
        one = self.links(angle, torch.zeros_like(angle), none)
        return (
            ((self.start(1, torch.Generator()), beta), {"plaquette": 1.0, "action": 0.0}),
            (
                (one, beta),
                {"plaquette": even, "charge": 1.0, "action": 5 * self.sites * (1 - even)},
            ),
        )

    def pictured(self, link: Float64[Tensor, "n 2 x y"]) -> np.ndarray:
        """Angles of plaquettes over pi."""
        found: np.ndarray = (self.plaquettes(link) / math.pi).numpy()
        return found

    def links(
        self,
        angle: Float64[Tensor, "n x y"],
        gauge: Float64[Tensor, "n x y"],
        loops: Float64[Tensor, "n 2"],
    ) -> Float64[Tensor, "n 2 x y"]:
        """Build links whose plaquettes are these angles, which sum to a multiple of 2 pi.

        `gauge` rotates the sites, and `loops` are the angles of one loop around in each direction.
        """
        along = torch.zeros_like(angle)
        along[:, -1, 0] = loops[:, 0]
        along = along[:, :, :1] - torch.cumsum(angle, 2) + angle
        across = torch.zeros_like(angle)
        steps = torch.cumsum(angle.sum(2), 1)[:, :-1]
        across[:, 0, -1] = loops[:, 1]
        across[:, 1:, -1] = loops[:, 1:2] + steps
        link = torch.stack([along, across], 1)
        turned = torch.stack([gauge - gauge.roll(-1, 1), gauge - gauge.roll(-1, 2)], 1)
        return wrapped(link + turned)

    def sampled(
        self, angle: Float64[Tensor, "n x y"], rng: torch.Generator
    ) -> Float64[Tensor, "n 2 x y"]:
        """Build links with these plaquettes, uniform over gauges and loops."""
        n = len(angle)
        gauge = torch.rand(angle.shape, generator=rng, dtype=torch.float64) * 2 * math.pi
        loops = torch.rand(n, 2, generator=rng, dtype=torch.float64) * 2 * math.pi
        return self.links(angle, gauge, loops)


@cache
def _exact(beta: float, sites: int) -> tuple[float, float]:
    """Log Z and plaquette; angles of charge n weigh (I_n / I_0)^sites."""
    n = np.arange(-MOST, MOST + 1)
    bessel = special.ive(n, beta) / special.ive(0, beta)
    share = bessel**sites
    slope = (special.ive(n - 1, beta) + special.ive(n + 1, beta)) / 2 / special.ive(0, beta)
    z = share.sum()
    log_z = float(np.log(z) + sites * np.log(special.ive(0, beta)))
    plaquette = float((bessel ** (sites - 1) * slope).sum() / z)
    return log_z, plaquette


@cache
def _susceptibility(beta: float, sites: int) -> float:
    """Charge squared over sites, from the second derivative of log Z by the vacuum angle."""

    def moment(kind: int, n: int) -> float:
        shapes = (
            lambda p: np.cos(n * p),
            lambda p: -p * np.sin(n * p),
            lambda p: -(p**2) * np.cos(n * p),
        )
        whole = integrate.quad(
            lambda p: np.exp(beta * (np.cos(p) - 1)) * shapes[kind](p), 0, np.pi, limit=400
        )[0]
        return float(whole / np.pi)

    top, z, zero = 0.0, 0.0, moment(0, 0)
    for n in range(-12, 13):
        f, df, ddf = (moment(k, n) / zero for k in range(3))
        z += f**sites
        top += sites * (sites - 1) * f ** (sites - 2) * df**2 + sites * f ** (sites - 1) * ddf
    return float(-top / z / (4 * np.pi**2) / sites)
