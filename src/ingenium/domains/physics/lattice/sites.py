"""Fields on the sites of a square lattice with neighbours: Ising, glass, XY and phi^4.

Shapes: n configurations, x rows, y columns, v sites.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.problem import Codec
from ingenium.core.quantity import Quantity, Variable
from ingenium.domains.physics.lattice import clusters, kaufman
from ingenium.domains.physics.lattice.chains import trajectory
from ingenium.domains.physics.lattice.tickets import TICKET, SpinCodec, ticketed
from ingenium.generators.torus import wrapped

DIMS = ("row", "column")
UNKNOWN = math.nan


@dataclass(frozen=True)
class SiteLaw(ABC):
    """Base class: a torus of `size` by `size` sites, bonds to the right and down."""

    size: int
    coupling: ClassVar[str] = "strength of a bond over the temperature"
    curve: ClassVar[tuple[str, ...]] = ("energy", "magnetisation squared")
    slow: ClassVar[str] = "magnetisation"
    disordered: ClassVar[bool] = False  # whether bonds differ
    doubled: ClassVar[float] = 1.0  # factor of a neighbour's value in the action
    colours: ClassVar[str] = "RdBu_r"
    drawn_as: ClassVar[str] = "spins, blue for -1 and red for 1"
    chains: ClassVar[tuple[str, ...]] = ("local updates", "clusters")

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes of the dimensions."""
        return dict.fromkeys(DIMS, self.size)

    @property
    def sites(self) -> int:
        """Number of sites."""
        return self.size**2

    @cached_property
    def bonds(self) -> Float64[Tensor, "2 x y"]:
        """Strength of each bond to the right (of a column) and down (of a row)."""
        return torch.ones(2, self.size, self.size, dtype=torch.float64)

    def log_z(self, coupling: float) -> float | None:
        """Unknown normalisation: None."""
        return None

    def exact(self, coupling: float) -> np.ndarray:
        """Unknown means: NaN."""
        return np.full(len(self.curve), UNKNOWN)

    def observed(self, measured: np.ndarray) -> np.ndarray:
        """Energy, and the square of the magnetisation."""
        return np.stack([measured[:, 0], measured[:, 1] ** 2], 1)

    @abstractmethod
    def step(self, chain: str, field: Tensor, coupling: Tensor, rng: torch.Generator) -> Tensor:
        """Advance each of n chains by a step."""

    def examples(self, field: Tensor, coupling: Tensor, rng: torch.Generator) -> Tensor:
        """Advance the training chains by a step, one at each coupling."""
        return self.step("clusters", field, coupling, rng)

    def linked(self, product: Float64[Tensor, "n 2 x y"]) -> Float64[Tensor, " n"]:
        """Sum a function of both ends over all bonds."""
        return (self.bonds * product).sum((1, 2, 3))


def neighbours(x: Tensor) -> Tensor:
    """Values to the right and below of each site: (n, 2, x, y)."""
    return torch.stack([x.roll(-1, -1), x.roll(-1, -2)], 1)


