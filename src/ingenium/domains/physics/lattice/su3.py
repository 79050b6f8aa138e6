"""SU(3) in two dimensions: matrices on the links of a torus, with the Wilson action.

Shapes: n configurations, two parts (real, imaginary), two directions of links, three colours at
both ends, x rows and y columns; matrices inside are complex, (n, 2, x, y, 3, 3).
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.quantity import Quantity, Variable
from ingenium.domains.physics.lattice import colours
from ingenium.domains.physics.lattice.u1 import U1

LEAPS = 12  # of a trajectory of length 1
LOOP = 4  # plaquettes within a loop of 2 x 2


@dataclass(frozen=True)
class SU3:
    """Pure gauge theory of SU(3) on a torus of `size` by `size` sites.

    Source: Gattringer and Lang, Quantum Chromodynamics on the Lattice, 2010, ch. 3; exact values
    by characters, Migdal, Sov. Phys. JETP 42 (1975) 413.
    """

    size: int
    name: ClassVar[str] = "su3"
    coupling: ClassVar[str] = "beta of the Wilson action, beta times the sum of 1 - Re tr P / 3"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("plaquette", "1", "mean of Re tr P / 3"),
        Quantity("square_loop", "1", "mean of Re tr / 3 of loops around 2 x 2 plaquettes"),
        Quantity("loops", "1", "mean of Re tr / 3 of the loops around the torus", rounding=1e-9),
    )
    curve: ClassVar[tuple[str, ...]] = ("plaquette", "loop of 2 x 2")
    slow: ClassVar[str] = "loops"
    colours: ClassVar[str] = "RdBu_r"
    drawn_as: ClassVar[str] = "traces of plaquettes, red for 3, white for 0"
    chains: ClassVar[tuple[str, ...]] = ("hybrid Monte Carlo",)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Array of links."""
        dims = ("part", "direction", "colour", "colour_beyond", "row", "column")
        about = "real and imaginary part of the matrix of each link"
        return (Variable("link", dims, "1", about, -1.0, 1.0),)

    @property
    def codec(self) -> Channels:
        """Codec of the numbers themselves."""
        return Channels.between([(-1.0, 1.0)], (self.size, self.size), own=[(2, 2, 3, 3)])

    def settled(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Project numbers onto the nearest matrices of SU(3)."""
        return (flat(colours.special(matrices(arrays[0]))),)

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes of the dimensions."""
        ends = {"part": 2, "direction": 2, "colour": 3, "colour_beyond": 3}
        return {**ends, "row": self.size, "column": self.size}

    @property
    def sites(self) -> int:
        """Number of sites, which is that of plaquettes."""
        return self.size**2

    def action(
        self, link: Float64[Tensor, "n 2 2 3 3 x y"], beta: Float64[Tensor, " n"]
    ) -> Float64[Tensor, " n"]:
        """Beta times the sum of 1 - Re tr P / 3."""
        return self._action(matrices(link), beta)

    def _action(self, u: Complex128[Tensor, "n 2 x y 3 3"], beta: Tensor) -> Tensor:
        return beta * (1 - traces(plaquettes(u))).sum((1, 2))

    def measure(self, link: Float64[Tensor, "n 2 2 3 3 x y"]) -> Float64[Tensor, "n k"]:
        """Measure the quantities."""
        u = matrices(link)
        far = torch.stack([u[:, d] @ u[:, d].roll(-1, 1 + d) for d in (0, 1)], 1)
        square = traces(plaquettes(far, step=2))
        around = []
        for d in (0, 1):
            line = u[:, d].movedim(1 + d, 1)
            whole = line[:, 0]
            for i in range(1, self.size):  # matrices in their order
                whole = whole @ line[:, i]
            around.append(traces(whole).mean(1))
        means = [traces(plaquettes(u)).mean((1, 2)), square.mean((1, 2))]
        return torch.stack([*means, (around[0] + around[1]) / 2], 1)

    def observed(self, measured: np.ndarray) -> np.ndarray:
        """Return both loops, the observables with exact means."""
        return measured[:, :2]

    def exact(self, beta: float) -> np.ndarray:
        """Means of both loops in the ensemble."""
        return np.array([colours.loop(beta, self.sites, area) for area in (1, LOOP)])

    def log_z(self, beta: float) -> float:
        """Logarithm of the sum over configurations, links uniform on the group."""
        return colours.log_z(beta, self.sites)

    def start(self, n: int, rng: torch.Generator) -> Tensor:
        """Return identity links (cold start)."""
        one = torch.eye(3, dtype=torch.complex128).expand(n, 2, self.size, self.size, 3, 3)
        return flat(one)

    def step(self, chain: str, link: Tensor, beta: Tensor, rng: torch.Generator) -> Tensor:
        """Run one trajectory of hybrid Monte Carlo."""
        u = matrices(link)
        return flat(colours.trajectory(lambda x: self._action(x, beta), u, rng, LEAPS))

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Return identity links, and a quantum of flux spread evenly over two colours."""
        beta, none = torch.full((1,), 5.0, dtype=torch.float64), torch.zeros(1, 2).double()
        angle = torch.full((1, self.size, self.size), 2 * math.pi / self.sites, dtype=torch.float64)
        turn = U1(self.size).links(angle, torch.zeros_like(angle), none)
        phases = torch.stack([turn, -turn, torch.zeros_like(turn)], -1)
        even = (1 + 2 * math.cos(2 * math.pi / self.sites)) / 3
        square = (1 + 2 * math.cos(LOOP * 2 * math.pi / self.sites)) / 3
        bent = flat(torch.diag_embed(torch.exp(1j * phases)))
        return (
            ((self.start(1, torch.Generator()), beta), {"plaquette": 1.0, "action": 0.0}),
            (
                (bent, beta),
                {
                    "plaquette": even,
                    "square_loop": square,
                    "action": 5 * self.sites * (1 - even),
                },
            ),
        )

    def pictured(self, link: Float64[Tensor, "n 2 2 3 3 x y"]) -> np.ndarray:
        """Traces of plaquettes over 3."""
        found: np.ndarray = traces(plaquettes(matrices(link))).numpy()
        return found

    def sampled(
        self,
        p: Complex128[Tensor, "n v 3 3"],
        a: Complex128[Tensor, "n 3 3"],
        b: Complex128[Tensor, "n 3 3"],
        rng: torch.Generator,
    ) -> Float64[Tensor, "n 2 2 3 3 x y"]:
        """Build links of plaquettes whose product is a b a' b', uniform over gauges.

        Plaquettes are in order of rows, from the last row on; `a` and `b` are loops around the
        torus. In the gauge of a tree all links along a row but the last are the identity, as are
        those along the first column but the last.
        """
        n, one = len(p), torch.eye(3, dtype=torch.complex128)
        row = p.view(n, self.size, self.size, 3, 3).flip(1)
        u = one.expand(n, 2, self.size, self.size, 3, 3).clone()
        u[:, 0, -1, 0] = a
        for y in range(self.size - 1):  # each link from the one before
            u[:, 0, :, y + 1] = row[:, :, y].mH @ u[:, 0, :, y]
        u[:, 1, 0, -1] = b
        for x in range(self.size - 1):
            u[:, 1, x + 1, -1] = u[:, 0, x, -1].mH @ row[:, x, -1] @ u[:, 1, x, -1]
        gauge = colours.uniform((n, self.size, self.size), rng)
        return flat(turned(u, gauge))


def turned(u: Complex128[Tensor, "n 2 x y 3 3"], gauge: Tensor) -> Tensor:
    """Transform links to another gauge."""
    return torch.stack([gauge @ u[:, d] @ gauge.roll(-1, 1 + d).mH for d in (0, 1)], 1)


def matrices(link: Float64[Tensor, "n 2 2 3 3 x y"]) -> Complex128[Tensor, "n 2 x y 3 3"]:
    """Convert links to complex matrices."""
    return torch.complex(link[:, 0], link[:, 1]).permute(0, 1, 4, 5, 2, 3).contiguous()


def flat(u: Complex128[Tensor, "n 2 x y 3 3"]) -> Float64[Tensor, "n 2 2 3 3 x y"]:
    """Split matrices into the real arrays of designs."""
    own = u.permute(0, 1, 4, 5, 2, 3)
    return torch.stack([own.real, own.imag], 1).contiguous()


def plaquettes(u: Complex128[Tensor, "n 2 x y 3 3"], step: int = 1) -> Tensor:
    """Product of links around squares of `step` sites at each site."""
    a, b = u[:, 0], u[:, 1]
    return a @ b.roll(-step, 1) @ a.roll(-step, 2).mH @ b.mH


def traces(p: Tensor) -> Tensor:
    """Re tr / 3 of each matrix."""
    return p.diagonal(dim1=-2, dim2=-1).sum(-1).real / 3
