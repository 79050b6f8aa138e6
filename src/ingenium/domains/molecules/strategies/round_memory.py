"""Strategies that know what they were told and nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.language import SMILES
from ingenium.runs.aim import LIMIT
from ingenium.searches.strategies import Task
from ingenium.searches.strategy import State

if TYPE_CHECKING:
    from ingenium.domains.molecules.molecule_problem import MoleculeProblem

WRITTEN = "written"  # what a generator wrote: numbers of each molecule's tokens
DIMS = {"margin": LIMIT, WRITTEN: "step"}  # of what was told, beyond `design`


class RoundMemory(ABC):
    """All rounds so far, which are the state: one that takes it over learns from them again.

    What a screen kept from the engine was shown, but is no verdict, and nothing is learned from it.
    """

    def __init__(self, task: Task) -> None:
        self.task, self.problem = task, cast("MoleculeProblem", task.problem)
        self.rounds: list[xr.Dataset] = []
        self.begin()

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """What is proposed, with the conditions that each molecule has."""
        designs = self.propose(n, rng)
        smiles = tuple(map(str, designs[SMILES].to_numpy()))
        own = self.problem.conditions_of(smiles) if smiles else {}
        return designs.assign_coords({k: (DESIGN, v) for k, v in own.items()})

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Keep a round, and learn from it."""
        table = {SMILES: designs[SMILES].to_numpy().astype(np.str_)}
        table |= {WRITTEN: designs[WRITTEN].to_numpy()} if WRITTEN in designs.coords else {}
        names = ["verdict", "margin", "cost", *(o.quantity for o in self.task.spec.objectives)]
        self._take(table | {name: verdicts[name].to_numpy() for name in names})

    def state_dict(self) -> State:
        """Every round, one after the other."""
        count = np.array([part.sizes[DESIGN] for part in self.rounds], dtype=np.int64)
        if not self.rounds:
            return {"count": count}
        whole = xr.concat(self.rounds, DESIGN)
        return {"count": count, **{str(k): v.to_numpy() for k, v in whole.data_vars.items()}}

    def load_state_dict(self, state: State) -> None:
        """Learn from the rounds of another one, from the beginning."""
        self.rounds = []
        self.begin()
        ends = np.cumsum(state["count"])
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            self._take({k: v[start:end] for k, v in state.items() if k != "count"})

    def _take(self, table: Mapping[str, np.ndarray]) -> None:
        told = xr.Dataset(
            {k: ((DESIGN, DIMS[k]) if k in DIMS else DESIGN, v) for k, v in table.items()}
        )
        self.rounds.append(told)
        measured = np.flatnonzero(told["verdict"].to_numpy() != Verdict.SCREENED)
        if len(measured):
            self.learn(told.isel({DESIGN: measured}))

    @abstractmethod
    def begin(self) -> None:
        """Forget all that was learned."""

    @abstractmethod
    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """At most so many molecules."""

    @abstractmethod
    def learn(self, told: xr.Dataset) -> None:
        """Learn from molecules that were measured."""
