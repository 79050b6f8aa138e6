"""Evolution with an adapted covariance (CMA-ES), by the package `cma`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from ingenium.core.seeds import block_rng
from ingenium.searches.generational import Generational
from ingenium.searches.packages import package
from ingenium.searches.space import Cube
from ingenium.searches.strategy import State

WORST = 1e12  # in place of an infinite cost
LEAST = 1e-3  # of the side of the cube: the spread of a number in which known designs are alike


@dataclass(frozen=True)
class CmaSettings:
    """Size of a generation, and of the first steps."""

    size: int | None = None  # None for the package's own
    step: float = 1.0  # of how known designs are spread in each number


class CmaEs(Generational):
    """CMA-ES: the covariance of the next points adapts to successful steps.

    It starts about the mean of known designs, with steps of their spread: a cube around the most
    extreme of them is many times wider. When a run has converged, another begins about a known
    design, with twice the points. A saved run is reproduced from the costs of its generations,
    since it depends on nothing else.

    Shapes: n points, m numbers.
    Source: Hansen and Ostermeier, Evol. Comput. 9:159, 2001; Auger and Hansen, CEC 2005
        (restarts with more points).
    """

    def __init__(self, space: Cube, seed: int, settings: CmaSettings = CmaSettings()) -> None:
        package("cma")
        own = 4 + int(3 * np.log(space.m))
        super().__init__(space, settings.size or own, seed)
        self.settings = settings
        self.restarts = 0
        self.costs: list[Float[np.ndarray, " n"]] = []  # of the generations of this run
        self._begin()

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Sample points about the mean of the run."""
        self._requested = self._run_ask(self.generation)
        return np.array(self._requested)

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Update mean and covariance, or begin a new run."""
        if self._next is None:  # a replay of points that an earlier instance proposed
            self._requested = self._run_ask(self.generation)
        cost = np.minimum(reported["cost"], WORST)
        self.costs.append(cost)
        self.run.tell(self._requested, cost.tolist())
        if self.run.stop():
            self.restarts += 1
            self.size *= 2
            self.costs = []
            self._begin(self.generation + 1)

    def learned(self) -> State:
        """Return the costs of the generations of the run."""
        first = self.generation - len(self.costs)
        costs = np.array(self.costs).reshape(len(self.costs), self.size)
        return {"restarts": np.array(self.restarts), "first": np.array(first), "costs": costs}

    def relearn(self, state: State) -> None:
        """Reproduce the run."""
        first, restarts = int(state["first"]), int(state["restarts"])
        self.size = self.size * 2 ** (restarts - self.restarts)
        self.restarts, self.costs = restarts, list(state["costs"])
        self._begin(first)
        for i, cost in enumerate(self.costs):
            self.run.tell(self._run_ask(first + i), cost.tolist())

    def _begin(self, generation: int = 0) -> None:
        """Begin a run about the mean of known designs at first, about one of them later."""
        rng = np.random.default_rng(block_rng(self.seed, generation, "cma start").initial_seed())
        start = self.space.start
        about = start.mean(0) if self.restarts == 0 else start[rng.integers(len(start))]
        self._normal = rng
        options = {
            "popsize": self.size,
            "bounds": [0.0, 1.0],
            "verbose": -9,
            "seed": np.nan,  # leave the global state alone: numbers come from `randn`
            "randn": lambda *shape: self._normal.standard_normal(shape),
        }
        options["CMA_stds"] = np.maximum(start.std(0), LEAST)
        strategy = package("cma").CMAEvolutionStrategy
        self.run: Any = strategy(np.clip(about, 0.02, 0.98), self.settings.step, options)

    def _run_ask(self, generation: int) -> list[Float[np.ndarray, " m"]]:
        rng = block_rng(self.seed, generation, "cma generation")
        self._normal = np.random.default_rng(rng.initial_seed())
        requested: list[Float[np.ndarray, " m"]] = self.run.ask()
        return requested
