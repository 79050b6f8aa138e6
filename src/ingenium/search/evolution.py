"""Evolution towards a front (NSGA-II), by the package `pymoo`."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from jaxtyping import Float

from ingenium.search.generational import Generational
from ingenium.search.packages import package
from ingenium.search.space import Space
from ingenium.search.strategy import State

WORST = 1e12  # in place of a number that is not finite
TOURNAMENT = "comp_by_dom_and_crowding"


@dataclass(frozen=True)
class EvolutionSettings:
    """Size of the population, and of the steps between parents and children.

    Source: Deb et al., IEEE Trans. Evol. Comput. 6:182, 2002, section V (distribution indices).
    """

    size: int = 32
    crossing: float = 15.0  # the larger, the nearer children are to their parents
    mutation: float = 20.0


class Evolution(Generational):
    """A population that lives by dominance, feasibility first, and spreads along its front.

    It begins with known designs. Where the spec has no objective, limits alone decide.

    Shapes: n points, m numbers, l limits, o objectives.
    Source: Deb et al., 2002 (NSGA-II; constrained dominance, section VI).
    """

    columns = ("points", "violation", "loss")

    def __init__(
        self, space: Space, seed: int, settings: EvolutionSettings = EvolutionSettings()
    ) -> None:
        package("pymoo")
        super().__init__(space, settings.size, seed)
        self.settings = settings
        self.living: dict[str, np.ndarray] = {}

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Known designs at first, then children."""
        if not self.living:
            start = self.space.start
            rows = rng.choice(len(start), self.size, replace=len(start) < self.size)
            near = start[rows] + 0.02 * rng.standard_normal((self.size, self.space.m))
            return np.clip(near, 0.0, 1.0)
        mating = self._mating()
        problem, population = self._population(self.living)
        self._survival().do(problem, population, n_survive=self.size, random_state=rng)
        tournament = SimpleNamespace(tournament_type=TOURNAMENT, random_state=rng)
        children = mating.do(
            problem, population, self.size, algorithm=tournament, random_state=rng
        ).get("X")
        while len(children) < self.size:  # mating drops children that it takes for equal
            more = rng.choice(self.space.start, self.size - len(children))
            children = np.concatenate([np.asarray(children).reshape(-1, self.space.m), more])
        return np.clip(np.asarray(children, dtype=np.float64), 0.0, 1.0)

    def survive(self, told: dict[str, np.ndarray]) -> None:
        """The best of parents and children live on."""
        fresh = {name: told[name] for name in self.columns}
        old = self.living or {name: values[:0] for name, values in fresh.items()}
        both = {name: np.concatenate([old[name], fresh[name]]) for name in self.columns}
        problem, population = self._population(both)
        rng = self._randomness()
        kept = self._survival().do(problem, population, n_survive=self.size, random_state=rng)
        rows = kept.get("row").astype(int)
        self.living = {name: values[rows] for name, values in both.items()}

    def learned(self) -> State:
        """The population."""
        return {f"living.{name}": values for name, values in self.living.items()}

    def relearn(self, state: State) -> None:
        """Take over a population."""
        found = {name: state.get(f"living.{name}") for name in self.columns}
        self.living = {name: values for name, values in found.items() if values is not None}

    def _population(self, told: dict[str, np.ndarray]) -> tuple[Any, Any]:
        """The problem of pymoo, and a population that has been measured."""
        violation = np.minimum(told["violation"].sum(1), WORST)
        loss = told["loss"] if told["loss"].shape[1] else np.zeros((len(violation), 1))
        loss = np.where(np.isfinite(loss), loss, WORST)
        problem = package("pymoo.core.problem").Problem(
            n_var=self.space.m, n_obj=loss.shape[1], n_ieq_constr=1, xl=0.0, xu=1.0
        )
        population = package("pymoo.core.population").Population.new(
            X=told["points"], F=loss, G=violation[:, None], row=np.arange(len(loss))
        )
        for one in population:
            one.evaluated = {"F", "G", "H"}
        return problem, population

    def _survival(self) -> Any:
        return package("pymoo.operators.survival.rank_and_crowding").RankAndCrowding()

    def _mating(self) -> Any:
        """Tournaments, simulated binary crossing, polynomial mutation."""
        nsga = package("pymoo.algorithms.moo.nsga2")
        how = self.settings
        return package("pymoo.core.mating").Mating(
            nsga.TournamentSelection(func_comp=nsga.binary_tournament),
            package("pymoo.operators.crossover.sbx").SBX(eta=how.crossing, prob=0.9),
            package("pymoo.operators.mutation.pm").PM(eta=how.mutation),
            eliminate_duplicates=package("pymoo.core.duplicate").DefaultDuplicateElimination(),
        )
