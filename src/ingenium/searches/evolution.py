"""Multi-objective evolution (NSGA-II and NSGA-III), by the package `pymoo`."""

import warnings
from dataclasses import dataclass
from math import comb
from types import SimpleNamespace
from typing import Any

import numpy as np
from jaxtyping import Float

from ingenium.searches.generational import Generational
from ingenium.searches.packages import package
from ingenium.searches.space import Cube
from ingenium.searches.strategy import State

WORST = 1e12  # in place of a number that is not finite
TOURNAMENT = "comp_by_dom_and_crowding"


@dataclass(frozen=True)
class EvolutionSettings:
    """Size of the population, and of the steps from parents to children.

    Source: Deb et al., IEEE Trans. Evol. Comput. 6:182, 2002, section V (distribution indices).
    """

    size: int = 32
    crossing: float = 15.0  # the larger, the nearer children are to their parents
    mutation: float = 20.0


MANY = EvolutionSettings(size=64, crossing=30.0)  # crossing: Deb and Jain, 2014, section V


class Evolution(Generational):
    """NSGA-II: selection by dominance, feasibility first, and spread along the front.

    It begins with known designs. Without objectives in the spec, limits alone decide.

    Shapes: n points, m numbers, l limits, o objectives.
    Source: Deb et al., 2002 (NSGA-II; constrained dominance, section VI).
    """

    columns = ("points", "violation", "loss")

    def __init__(
        self, space: Cube, seed: int, settings: EvolutionSettings = EvolutionSettings()
    ) -> None:
        package("pymoo")
        super().__init__(space, settings.size, seed)
        self.settings = settings
        self.living: dict[str, np.ndarray] = {}

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Return known designs at first, then children."""
        if not self.living:
            start = self.space.start
            rows = rng.choice(len(start), self.size, replace=len(start) < self.size)
            near = start[rows] + 0.02 * rng.standard_normal((self.size, self.space.m))
            return np.clip(near, 0.0, 1.0)
        mating = self._mating()
        problem, population = self._ranked(rng)
        tournament = SimpleNamespace(tournament_type=TOURNAMENT, random_state=rng)
        children = mating.do(
            problem, population, self.size, algorithm=tournament, random_state=rng
        ).get("X")
        while len(children) < self.size:  # mating drops children that it takes for equal
            more = rng.choice(self.space.start, self.size - len(children))
            children = np.concatenate([np.asarray(children).reshape(-1, self.space.m), more])
        return np.clip(np.asarray(children, dtype=np.float64), 0.0, 1.0)

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Select the best of parents and children."""
        fresh = {name: reported[name] for name in self.columns}
        old = self.living or {name: values[:0] for name, values in fresh.items()}
        both = {name: np.concatenate([old[name], fresh[name]]) for name in self.columns}
        problem, population = self._population(both)
        rng = self._randomness()
        stored = self._survival().do(problem, population, n_survive=self.size, random_state=rng)
        rows = stored.get("row").astype(int)
        self.living = {name: values[rows] for name, values in both.items()}

    def learned(self) -> State:
        """Return the population."""
        return {f"living.{name}": values for name, values in self.living.items()}

    def relearn(self, state: State) -> None:
        """Load a population."""
        found = {name: state.get(f"living.{name}") for name in self.columns}
        self.living = {name: values for name, values in found.items() if values is not None}

    def _population(self, reported: dict[str, np.ndarray]) -> tuple[Any, Any]:
        """Problem of pymoo, and a measured population."""
        violation = np.minimum(reported["violation"].sum(1), WORST)
        loss = reported["loss"] if reported["loss"].shape[1] else np.zeros((len(violation), 1))
        loss = np.where(np.isfinite(loss), loss, WORST)
        problem = package("pymoo.core.problem").Problem(
            n_var=self.space.m, n_obj=loss.shape[1], n_ieq_constr=1, xl=0.0, xu=1.0
        )
        population = package("pymoo.core.population").Population.new(
            X=reported["points"], F=loss, G=violation[:, None], row=np.arange(len(loss))
        )
        for one in population:
            one.evaluated = {"F", "G", "H"}
        return problem, population

    def _ranked(self, rng: np.random.Generator) -> tuple[Any, Any]:
        """Problem of pymoo, and the population with the ranks that tournaments compare."""
        problem, population = self._population(self.living)
        self._survival().do(problem, population, n_survive=self.size, random_state=rng)
        return problem, population

    def _survival(self) -> Any:
        return package("pymoo.operators.survival.rank_and_crowding").RankAndCrowding()

    def _selection(self) -> Any:
        nsga = package("pymoo.algorithms.moo.nsga2")
        return nsga.TournamentSelection(func_comp=nsga.binary_tournament)

    def _mating(self) -> Any:
        """Tournaments, simulated binary crossover, polynomial mutation."""
        how = self.settings
        return package("pymoo.core.mating").Mating(
            self._selection(),
            package("pymoo.operators.crossover.sbx").SBX(eta=how.crossing, prob=0.9),
            package("pymoo.operators.mutation.pm").PM(eta=how.mutation),
            eliminate_duplicates=package("pymoo.core.duplicate").DefaultDuplicateElimination(),
        )


