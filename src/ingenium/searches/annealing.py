"""Simulated annealing: several walks that accept worse steps ever more rarely."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.runs.aim import unsquashed
from ingenium.searches.generational import Generational
from ingenium.searches.space import Cube, reflected
from ingenium.searches.strategy import State

KNOWN = ("points", "cost")


@dataclass(frozen=True)
class AnnealingSettings:
    """Number of walks and their cooling schedule."""

    walks: int = 8
    eager: float = 0.1  # share of steps for the worse that is taken at first
    colder: float = 1e-3  # temperature at the end of a cooling, in that of its beginning
    length: int = 50  # generations of a cooling
    reheat: float = 0.3  # temperature of the next cooling, in that of the last one
    step: float = 0.2  # first one, on the side of the cube
    moved: float = 0.3  # share of the numbers that a step moves
    taken: float = 0.4  # share of steps for which their size is adapted


class Annealing(Generational):
    """Each walk accepts a step that is better, or worse by `d` with probability `exp(-d / T)`.

    The first temperature comes from the costs of known designs: at it a step that is worse by a
    typical difference of two of them is accepted with probability `eager`. It then falls by a fixed
    factor each generation. At the end of a cooling the walks are heated again, less than before,
    and the worse half of them restarts from the best point so far. The size of steps adapts to the
    share of accepted ones, so it falls with the temperature.

    Shapes: n walks, m numbers.
    Source: Kirkpatrick, Gelatt and Vecchi, Science 220:671, 1983; Ben-Ameur, Comput. Optim. Appl.
        29:369, 2004 (first temperature); Corana et al., ACM Trans. Math. Softw. 13:262, 1987
        (size of steps, and restarts from the best).
    """

    def __init__(
        self, space: Cube, seed: int, settings: AnnealingSettings = AnnealingSettings()
    ) -> None:
        super().__init__(space, settings.walks, seed)
        self.settings = settings
        self.at: dict[str, np.ndarray] = {}  # the walks
        self.best: dict[str, np.ndarray] = {}  # a row
        self.hot = 0.0  # temperature at the beginning of the cooling
        self.cooled = 0  # generations of it
        self.step = settings.step

    @property
    def temperature(self) -> float:
        """Temperature in units of cost."""
        how = self.settings
        return float(self.hot * how.colder ** (self.cooled / how.length))

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Return known designs at first, then a step of each walk."""
        start, shape = self.space.start, (self.size, self.space.m)
        if not self.at:
            rows = rng.choice(len(start), self.size, replace=len(start) < self.size)
            return reflected(start[rows] + 0.02 * rng.standard_normal(shape))
        moved = rng.uniform(size=shape) < self.settings.moved
        moved[np.arange(self.size), rng.integers(self.space.m, size=self.size)] = True
        return reflected(self.at["points"] + self.step * moved * rng.standard_normal(shape))

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Accept or reject steps, cool, and heat again at the end of a cooling."""
        how = self.settings
        fresh = {"points": reported["points"], "cost": unsquashed(reported["cost"])}
        if not self.at:
            self.at, self.hot = fresh, self._hot(fresh["cost"])
        else:
            with np.errstate(invalid="ignore", over="ignore"):
                worse = np.nan_to_num(fresh["cost"] - self.at["cost"], nan=0.0)
                chance = np.exp(-np.clip(worse, 0.0, None) / self.temperature)
            taken = self._randomness().uniform(size=self.size) < chance
            self.at = {n: np.where(_as(taken, fresh[n]), fresh[n], self.at[n]) for n in KNOWN}
            self.step *= np.exp((taken.mean() - how.taken) / np.sqrt(self.space.m))
            self.step = float(np.clip(self.step, 1e-4, 0.5))
            self.cooled += 1
        both = {n: np.concatenate([self.best.get(n, fresh[n][:0]), fresh[n]]) for n in KNOWN}
        first = int(both["cost"].argmin())
        self.best = {name: values[first : first + 1] for name, values in both.items()}
        if self.cooled == how.length:
            self._reheat()

    def learned(self) -> State:
        """Return the walks, the best, the temperature and the step."""
        state = {f"at.{name}": values for name, values in self.at.items()}
        state |= {f"best.{name}": values for name, values in self.best.items()}
        return state | {"cooling": np.array([self.hot, self.cooled, self.step])}

    def relearn(self, state: State) -> None:
        """Continue the walks of a saved state."""
        self.at = {name: state[f"at.{name}"] for name in KNOWN if f"at.{name}" in state}
        self.best = {name: state[f"best.{name}"] for name in KNOWN if f"best.{name}" in state}
        self.hot, cooled, self.step = state["cooling"].tolist()
        self.cooled = int(cooled)

    def _hot(self, cost: Float[np.ndarray, " n"]) -> float:
        """Temperature at which the share `eager` of typical worse steps is accepted."""
        finite = cost[np.isfinite(cost)]
        distance = np.abs(finite[:, None] - finite[None])
        typical = float(np.median(distance[distance > 0])) if (distance > 0).any() else 1.0
        return typical / -float(np.log(self.settings.eager))

    def _reheat(self) -> None:
        how = self.settings
        self.hot, self.cooled = self.hot * how.reheat, 0
        worse = np.argsort(self.at["cost"], kind="stable")[self.size // 2 :]
        for name in KNOWN:
            self.at[name] = self.at[name].copy()
            self.at[name][worse] = self.best[name]
        self.step = max(self.step, how.step * how.reheat)


def _as(chosen: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Broadcast a choice of rows to the dimensions of values."""
    return chosen.reshape(-1, *([1] * (values.ndim - 1)))
