"""Row 29.14: weeks of storage, wind, PV and all together, with their power flow.

Storage, PV and combined on SimBench 1-LV-rural1--1-sw, wind on 1-MV-rural--0-sw; every fifth week
of each season held out. principal_autoregressive proposes runs of 4 weeks, one in each season,
day by day under the real calendar, with levels week by week from training weeks at most 3 weeks
away. Batteries have the power and energy of the net and follow the feeder's surplus with an exact
state of charge through the whole run, on real days alike; PV and wind are solved without them. A
week is feasible if each step has an AC power flow within 0.9 to 1.1 pu (loadings beside, as real
weeks overload the transformer). Distance: Wasserstein-1 at each step to the held-out days over
that of the training days. Midnight: mean change over midnight over that of other steps, relative
to the real year's. A bootstrap of real days is reported beside. The control that the claim feeds
(MPC) is not tested here. Budget: 5 seeds of 16 weeks, 600 steps; quick: 1 seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64, Int
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.errors import EngineError
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.battery import Batteries
from ingenium.domains.grid.conditions import LEVELS
from ingenium.domains.grid.feeder_day import FeederDay
from ingenium.domains.grid.studies import day_ahead
from ingenium.domains.grid.studies.day_ahead import LoadDays, Rows, Work, kept_rows
from ingenium.domains.grid.studies.solved_runs import Course, of_kind
from ingenium.evaluate import distances
from ingenium.evaluate.intervals import Interval, t_interval, wilson
from ingenium.evaluate.measured import Budget, Measured, from_intervals

GRIDS = {"1-LV-rural1--1-sw": ("storage", "pv", "combined"), "1-MV-rural--0-sw": ("wind",)}
CASES = {
    "storage": "batteries",
    "wind": "wind",
    "pv": "PV",
    "combined": "load, PV and batteries together",
}
STORED = ("storage", "combined")  # with batteries
SERIES = ("wind", "combined")  # which do not rest at midnight
FAMILY, RIVAL = FeederDay.default_family, "bootstrap"
FULL, QUICK = Work(steps=600, members=1), Work(steps=60, members=1)
STARTS, WEEKS = (2, 15, 28, 41), 4  # whole weeks of the year at which a run begins; of a run
WEEKS_APART = 3  # of a week and the one whose levels it takes
FEASIBLE = 95.0  # % of weeks
CYCLES = 10.0  # % that they may be off
SEAM = 1.5


def measure(budget: Budget, watch: Watch) -> Measured:
    """Propose runs of weeks on both grids with each seed, and solve them."""
    values: dict[str, Interval] = {}
    data = []
    for grid, cases in GRIDS.items():
        problem = open_problem(Spec(problem="grid.feeder_day", setup={"grid": grid}))
        if not isinstance(problem, FeederDay):
            raise EngineError("grid.feeder_day is not the problem that this study knows")
        own = Weeks.of(problem)
        found = measure_weeks(own, cases, budget, watch)
        values |= {name: value.interval for name, value in found.values.items()}
        data.append(found.data)
    note = (
        "SimBench's storage profiles never change their sign, so that few weeks of them fit into "
        "their energy (beside); batteries follow the surplus of the feeder instead."
    )
    return from_intervals(values, {}, digest(data), (note,))


def measure_weeks(weeks: "Weeks", cases: tuple[str, ...], budget: Budget, watch: Watch) -> Measured:
    """The measurement on one grid."""
    base = day_ahead.fit_base(weeks.days)
    work = QUICK if budget.quick else FULL
    todo = [(name, seed) for seed in budget.seeds for name in (FAMILY, RIVAL)]
    found: dict[str, list[Rows]] = {FAMILY: [], RIVAL: []}
    real = weeks.solved(to_arrays(weeks.known, weeks.problem.variables), 1)

    def rows(name: str, seed: int) -> Rows:
        family = day_ahead.fitted(name, weeks.days, base, steps=work.steps, seed=seed)
        told = weeks.told(np.random.default_rng(seed))
        x = family.propose(weeks.problem.features(told), block_rng(seed, 0, f"weeks {name}"))
        arrays = weeks.problem.project({}, told)(weeks.problem.codec.decode(x))
        return compare(weeks.solved(arrays, len(STARTS)), real, weeks, cases)

    for i, (name, seed) in enumerate(todo):
        watch(f"{weeks.problem.settings.grid}: {name}, seed {seed}", i, len(todo))
        key: list[object] = [weeks.days.digest, weeks.problem.settings.grid, name, seed, work]
        found[name].append(kept_rows(budget, key, partial(rows, name, seed)))
    values = _intervals(found[FAMILY])
    beside = {f"{RIVAL}: {k}": v for k, v in _intervals(found[RIVAL]).items()}
    beside |= weeks.of_simbench()
    aligned = np.isin(weeks.known["group"].to_numpy(), weeks.donors)
    for case in cases:
        own = whole(real[case].within_loading[aligned])
        low, high = wilson(int(own.sum()), len(own))
        share = Interval(100 * float(own.mean()), 100 * low, 100 * high)
        beside[f"real weeks: {case}_within_loading"] = share
    data = digest([dataset_digest(weeks.known), weeks.days.digest])
    return from_intervals(values, beside, data)


def _intervals(found: list[Rows]) -> dict[str, Interval]:
    """Over seeds; of shares of weeks, over all weeks (percent)."""
    values = {}
    for name in found[0]:
        own = np.concatenate([rows[name] for rows in found])
        if name.endswith(("_feasible", "_within_loading")):
            low, high = wilson(int(own.sum()), len(own))
            values[name] = Interval(100 * float(own.mean()), 100 * low, 100 * high)
        elif name.endswith("_bounds"):  # a largest error has no chance in it
            worst = float(own.max())
            values[name] = Interval(worst, worst, worst)
        else:
            values[name] = t_interval(own)
    return values


@dataclass(frozen=True, eq=False)
class Weeks:
    """A grid with its real year, and calendars of runs of weeks.

    Shapes: n days of runs, w whole weeks to learn from.
    """

    problem: FeederDay
    known: xr.Dataset
    days: LoadDays
    place: Int[np.ndarray, " n"]  # days of the runs in the year
    donors: Int[np.ndarray, " w"]
    batteries: Batteries | None

    @classmethod
    def of(cls, problem: FeederDay) -> "Weeks":
        """All channels of the grid, with the split of its days."""
        known = problem.data()
        held = known["held_out"].to_numpy()
        x = problem.codec.encode(to_arrays(known, problem.variables)).float()
        cond = problem.features(known)
        kept = torch.as_tensor(held)
        group = known["group"].to_numpy()
        scale = torch.zeros(x.shape[1], 1), torch.ones(x.shape[1], 1)  # as the codec leaves it
        week, counts = np.unique(group, return_counts=True)
        whole = week[counts == 7]
        runs = [group[0] + 1 + start + np.arange(WEEKS) for start in STARTS]
        place = np.concatenate([np.flatnonzero(np.isin(group, run)) for run in runs])
        if len(place) != 7 * WEEKS * len(STARTS):
            raise EngineError("the year does not hold the whole weeks that this study asks for")
        donors = np.setdiff1d(whole, group[held])
        has = "storage" in known["infeed_kind"].to_numpy()
        batteries = Batteries.of(problem.feeder.verifier) if has else None
        days = LoadDays(
            x[~kept], cond[~kept], x[kept], cond[kept], group[held], np.flatnonzero(held), *scale
        )
        return cls(problem, known, days, place, donors, batteries)

    def told(self, rng: np.random.Generator) -> xr.Dataset:
        """Conditions of the runs: each week has the levels of a real training week near to it."""
        group = self.known["group"].to_numpy()
        days = self.known.isel({DESIGN: self.place})
        levels = {name: np.empty(len(self.place)) for name in LEVELS}
        for first in range(0, len(self.place), 7):
            apart = np.abs(self.donors - group[self.place[first]])
            near = self.donors[apart <= max(WEEKS_APART, int(apart.min()))]
            donor = np.flatnonzero(group == rng.choice(near))
            for name, own in levels.items():
                own[first : first + 7] = self.known[name].to_numpy()[donor]
        return days.assign_coords({name: (DESIGN, own) for name, own in levels.items()})

    def solved(self, arrays: tuple[Tensor, ...], runs: int) -> dict[str, Course]:
        """Runs with their power flow, by case: PV and wind without batteries, the others with."""
        bare = Course.of(self.problem, arrays, runs, None)
        if self.batteries is None:
            return dict.fromkeys(CASES, bare)
        full = Course.of(self.problem, arrays, runs, self.batteries)
        return {case: full if case in STORED else bare for case in CASES}

    def of_simbench(self) -> dict[str, Interval]:
        """How many weeks of the data's own storage profiles fit into their energy (%)."""
        if self.batteries is None:
            return {}
        own = self.known["infeed_p"].to_numpy()[:, of_kind(self.problem, "storage")]
        group = self.known["group"].to_numpy()
        fits = []
        for week in self.donors:
            power = own[group == week].transpose(1, 0, 2).reshape(own.shape[1], -1)
            inside = np.ptp(np.cumsum(power, axis=1) * self.batteries.hours, axis=1)
            fits += (inside <= self.batteries.energy_mwh / self.batteries.power_mw).tolist()
        low, high = wilson(sum(fits), len(fits))
        share = Interval(100 * sum(fits) / len(fits), 100 * low, 100 * high)
        return {"weeks of SimBench's storage profiles within their energy (%)": share}


