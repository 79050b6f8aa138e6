"""Base class of strategies whose state is the rounds reported to them."""

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

WRITTEN = "written"  # tokens of each molecule that a generator sampled
DIMS = {"margin": LIMIT, WRITTEN: "step"}  # of reported rounds, beyond `design`


class RoundMemory(ABC):
    """Memory of all rounds, which is the whole state: loading it learns from them again.

    Designs that a screen withheld from the engine have no verdict, and nothing is learned from
    them.
    """

    def __init__(self, task: Task) -> None:
        self.task, self.problem = task, cast("MoleculeProblem", task.problem)
        self.rounds: list[xr.Dataset] = []
        self.begin()

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Propose molecules, with the conditions that each has."""
        designs = self.propose(n, rng)
        smiles = tuple(map(str, designs[SMILES].to_numpy()))
        own = self.problem.conditions_of(smiles) if smiles else {}
        return designs.assign_coords({k: (DESIGN, v) for k, v in own.items()})

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Record a round, and learn from it."""
        table = {SMILES: designs[SMILES].to_numpy().astype(np.str_)}
        table |= {WRITTEN: designs[WRITTEN].to_numpy()} if WRITTEN in designs.coords else {}
        names = ["verdict", "margin", "cost", *(o.quantity for o in self.task.spec.objectives)]
        self._take(table | {name: verdicts[name].to_numpy() for name in names})

    def state_dict(self) -> State:
        """Return every round, one after the other."""
        count = np.array([part.sizes[DESIGN] for part in self.rounds], dtype=np.int64)
        if not self.rounds:
            return {"count": count}
        whole = xr.concat(self.rounds, DESIGN)
        return {"count": count, **{str(k): v.to_numpy() for k, v in whole.data_vars.items()}}

    def load_state_dict(self, state: State) -> None:
        """Restart, and learn from the rounds of another memory."""
        self.rounds = []
        self.begin()
        ends = np.cumsum(state["count"])
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            self._take({k: v[start:end] for k, v in state.items() if k != "count"})

    def _take(self, table: Mapping[str, np.ndarray]) -> None:
        reported = xr.Dataset(
            {k: ((DESIGN, DIMS[k]) if k in DIMS else DESIGN, v) for k, v in table.items()}
        )
        self.rounds.append(reported)
        measured = np.flatnonzero(reported["verdict"].to_numpy() != Verdict.SCREENED)
        if len(measured):
            self.learn(reported.isel({DESIGN: measured}))

    @abstractmethod
    def begin(self) -> None:
        """Reset all learning."""

    @abstractmethod
    def propose(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Propose at most n molecules."""

    @abstractmethod
    def learn(self, reported: xr.Dataset) -> None:
        """Learn from molecules that were measured."""
