"""What proposes conformers of a molecule: the trained diffusion, and what the field does today.

All but ETKDG draw torsions and set them on local structures of a small bank, which distance
geometry and the force field made. All were made before a run, so there is nothing to fit to the
known conformers of one molecule.

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

STEPS = 20  # of noise removed
BANK = 8  # local structures
SHARPNESS = 3.0  # of the score; on 7 molecules beside those trained on, conformers within 0.5
# angstrom of a known one were 25 % with it and 12 % without, known ones reached 27 % and 20 %


@dataclass(frozen=True)
class Stiff:
    """What a molecule gives to those that propose its torsions."""

    mol: Chem.Mol
    codec: ConformerCodec
    local: Float64[Tensor, "l a 3"]

    @classmethod
    def of(cls, mol: Chem.Mol, codec: ConformerCodec, seed: int, size: int = BANK) -> "Stiff":
        """With local structures by ETKDG, relaxed by MMFF94."""
        made, _ = forces.relaxed(mol, forces.embedded(mol, size, seed))
        return cls(mol, codec, codec.local(torch.from_numpy(made)))


class Proposing(ABC):
    """A family that knows its molecule and was made before."""

    c = 1

    def __init__(self, stiff: Stiff) -> None:
        self.stiff = stiff

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one standardised design."""
        return self.stiff.codec.shape

    def fit(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n 1"], plan: Plan
    ) -> dict[str, list[float]]:
        """Nothing."""
        return {}

    def propose(
        self, cond: Float[Tensor, "n 1"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n d"]:
        """One design for each row of `cond`."""
        position = self.conformers(len(cond), rng)
        return self.stiff.codec.encode((position,)).to(torch.float32)

    @abstractmethod
    def conformers(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n a 3"]:
        """So many conformers."""

    def state_dict(self) -> dict[str, Tensor]:
        """No weights."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Take none."""
        return self


class Etkdg(Proposing):
    """Distance geometry with what is known of torsions in crystals; nothing is relaxed."""

    def conformers(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n a 3"]:
        """As ETKDGv3 embeds them; the first again where some cannot be embedded."""
        seed = int(torch.randint(2**31 - 1, (), generator=rng))
        made = torch.from_numpy(forces.embedded(self.stiff.mol, n, seed))
        return made[torch.arange(n) % len(made)]


class OnBank(Proposing):
    """Torsions on local structures of the bank."""

    def conformers(self, n: int, rng: torch.Generator) -> Float64[Tensor, "n a 3"]:
        """Each on a local structure drawn at random."""
        local = self.stiff.local[torch.randint(len(self.stiff.local), (n,), generator=rng)]
        angles = self.angles(local, rng)
        torsions = self.stiff.codec.torsions
        return torsions.framed(torsions.turned(local, angles - torsions.angles(local)))

    @abstractmethod
    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """The torsions of each."""


class EtkdgTorsions(OnBank):
    """The torsions of ETKDG, so that local structures make no difference."""

    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """As it embeds them."""
        made = Etkdg(self.stiff).conformers(len(local), rng)
        return self.stiff.codec.torsions.angles(made)


class RandomTorsions(OnBank):
    """Every torsion anywhere."""

    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """Uniform ones."""
        size = (len(local), len(self.stiff.codec.torsions.quartets))
        return 2 * math.pi * torch.rand(size, generator=rng, dtype=torch.float64) - math.pi


@dataclass(eq=False)
class TorsionLibrary(OnBank):
    """Each torsion by itself, as it is spread in known conformers around such a bond."""

    stiff: Stiff
    library: TorsionHistograms

    def angles(
        self, local: Float64[Tensor, "n a 3"], rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """Out of the histogram of each bond's surroundings."""
        return self.library.drawn(self.stiff.mol, self.stiff.codec.torsions, len(local), rng)


@dataclass(eq=False)
class TorsionalDiffusion(OnBank):
    """A diffusion of all torsions together, whose score a network reads off the molecule.

    The score is made sharper than it was learned, so that conformers gather where most of the
    known ones are; then they are no longer spread as the known ones.

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
        """By steps backwards from uniform ones."""
        torsions = self.stiff.codec.torsions
        graph = Graph.of(self.stiff.mol, torsions)
        heavy = graph.torsions(torsions)
        at = local[:, graph.heavy].to(torch.float32)
        start = heavy.angles(at)
        known = self.network.surroundings(graph)

        def told(x: Tensor, sigma: float) -> Tensor:
            wide = torch.full((len(x),), sigma)
            turned = heavy.turned(at, x - start)
            size = self.sharpness * mean_square_score(wide[:1]).sqrt()
            found: Tensor = self.network(graph, known, turned, wide)
            return size * found

        size = (len(local), len(torsions.quartets))
        return backwards(size, told, self.steps, rng).to(torch.float64)

    def state_dict(self) -> dict[str, Tensor]:
        """The weights of the network."""
        return dict(self.network.state_dict())

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Take the weights of the network."""
        return self.network.load_state_dict(state_dict)
