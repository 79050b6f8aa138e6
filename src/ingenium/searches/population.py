"""Population-based search with more exploration when there is no progress."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ingenium.searches.generational import Generational
from ingenium.searches.space import Cube, reflected
from ingenium.searches.strategy import State

KNOWN = ("points", "cost", "step")


@dataclass(frozen=True)
class PopulationSettings:
    """Number of searchers, and the rules of their exploration."""

    searchers: int = 4
    designs: int = 16  # of a generation, shared by the searchers
    moved: float = 2.0  # numbers of a point that a narrow move changes, on average
    whole: float = 0.3  # share of narrow moves that change all of them
    least: float = 0.1  # share of wide moves while there is progress
    most: float = 0.8  # at the worst standstill
    patience: int = 3  # generations without progress after which that share doubles
    step: float = 0.15  # first one, on the side of the cube
    together: int = 5  # generations after which the worst quarter restarts from the best one


class Population(Generational):
    """A population of searchers with narrow moves about their best point, and wide moves.

    A narrow move is normal noise on a few numbers of a point or on all, with a step that grows
    after a success and shrinks otherwise. A wide move adds the difference of two other searchers to
    a third, or begins near a known design. The share of wide moves is low while the best cost
    improves. It doubles each time that there was no progress for a while, and halves with each
    success. From time to time the worst searchers restart from the best ones, with other steps.

    Shapes: n points, m numbers, s searchers.
    Source: Jaderberg et al., 2017, arXiv:1711.09846 (a population that copies its best); Storn and
        Price, J. Glob. Optim. 11:341, 1997 (differences); Rechenberg, Evolutionsstrategie, 1973
        (steps that follow success); Regis and Shoemaker, Eng. Optim. 45:529, 2013 (moves of few
        numbers).
    """

    def __init__(
        self, space: Cube, seed: int, settings: PopulationSettings = PopulationSettings()
    ) -> None:
        super().__init__(space, settings.designs, seed)
        self.settings = settings
        self.at: dict[str, np.ndarray] = {}  # the searchers
        self.explored = settings.least  # share of wide moves
        self.still = 0  # generations without progress
        self.best = np.inf  # cost

    @property
    def owner(self) -> np.ndarray:
        """Searcher of each design of a generation."""
        return np.arange(self.size) % self.settings.searchers

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Return known designs at first, then moves of each searcher."""
        if not self.at:
            return self._begun(self.size, rng)
        step = self.at["step"][self.owner][:, None]
        narrow = self._moved(rng) * step * rng.standard_normal((self.size, self.space.m))
        points = reflected(self.at["points"][self.owner] + narrow)
        wide = np.flatnonzero(rng.uniform(size=self.size) < self.explored)
        points[wide] = self._wide(wide, rng)
        return points

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Move searchers to better points; adapt the share of wide moves."""
        how = self.settings
        if not self.at:
            best = np.argsort(reported["cost"], kind="stable")[: how.searchers]
            step = np.full(how.searchers, how.step)
            self.at = {
                "points": reported["points"][best],
                "cost": reported["cost"][best],
                "step": step,
            }
        else:
            self._move(reported)
        least = float(self.at["cost"].min())
        if least < self.best:
            self.best, self.still = least, 0
            self.explored = max(self.explored / 2, how.least)
        else:
            self.still += 1
            if self.still % how.patience == 0:
                self.explored = min(2 * self.explored, how.most)
        if how.searchers > 3 and (self.generation + 1) % how.together == 0:
            self._consolidate()

    def learned(self) -> State:
        """Return the searchers and the state of their exploration."""
        state = np.array([self.explored, self.still, self.best])
        return {"exploring": state} | {f"at.{name}": values for name, values in self.at.items()}

    def relearn(self, state: State) -> None:
        """Continue with the searchers of a saved state."""
        self.explored, still, self.best = state["exploring"].tolist()
        self.still = int(still)
        self.at = {name: state[f"at.{name}"] for name in KNOWN if f"at.{name}" in state}

    def progress(self) -> Mapping[str, float]:
        """Return the share of wide moves, and the generations since the last progress."""
        return {"explored": self.explored, "still": float(self.still)}

    def _begun(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Points near known designs."""
        start = self.space.start
        rows = rng.choice(len(start), n, replace=len(start) < n)
        return reflected(start[rows] + 0.02 * rng.standard_normal((n, self.space.m)))

    def _moved(self, rng: np.random.Generator) -> Bool[np.ndarray, "n m"]:
        """Mark the numbers that narrow moves change, at least one of each point."""
        how, m = self.settings, self.space.m
        moved: np.ndarray = rng.uniform(size=(self.size, m)) < how.moved / m
        moved[np.arange(self.size), rng.integers(m, size=self.size)] = True
        return moved | (rng.uniform(size=(self.size, 1)) < how.whole)

    def _wide(self, rows: np.ndarray, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Wide moves of the searchers of some rows."""
        count, m = self.settings.searchers, self.space.m
        begun = self._begun(len(rows), rng)
        if count < 4 or not len(rows):
            return begun
        own = self.at["points"][self.owner[rows]]
        picked = np.stack([rng.permutation(count)[:3] for _ in rows]).reshape(-1, 3)
        base, one, other = (self.at["points"][picked[:, i]] for i in range(3))
        jump = base + rng.uniform(0.4, 1.0, (len(rows), 1)) * (one - other)
        crossed = rng.uniform(size=(len(rows), m)) < 0.9
        jump = reflected(np.where(crossed, jump, own))
        return np.where(rng.uniform(size=(len(rows), 1)) < 0.2, begun, jump)

    def _move(self, reported: dict[str, np.ndarray]) -> None:
        """Move each searcher to the best of its designs, if that is better; adapt the steps."""
        at = {name: values.copy() for name, values in self.at.items()}
        for one in range(self.settings.searchers):
            rows = np.flatnonzero(self.owner == one)
            won = reported["cost"][rows] < at["cost"][one]
            best = rows[reported["cost"][rows].argmin()]
            if reported["cost"][best] < at["cost"][one]:
                at["points"][one], at["cost"][one] = (
                    reported["points"][best],
                    reported["cost"][best],
                )
            at["step"][one] *= np.exp((won.mean() - 0.2) / np.sqrt(self.space.m) * 2)
        at["step"] = np.clip(at["step"], 1e-4, 0.5)
        self.at = at

    def _consolidate(self) -> None:
        """Restart the worst quarter from the best searcher."""
        order = np.argsort(self.at["cost"], kind="stable")
        quarter = max(len(order) // 4, 1)
        at = {name: values.copy() for name, values in self.at.items()}
        for name in KNOWN:
            at[name][order[-quarter:]] = at[name][order[:quarter]]
        at["step"][order[-quarter:]] *= self._randomness().choice([0.5, 2.0], quarter)
        self.at = at
