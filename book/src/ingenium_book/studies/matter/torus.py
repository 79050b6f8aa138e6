"""Denoisers of atoms in a periodic cell of given elements: on the torus, and as CDVAE has it.

The network reads differences of fractional places as waves that have the period of the cell, and
the lattice by its inner products alone: so its answer stays where all atoms are shifted, some go
round the cell or the lattice is turned, and follows the atoms where they change their order.

Shapes: n cells, p atoms, w width, m latent numbers.
Source: Jiao et al., 2023, arXiv:2309.04475 (DiffCSP, sec. 4); Xie et al., 2022, arXiv:2110.06197
    (CDVAE, sec. 4).
"""

import math
from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ingenium.generators.conditioning import Conditioning
from ingenium.sampling.noise import gaussian, uniform

WAVES, LAYERS = 6, 3
WIDTH, LATENT = 64, 16
LEVELS, EACH = 100, 2  # of noise, and steps of each second one when atoms are placed
IMAGES = 3  # cells to each side, over which a normal law is wrapped
PRICE = 0.01  # of the divergence
STRIDE = 0.1  # of Langevin, of the variance of the noise
EDGE = 0.1  # spread of logarithms of edges, about


@dataclass(frozen=True, eq=False)
class AtomCells:
    """Cells as a network reads them; edges as standardised logarithms."""

    kind: Int[Tensor, "n p"]
    place: Float[Tensor, "n p 3"]
    edge: Float[Tensor, " n"]

    def __getitem__(self, rows: Tensor) -> "AtomCells":
        return AtomCells(self.kind[rows], self.place[rows], self.edge[rows])


class Messages(nn.Module):
    """From each atom to each, hidden numbers of both and what lies between them."""

    def __init__(self) -> None:
        super().__init__()
        self.own, self.other = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH, bias=False)
        self.fixed = nn.Linear(6 * WAVES + 9, WIDTH, bias=False)
        self.after = nn.Sequential(nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU())

    def forward(
        self, h: Float[Tensor, "n p w"], fixed: Float[Tensor, "n p p f"]
    ) -> Float[Tensor, "n p p w"]:
        """The first layer of a perceptron on all three, taken apart: atoms are fewer than pairs."""
        pairs = self.own(h)[:, :, None] + self.other(h)[:, None] + self.fixed(fixed)
        out: Tensor = self.after(pairs)
        return out


