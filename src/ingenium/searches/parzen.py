"""Tree-structured Parzen estimators, by the package `optuna`."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.searches.generational import Generational
from ingenium.searches.packages import package
from ingenium.searches.space import Cube
from ingenium.searches.strategy import State

WORST = 1e12  # in place of an infinite cost


@dataclass(frozen=True)
class ParzenSettings:
    """Size of a generation, and number of first points from known designs."""

    size: int = 16
    first: int = 16


class Parzen(Generational):
    """Tree-structured Parzen estimator: points with a high density ratio of good to other points.

    Each number of a point is sampled independently, with a width from its neighbours (joint
    sampling, the default of the package, narrows too slowly in a cube that is much wider than the
    known designs). Points of one generation repel each other, since those without verdicts count as
    bad. It starts with points of known designs. The study is rebuilt for each generation from the
    points and costs so far.

    Shapes: n points, m numbers of a point, t points that were judged.
    Source: Bergstra et al., NeurIPS 24, 2011; Akiba et al., KDD 2019 (Optuna).
    """

    def __init__(self, space: Cube, seed: int, settings: ParzenSettings = ParzenSettings()) -> None:
        package("optuna").logging.set_verbosity(package("optuna").logging.ERROR)
        super().__init__(space, settings.size, seed)
        self.settings = settings
        self.points: Float[np.ndarray, "t m"] = np.empty((0, space.m))
        self.costs: Float[np.ndarray, " t"] = np.empty(0)

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Return known designs at first, then samples of the estimator."""
        if len(self.costs) < self.settings.first:
            start = self.space.start
            rows = rng.choice(len(start), self.size, replace=len(start) < self.size)
            return np.array(start[rows])
        optuna = package("optuna")
        each = {
            str(i): optuna.distributions.FloatDistribution(0.0, 1.0) for i in range(self.space.m)
        }
        seed = int(rng.integers(2**31))
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=0, multivariate=False, constant_liar=True, seed=seed
        )
        study = optuna.create_study(sampler=sampler)
        for point, cost in zip(self.points.tolist(), self.costs.tolist(), strict=True):
            params = dict(zip(each, point, strict=True))
            study.add_trial(
                optuna.trial.create_trial(params=params, distributions=each, value=cost)
            )
        sampled = [study.ask(fixed_distributions=each).params for _ in range(self.size)]
        return np.array([[one[name] for name in each] for one in sampled])

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Store points and costs."""
        self.points = np.concatenate([self.points, reported["points"]])
        self.costs = np.concatenate([self.costs, np.minimum(reported["cost"], WORST)])

    def learned(self) -> State:
        """Return all points and costs."""
        return {"points": self.points, "costs": self.costs}

    def relearn(self, state: State) -> None:
        """Load points and costs."""
        self.points, self.costs = np.asarray(state["points"]), np.asarray(state["costs"])
