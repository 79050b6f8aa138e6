"""A generator that proposes and learns nothing from verdicts: what those that learn must beat."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.generators.model import Family

Conditions = Callable[[int, torch.Generator], Float[Tensor, "n c"]]


@dataclass
class Unlearned:
    """Proposals of a family under conditions that are drawn for each."""

    problem: MoleculeProblem
    family: Family
    conditions: Conditions
    rng: torch.Generator

    def propose(self, n: int) -> xr.Dataset:
        """What the family writes."""
        with one_thread():
            x = self.family.propose(self.conditions(n, self.rng), self.rng)
        smiles = self.problem.codec.to_texts(x)
        return self.problem.designs_of(tuple(s for s in smiles if len(s) <= self.problem.longest))

    def learn(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Nothing."""


def none(n: int, rng: torch.Generator) -> Float[Tensor, "n 1"]:
    """For families without conditions, which have one that is always 0."""
    return torch.zeros(n, 1)


def between(low: Float[Tensor, " c"], high: Float[Tensor, " c"]) -> Conditions:
    """Conditions that are spread evenly over ranges, as numbers for a model."""

    def drawn(n: int, rng: torch.Generator) -> Float[Tensor, "n c"]:
        return low + (high - low) * torch.rand(n, len(low), generator=rng)

    return drawn
