"""Row 29.3: 24-hour load shapes whose peak and energy can be asked for.

All load profiles of SimBench 1-LV-rural1--0-sw, every fifth week of each season held out. Flow,
VAE and GAN on principal components, conditional on calendar, weather and the levels (quantile
ranks) of the feeder's peak and energy. For each held-out day 20 shapes are asked for with its
levels, and the ranks of their measured peak and energy are compared with those asked for (a third
if the levels were ignored). Then the energy is fixed at three levels by projection. Distance:
Wasserstein-1 at each step to the held-out days, over the distance of the training days to them. A
residual bootstrap is reported beside. Budget: 5 seeds, the steps of each family's own plan;
quick: 1 seed, 60 steps.
"""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.errors import EngineError
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Fixed, Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder_day import KWH, FeederDay
from ingenium.domains.grid.studies import day_ahead
from ingenium.domains.grid.studies.day_ahead import BASE, Rows, Work
from ingenium.evaluate import distances
from ingenium.evaluate.intervals import Interval, crossed_interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.model import Family
from ingenium.generators.principal import Principal

FAMILIES = ("flow", "vae", "gan")
FULL, QUICK = Work(steps=None, members=20), Work(steps=60, members=10)
RANK_ERROR = 0.1  # of asked and measured rank; a third if what is asked for were ignored
ENERGY_ERROR = 1e-9  # relative
ENERGY_RANKS = (0.1, 0.5, 0.9)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Fit the families with each seed, ask for the levels of held-out days, and measure."""
    problem = open_problem(Spec(problem="grid.feeder_day"))
    if not isinstance(problem, FeederDay):
        raise EngineError("grid.feeder_day is not the problem that this study knows")
    return Shapes(problem).measure(budget, watch)


class Shapes:
    """The measurement on the days of a feeder.

    Shapes: n days, d load profiles, t steps.
    """

    def __init__(self, problem: FeederDay) -> None:
        self.problem, self.known = problem, problem.data()
        every = np.ones(self.known.sizes["load_profile"], dtype=bool)
        self.days = day_ahead.load_days(self.known, every, problem.features, ahead=False)
        self.weight = problem.feeder.verifier.profiles.load_p_mw.sum(1)
        self.total = self._total(torch.as_tensor(self.known["load_p"].to_numpy()))

    def measure(self, budget: Budget, watch: Watch) -> Measured:
        """All families and seeds."""
        days, work = self.days, QUICK if budget.quick else FULL
        base = day_ahead.fit_base(days)
        names = [f"principal_{name}" for name in FAMILIES] + [BASE]
        found: dict[str, list[Rows]] = {name: [] for name in names}
        todo = [(name, seed) for seed in budget.seeds for name in names]
        for i, (name, seed) in enumerate(todo):
            watch(f"{name}, seed {seed}", i, len(todo))
            key: list[object] = [days.digest, name, seed, work]
            make = partial(self._rows, name, seed, base, work)
            found[name].append(day_ahead.kept_rows(budget, key, make))
        values: dict[str, Interval] = {}
        for name in names:
            short = name.removeprefix("principal_")
            table = {m: np.stack([row[m] for row in found[name]]) for m in found[name][0]}
            values |= {f"{short}_{k}": v for k, v in self._intervals(table).items()}
        beside = {k: values.pop(k) for k in list(values) if k.startswith(BASE)}
        return from_intervals(values, beside, days.digest)

    def _intervals(self, table: dict[str, np.ndarray]) -> dict[str, Interval]:
        rng, week = np.random.default_rng(0), self.days.week
        worst = float(table["energy_fixed"].max())
        return {
            "peak_rank": crossed_interval(table["peak_rank"], rng, groups=week),
            "energy_rank": crossed_interval(table["energy_rank"], rng, groups=week),
            "distance": t_interval(table["distance"][:, 0]),
            "energy_fixed": Interval(worst, worst, worst),  # a largest error: no chance in it
        }

    def _rows(self, name: str, seed: int, base: Principal, work: Work) -> Rows:
        """Errors of asked ranks for each held-out day, and the set's distance to real days."""
        days = self.days
        family: Family = base
        if name != BASE:
            family = day_ahead.fitted(name, days, base, steps=work.steps, seed=seed)
        x = day_ahead.ensemble(family, days, work.members, block_rng(seed, 0, f"shapes {name}"))
        pooled = torch.as_tensor(x.reshape(-1, *x.shape[2:]))
        load = self._total(days.load(pooled))
        rows: Rows = {}
        for level, what in (("peak_level", load.max(-1)), ("energy_level", load.sum(-1))):
            known = self.total.max(-1) if level == "peak_level" else self.total.sum(-1)
            asked = self.known[level].to_numpy()[days.place]
            rank = _ranks(what, known).reshape(work.members, -1)
            rows[f"{level.removesuffix('_level')}_rank"] = np.abs(rank - asked).mean(0)
        real, own = days.held.double().numpy(), days.own.double().numpy()
        apart = distances.profile_distance(real, pooled.numpy()).mean()
        rows["distance"] = np.array([apart / distances.profile_distance(real, own).mean()])
        rows["energy_fixed"] = np.array([self._energy_error(days.load(pooled[: len(days.held)]))])
        return rows

    def _energy_error(self, load: Float[Tensor, "n d t"]) -> float:
        """Largest relative error of the day's energy where it is asked for exactly."""
        days = self.known.isel({DESIGN: self.days.place})
        rest = tuple(
            torch.as_tensor(days[name].to_numpy(), dtype=torch.float64)
            for name in ("load_q", "infeed_p")
        )
        known = self.total.sum(-1) * KWH
        worst = 0.0
        for asked in np.quantile(known, ENERGY_RANKS):
            fixed = {"load_energy": Fixed(float(asked), "kWh")}
            onto = self.problem.project(fixed, days)
            energy = self._total(onto((load, *rest))[0]).sum(-1) * KWH
            worst = max(worst, float(np.abs(energy / asked - 1).max()))
        return worst

    def _total(self, load: Float[Tensor, "n d t"]) -> Float64[np.ndarray, "n t"]:
        """Load of the feeder (MW)."""
        return np.asarray((self.weight[:, None] * load).sum(1).numpy())


def _ranks(
    values: Float64[np.ndarray, " r"], known: Float64[np.ndarray, " k"]
) -> Float64[np.ndarray, " r"]:
    """Rank of each value among known ones, on the scale of the conditions' levels."""
    level = (np.arange(len(known)) + 0.5) / len(known)
    return np.asarray(np.interp(values, np.sort(known), level))