def compare(
    proposed: Mapping[str, Course],
    real: Mapping[str, Course],
    weeks: Weeks,
    cases: tuple[str, ...],
) -> Rows:
    """What is measured of proposed runs, beside the real year."""
    held = weeks.known["held_out"].to_numpy()
    rows: Rows = {}
    for case in cases:
        ours, year = proposed[case], real[case]
        apart, usual = (
            distances.profile_distance(year.series[case][held][:, None], x[:, None]).mean()
            for x in (ours.series[case], year.series[case][~held])
        )
        rows[f"{case}_distance"] = np.array([apart / usual])
        rows[f"{case}_feasible"] = whole(ours.feasible)
        rows[f"{case}_within_loading"] = whole(ours.within_loading)
        if case in SERIES:
            rows[f"{case}_midnight"] = np.array([ours.seam(case) / year.seam(case)])
        rows[f"{case}_day_to_day"] = np.array([ours.day_to_day(case)])
        rows[f"{case}_day_to_day_real"] = np.array([year.day_to_day(case)])
    if "storage" in cases:
        ours, year = proposed["storage"], real["storage"]
        rows["storage_bounds"] = np.array([ours.beyond])
        rows["storage_cycles"] = np.array([100 * (ours.throughput / year.throughput - 1)])
    return rows


def whole(held: Bool[np.ndarray, " n"]) -> Float64[np.ndarray, " w"]:
    """1 for each week whose days all hold."""
    return np.asarray(held.reshape(-1, 7).all(1), dtype=np.float64)
