"""Day-ahead scenarios of real load: the data, the families, and their scores on held-out weeks.

The conditions of a day are those that a forecaster has: the calendar, the weather of the day and
yesterday's load. Levels of the day's own load are not among them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.evaluate import scores
from ingenium.evaluate.intervals import Interval, skill
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, over_units
from ingenium.generators import families
from ingenium.generators.principal import Principal
from ingenium.generators.row_families import CLASSICAL

if TYPE_CHECKING:
    import xarray as xr

    from ingenium.generators.model import Family

BASE = "residual_bootstrap"  # mean and residuals, without a learned family
MEASURES = ("crps", "energy_score", "pinball", "coverage_90")
HISTORY = ("energy_level", "peak_level")


@dataclass(frozen=True)
class Work:
    """How much is done for one family and seed."""

    steps: int | None  # of training; None for each family's own
    members: int  # proposals for each held-out day


SIZES = (Work(steps=None, members=50), Work(steps=60, members=20))


@dataclass(frozen=True, eq=False)
class LoadDays:
    """Days of load in deviations of the training days, with day-ahead conditions.

    Shapes: m days to learn from, n held out, d profiles, t steps, c conditions.
    """

    own: Float[Tensor, "m d t"]
    own_cond: Float[Tensor, "m c"]
    held: Float[Tensor, "n d t"]
    held_cond: Float[Tensor, "n c"]
    week: Int[np.ndarray, " n"]
    least: Float[Tensor, "d 1"]  # where the load is 0

    @property
    def digest(self) -> str:
        """Of all values."""
        parts = (self.own, self.own_cond, self.held, self.held_cond)
        return digest([array_digest(part.numpy()) for part in parts])


@cache
def feeder_load(start: str = "") -> LoadDays:
    """Active load of the profiles of the default feeder whose names begin so.

    Raises:
        MissingExtra: if the packages of the grid are not installed.
    """
    problem = open_problem(Spec(problem="grid.feeder_day"))
    days = problem.data()
    own = np.array([str(name).startswith(start) for name in days["load_profile"].to_numpy()])
    return load_days(days, own, problem.features)


def load_days(
    days: "xr.Dataset", profiles: np.ndarray, features: Callable[["xr.Dataset"], Tensor]
) -> LoadDays:
    """Days that follow a known day, told yesterday's levels of energy and peak for their own."""
    if not profiles.any():
        raise InputError("at least one load profile of the kind asked for", "none")
    dates = days["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    after = np.flatnonzero(np.diff(dates) == 1) + 1
    levels = {k: (DESIGN, days[k].to_numpy()[after - 1]) for k in HISTORY}
    told = days.isel({DESIGN: after}).assign_coords(levels)
    cond = features(told)
    load = torch.as_tensor(days["load_p"].to_numpy()[after][:, profiles], dtype=torch.float64)
    held = torch.as_tensor(told["held_out"].to_numpy())
    mean = load[~held].mean((0, 2))[:, None]
    spread = load[~held].std((0, 2)).clamp(min=1e-9)[:, None]
    x = ((load - mean) / spread).to(torch.float32)
    week = told["group"].to_numpy()[held.numpy()]
    return LoadDays(x[~held], cond[~held], x[held], cond[held], week, -mean / spread)


@cache
def fit_base(days: LoadDays) -> Principal:
    """The part of families on principal components that has no chance in it."""
    family = families.build(BASE, tuple(days.own.shape[1:]), days.own_cond.shape[1])
    if not isinstance(family, Principal):
        raise InputError(f"{BASE} as a family on principal components", type(family).__name__)
    family.fit(days.own, days.own_cond, families.plan(BASE))
    return family


def fitted(name: str, days: LoadDays, work: Work, seed: int) -> "Family":
    """A family fitted to the days; what has no chance in its fit is fitted once."""
    return _classical(name, days) if name in CLASSICAL else _learned(name, days, work, seed)


@cache
def _classical(name: str, days: LoadDays) -> "Family":
    return fit_base(days) if name == BASE else _learned(name, days, SIZES[0], 0)


def _learned(name: str, days: LoadDays, work: Work, seed: int) -> "Family":
    """One on principal components takes mean and rest from the base."""
    family = families.build(name, tuple(days.own.shape[1:]), days.own_cond.shape[1], seed=seed)
    plan = families.plan(name, steps=work.steps, seed=seed)
    if isinstance(family, Principal) and family.inner is not None:
        base = fit_base(days)
        family.load_state_dict(base.state_dict(), strict=False)
        family.fit_inner(base.rest, days.own_cond, plan)
    else:
        family.fit(days.own, days.own_cond, plan)
    return family


def score(
    family: "Family", days: LoadDays, members: int, rng: torch.Generator
) -> dict[str, Float64[np.ndarray, " n"]]:
    """`MEASURES` of each held-out day by so many proposals for it, none below zero load."""
    x = family.propose(days.held_cond.repeat(members, 1), rng).to(torch.float64)
    load = torch.maximum(x, days.least).reshape(members, *days.held.shape)
    ensemble = load.numpy()
    y = days.held.double().numpy()
    return {
        "crps": scores.crps(ensemble, y),
        "energy_score": scores.energy_score(ensemble, y),
        "pinball": scores.pinball(ensemble, y),
        "coverage_90": scores.interval_coverage(ensemble, y, tolerance=1e-6),
    }


def rng_of(name: str, seed: int) -> torch.Generator:
    """What a family draws its proposals from."""
    return block_rng(seed, 0, f"study {name}")


def gain(found: Readings, name: str, rival: str, measure: str, days: LoadDays) -> Value:
    """How much lower the score of a family is than its rival's, over seeds and weeks (%)."""
    ours, theirs = found(name, measure), found(rival, measure)
    share = skill(ours, theirs, np.random.default_rng(0), groups=days.week)
    by_seed = tuple((100 * (1 - ours.mean(1) / theirs.mean(1))).tolist())
    return Value(Interval(100 * share.value, 100 * share.low, 100 * share.high), by_seed)


def all_scores(found: Readings, days: LoadDays) -> dict[str, Value]:
    """Every family's `MEASURES` with intervals over seeds and weeks."""
    return {
        f"{name} {measure}": over_units(found(name, measure), groups=days.week)
        for name in found.pieces
        for measure in MEASURES
    }
