"""Row 36.10: ten thousand annual load profiles, with their correlations.

Neighbourhoods of the six household classes of SimBench, proposed jointly day by day with 96 steps
for the 366 days of a year, by a regression-adjusted residual bootstrap that is fitted to the
training weeks. Conditions are the calendar and the energy level, whose course is drawn week by
week from real weeks at most 3 weeks away; beyond that neighbourhoods are independent. All 10,000
are proposed, in blocks of 10 neighbourhoods that are reduced to their correlations and dropped.
Seconds are processor seconds of all threads for proposing, without the fit (an idle core takes no
longer; the clock of a shared one is reported beside). Errors are mean absolute differences of
correlations from those of the one real year that there is, which holds the training weeks:
between profiles at all steps, at lags of 1 to 24 h, of daily energies at lags of 1 to 7 days, and
with the annual cycle; at most 0.1. Beside are the errors of profiles without any correlation,
those of a bootstrap of real days by the nearest conditions, and how near proposed days lie to
training days. Budget: 5 seeds of 10000 profiles, all made; quick: 3 of 60, extrapolated.
"""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64, Int
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.digest import array_digest, digest
from ingenium.core.problem import Watch
from ingenium.core.provenance import peak_memory_mb
from ingenium.core.seeds import block_rng
from ingenium.domains.grid.conditions import DAY_TYPES, calendar, features, quantile_rank
from ingenium.domains.grid.consumers import ConsumerDays, consumer_days
from ingenium.domains.grid.split import split_weeks
from ingenium.domains.grid.studies.day_ahead import Rows, kept_rows
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.evaluate.privacy import copies
from ingenium.generators import families
from ingenium.generators.model import Family

FAMILY, BASELINE = "residual_bootstrap", "bootstrap"
BASELINE_YEARS = 20  # of a neighbourhood, for its correlations
PROFILES, QUICK_PROFILES = 10_000, 60
AT_ONCE = 10  # years of a neighbourhood in one call
WEEKS_APART = 3  # of a week and the one whose levels it takes
TOLD = 2 + len(DAY_TYPES) + 1  # calendar and energy level
LIMIT_S = 180.0
TOLERANCE = 0.1  # mean absolute error of a correlation
KINDS = ("spatial", "daily", "weekly", "seasonal")


def measure(budget: Budget, watch: Watch) -> Measured:
    """Propose the profiles with each seed, and compare their correlations with the real year's."""
    days = consumer_days().of_group("household")
    count = QUICK_PROFILES if budget.quick else PROFILES
    return measure_years(days, count, budget, watch)


def measure_years(days: ConsumerDays, count: int, budget: Budget, watch: Watch) -> Measured:
    """The measurement on given households."""
    year = Year.of(days)
    proposer, rival = (Proposer.fitted(name, year) for name in (FAMILY, BASELINE))
    data = digest([array_digest(days.load_p), array_digest(year.train)])
    found: list[Rows] = []
    for i, seed in enumerate(budget.seeds):
        watch(f"annual profiles, seed {seed}", i, len(budget.seeds))
        key: list[object] = [data, count, seed]
        make = partial(_rows, proposer, rival, count, seed)
        found.append(kept_rows(budget, key, make))
    table = {name: np.array([float(rows[name][0]) for rows in found]) for name in found[0]}
    wanted = ("seconds", *KINDS)
    values = {name: t_interval(table[name]) for name in wanted}
    beside = {name: t_interval(own) for name, own in table.items() if name not in wanted}
    for kind, real in correlations(year.load, year).items():
        without = float(np.abs(real).mean())
        beside[f"error without any correlation: {kind}"] = Interval(without, without, without)
    notes: tuple[str, ...] = ()
    if count < PROFILES:
        notes = (f"Seconds are extrapolated from {count} profiles to {PROFILES}.",)
    return from_intervals(values, beside, data, notes)


@dataclass(frozen=True, eq=False)
class Year:
    """A real year of a neighbourhood of households.

    Shapes: n days, d profiles, t steps; w whole weeks to learn from.
    """

    load: Float64[np.ndarray, "n d t"]
    calendar: xr.Dataset  # day of the year and kind of each day
    train: Int[np.ndarray, " k"]
    held_out: Int[np.ndarray, " m"]
    level: Float64[np.ndarray, " n"]  # rank of the day's energy
    week: Int[np.ndarray, " n"]
    weekday: Int[np.ndarray, " n"]
    donors: Int[np.ndarray, " w"]  # whole weeks to learn from
    donor_level: Float64[np.ndarray, "w seven"]

    @classmethod
    def of(cls, days: ConsumerDays) -> "Year":
        """The year of households, every fifth week of each season held out."""
        load = np.ascontiguousarray(days.load_p.transpose(1, 0, 2))
        dates = days.dates.astype("datetime64[D]")
        split = split_weeks(dates, np.random.default_rng(0))
        train = split.train
        level = quantile_rank(load.sum((1, 2)))
        since = dates.astype(np.int64) + 3
        week, weekday = since // 7, since % 7
        own, counts = np.unique(week[train], return_counts=True)
        donors = own[counts == 7]
        donor_level = np.stack([level[week == w] for w in donors])
        return cls(
            load, calendar(dates), train, split.held_out, level, week, weekday, donors, donor_level
        )

    def drawn_levels(self, years: int, rng: np.random.Generator) -> Float64[np.ndarray, "y n"]:
        """Levels of new years: each week has those of a real week of its season."""
        out = np.empty((years, len(self.week)))
        for week in np.unique(self.week):
            apart = np.abs(self.donors - week)
            near = np.flatnonzero(apart <= max(WEEKS_APART, int(apart.min())))
            rows = self.week == week
            chosen = rng.choice(near, size=years)
            out[:, rows] = self.donor_level[chosen][:, self.weekday[rows]]
        return out

    def told(self, level: Float64[np.ndarray, "y n"]) -> Tensor:
        """Conditions of the days of years, year by year."""
        years = len(level)
        days = self.calendar.isel({DESIGN: np.tile(np.arange(len(self.week)), years)})
        days = days.assign_coords(energy_level=(DESIGN, level.ravel()))
        return torch.as_tensor(features(days)[:, :TOLD], dtype=torch.float32)


