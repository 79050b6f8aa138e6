"""Explore/exploit search with two regimes: use the best known option, or gain information."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float
from scipy.special import ndtri

from ingenium.core.designs import DESIGN
from ingenium.runs.aim import unsquashed
from ingenium.searches.packages import package
from ingenium.searches.seeded import seeded
from ingenium.searches.space import Cube, points_of, reflected
from ingenium.searches.strategy import State

Regime = Literal["both", "act", "seek"]
REGIME = "seeks"  # coordinate of designs: 1 where they were proposed to know more


def choose(
    mean: Float[np.ndarray, " a"], spread: Float[np.ndarray, " a"], reported: int
) -> tuple[int, bool]:
    """Choose an option; return it, and whether it is chosen to explore.

    The leader is the option of the largest mean. It is chosen (exploit) unless the quantile `1 - 1
    / (told + 1)` of the belief on another option is above that of the leader; then that option is
    chosen (explore). `reported` is the number of measurements. With more of them beliefs become
    narrower while the quantile grows slowly, so exploration becomes ever rarer.

    Shapes: a options.
    Source: Kaufmann, Cappé and Garivier, AISTATS 2012 (Bayes-UCB: this choice; regret grows as the
        least possible for options of 0 and 1); Kearns and Singh, Mach. Learn. 49:209, 2002 (two
        separate regimes).
    """
    reach = reaches(mean, spread, reported)
    leader = int(mean.argmax())
    best = int(reach.argmax())
    return (leader, False) if reach[best] <= reach[leader] else (best, True)


def reaches(
    mean: Float[np.ndarray, " a"], spread: Float[np.ndarray, " a"], reported: int
) -> Float[np.ndarray, " a"]:
    """Quantile of the belief on each option by which `choose` compares them."""
    found: np.ndarray = mean + ndtri(1 - 1 / (max(reported, 1) + 1)) * spread
    return found


@dataclass(frozen=True)
class RegimesSettings:
    """Batch size, number of first designs, and candidate points."""

    batch: int = 8
    first: int = 16  # points about known designs
    learned: int = 256  # points that the process learns from: the best, and the last
    points: int = 512  # among which the next one is chosen
    near: float = 0.5  # share of them about the best designs so far
    best: int = 8  # designs about which they lie
    regime: Regime = "both"  # or one of them alone


class TwoRegimes:
    """Search whose designs either exploit or explore; see `choose`.

    The belief is a Gaussian process of the cost over points. The options are points about the best
    designs so far, and points anywhere. Within a batch a chosen point is assumed to give its mean.

    Shapes: n points, m numbers.
    Source: as `choose`; Ginsbourger et al., in Computational Intelligence in Expensive Optimization
        Problems, 2010, section 4.2 (believing within a batch).
    """

    def __init__(self, space: Cube, settings: RegimesSettings = RegimesSettings()) -> None:
        package("botorch")
        self.space, self.settings = space, settings
        self.points: Float[np.ndarray, "n m"] = np.empty((0, space.m))
        self.cost: Float[np.ndarray, " n"] = np.empty(0)
        self.turns = np.zeros(2)  # in which it acted, and sought

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return points about known designs at first, then points by `choose`."""
        q = min(n, self.settings.batch)
        sampler = np.random.default_rng(int(torch.randint(2**31, (), generator=rng)))
        if len(self.cost) < self.settings.first:
            start = self.space.start[sampler.integers(len(self.space.start), size=q)]
            points = reflected(start + 0.05 * sampler.standard_normal(start.shape))
            sought = np.ones(q, dtype=bool)
        else:
            with seeded(int(sampler.integers(2**31))):
                points, sought = self._chosen(q, sampler)
        designs = self.space.designs(points)
        return designs.assign_coords({REGIME: (DESIGN, sought.astype(np.int64))})

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Add verdicts to the data; designs without an answer are left out."""
        cost, points = unsquashed(verdicts["cost"].to_numpy()), points_of(designs)
        satisfied = np.isfinite(cost)
        self.points = np.concatenate([self.points, points[satisfied]])
        self.cost = np.concatenate([self.cost, cost[satisfied]])
        sought = designs[REGIME].to_numpy()
        self.turns = self.turns + np.array([(sought == 0).sum(), (sought == 1).sum()])

    def state_dict(self) -> State:
        """Return all data, and the counts of each regime."""
        return {"points": self.points, "cost": self.cost, "turns": self.turns}

    def load_state_dict(self, state: State) -> None:
        """Load data and counts."""
        self.points, self.cost, self.turns = state["points"], state["cost"], state["turns"]

    def progress(self) -> Mapping[str, float]:
        """Return the share of designs that were proposed to explore."""
        return {"sought": float(self.turns[1] / max(self.turns.sum(), 1))}

    def _chosen(
        self, q: int, sampler: np.random.Generator
    ) -> tuple[Float[np.ndarray, "q m"], Bool[np.ndarray, " q"]]:
        """Return the next points, and mark those that explore."""
        options = self._options(sampler)
        mean, cover = self._belief(options)
        chosen, sought = [], []
        for i in range(q):
            spread = np.sqrt(np.clip(np.diag(cover), 0.0, None))
            one, seeks = self._choice(mean, spread, len(self.cost) + i)
            chosen.append(one)
            sought.append(seeks)
            cover = cover - np.outer(cover[:, one], cover[one]) / max(cover[one, one], 1e-12)
            mean = np.where(np.arange(len(mean)) == one, -np.inf, mean)  # each option once
        return options[chosen], np.array(sought)

    def _choice(
        self, mean: Float[np.ndarray, " n"], spread: Float[np.ndarray, " n"], reported: int
    ) -> tuple[int, bool]:
        """Choose by `choose`, or by one regime alone: the leader, or the least known option."""
        if self.settings.regime == "act":
            return int(mean.argmax()), False
        if self.settings.regime == "seek":
            return int(np.where(np.isfinite(mean), spread, -1.0).argmax()), True
        return choose(mean, spread, reported)

    def _options(self, sampler: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Points about the best designs at several distances, and points anywhere."""
        how, m = self.settings, self.space.m
        count = int(how.near * how.points)
        best = np.argsort(self.cost, kind="stable")[: how.best]
        about = self.points[best[sampler.integers(len(best), size=count)]]
        size = 10.0 ** sampler.uniform(-3, -0.5, (count, 1))
        moved = sampler.uniform(size=(count, m)) < max(0.3, 2 / m)
        near = reflected(about + size * moved * sampler.standard_normal((count, m)))
        return np.concatenate([near, sampler.uniform(size=(how.points - count, m))])

    def _belief(
        self, options: Float[np.ndarray, "n m"]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n n"]]:
        """Mean and covariance of the options' negative cost."""
        x, y = self._learned()
        models = package("botorch.models")
        standard = package("botorch.models.transforms").Standardize(m=1)
        model = models.SingleTaskGP(
            torch.from_numpy(x), torch.from_numpy(-y)[:, None], outcome_transform=standard
        )
        likelihood = package("gpytorch.mlls").ExactMarginalLogLikelihood(model.likelihood, model)
        package("botorch.fit").fit_gpytorch_mll(likelihood)
        with torch.no_grad():
            found: Any = model.posterior(torch.from_numpy(options))
            cover = found.distribution.covariance_matrix
            return found.mean[:, 0].numpy().copy(), cover.numpy().copy()

    def _learned(self) -> tuple[Float[np.ndarray, "n m"], Float[np.ndarray, " n"]]:
        """Data of the process; extreme costs are clipped, or they would dominate."""
        how = self.settings
        first = np.unique(self.points, axis=0, return_index=True)[1]
        points, cost = self.points[np.sort(first)], self.cost[np.sort(first)]
        best = np.argsort(cost, kind="stable")[: how.learned // 2]
        last = np.arange(len(cost))[-how.learned // 2 :]
        rows = np.unique(np.concatenate([best, last]))
        least, middle = float(cost.min()), float(np.median(cost))
        most = middle + 2 * max(middle - least, 1e-12)
        return points[rows], np.minimum(cost[rows], most)
