"""Bayesian optimisation by BoTorch: processes of limits and objectives say what is next."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.search.fronts import order
from ingenium.search.packages import package
from ingenium.search.seeded import seeded
from ingenium.search.space import Cube, points_of
from ingenium.search.strategy import State

TOLD = ("points", "margin", "cost", "violation", "loss")
NEAR = 1e-9  # of two points that are one
Worth = Literal["log_ei", "ei", "ucb"]


@dataclass(frozen=True)
class BayesianSettings:
    """How many points are measured at once and first, and how the next ones are looked for."""

    batch: int = 4
    first: int = 16  # points about known designs
    learned: int = 256  # points that the processes learn from: the best, and the last
    draws: int = 32  # of what outcomes may be, in each acquisition
    raw: int = 64  # points from which the search for the next one begins
    starts: int = 2  # of them that are climbed from
    climbs: int = 40  # steps of each
    worth: Worth = "log_ei"  # of the next points; of several objectives by their hypervolume
    bold: float = 2.0  # deviations above the mean, of `ucb`
    many: int = 20  # numbers of a point above which it stays in a trust region


@dataclass(frozen=True)
class Region:
    """A cube about the best point, which grows with success and shrinks without.

    Source: Eriksson et al., NeurIPS 2019, arXiv:1910.01739 (TuRBO; the numbers are theirs).
    """

    side: float = 0.8
    wins: int = 0
    losses: int = 0

    def after(self, better: bool, patience: int) -> "Region":
        """The cube after a batch; a whole one again where it has become too small."""
        wins, losses = (self.wins + 1, 0) if better else (0, self.losses + 1)
        side = self.side
        if wins == 3:
            side, wins = min(2 * side, 1.6), 0
        elif losses == patience:
            side, losses = side / 2, 0
        return Region() if side < 0.5**7 else Region(side, wins, losses)


class Bayesian:
    """Each limit and each objective has a Gaussian process; the next points promise most.

    Until a design holds every limit, that is the probability that all hold; then the expected
    improvement of the objective, or of the hypervolume of several, where limits count by the
    probability that they hold. Points of more than `many` numbers stay in a trust region. Designs
    to which the engine has no answer are left out of what is learned.

    Shapes: n points, m numbers, l limits, o objectives, k outcomes, which are both.
    Source: Balandat et al., NeurIPS 2020, arXiv:1910.06403 (BoTorch); Ament et al., NeurIPS 2023,
        arXiv:2310.20708 (logarithms of expected improvements); Daulton et al., NeurIPS 2020,
        arXiv:2006.05078 (hypervolume); Eriksson and Poloczek, AISTATS 2021, arXiv:2002.08526
        (limits and trust regions).
    """

    def __init__(self, space: Cube, settings: BayesianSettings = BayesianSettings()) -> None:
        package("botorch")
        self.space, self.settings = space, settings
        self.told: dict[str, np.ndarray] = {}
        self.region = Region()

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Points about known designs at first, then those that promise most."""
        return self.ask_ahead(n, rng, ())

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Points that promise most beside those that are being measured."""
        q = min(n, self.settings.batch)
        seed = int(torch.randint(2**31, (), generator=rng))
        waiting = np.concatenate([np.empty((0, self.space.m)), *map(points_of, flying)])
        told = len(self.told.get("points", ()))
        if told + len(waiting) < self.settings.first or not told:
            draw = np.random.default_rng(seed)
            start = self.space.start[draw.integers(len(self.space.start), size=q)]
            noise = 0.05 * draw.standard_normal(start.shape)
            return self.space.designs(np.clip(start + noise, 0.0, 1.0))
        with seeded(seed):
            return self.space.designs(self._promising(q, waiting))

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Take in what was measured, and move the region."""
        fresh = {name: verdicts[name].to_numpy() for name in TOLD[1:]}
        fresh["points"] = points_of(designs)
        held = np.isfinite(fresh["cost"])
        fresh = {name: values[held] for name, values in fresh.items()}
        old = self.told or {name: values[:0] for name, values in fresh.items()}
        if len(old["points"]) >= self.settings.first:
            better = bool(fresh["cost"].min(initial=np.inf) < old["cost"].min(initial=np.inf))
            q = self.settings.batch
            self.region = self.region.after(better, math.ceil(max(4 / q, self.space.m / q)))
        new = [i for i, x in enumerate(fresh["points"]) if _apart(x, old["points"])]
        self.told = {name: np.concatenate([old[name], fresh[name][new]]) for name in TOLD}

    def state_dict(self) -> State:
        """All that was measured, and the region."""
        region = np.array([self.region.side, self.region.wins, self.region.losses])
        return {"region": region} | self.told

    def load_state_dict(self, state: State) -> None:
        """Take over what was measured."""
        side, wins, losses = state["region"].tolist()
        self.region = Region(side, int(wins), int(losses))
        self.told = {name: state[name] for name in TOLD if name in state}

    def _promising(self, q: int, waiting: Float[np.ndarray, "w m"]) -> Float[np.ndarray, "n m"]:
        """The points of which the acquisition expects most, one after the other."""
        how, told = self.settings, self.told
        best = order(told["cost"], told["violation"], told["loss"])
        last = np.arange(len(best))[-how.learned // 2 :]
        rows = np.unique(np.concatenate([best[: how.learned // 2], last]))
        used = {name: values[rows] for name, values in told.items()}
        model = self._model(used)
        worth = self._acquisition(model, used)
        if len(waiting):
            worth.set_X_pending(torch.from_numpy(waiting))
        found, _ = package("botorch.optim").optimize_acqf(
            worth,
            bounds=torch.from_numpy(self._box(told["points"][best[0]])),
            q=q,
            num_restarts=how.starts,
            raw_samples=how.raw,
            sequential=True,
            options={"maxiter": how.climbs, "batch_limit": how.starts},
        )
        return np.asarray(np.clip(found.detach().numpy(), 0.0, 1.0))

    def _box(self, centre: Float[np.ndarray, " m"]) -> Float[np.ndarray, "2 m"]:
        """Where the next points may lie."""
        if self.space.m <= self.settings.many:
            return np.stack([np.zeros(self.space.m), np.ones(self.space.m)])
        half = self.region.side / 2
        return np.clip(np.stack([centre - half, centre + half]), 0.0, 1.0)

    def _model(self, used: dict[str, np.ndarray]) -> Any:
        """A Gaussian process for each margin, then for each objective, to be made large."""
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

    def _acquisition(self, model: Any, used: dict[str, np.ndarray]) -> Any:
        """What the next points are to be good for."""
        limits, count = used["margin"].shape[1], used["loss"].shape[1]
        held = used["violation"].sum(1) == 0
        broken = [_negative(i) for i in range(limits)]
        sampling = package("botorch.sampling.normal").SobolQMCNormalSampler(
            torch.Size([self.settings.draws]), seed=int(torch.randint(2**31, ()))
        )
        logei = package("botorch.acquisition.logei")
        if limits and (not count or not held.any()):
            return logei.qLogProbabilityOfFeasibility(model, broken, sampler=sampling)
        worth = torch.from_numpy(-used["loss"][held])
        if count == 1:
            objective = package("botorch.acquisition.objective").GenericMCObjective(_column(limits))
            return logei.qLogExpectedImprovement(
                model,
                worth.max(),
                sampler=sampling,
                objective=objective,
                constraints=broken or None,
            )
        return self._hypervolume(model, worth, broken, sampling, limits)

    def _hypervolume(
        self, model: Any, worth: Float[Tensor, "n o"], broken: Any, sampling: Any, limits: int
    ) -> Any:
        """Expected growth of the hypervolume over the front of accepted designs."""
        multi = "botorch.acquisition.multi_objective"
        front = worth[package("botorch.utils.multi_objective.pareto").is_non_dominated(worth)]
        hypervolume = package("botorch.utils.multi_objective.hypervolume")
        least = torch.from_numpy(-self.told["loss"]).amin(0)
        worst = hypervolume.infer_reference_point(front) if len(front) > 1 else least
        boxes = package("botorch.utils.multi_objective.box_decompositions")
        outcomes = list(range(limits, limits + worth.shape[1]))
        return package(f"{multi}.logei").qLogExpectedHypervolumeImprovement(
            model,
            ref_point=worst,
            partitioning=boxes.FastNondominatedPartitioning(worst, worth),
            sampler=sampling,
            objective=package(f"{multi}.objective").IdentityMCMultiOutputObjective(outcomes),
            constraints=broken or None,
        )


def _apart(x: Float[np.ndarray, " m"], others: Float[np.ndarray, "n m"]) -> bool:
    return not len(others) or float(np.abs(others - x).max(1).min()) > NEAR


def _negative(column: int) -> Callable[[Tensor], Tensor]:
    """A margin as BoTorch wants limits: what is above 0 breaks it."""
    return lambda outcomes: -outcomes[..., column]


def _column(column: int) -> Callable[..., Tensor]:
    return lambda outcomes, X=None: outcomes[..., column]  # noqa: N803 - as BoTorch names it
