"""Generators of conformers of a molecule: the trained diffusion, and the field's own methods.

All but ETKDG sample torsions and apply them to local structures of a small bank, built by distance
geometry and the force field. All are ready before a run, so nothing is fitted to the known
conformers of one molecule.

Shapes: n designs, m torsions, a atoms, h heavy atoms, d numbers of a design, l local structures.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Float64
from rdkit import Chem
from torch import Tensor

from ingenium.domains.molecules.conformers import forces
from ingenium.domains.molecules.conformers.codec import ConformerCodec
from ingenium.domains.molecules.conformers.graph import Graph
from ingenium.domains.molecules.conformers.library import TorsionHistograms
from ingenium.domains.molecules.conformers.network import Torque
from ingenium.domains.molecules.conformers.torus import backwards, mean_square_score
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

STEPS = 20  # of denoising
BANK = 8  # local structures
SHARPNESS = 3.0  # of the score; on 7 molecules outside the training set, conformers within 0.5
# angstrom of a known one were 25 % with it and 12 % without, known ones reached 27 % and 20 %


@dataclass(frozen=True)
class Stiff:
    """Molecule with its codec and a bank of local structures."""

    mol: Chem.Mol
    codec: ConformerCodec
    local: Float64[Tensor, "l a 3"]

    @classmethod
    def of(cls, mol: Chem.Mol, codec: ConformerCodec, seed: int, size: int = BANK) -> "Stiff":
        """Build the bank by ETKDG and MMFF94 relaxation."""
        made, _ = forces.relaxed(mol, forces.embedded(mol, size, seed))
        return cls(mol, codec, codec.local(torch.from_numpy(made)))


class Proposing(ABC):
    """Base class of generators that need no fitting to the known conformers."""

    c = 1

    def __init__(self, stiff: Stiff) -> None:
        self.stiff = stiff

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        return self.stiff.codec.shape

    def fit(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n 1"], plan: Plan
    ) -> dict[str, list[float]]:
        """Do nothing."""
        return {}

    def propose(
        self, cond: Float[Tensor, "n 1"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n d"]:
        """Propose one design for each row of `cond`."""
        position = self.conformers(len(cond), rng)
        return self.stiff.codec.encode((position,)).to(torch.float32)

    @abstractmethod
    def conformers(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n a 3"]:
        """Sample n conformers."""

    def state_dict(self) -> dict[str, Tensor]:
        """Return no weights."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Ignore weights."""
        return self


class Etkdg(Proposing):
    """Distance geometry with torsion preferences from crystals; nothing is relaxed."""

    def conformers(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n a 3"]:
        """Embed by ETKDGv3; conformers repeat where some cannot be embedded."""
        seed = int(torch.randint(2**31 - 1, (), generator=rng))
        made = torch.from_numpy(forces.embedded(self.stiff.mol, n, seed))
        return made[torch.arange(n) % len(made)]


class OnBank(Proposing):
    """Base class of generators that sample torsions on local structures of the bank."""

    def conformers(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n a 3"]:
        """Sample torsions for each of n randomly selected local structures."""
        local = self.stiff.local[torch.randint(len(self.stiff.local), (n,), generator=rng)]
        angles = self.angles(local, rng)
        torsions = self.stiff.codec.torsions
        return torsions.framed(torsions.turned(local, angles - torsions.angles(local)))

    @abstractmethod
    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """Sample the torsions of each local structure."""


class EtkdgTorsions(OnBank):
    """Generator with the torsions of ETKDG, so that local structures make no difference."""

    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """Return the torsions of ETKDG embeddings."""
        made = Etkdg(self.stiff).conformers(len(local), rng)
        return self.stiff.codec.torsions.angles(made)


class RandomTorsions(OnBank):
    """Generator with uniform torsions."""

    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """Sample uniform torsions."""
        size = (len(local), len(self.stiff.codec.torsions.quartets))
        return 2 * math.pi * torch.rand(size, generator=rng, dtype=torch.float64) - math.pi


@dataclass(eq=False)
class TorsionLibrary(OnBank):
    """Independent torsions, distributed as in known conformers around such a bond."""

    stiff: Stiff
    library: TorsionHistograms

    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """Sample from the histogram of each bond's environment."""
        return self.library.drawn(self.stiff.mol, self.stiff.codec.torsions, len(local), rng)


@dataclass(eq=False)
class TorsionalDiffusion(OnBank):
    """Diffusion over all torsions jointly, with a score network on the molecular graph.

    The score is sharpened, so that conformers concentrate at the most frequent known ones; their
    distribution is then narrower than the known one.

    Source: Jing et al., Torsional Diffusion, NeurIPS 2022, arXiv:2206.01729; Ingraham et al.,
        Nature 623:1070, 2023 (proposals at a low temperature).
    """

    stiff: Stiff
    network: Torque = field(default_factory=Torque)
    steps: int = STEPS
    sharpness: float = SHARPNESS

    @torch.no_grad()
    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """Sample by reverse diffusion from uniform torsions."""
        torsions = self.stiff.codec.torsions
        graph = Graph.of(self.stiff.mol, torsions)
        heavy = graph.torsions(torsions)
        at = local[:, graph.heavy].to(torch.float32)
        start = heavy.angles(at)
        known = self.network.surroundings(graph)

        def score(x: Tensor, sigma: float) -> Tensor:
            wide = torch.full((len(x),), sigma)
            turned = heavy.turned(at, x - start)
            size = self.sharpness * mean_square_score(wide[:1]).sqrt()
            found: Tensor = self.network(graph, known, turned, wide)
            return size * found

        size = (len(local), len(torsions.quartets))
        return backwards(size, score, self.steps, rng).to(torch.float64)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights of the network."""
        return dict(self.network.state_dict())

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Load the weights of the network."""
        return self.network.load_state_dict(state_dict)
