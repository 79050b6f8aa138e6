"""Row 27.3: a point forecast with calibrated uncertainty for each load series.

All 96 load series of SimBench in 2016, each on its own, a day ahead in quarter-hours; every fifth
week of each season held out. A regression-adjusted residual bootstrap is told the calendar and 3
principal components of the day before and of the same day last week; no weather. The median of
100 scenarios is the point forecast. Rivals: yesterday, the same day last week, and ridge
regression on every step of both days, with its penalty chosen on training days; beside, for one
series in 4, a Gaussian process on the same conditions. Errors are in standard deviations of the
series. Intervals by bootstrap over seeds and weeks; for what is counted by series, over series. A
step at which nothing ever happens counts as covered at the nominal level, which flatters charging
stations. Days between held-out and other weeks know their neighbours, as a forecaster would.
Budget: 5 seeds of draws; quick: 1 seed, one series in 12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from sklearn.linear_model import RidgeCV
from torch import Tensor

from ingenium.core.digest import array_digest, digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng
from ingenium.domains.grid.conditions import DAY_TYPES, calendar, features
from ingenium.domains.grid.consumers import ConsumerDays, consumer_days
from ingenium.domains.grid.split import split_weeks
from ingenium.domains.grid.studies.day_ahead import Rows, kept_rows
from ingenium.evaluate import scores
from ingenium.evaluate.intervals import Interval, crossed_interval, mean_interval, skill, wilson
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families

FAMILY, PROCESS = "residual_bootstrap", "gaussian_process"
PROCESS_EVERY = 4  # the Gaussian process, which costs most, forecasts one series in so many
QUICK_EVERY = 12  # series of a quick look
MEMBERS = 100
LAGS = (1, 7)  # days back
SHAPE = 3  # principal components that tell the shape of an earlier day
LEVELS = {"50": 0.5, "90": 0.9}
NEAR = 3.0  # points from nominal
BEATEN = 90.0  # % of series
TOLD = 2 + len(DAY_TYPES)
RIDGES = np.logspace(-2, 4, 13)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Forecast each load series of SimBench on its held-out weeks."""
    days = consumer_days()
    return measure_series(days, days.classes[:: QUICK_EVERY if budget.quick else 1], budget, watch)


def measure_series(
    days: ConsumerDays, names: tuple[str, ...], budget: Budget, watch: Watch
) -> Measured:
    """The measurement on named series."""
    data = digest([array_digest(days.load_p), list(names)])
    found: list[Rows] = []
    for i, name in enumerate(names):
        watch(f"series {name}", i, len(names))
        series = Series.of(days, name)
        rivals = (FAMILY, PROCESS) if i % PROCESS_EVERY == 0 else (FAMILY,)
        key: list[object] = [data, name, budget.seeds, rivals]
        make = partial(_rows, series, rivals, budget.seeds)
        found.append(kept_rows(budget, key, make))
    tables = [_by_seed(rows, budget.seeds) for rows in found]
    week = Series.of(days, names[0]).week
    beside = _beside(tables, week) | {
        f"{group}: {key}": value
        for group in sorted({days.groups[days.classes.index(name)] for name in names})
        for key, value in _values(
            [
                table
                for table, name in zip(tables, names, strict=True)
                if days.groups[days.classes.index(name)] == group
            ],
            week,
        ).items()
        if key in ("coverage_50", "coverage_90", "over_persistence", "over_linear")
    }
    return from_intervals(_values(tables, week), beside, data)


@dataclass(frozen=True, eq=False)
class Series:
    """A load series in deviations of its training days, with what is known the day before.

    Shapes: n days after the first week, t steps, c conditions.
    """

    x: Float64[np.ndarray, "n t"]
    lagged: tuple[Float64[np.ndarray, "n t"], ...]  # the day before, the same day last week
    cond: Float[Tensor, "n c"]
    own: Int[np.ndarray, " m"]  # days to learn from
    held: Int[np.ndarray, " h"]
    week: Int[np.ndarray, " h"]

    @classmethod
    def of(cls, days: ConsumerDays, name: str) -> "Series":
        """The series of one class; scale and shapes are those of training days alone."""
        dates = days.dates.astype("datetime64[D]")
        train = split_weeks(dates, np.random.default_rng(0)).train
        load = days.load_p[days.classes.index(name)]
        x = (load - load[train].mean()) / max(float(load[train].std()), 1e-9)
        centre = x[train].mean(0)
        axes = np.linalg.svd(x[train] - centre, full_matrices=False)[2][:SHAPE]
        shape = (x - centre) @ axes.T
        shape = shape / shape[train].std(0).clip(min=1e-9)
        after = np.arange(max(LAGS), len(x))
        told = features(calendar(dates[after]))[:, :TOLD]
        cond = np.concatenate([told, *(shape[after - lag] for lag in LAGS)], axis=1)
        own = np.flatnonzero(np.isin(after, train))
        held = np.flatnonzero(~np.isin(after, train))
        week = (dates[after[held]].astype(np.int64) + 3) // 7
        lagged = tuple(x[after - lag] for lag in LAGS)
        return cls(x[after], lagged, torch.as_tensor(cond, dtype=torch.float32), own, held, week)

    def linear(self) -> Float64[np.ndarray, "h t"]:
        """Ridge regression of all steps on the calendar and every step of both earlier days."""
        told = self.cond[:, :TOLD].double().numpy()
        known = np.concatenate([told, *self.lagged], axis=1)
        model = RidgeCV(RIDGES).fit(known[self.own], self.x[self.own])
        return np.asarray(model.predict(known[self.held]))

    def ensembles(
        self, name: str, seeds: tuple[int, ...]
    ) -> dict[int, Float64[np.ndarray, "members h 1 t"]]:
        """Proposals of a family for each held-out day, by seed; its fit has no chance in it."""
        x = torch.as_tensor(self.x[:, None], dtype=torch.float32)
        own, held = torch.as_tensor(self.own), torch.as_tensor(self.held)
        family = families.build(name, tuple(x.shape[1:]), self.cond.shape[1])
        family.fit(x[own], self.cond[own], families.plan(name))
        asked = self.cond[held].repeat(MEMBERS, 1)
        shape = (MEMBERS, len(held), *x.shape[1:])
        return {
            seed: family.propose(asked, block_rng(seed, 0, f"point forecast {name}"))
            .double()
            .numpy()
            .reshape(shape)
            for seed in seeds
        }


