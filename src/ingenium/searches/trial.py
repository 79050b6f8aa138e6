"""A search of a problem by one strategy, to its last call: what was verified, in order."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.asking import resolve
from ingenium.core.problem import Problem, silent
from ingenium.core.spec import Limit, Objective, Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.loop import training
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.store import Store
from ingenium.searches.strategies import Task, make
from ingenium.searches.strategy import Strategy

BATCH = 32


@dataclass(frozen=True)
class SearchTask:
    """What a search is for, and how long it may be."""

    problem: Problem
    objectives: tuple[Objective, ...]
    limits: tuple[Limit, ...]
    calls: int
    batch: int = BATCH

    @property
    def spec(self) -> Spec:
        """The spec, resolved."""
        named = Spec(problem=self.problem.name, objectives=self.objectives, limits=self.limits)
        return resolve(named, self.problem)

    def task(self, seed: int) -> Task:
        """What strategies are made of."""
        return Task(self.problem, self.spec, training(self.problem), seed, silent)


@dataclass(frozen=True, eq=False)
class Track:
    """The designs that were verified and their verdicts, in the order of the calls."""

    designs: xr.Dataset
    verdicts: xr.Dataset

    @property
    def held(self) -> np.ndarray:
        """Which held every limit."""
        accepted: np.ndarray = self.verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
        return accepted

    def values(self, *names: str) -> Float[np.ndarray, "n q"]:
        """Measured quantities; infinite where a limit is broken."""
        table = np.stack([self.verdicts[name].to_numpy() for name in names], 1)
        found: np.ndarray = np.where(self.held[:, None], table, np.inf)
        return found


def searched(task: SearchTask, strategy: Strategy | str, seed: int) -> Track:
    """Search until the calls are spent; a strategy by its name, or ready."""
    if isinstance(strategy, str):
        strategy = make(strategy, task.task(seed)).strategy
    with TemporaryDirectory() as place, Store(Path(place) / "search.sqlite") as store:
        store.sit({})
        search = Search(task.problem, task.spec, strategy, store, seed=seed, batch=task.batch)
        search.run(Stop(calls=task.calls))
        return Track(search.designs(range(search.calls)), search.verdicts())


def verified(task: SearchTask, designs: xr.Dataset) -> Track:
    """Designs that no strategy chose, measured and judged."""
    problem = task.problem
    names = [v.name for v in problem.variables]
    verdicts = verify(
        designs[names],
        problem.verifier,
        task.spec.limits,
        variables=problem.variables,
        sizes=problem.sizes,
    )
    return Track(designs, verdicts)