@dataclass(frozen=True, eq=False)
class Proposer:
    """A family fitted to the days of a year, and what it needs to propose new years."""

    year: Year
    family: Family
    scale: float
    name: str

    @classmethod
    def fitted(cls, name: str, year: Year) -> "Proposer":
        """Fit the family to the training days."""
        x = torch.as_tensor(year.load[year.train], dtype=torch.float32)
        scale = float(x.std())
        cond = year.told(year.level[None])[torch.as_tensor(year.train)]
        family = families.build(name, tuple(x.shape[1:]), TOLD)
        family.fit(x / scale, cond, families.plan(name))
        return cls(year, family, scale, name)

    def propose(self, years: int, seed: int, block: int) -> Float64[np.ndarray, "y n d t"]:
        """New years of a neighbourhood."""
        level = self.year.drawn_levels(years, np.random.default_rng([seed, block]))
        rng = block_rng(seed, block, f"annual profiles {self.name}")
        load = (self.family.propose(self.year.told(level), rng) * self.scale).clamp(min=0.0)
        return np.asarray(load.reshape(years, *self.year.load.shape).double().numpy())


def _rows(proposer: Proposer, rival: Proposer, count: int, seed: int) -> Rows:
    """Seconds, and errors of correlations; each neighbourhood has one profile of each class.

    Every year is proposed whole and reduced to its correlations, so that only one block of years
    is held at once.
    """
    year = proposer.year
    neighbourhoods = -(-count // year.load.shape[1])
    spent = on_clock = 0.0
    sums: dict[str, np.ndarray] = {}
    for block, start in enumerate(range(0, neighbourhoods, AT_ONCE)):
        before, began = time.process_time(), time.perf_counter()
        load = proposer.propose(min(AT_ONCE, neighbourhoods - start), seed, block)
        spent += time.process_time() - before
        on_clock += time.perf_counter() - began
        for own in load:  # a loop over years: each is compared as a whole
            for kind, value in correlations(own, year).items():
                sums[kind] = sums.get(kind, 0.0) + value
        if block == 0:
            near = copies(load[0], year.load[year.train], year.load[year.held_out])
    made = neighbourhoods * year.load.shape[1]
    share = max(1.0, PROFILES / made)
    real = correlations(year.load, year)
    rows = {k: np.abs(sums[k] / neighbourhoods - real[k]).mean() for k in KINDS}
    rows |= {"seconds": spent * share, "seconds on the clock": on_clock * share}
    rows |= {"profiles made": made, "peak memory (MB)": peak_memory_mb()}
    rows |= {"copy ratio": near.ratio, "copies of training days": near.duplicates}
    plain = rival.propose(BASELINE_YEARS, seed, 0)
    for kind in KINDS:
        mean = np.mean([correlations(own, year)[kind] for own in plain], axis=0)
        rows[f"{rival.name}: {kind}"] = np.abs(mean - real[kind]).mean()
    return {name: np.array([float(value)]) for name, value in rows.items()}


def correlations(load: Float64[np.ndarray, "n d t"], year: Year) -> dict[str, np.ndarray]:
    """Correlations of a year: between profiles, over hours, over days, and with the season.

    Shapes: load n days of d profiles with t steps.
    """
    n, d, t = load.shape
    series = load.transpose(1, 0, 2).reshape(d, n * t)
    energy = load.sum(-1).T
    hour = t // 24
    turn = 2 * np.pi * np.arange(n) / n
    season = np.stack([np.sin(turn), np.cos(turn)])
    return {
        "spatial": np.corrcoef(series)[np.triu_indices(d, 1)],
        "daily": np.stack([_lagged(series, lag * hour) for lag in range(1, 25)]),
        "weekly": np.stack([_lagged(energy, lag) for lag in range(1, 8)]),
        "seasonal": np.corrcoef(energy, season)[:d, d:],
    }


def _lagged(x: Float64[np.ndarray, "d n"], lag: int) -> Float64[np.ndarray, " d"]:
    """Correlation of each row with itself `lag` steps later."""
    gap = x - x.mean(1, keepdims=True)
    return np.asarray((gap[:, lag:] * gap[:, :-lag]).sum(1) / np.square(gap).sum(1))