class ManyObjectives(Evolution):
    """NSGA-III: a population that spreads along directions in the space of many objectives.

    With more than three objectives nearly all designs are non-dominated, and crowding distances are
    uninformative; instead, the design nearest to each direction is selected. The bounds of the
    front, which scale the objectives, persist from generation to generation.

    Shapes: n points, m numbers, o objectives, w directions.
    Source: Deb and Jain, IEEE Trans. Evol. Comput. 18:577, 2014 (NSGA-III); Das and Dennis, SIAM J.
        Optim. 8:631, 1998 (directions).
    """

    bounds = ("ideal_point", "worst_point", "nadir_point", "extreme_points")

    def __init__(self, space: Cube, seed: int, settings: EvolutionSettings = MANY) -> None:
        super().__init__(space, seed, settings)
        self.directions = _directions(max(len(space.spec.objectives), 1), settings.size)
        self._survives = self._fresh()
        self.scale: Float[np.ndarray, " o"] | None = None  # of losses in the first generation

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Select the best of parents and children."""
        if self.scale is None:
            loss = np.where(np.isfinite(reported["loss"]), reported["loss"], np.nan)
            found = np.array(
                [np.ptp(c[np.isfinite(c)]) if np.isfinite(c).any() else 1 for c in loss.T]
            )
            self.scale = np.where(found > 0, found, 1.0)
        with warnings.catch_warnings():  # pymoo changes the filters of warnings
            super().survive(reported)

    def learned(self) -> State:
        """Return the population, the scale of losses and the bounds of the front."""
        held = [(name, getattr(self._survives.norm, name)) for name in self.bounds]
        own = {f"bound.{k}": v for k, v in [*held, ("scale", self.scale)] if v is not None}
        return {**super().learned(), **own}

    def relearn(self, state: State) -> None:
        """Load a population and its bounds."""
        super().relearn(state)
        self._survives, self.scale = self._fresh(), state.get("bound.scale")
        for name in self.bounds:
            if f"bound.{name}" in state:
                setattr(self._survives.norm, name, state[f"bound.{name}"])

    def _fresh(self) -> Any:
        nsga = package("pymoo.algorithms.moo.nsga3")
        return nsga.ReferenceDirectionSurvival(self.directions)

    def _population(self, reported: dict[str, np.ndarray]) -> tuple[Any, Any]:
        """Put losses on one scale: pymoo takes ranges below 1e-3 of it for zero."""
        loss = reported["loss"] / (1.0 if self.scale is None else self.scale)
        return super()._population(reported | {"loss": loss})

    def _ranked(self, rng: np.random.Generator) -> tuple[Any, Any]:
        """Return the population without ranks: tournaments compare violations alone."""
        return self._population(self.living)

    def _survival(self) -> Any:
        return self._survives

    def _selection(self) -> Any:
        nsga = package("pymoo.algorithms.moo.nsga3")
        return nsga.TournamentSelection(func_comp=nsga.comp_by_cv_then_random)


def _directions(o: int, most: int) -> Float[np.ndarray, "w o"]:
    """Largest set of even directions of at most `most`."""
    if o == 1:
        return np.ones((1, 1))
    parts = 1
    while comb(o + parts, parts + 1) <= most:
        parts += 1
    directions = package("pymoo.util.ref_dirs").get_reference_directions
    return np.asarray(directions("das-dennis", o, n_partitions=parts))
