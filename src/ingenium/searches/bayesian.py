"""Bayesian optimisation by BoTorch: Gaussian processes of limits and objectives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.searches.acquisition import Acquisition, Worth
from ingenium.searches.fronts import order
from ingenium.searches.packages import package
from ingenium.searches.seeded import seeded
from ingenium.searches.space import Cube, points_of
from ingenium.searches.strategy import State
from ingenium.searches.trust_region import Region, near, promising, sampled

REPORTED = ("points", "margin", "cost", "violation", "loss")
NEAR = 1e-9  # of two points that are one


@dataclass(frozen=True)
class BayesianSettings:
    """Batch size, number of first points, and the optimisation of the acquisition function."""

    batch: int = 4
    first: int = 16  # points about known designs
    learned: int = 256  # points that the processes learn from: the best, and the last
    samples: int = 32  # samples of outcomes in each acquisition
    raw: int = 64  # points from which the search for the next one begins
    starts: int = 2  # of them that are climbed from
    climbs: int = 40  # steps of each
    worth: Worth | None = None  # of the next points; None: `log_ei`, and samples in a trust region
    bold: float = 2.0  # deviations above the mean, of `ucb`
    many: int = 20  # numbers of a point above which it stays in a trust region


class Bayesian:
    """Bayesian optimisation with a Gaussian process for each limit and each objective.

    The next points maximise an `Acquisition`. Points of more than `many` numbers stay in a trust
    region: the best candidates in it by the named acquisition, or without one by samples of the
    processes (Thompson sampling). When the region has become too small, the search restarts about
    known designs and forgets its data. Designs without an answer of the engine are not learned
    from.

    Shapes: n points, m numbers, l limits, o objectives, k outcomes, which are both.
    Source: Balandat et al., NeurIPS 2020, arXiv:1910.06403 (BoTorch); Eriksson and Poloczek,
        AISTATS 2021, arXiv:2002.08526 (limits and trust regions).
    """

    def __init__(self, space: Cube, settings: BayesianSettings = BayesianSettings()) -> None:
        package("botorch")
        self.space, self.settings = space, settings
        self.reported: dict[str, np.ndarray] = {}
        self.region = Region()
        self.since = 0  # points before the region was restarted

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return points about known designs at first, then those with the largest acquisition."""
        return self.ask_ahead(n, rng, ())

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Return points with the largest acquisition, given those that are being measured."""
        q = min(n, self.settings.batch)
        seed = int(torch.randint(2**31, (), generator=rng))
        waiting = np.concatenate([np.empty((0, self.space.m)), *map(points_of, flying)])
        reported = len(self.reported.get("points", ())) - self.since
        if reported + len(waiting) < self.settings.first or not reported:
            draw = np.random.default_rng(seed)
            start = self.space.start[draw.integers(len(self.space.start), size=q)]
            noise = 0.05 * draw.standard_normal(start.shape)
            return self.space.designs(np.clip(start + noise, 0.0, 1.0))
        with seeded(seed):
            return self.space.designs(self._promising(q, waiting))

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Add the verdicts to the data, and update the trust region."""
        fresh = {name: verdicts[name].to_numpy() for name in REPORTED[1:]}
        fresh["points"] = points_of(designs)
        held = np.isfinite(fresh["cost"])
        fresh = {name: values[held] for name, values in fresh.items()}
        old = self.reported or {name: values[:0] for name, values in fresh.items()}
        before = old["cost"][self.since :]
        new = [i for i, x in enumerate(fresh["points"]) if _distance(x, old["points"])]
        self.reported = {name: np.concatenate([old[name], fresh[name][new]]) for name in REPORTED}
        if len(before) >= self.settings.first and self.space.m > self.settings.many:
            better = bool(fresh["cost"].min(initial=np.inf) < before.min(initial=np.inf))
            q, last = self.settings.batch, self.region
            self.region = last.after(better, math.ceil(max(4 / q, self.space.m / q)))
            if self.region.side > 2 * last.side:
                self.since = len(self.reported["cost"])

    def state_dict(self) -> State:
        """Return all data, and the region."""
        own = self.region
        region = np.array([own.side, own.wins, own.losses, self.since])
        return {"region": region} | self.reported

    def load_state_dict(self, state: State) -> None:
        """Load data and region."""
        side, *counts = state["region"].tolist()
        wins, losses, self.since = map(int, counts)
        self.region = Region(side, wins, losses)
        self.reported = {name: state[name] for name in REPORTED if name in state}

    def _promising(self, q: int, waiting: Float[np.ndarray, "w m"]) -> Float[np.ndarray, "n m"]:
        """Return the points with the largest acquisition, chosen one after the other."""
        how, reported = self.settings, {name: x[self.since :] for name, x in self.reported.items()}
        best = order(reported["cost"], reported["violation"], reported["loss"])
        last = np.arange(len(best))[-how.learned // 2 :]
        rows = np.unique(np.concatenate([best[: how.learned // 2], last]))
        used = {name: values[rows] for name, values in reported.items()}
        model = self._model(used)
        inside, centre = self.space.m > how.many, reported["points"][best[0]]
        if inside and how.worth is None:
            spread = np.maximum(used["margin"].std(0), 1e-12)
            return sampled(model, near(centre, self.region.side), spread, q)
        worth = Acquisition(model, used, how.worth or "log_ei", how.bold, how.samples).function()
        if len(waiting):
            worth.set_X_pending(torch.from_numpy(waiting))
        if inside:
            return promising(worth, near(centre, self.region.side), q)
        m = self.space.m
        found, _ = package("botorch.optim").optimize_acqf(
            worth,
            bounds=torch.stack([torch.zeros(m), torch.ones(m)]).to(torch.float64),
            q=q,
            num_restarts=how.starts,
            raw_samples=how.raw,
            sequential=True,
            options={"maxiter": how.climbs, "batch_limit": how.starts},
        )
        return np.asarray(np.clip(found.detach().numpy(), 0.0, 1.0))

    def _model(self, used: dict[str, np.ndarray]) -> Any:
        """Fit a Gaussian process to each margin, then to each objective, to be maximised."""
        models = package("botorch.models")
        outcomes = np.concatenate([used["margin"], -used["loss"]], 1)
        x, standard = torch.from_numpy(used["points"]), package("botorch.models.transforms")
        parts = []
        for column in outcomes.T:
            y = torch.from_numpy(np.ascontiguousarray(column))[:, None]
            parts.append(models.SingleTaskGP(x, y, outcome_transform=standard.Standardize(m=1)))
        model = models.ModelListGP(*parts)
        likelihood = package("gpytorch.mlls").SumMarginalLogLikelihood(model.likelihood, model)
        package("botorch.fit").fit_gpytorch_mll(likelihood)
        return model


def _distance(x: Float[np.ndarray, " m"], others: Float[np.ndarray, "n m"]) -> bool:
    return not len(others) or float(np.abs(others - x).max(1).min()) > NEAR
