"""Score network of torsions, from a molecule's graph and the distances of its heavy atoms.

Pairs of atoms exert forces along the line between them, with a strength that a network predicts
from their environment; the score of a torsion is the torque of these forces about its bond.
Distances are invariant under rotation, and a mirror image reverses every torque, as required.
Messages from spatial neighbours precede the forces, so that these depend on more than pairs.

Shapes: n conformers, h heavy atoms, p pairs, q quartets, m torsions, w width, v noise levels.

Source: Jing et al., Torsional Diffusion, NeurIPS 2022, arXiv:2206.01729, section 3.4 (torque);
    Schütt et al., SchNet, J. Chem. Phys. 148:241722, 2018 (filters of distances).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.domains.molecules.conformers.graph import ATOM, BOND, FARTHEST, NEAREST, Graph
from ingenium.domains.molecules.conformers.torus import NARROWEST, WIDEST

RADII = 24
SHORTEST_ANGSTROM, LONGEST_ANGSTROM = 2.0, 12.0
WAVES = 6  # of a torsion
TONES = 8  # of the noise level


@dataclass(frozen=True)
class Surroundings:
    """Features of atoms, pairs and quartets that depend on the graph only."""

    atoms: Float[Tensor, "h w"]
    pairs: Float[Tensor, "p w"]
    forces: Float[Tensor, "p w"]
    quartets: Float[Tensor, "q w"]


class Torque(nn.Module):
    """Score network, in units of the score's root mean square."""

    def __init__(self, width: int = 48, rounds: int = 4) -> None:
        super().__init__()
        self.first = nn.Linear(ATOM, width)
        self.told = nn.ModuleList(_layers(2 * width + BOND, width, width) for _ in range(rounds))
        self.kept = nn.ModuleList(_layers(2 * width, width, width) for _ in range(rounds))
        self.together = nn.Linear(2 * width, 2 * width)
        self.apart = nn.Embedding(FARTHEST - NEAREST + 1, 2 * width)
        self.near = nn.Linear(RADII, 2 * width)
        self.noise = nn.Linear(2 * TONES, 3 * width)
        self.filter = nn.Linear(width, width)
        self.source = nn.Linear(width, width, bias=False)
        self.around = _layers(width, width, width)
        self.force = nn.Sequential(nn.SiLU(), _layers(width, width, 1))
        self.four = nn.Linear(4 * width, width)
        self.wave = nn.Sequential(nn.SiLU(), _layers(width, width, WAVES))
        for name, start in self.named_parameters():
            if name.startswith(("force.1.2", "wave.1.2")):  # zero score before training
                nn.init.zeros_(start)

    def surroundings(self, graph: Graph) -> Surroundings:
        """Compute graph features, the same for all conformers and noise levels."""
        x = torch.nn.functional.silu(self.first(graph.atoms))
        source, target = graph.ends
        for reported, retained in zip(self.told, self.kept, strict=True):
            message = reported(torch.cat([x[source], x[target], graph.bonds], -1))
            heard = torch.zeros_like(x).index_add(0, target, message)
            x = x + retained(torch.cat([x, heard], -1))
        one, other = x[graph.pairs[0]], x[graph.pairs[1]]
        both = self.together(torch.cat([one + other, one * other], -1)) + self.apart(graph.apart)
        pairs, forces = both.chunk(2, -1)
        a, b, c, d = x[graph.quartets]
        # A torsion is the same from either end.
        four = self.four(torch.cat([a, b, c, d], -1)) + self.four(torch.cat([d, c, b, a], -1))
        return Surroundings(x, pairs, forces, four)

    def forward(
        self,
        graph: Graph,
        known: Surroundings,
        position: Float[Tensor, "n h 3"],
        sigma: Float[Tensor, " n"],
    ) -> Float[Tensor, "n m"]:
        """Return the score of each torsion of each conformer."""
        one, other = graph.pairs
        line = position[:, other] - position[:, one]
        distance = line.norm(dim=-1, keepdim=True)
        seen = self.near(_radii(distance))
        level = self.noise(_tones(sigma))[:, None]
        first, second, third = level.chunk(3, -1)
        near, push = seen.chunk(2, -1)
        weight = self.filter(torch.nn.functional.silu(known.pairs + near + first))
        source = self.source(known.atoms)
        heard = torch.zeros(*position.shape[:2], weight.shape[-1], dtype=weight.dtype)
        heard = heard.index_add(1, one, weight * source[other])
        heard = heard.index_add(1, other, weight * source[one])
        around = self.around(heard)
        strength = self.force(known.forces + push + second + around[:, one] + around[:, other])
        pull = strength * line / distance
        force = torch.zeros_like(position).index_add(1, other, pull).index_add(1, one, -pull)
        there = around[:, graph.quartets].sum(1)
        waves = self.wave(known.quartets + third + there)
        return _torque(graph, position, force) + _turned(graph, position, waves)


def _layers(inside: int, width: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inside, width), nn.SiLU(), nn.Linear(width, outside))


def _radii(distance: Float[Tensor, "n p 1"]) -> Float[Tensor, "n p r"]:
    """Radial basis functions of distances, denser at short ones."""
    centre = torch.logspace(math.log10(SHORTEST_ANGSTROM), math.log10(LONGEST_ANGSTROM), RADII)
    width = math.log(LONGEST_ANGSTROM / SHORTEST_ANGSTROM) / RADII
    centre = centre.to(distance.dtype)
    return torch.exp(-0.5 * ((distance / centre).log() / width).square())


def _tones(sigma: Float[Tensor, " n"]) -> Float[Tensor, "n v"]:
    """Waves of the logarithm of the noise, from 0 to 1."""
    place = (sigma / NARROWEST).log() / math.log(WIDEST / NARROWEST)
    phase = math.pi * place[:, None] * torch.arange(1, TONES + 1)
    return torch.cat([phase.sin(), phase.cos()], -1)


def _torque(
    graph: Graph, position: Float[Tensor, "n h 3"], force: Float[Tensor, "n h 3"]
) -> Float[Tensor, "n m"]:
    """Torque of the forces about each bond's axis, over all rotating atoms."""
    start, end = position[:, graph.axes[:, 0]], position[:, graph.axes[:, 1]]
    axis = torch.nn.functional.normalize(end - start, dim=-1)
    moved = graph.moved.to(position.dtype)
    twist = torch.einsum("mh,nhx->nmx", moved, torch.linalg.cross(position, force))
    shift = torch.linalg.cross(start, torch.einsum("mh,nhx->nmx", moved, force))
    torque: Tensor = ((twist - shift) * axis).sum(-1)
    return torque


def _turned(
    graph: Graph, position: Float[Tensor, "n h 3"], waves: Float[Tensor, "n q k"]
) -> Float[Tensor, "n m"]:
    """Sines of the angles between neighbours at both ends, summed for each torsion."""
    a, b, c, d = position[:, graph.quartets].unbind(1)
    axis = torch.nn.functional.normalize(c - b, dim=-1)
    near, far = torch.linalg.cross(a - b, axis), torch.linalg.cross(d - c, axis)
    sine = (torch.linalg.cross(near, far) * axis).sum(-1)
    angle = torch.atan2(sine, (near * far).sum(-1))
    each = (waves * (angle[..., None] * torch.arange(1, WAVES + 1)).sin()).sum(-1)
    whole = torch.zeros(len(position), len(graph.axes), dtype=position.dtype)
    return whole.index_add(1, graph.about, each)
