"""Day-ahead scenarios of real load: the data, the families, and their scores on held-out weeks.

The conditions of a day are those that a forecaster has: the calendar, the weather of the day and
yesterday's load. Levels of the day's own load are not among them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.evaluate import scores
from ingenium.evaluate.intervals import Interval, crossed_interval, skill
from ingenium.evaluate.measured import Budget
from ingenium.generators import families
from ingenium.generators.principal import Principal
from ingenium.generators.row_families import CLASSICAL

if TYPE_CHECKING:
    import xarray as xr

    from ingenium.generators.model import Family

BASE = "residual_bootstrap"  # mean and residuals, without a learned family
MEASURES = ("crps", "energy_score", "pinball", "coverage_90")
HISTORY = ("energy_level", "peak_level")
Rows = dict[str, Float64[np.ndarray, " n"]]
Also = Callable[["Family"], Mapping[str, float]]


@dataclass(frozen=True)
class Work:
    """How much is done for one family and seed."""

    steps: int | None  # of training; None for each family's own
    members: int  # proposals for each held-out day


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
    place: Int[np.ndarray, " n"]  # of the held-out days among all
    mean: Float[Tensor, "d 1"]
    spread: Float[Tensor, "d 1"]

    def load(self, x: Float[Tensor, "r d t"]) -> Float[Tensor, "r d t"]:
        """Loads of standardised days, none below zero."""
        return (x.to(torch.float64) * self.spread + self.mean).clamp(min=0.0)

    @property
    def digest(self) -> str:
        """Of all values."""
        parts = (self.own, self.own_cond, self.held, self.held_cond)
        return digest([array_digest(part.numpy()) for part in parts])


def feeder_load(wanted: Callable[[str], bool]) -> LoadDays:
    """Active load of the profiles of the default feeder whose name is `wanted`.

    Raises:
        MissingExtra: if the packages of the grid are not installed.
    """
    problem = open_problem(Spec(problem="grid.feeder_day"))
    days = problem.data()
    own = np.array([wanted(str(name)) for name in days["load_profile"].to_numpy()])
    return load_days(days, own, problem.features)


def load_days(
    days: "xr.Dataset",
    profiles: np.ndarray,
    features: Callable[["xr.Dataset"], Float[Tensor, "n c"]],
    *,
    ahead: bool = True,
) -> LoadDays:
    """Days that follow a known day, under what was known the day before.

    Yesterday's levels of energy and peak take the place of the day's own, unless the day is not
    seen `ahead` but asked for by its levels.
    """
    if not profiles.any():
        raise InputError("at least one load profile of the kind asked for", "none")
    dates = days["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    after = np.flatnonzero(np.diff(dates) == 1) + 1
    told = days.isel({DESIGN: after})
    if ahead:
        levels = {k: (DESIGN, days[k].to_numpy()[after - 1]) for k in HISTORY}
        told = told.assign_coords(levels)
    cond = features(told)
    load = torch.as_tensor(days["load_p"].to_numpy()[after][:, profiles], dtype=torch.float64)
    held = torch.as_tensor(told["held_out"].to_numpy())
    mean = load[~held].mean((0, 2))[:, None]
    spread = load[~held].std((0, 2)).clamp(min=1e-9)[:, None]
    x = ((load - mean) / spread).to(torch.float32)
    place = np.flatnonzero(held.numpy())
    week = told["group"].to_numpy()[place]
    return LoadDays(x[~held], cond[~held], x[held], cond[held], week, after[place], mean, spread)


def fitted(name: str, days: LoadDays, base: Principal, *, steps: int | None, seed: int) -> "Family":
    """A family fitted to the days; one on principal components takes mean and rest from `base`."""
    family = families.build(name, tuple(days.own.shape[1:]), days.own_cond.shape[1], seed=seed)
    plan = families.plan(name, steps=steps, seed=seed)
    if isinstance(family, Principal) and family.inner is not None:
        family.load_state_dict(base.state_dict(), strict=False)
        family.fit_inner(base.rest, days.own_cond, plan)
    else:
        family.fit(days.own, days.own_cond, plan)
    return family


def fit_base(days: LoadDays) -> Principal:
    """The part of families on principal components that has no chance in it."""
    family = families.build(BASE, tuple(days.own.shape[1:]), days.own_cond.shape[1])
    if not isinstance(family, Principal):
        raise InputError(f"{BASE} as a family on principal components", type(family).__name__)
    family.fit(days.own, days.own_cond, families.plan(BASE))
    return family


def ensemble(
    family: "Family", days: LoadDays, members: int, rng: torch.Generator
) -> Float64[np.ndarray, "members n d t"]:
    """`members` proposals for each held-out day, none below zero load."""
    x = family.propose(days.held_cond.repeat(members, 1), rng).to(torch.float64)
    x = torch.maximum(x, -days.mean / days.spread)
    return np.asarray(x.reshape(members, *days.held.shape).numpy())


def score(x: Float64[np.ndarray, "members n d t"], days: LoadDays) -> Rows:
    """`MEASURES` of each held-out day."""
    y = days.held.double().numpy()
    return {
        "crps": scores.crps(x, y),
        "energy_score": scores.energy_score(x, y),
        "pinball": scores.pinball(x, y),
        "coverage_90": scores.interval_coverage(x, y, tolerance=1e-6),
    }


def score_families(
    days: LoadDays,
    names: Sequence[str],
    budget: Budget,
    work: Work,
    watch: Watch,
    *,
    also: Also = lambda family: {},
) -> dict[str, dict[str, Float64[np.ndarray, "s n"]]]:
    """Scores by family and measure, a row for each seed; `also` measures a fitted family more."""
    base = fit_base(days)
    same: dict[str, Family] = {BASE: base}  # families whose fit has no chance in it, fitted once

    def rows(name: str, seed: int) -> Rows:
        family = same.get(name) or fitted(name, days, base, steps=work.steps, seed=seed)
        if name in CLASSICAL:
            same[name] = family
        x = ensemble(family, days, work.members, block_rng(seed, 0, f"study {name}"))
        return score(x, days) | {k: np.array([v]) for k, v in also(family).items()}

    found: dict[str, list[Rows]] = {name: [] for name in names}
    todo = [(name, seed) for seed in budget.seeds for name in names]
    for i, (name, seed) in enumerate(todo):
        watch(f"{name}, seed {seed}", i, len(todo))
        key: list[object] = [days.digest, name, seed, work]
        found[name].append(kept_rows(budget, key, partial(rows, name, seed)))
    return {
        name: {measure: np.stack([row[measure] for row in own]) for measure in own[0]}
        for name, own in found.items()
    }


def gain_percent(
    table: Mapping[str, Mapping[str, np.ndarray]], name: str, rival: str, measure: str, week: Any
) -> Interval:
    """How much lower the score of a family is than its rival's, over seeds and weeks (%)."""
    rng = np.random.default_rng(0)
    found = skill(table[name][measure], table[rival][measure], rng, groups=week)
    return Interval(100 * found.value, 100 * found.low, 100 * found.high)


def all_scores(table: Mapping[str, Mapping[str, np.ndarray]], week: Any) -> dict[str, Interval]:
    """Every family's `MEASURES` with intervals over seeds and weeks."""
    rng = np.random.default_rng(0)
    return {
        f"{name} {measure}": crossed_interval(own[measure], rng, groups=week)
        for name, own in table.items()
        for measure in MEASURES
    }


def kept_rows(budget: Budget, key: list[object], make: Callable[[], Rows]) -> Rows:
    """What `make` gives, kept in the study's folder, so that a stopped study goes on."""
    path: Path = budget.folder / f"{digest(key)[7:23]}.json"
    if path.is_file():
        stored = json.loads(path.read_text())
        return {name: np.asarray(values) for name, values in stored.items()}
    rows = make()
    write_atomic(path, json.dumps({name: values.tolist() for name, values in rows.items()}))
    return rows