class AtomNetwork(nn.Module):
    """Messages between all atoms: a vector for each of them, and one number for the cell."""

    def __init__(self, kinds: int, extra: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(kinds, WIDTH)
        self.conditioning = Conditioning(extra, WIDTH, level=True)
        self.between = nn.ModuleList(Messages() for _ in range(LAYERS))
        self.gather = nn.ModuleList(_perceptron(2 * WIDTH) for _ in range(LAYERS))
        self.of_atom, self.of_cell = nn.Linear(WIDTH, 3), nn.Linear(WIDTH, 1)

    def hidden(
        self,
        kind: Int[Tensor, "n p"],
        place: Float[Tensor, "n p 3"],
        lattice: Float[Tensor, "n 3 3"],
        level: Float[Tensor, " n"],
        extra: Float[Tensor, "n m"],
    ) -> Float[Tensor, "n p w"]:
        """What messages leave with each atom."""
        n, p = kind.shape
        condition = self.conditioning(extra, level)[:, None].expand(n, p, -1)
        h: Tensor = self.embed(kind) + condition
        gap = place[:, None] - place[:, :, None]
        phase = 2 * math.pi * gap[..., None] * torch.arange(1, WAVES + 1, dtype=place.dtype)
        inner = (lattice @ lattice.mT).flatten(1)[:, None, None].expand(n, p, p, 9)
        fixed = torch.cat([phase.sin().flatten(3), phase.cos().flatten(3), inner], -1)
        for between, gather in zip(self.between, self.gather, strict=True):
            h = h + gather(torch.cat([h, between(h, fixed).mean(2)], -1))
        return h

    def forward(
        self,
        kind: Int[Tensor, "n p"],
        place: Float[Tensor, "n p 3"],
        lattice: Float[Tensor, "n 3 3"],
        level: Float[Tensor, " n"],
        extra: Float[Tensor, "n m"],
    ) -> tuple[Float[Tensor, "n p 3"], Float[Tensor, " n"]]:
        """A vector for each atom and a number for the cell."""
        h = self.hidden(kind, place, lattice, level, extra)
        return self.of_atom(h), self.of_cell(h.mean(1))[:, 0]


def cube(edge: Float[Tensor, " n"]) -> Float[Tensor, "n 3 3"]:
    """Lattices of cubes, of standardised logarithms of edges."""
    return (EDGE * edge).exp()[:, None, None] * torch.eye(3, dtype=edge.dtype)


class CellDenoiser(nn.Module):
    """Takes noise off the places of given atoms, at levels that lie evenly in their logarithm."""

    least: float  # noise of a place, of an edge of the cell
    most: float

    def __init__(self) -> None:
        super().__init__()
        self.sigmas = torch.logspace(math.log10(self.least), math.log10(self.most), LEVELS)

    @abstractmethod
    def loss(self, cells: AtomCells, rng: torch.Generator) -> Float[Tensor, " n"]:
        """What a cell adds to the training loss."""

    @abstractmethod
    def propose(self, kind: Int[Tensor, "n p"], rng: torch.Generator) -> AtomCells:
        """A cell for each row of elements."""

    def drawn(self, n: int, rng: torch.Generator) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
        """A level for each cell, and where it stands from 0 to 1."""
        level = torch.randint(LEVELS, (n,), generator=rng)
        return level, level / (LEVELS - 1)


class TorusDiffusion(CellDenoiser):
    """Noise that goes round the cell, and normal noise of the edge, taken off together."""

    least, most = 0.01, 0.5

    def __init__(self, kinds: int) -> None:
        super().__init__()
        self.network = AtomNetwork(kinds, 0)
        self.ways = self.sigmas.square() * score_sizes(self.sigmas)  # usual ways back

    def loss(self, cells: AtomCells, rng: torch.Generator) -> Float[Tensor, " n"]:
        """Error of the way back over its usual length, and of the edge."""
        level, t = self.drawn(len(cells.edge), rng)
        sigma = self.sigmas[level][:, None, None]
        off = sigma * gaussian(cells.place, rng)
        noise = gaussian(cells.edge, rng)
        edge = (math.pi / 2 * t).cos() * cells.edge + (math.pi / 2 * t).sin() * noise
        atoms, cell = self.condition(cells.kind, cells.place + off, edge, t)
        wrong = (atoms - sigma.square() * wrapped_score(off, sigma)) / self.ways[level][
            :, None, None
        ]
        return wrong.square().mean((1, 2)) + (cell - cells.edge).square()

    def condition(
        self,
        kind: Int[Tensor, "n p"],
        place: Float[Tensor, "n p 3"],
        edge: Float[Tensor, " n"],
        t: Float[Tensor, " n"],
    ) -> tuple[Float[Tensor, "n p 3"], Float[Tensor, " n"]]:
        """The way back of each atom, on average, and the edge."""
        found: tuple[Tensor, Tensor] = self.network(
            kind, place, cube(edge), t, edge[:, None][:, :0]
        )
        return found

    @torch.no_grad()
    def propose(self, kind: Int[Tensor, "n p"], rng: torch.Generator) -> AtomCells:
        """From anywhere in the cell: a step of the reverse equation, then one of Langevin.

        Source: Jiao et al., 2023, alg. 2.
        """
        n, p = kind.shape
        place, edge = uniform(torch.empty(n, p, 3), rng), gaussian(torch.empty(n), rng)
        for level in range(LEVELS - 1, 0, -EACH):
            now, then = level, max(level - EACH, 0)
            t, after = (torch.full((n,), k / (LEVELS - 1)) for k in (now, then))
            atoms, cell = self.condition(kind, place, edge, t)
            sigma, small = self.sigmas[now], self.sigmas[then]
            lost = sigma.square() - small.square()
            place = place + lost / sigma.square() * atoms
            place = place + small / sigma * lost.sqrt() * gaussian(place, rng)
            noise = (edge - (math.pi / 2 * t).cos() * cell) / (math.pi / 2 * t).sin()
            edge = (math.pi / 2 * after).cos() * cell + (math.pi / 2 * after).sin() * noise
            atoms, _ = self.condition(kind, place, edge, after)
            place = langevin(place, atoms / small.square(), small, rng)
        atoms, edge = self.condition(kind, place, edge, torch.zeros(n))
        return AtomCells(kind, torch.remainder(place + atoms, 1.0), edge)


class CellAutoencoder(CellDenoiser):
    """CDVAE's: a latent vector tells the edge, and under it normal noise of places is taken off.

    Noise does not go round the cell; what is told is the nearest image of where an atom was.
    """

    least, most = 0.01, 1.0  # CDVAE has 0.01 to 10 angstrom

    def __init__(self, kinds: int) -> None:
        super().__init__()
        self.reader, self.network = AtomNetwork(kinds, 0), AtomNetwork(kinds, LATENT)
        self.latent = nn.Linear(WIDTH, 2 * LATENT)
        self.edge = nn.Sequential(_perceptron(LATENT + WIDTH), nn.Linear(WIDTH, 1))

    def loss(self, cells: AtomCells, rng: torch.Generator) -> Float[Tensor, " n"]:
        """Error of the way back, of the edge, and the divergence of latent vectors."""
        none, still = cells.edge[:, None][:, :0], torch.zeros_like(cells.edge)
        read = self.reader.hidden(cells.kind, cells.place, cube(cells.edge), still, none).mean(1)
        mean, raw = self.latent(read).chunk(2, 1)
        z = mean + (0.5 * raw).exp() * gaussian(mean, rng)
        divergence = 0.5 * (mean.square() + raw.exp() - raw - 1).sum(1)
        level, t = self.drawn(len(cells.edge), rng)
        sigma = self.sigmas[level][:, None, None]
        off = sigma * gaussian(cells.place, rng)
        atoms, _ = self.network(cells.kind, cells.place + off, cube(cells.edge), t, z)
        wrong = ((atoms + off - off.round()) / sigma).square().mean((1, 2))
        at_edge = (self.cell(cells.kind, z) - cells.edge).square()
        lost: Tensor = wrong + at_edge + PRICE * divergence
        return lost

    def cell(self, kind: Int[Tensor, "n p"], z: Float[Tensor, "n m"]) -> Float[Tensor, " n"]:
        """The edge under a latent vector."""
        out: Tensor = self.edge(torch.cat([z, self.network.embed(kind).mean(1)], 1))[:, 0]
        return out

    @torch.no_grad()
    def propose(self, kind: Int[Tensor, "n p"], rng: torch.Generator) -> AtomCells:
        """Langevin steps under a latent vector, their noise falling.

        Source: Song and Ermon, 2019, arXiv:1907.05600, alg. 1.
        """
        n, p = kind.shape
        z = gaussian(torch.empty(n, LATENT), rng)
        edge, place = self.cell(kind, z), uniform(torch.empty(n, p, 3), rng)
        for level in range(LEVELS - 1, 0, -EACH):
            sigma, t = self.sigmas[level], torch.full((n,), level / (LEVELS - 1))
            for _ in range(EACH):
                atoms, _ = self.network(kind, place, cube(edge), t, z)
                place = langevin(place, atoms / sigma.square(), sigma, rng)
        atoms, _ = self.network(kind, place, cube(edge), torch.zeros(n), z)
        return AtomCells(kind, torch.remainder(place + atoms, 1.0), edge)


def langevin(place: Tensor, score: Tensor, sigma: Tensor, rng: torch.Generator) -> Tensor:
    """A step along a score, with the noise that belongs to it."""
    size = STRIDE * sigma.square()
    return place + size * score + (2 * size).sqrt() * gaussian(place, rng)


def wrapped_score(off: Tensor, sigma: Tensor) -> Tensor:
    """Slope of the log density of normal noise that goes round the cell."""
    images = (off - off.round())[..., None] + torch.arange(-IMAGES, IMAGES + 1)
    weight = torch.softmax(-0.5 * (images / sigma[..., None]).square(), -1)
    score: Tensor = -(weight * images).sum(-1) / sigma.square()
    return score


def score_sizes(sigmas: Float[Tensor, " k"]) -> Float[Tensor, " k"]:
    """Root mean square of that slope under its own noise, over 2,000 quantiles."""
    normal = math.sqrt(2) * torch.erfinv((torch.arange(2000) + 0.5) / 1000 - 1)
    return wrapped_score(sigmas[:, None] * normal, sigmas[:, None]).square().mean(1).sqrt()


def _perceptron(d: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(d, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU())