def _rows(series: Series, rivals: tuple[str, ...], seeds: tuple[int, ...]) -> Rows:
    """Errors and coverage of each held-out day, by forecast and seed."""
    real = series.x[series.held]
    rows: Rows = {
        name: np.abs(point - real).mean(1)
        for name, point in (
            ("persistence", series.lagged[0][series.held]),
            ("last week", series.lagged[1][series.held]),
            ("linear", series.linear()),
        )
    }
    for name in rivals:
        for seed, x in series.ensembles(name, seeds).items():
            rows[f"{name} mae/{seed}"] = np.abs(np.median(x, 0)[:, 0] - real).mean(1)
            for level, share in LEVELS.items():
                rows[f"{name} coverage_{level}/{seed}"] = scores.interval_coverage(
                    x, real[:, None], level=share, tolerance=1e-6
                )
    return rows


Table = Mapping[str, Float64[np.ndarray, "s n"]]


def _by_seed(rows: Rows, seeds: tuple[int, ...]) -> Table:
    """A row for each seed; what has no chance in it is the same for all."""
    names = dict.fromkeys(key.partition("/")[0] for key in rows)
    return {
        name: np.stack([rows[name] if name in rows else rows[f"{name}/{s}"] for s in seeds])
        for name in names
    }


def _values(tables: list[Table], week: Int[np.ndarray, " n"]) -> dict[str, Interval]:
    """The parts, over all series (percent)."""
    rng = np.random.default_rng(0)
    values = {}
    for level, share in LEVELS.items():
        by_series = [100 * table[f"{FAMILY} coverage_{level}"] for table in tables]
        values[f"coverage_{level}"] = crossed_interval(np.mean(by_series, 0), rng, groups=week)
        apart = [abs(float(own.mean()) - 100 * share) for own in by_series]
        values[f"apart_{level}"] = mean_interval(apart, rng)
    ours = np.mean([table[f"{FAMILY} mae"] for table in tables], 0)
    for rival in ("persistence", "last week", "linear"):
        theirs = np.mean([table[rival] for table in tables], 0)
        values[f"over_{rival.replace(' ', '_')}"] = _gain(ours, theirs, week)
    won = sum(t[f"{FAMILY} mae"].mean() < t["persistence"].mean() for t in tables)
    low, high = wilson(int(won), len(tables))
    values["beaten"] = Interval(100 * won / len(tables), 100 * low, 100 * high)
    return values


def _beside(tables: list[Table], week: Int[np.ndarray, " n"]) -> dict[str, Interval]:
    """Errors of all forecasts in deviations of the series, and the Gaussian process."""
    rng = np.random.default_rng(0)
    beside = {
        f"{name} (deviations)": crossed_interval(
            np.mean([table[name] for table in tables], 0), rng, groups=week
        )
        for name in (f"{FAMILY} mae", "persistence", "last week", "linear")
    }
    some = [table for table in tables if f"{PROCESS} mae" in table]
    theirs = np.mean([table[f"{PROCESS} mae"] for table in some], 0)
    ours = np.mean([table[f"{FAMILY} mae"] for table in some], 0)
    beside[f"lower MAE than {PROCESS} on {len(some)} series (%)"] = _gain(ours, theirs, week)
    for level in LEVELS:
        own = 100 * np.mean([table[f"{PROCESS} coverage_{level}"] for table in some], 0)
        beside[f"{PROCESS} coverage_{level} (%)"] = crossed_interval(own, rng, groups=week)
    return beside


def _gain(
    ours: Float64[np.ndarray, "s n"],
    theirs: Float64[np.ndarray, "s n"],
    week: Int[np.ndarray, " n"],
) -> Interval:
    found = skill(ours, theirs, np.random.default_rng(0), groups=week)
    return Interval(100 * found.value, 100 * found.low, 100 * found.high)