@dataclass(frozen=True)
class Ising(SiteLaw):
    """Spins of one or minus one.

    Source: Onsager, Phys. Rev. 65 (1944) 117; on a torus Kaufman, Phys. Rev. 76 (1949) 1232.
    """

    name: ClassVar[str] = "ising"
    kind: ClassVar[str] = "spin"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("energy", "1", "of a site, in units of a bond"),
        Quantity("magnetisation", "1", "mean spin"),
    )

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Spins, and a ticket for acceptance."""
        return (Variable("spin", DIMS, "1", "spin of each site", -1.0, 1.0), TICKET)

    @property
    def codec(self) -> Codec:
        """Codec of signs."""
        return SpinCodec(self.size)

    def settled(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Round to spins, and a ticket of its digits."""
        return ticketed(arrays)

    def energy(self, spin: Tensor) -> Tensor:
        """Energy of all sites, in units of a bond."""
        return -self.linked(spin[:, None] * neighbours(spin))

    def action(self, spin: Tensor, coupling: Tensor) -> Tensor:
        """Coupling times energy."""
        return coupling * self.energy(spin)

    def measure(self, spin: Tensor) -> Tensor:
        """Measure the quantities."""
        return torch.stack([self.energy(spin) / self.sites, spin.mean((1, 2))], 1)

    def exact(self, coupling: float) -> np.ndarray:
        """Energy by Kaufman; NaN for the magnetisation of a finite torus."""
        return np.array([kaufman.energy(self.size, coupling), UNKNOWN])

    def log_z(self, coupling: float) -> float | None:
        """Logarithm of the normalisation, by Kaufman."""
        return kaufman.log_z(self.size, coupling)

    def start(self, n: int, rng: torch.Generator) -> Tensor:
        """Return random spins (hot start)."""
        shape = (n, self.size, self.size)
        return 2.0 * torch.randint(0, 2, shape, generator=rng).to(torch.float64) - 1

    def step(self, chain: str, spin: Tensor, coupling: Tensor, rng: torch.Generator) -> Tensor:
        """Run a sweep of heat bath on both fields of the checkerboard, or of clusters."""
        if chain == "clusters":
            return clusters.swept(spin, coupling, self.bonds, rng)
        return clusters.heat_bath(spin, coupling, self.bonds, rng)

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Return all spins up, and a stripe."""
        one = torch.ones(1, self.size, self.size, dtype=torch.float64)
        stripe = one.clone()
        stripe[:, : self.size // 2] = -1
        rest = (torch.tensor([0.5], dtype=torch.float64), torch.tensor([0.4], dtype=torch.float64))
        at = self.bonds.sum().item() / self.sites
        return (
            ((one, *rest), {"energy": -at, "magnetisation": 1.0}),
            ((stripe, *rest), {"energy": -at + 4 / self.size, "magnetisation": 0.0}),
        )

    def pictured(self, spin: Tensor) -> np.ndarray:
        """Return the spins."""
        return np.asarray(spin.numpy())


@dataclass(frozen=True)
class XY(SiteLaw):
    """Planar rotors.

    Source: Kosterlitz and Thouless, J. Phys. C 6 (1973) 1181; clusters by Wolff, Phys. Rev. Lett.
    62 (1989) 361.
    """

    name: ClassVar[str] = "xy"
    colours: ClassVar[str] = "twilight"
    drawn_as: ClassVar[str] = "angles of rotors around the circle of colours"
    kind: ClassVar[str] = "angle"
    curve: ClassVar[tuple[str, ...]] = ("energy", "magnetisation squared", "vortices")
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("energy", "1", "of a site, in units of a bond"),
        Quantity("magnetisation", "1", "length of the mean rotor"),
        Quantity("vortices", "1", "share of cells around which the rotors turn once"),
    )

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Angles."""
        return (Variable("angle", DIMS, "rad", "angle of each rotor", -math.pi, math.pi),)

    @property
    def codec(self) -> Channels:
        """Codec of angles over pi."""
        return Channels.between([(-math.pi, math.pi)], (self.size, self.size))

    def settled(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Wrap angles to the circle."""
        return (wrapped(arrays[0]).clamp(-math.pi, math.pi),)

    def action(self, angle: Tensor, coupling: Tensor) -> Tensor:
        """Minus coupling times the cosines of differences."""
        return -coupling * self.linked(torch.cos(angle[:, None] - neighbours(angle)))

    def measure(self, angle: Tensor) -> Tensor:
        """Measure the quantities."""
        one = torch.ones(len(angle), dtype=torch.float64)
        mean = torch.exp(1j * angle).mean((1, 2)).abs()
        turns = (self.winding(angle).abs() > 0.5).to(torch.float64).mean((1, 2))
        return torch.stack([self.action(angle, one) / self.sites, mean, turns], 1)

    def observed(self, measured: np.ndarray) -> np.ndarray:
        """Energy, square of the magnetisation, share of vortices."""
        return np.stack([measured[:, 0], measured[:, 1] ** 2, measured[:, 2]], 1)

    def winding(self, angle: Tensor) -> Tensor:
        """Winding of the rotors around each cell: -1, 0 or 1."""
        right, down = neighbours(angle).unbind(1)
        corner = right.roll(-1, -2)
        around = wrapped(right - angle) + wrapped(corner - right)
        around = around + wrapped(down - corner) + wrapped(angle - down)
        return (around / (2 * math.pi)).round()

    def start(self, n: int, rng: torch.Generator) -> Tensor:
        """Return random angles (hot start)."""
        shape = (n, self.size, self.size)
        return math.pi * (2 * torch.rand(shape, generator=rng, dtype=torch.float64) - 1)

    def step(self, chain: str, angle: Tensor, coupling: Tensor, rng: torch.Generator) -> Tensor:
        """Run a trajectory of hybrid Monte Carlo, or reflect all clusters at one line."""
        if chain != "clusters":
            return wrapped(trajectory(lambda x: self.action(x, coupling), angle, rng, 10)[0])
        line = 2 * math.pi * torch.rand(len(angle), 1, 1, generator=rng, dtype=torch.float64)
        along = torch.cos(angle - line)
        turned = clusters.swept(along, coupling, self.bonds, rng) * along < 0
        return wrapped(torch.where(turned, 2 * line + math.pi - angle, angle))

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Return equal angles, and a wave around the torus."""
        beta = torch.tensor([1.0], dtype=torch.float64)
        alike = torch.zeros(1, self.size, self.size, dtype=torch.float64)
        k = 2 * math.pi / self.size
        rows = k * torch.arange(self.size, dtype=torch.float64)
        wave = wrapped(alike + rows[:, None])
        return (
            ((alike, beta), {"energy": -2.0, "magnetisation": 1.0, "vortices": 0.0}),
            ((wave, beta), {"energy": -1 - math.cos(k), "vortices": 0.0}),
        )

    def pictured(self, angle: Tensor) -> np.ndarray:
        """Return angles over pi."""
        return np.asarray((angle / math.pi).numpy())


@dataclass(frozen=True)
class Phi4(SiteLaw):
    """Real scalar field: sum of phi^2 + quartic (phi^2 - 1)^2 - 2 kappa phi phi'.

    Source: Montvay and Münster, Quantum Fields on a Lattice, 1994, ch. 2; clusters by Brower and
    Tamayo, Phys. Rev. Lett. 62 (1989) 1087.
    """

    quartic: float = 0.5
    name: ClassVar[str] = "phi4"
    drawn_as: ClassVar[str] = "the field, blue for -2 to red for 2"
    kind: ClassVar[str] = "real"
    doubled: ClassVar[float] = 2.0
    coupling: ClassVar[str] = "hopping parameter kappa, at a quartic coupling of a half"
    curve: ClassVar[tuple[str, ...]] = ("link", "magnetisation squared", "square")
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("link", "1", "mean product of two neighbours"),
        Quantity("magnetisation", "1", "mean of the field"),
        Quantity("square", "1", "mean of its square"),
    )

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Array of the field."""
        return (Variable("field", DIMS, "1", "field at each site"),)

    @property
    def codec(self) -> Channels:
        """Codec of the field itself."""
        return Channels.between([(-1.0, 1.0)], (self.size, self.size))

    def settled(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the field: every field is valid."""
        return arrays

    def action(self, field: Tensor, coupling: Tensor) -> Tensor:
        """Sum of the terms of sites and links."""
        square = field.square()
        sites = (square + self.quartic * (square - 1).square()).sum((1, 2))
        return sites - 2 * coupling * self.linked(field[:, None] * neighbours(field))

    def measure(self, field: Tensor) -> Tensor:
        """Measure the quantities."""
        link = (field[:, None] * neighbours(field)).mean((1, 2, 3))
        return torch.stack([link, field.mean((1, 2)), field.square().mean((1, 2))], 1)

    def observed(self, measured: np.ndarray) -> np.ndarray:
        """Links, square of the magnetisation, mean square."""
        return np.stack([measured[:, 0], measured[:, 1] ** 2, measured[:, 2]], 1)

    def start(self, n: int, rng: torch.Generator) -> Tensor:
        """Return a random field (hot start)."""
        return torch.randn(n, self.size, self.size, generator=rng, dtype=torch.float64)

    def step(self, chain: str, field: Tensor, coupling: Tensor, rng: torch.Generator) -> Tensor:
        """Run a trajectory of hybrid Monte Carlo, after cluster flips of signs where requested."""
        if chain == "clusters":
            field = clusters.swept(field, 2 * coupling, self.bonds, rng)
        return trajectory(lambda x: self.action(x, coupling), field, rng, 8)[0]

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Return a field of 1 everywhere."""
        one = torch.ones(1, self.size, self.size, dtype=torch.float64)
        kappa = torch.tensor([0.25], dtype=torch.float64)
        return (((one, kappa), {"link": 1.0, "square": 1.0, "action": 0.0}),)

    def pictured(self, field: Tensor) -> np.ndarray:
        """Return the field over 2."""
        return np.asarray((field / 2).clamp(-1, 1).numpy())
