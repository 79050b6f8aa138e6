"""Row 29.15: operating envelopes of a feeder from probabilistic forecasts of load and PV.

SimBench 1-LV-rural1--0-sw, every fifth week of each season held out. A day ahead, the
principal_autoregressive of the comparison is told the calendar and yesterday's energy, peak and
weather level, with no weather forecast. For each of 48 scenarios of a held-out day and each
quarter-hour an AC power flow finds how much more the customers together may feed in (until 1.05
pu) or draw (until 0.985 pu), shared by rated load. The envelope is the quantile of these at the
risk. The real day is then solved with all of the envelope in use, and steps outside the band are
counted. Rivals: a bootstrap of days of the season and day type, a Gaussian copula, and
yesterday's real room. Pinball loss of the feeder's load and PV in deviations; coverage of PV from
10:00 to 15:00, as nights are trivial. Bootstrap over seeds and weeks. Budget: 5 seeds, 1500
steps; quick: 1 seed, 60 steps, one rival.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64, Int
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.errors import EngineError
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.conditions import LEVELS
from ingenium.domains.grid.feeder_day import FeederDay
from ingenium.domains.grid.headroom import Headroom
from ingenium.domains.grid.studies.day_ahead import Rows, Work, kept_rows
from ingenium.evaluate import scores
from ingenium.evaluate.intervals import Interval, crossed_interval, skill
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families

FAMILY, RIVALS = FeederDay.default_family, ("bootstrap", "gaussian_copula")
FULL, QUICK = Work(steps=1500, members=48), Work(steps=60, members=24)
LOWEST_PU, HIGHEST_PU, MOST_MW = 0.985, 1.05, 0.5
RISKS = {"10": 0.1, "5": 0.05}  # %
SIDES = ("infeed", "load")
NOMINAL = (87.0, 93.0)  # % of observations in 90 % intervals
NOON = slice(40, 60)  # 10:00 to 15:00, when the sun is up in every season


def measure(budget: Budget, watch: Watch) -> Measured:
    """Forecast the held-out days of the feeder, set envelopes, and solve the days with them."""
    problem = open_problem(Spec(problem="grid.feeder_day"))
    if not isinstance(problem, FeederDay):
        raise EngineError("grid.feeder_day is not the problem that this study knows")
    return measure_envelopes(problem, budget, watch)


def measure_envelopes(problem: FeederDay, budget: Budget, watch: Watch) -> Measured:
    """The measurement on a given feeder."""
    ahead = Ahead.of(problem)
    work = QUICK if budget.quick else FULL
    names = (FAMILY, *(RIVALS[:1] if budget.quick else RIVALS))
    found: dict[str, list[Rows]] = {name: [] for name in names}
    todo = [(name, seed) for seed in budget.seeds for name in names]
    for i, (name, seed) in enumerate(todo):
        watch(f"{name}, seed {seed}", i, len(todo))
        key: list[object] = [ahead.digest, name, seed, work]
        found[name].append(kept_rows(budget, key, partial(_rows, ahead, name, seed, work)))
    table = {
        name: {m: np.stack([row[m] for row in own]) for m in own[0]} for name, own in found.items()
    }
    yesterday = {
        k: np.tile(v, (len(budget.seeds), 1)) for k, v in _outcome(ahead, ahead.yesterday).items()
    }
    beside = _beside(table | {"yesterday": yesterday}, ahead)
    return from_intervals(_parts(table, yesterday, ahead.week), beside, ahead.digest)


@dataclass(frozen=True, eq=False)
class Ahead:
    """Days of a feeder that follow a known day, under what was known then.

    Shapes: m days to learn from, n held out, d channels, t steps, c conditions.
    """

    problem: FeederDay
    headroom: Headroom
    held: xr.Dataset
    own_x: Float[Tensor, "m d t"]
    own_cond: Float[Tensor, "m c"]
    cond: Float[Tensor, "n c"]
    week: Int[np.ndarray, " n"]
    scale: Float64[np.ndarray, "2 1"]  # deviation of load and infeed (MW)
    real: Mapping[str, Float64[np.ndarray, "n t"]]  # room of the held-out days (MW)
    yesterday: Mapping[str, Float64[np.ndarray, "n t"]]  # that of the days before
    digest: str

    @classmethod
    def of(cls, problem: FeederDay) -> "Ahead":
        """All days but those after a gap; yesterday's levels take the place of today's."""
        days = problem.data()
        dates = days["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
        after = np.flatnonzero(np.diff(dates) == 1) + 1
        known = {k: (DESIGN, days[k].to_numpy()[after - 1]) for k in LEVELS}
        told = days.isel({DESIGN: after}).assign_coords(known)
        cond = problem.features(told)
        held = days["held_out"].to_numpy()[after]
        learned = days.isel({DESIGN: after[~held]})
        arrays = to_arrays(learned, problem.variables)
        verifier = problem.feeder.verifier
        headroom = Headroom(verifier, LOWEST_PU, HIGHEST_PU, MOST_MW)
        before, now = (days.isel({DESIGN: after[held] - k}) for k in (1, 0))
        total = totals(problem, arrays)
        return cls(
            problem,
            headroom,
            now,
            problem.codec.encode(arrays).float(),
            cond[torch.as_tensor(~held)],
            cond[torch.as_tensor(held)],
            days["group"].to_numpy()[after[held]],
            total.std((0, 2))[:, None],
            rooms(headroom, to_arrays(now, problem.variables)),
            rooms(headroom, to_arrays(before, problem.variables)),
            digest([dataset_digest(days), LOWEST_PU, HIGHEST_PU]),
        )


def totals(problem: FeederDay, arrays: tuple[Tensor, ...]) -> Float64[np.ndarray, "n 2 t"]:
    """Load and infeed of the whole feeder (MW)."""
    profiles = problem.feeder.verifier.profiles
    load, _, infeed = arrays
    return np.stack(
        [
            torch.einsum("nut,u->nt", load, profiles.load_p_mw.sum(1)).numpy(),
            torch.einsum("ngt,g->nt", infeed, profiles.infeed_p_mw.sum(1)).numpy(),
        ],
        axis=1,
    )


def rooms(headroom: Headroom, arrays: tuple[Tensor, ...]) -> dict[str, Float64[np.ndarray, "n t"]]:
    """Extra infeed and load that days have room for, by exact power flow (MW)."""
    return dict(zip(SIDES, (headroom.infeed_mw(*arrays), headroom.load_mw(*arrays)), strict=True))


def _rows(ahead: Ahead, name: str, seed: int, work: Work) -> Rows:
    """Scores of the forecast, and what envelopes at each risk came to, by held-out day."""
    problem, n = ahead.problem, len(ahead.cond)
    family = families.build(name, problem.codec.shape, ahead.cond.shape[1], seed=seed)
    family.fit(ahead.own_x, ahead.own_cond, families.plan(name, steps=work.steps, seed=seed))
    rng = block_rng(seed, 0, f"envelopes {name}")
    x = family.propose(ahead.cond.repeat(work.members, 1), rng)
    asked = ahead.held.isel({DESIGN: np.tile(np.arange(n), work.members)})
    arrays = problem.project({}, asked)(problem.codec.decode(x))
    forecast = totals(problem, arrays).reshape(work.members, n, 2, -1) / ahead.scale
    real = totals(problem, to_arrays(ahead.held, problem.variables)) / ahead.scale
    rows: Rows = {
        "pinball": scores.pinball(forecast, real),
        "coverage_load": _coverage(forecast[:, :, :1], real[:, :1]),
        "coverage_pv": _coverage(forecast[:, :, 1:, NOON], real[:, 1:, NOON]),
    }
    found = rooms(ahead.headroom, arrays)
    for percent, risk in RISKS.items():
        envelope = {
            side: np.quantile(room.reshape(work.members, n, -1), risk, axis=0, method="weibull")
            for side, room in found.items()
        }
        rows |= {f"{k}_{percent}": v for k, v in _outcome(ahead, envelope).items()}
    return rows


def _coverage(
    x: Float64[np.ndarray, "members n d t"], y: Float64[np.ndarray, "n d t"]
) -> Float64[np.ndarray, " n"]:
    return 100 * scores.interval_coverage(x, y, tolerance=1e-9)


def _outcome(ahead: Ahead, envelope: Mapping[str, Float64[np.ndarray, "n t"]]) -> Rows:
    """Share of steps that break the band if all of the envelope is used (%), and its size (kW)."""
    load_p, load_q, infeed_p = to_arrays(ahead.held, ahead.problem.variables)
    rows: Rows = {}
    for side, sign in zip(SIDES, (-1.0, 1.0), strict=True):
        margin = ahead.headroom.margin_pu(load_p, load_q, infeed_p, sign * envelope[side])
        rows[f"{side}_broken"] = 100 * (~(margin >= 0)).mean(1)
        rows[f"{side}_kw"] = 1000 * envelope[side].mean(1)
    return rows


Table = Mapping[str, Mapping[str, Float64[np.ndarray, "s n"]]]


def _parts(
    table: Table, yesterday: Mapping[str, np.ndarray], week: Int[np.ndarray, " n"]
) -> dict[str, Interval]:
    rng, own = np.random.default_rng(0), table[FAMILY]
    wanted = [f"{side}_broken_{p}" for p in RISKS for side in SIDES]
    wanted += ["coverage_load", "coverage_pv"]
    values = {name: crossed_interval(own[name], rng, groups=week) for name in wanted}
    for rival in RIVALS:
        if rival in table:
            gain = skill(own["pinball"], table[rival]["pinball"], rng, groups=week)
            values[f"pinball_{rival}"] = Interval(100 * gain.value, 100 * gain.low, 100 * gain.high)
        else:  # left out of a quick look, which decides nothing
            values[f"pinball_{rival}"] = Interval(np.nan, np.nan, np.nan)
    for side in SIDES:
        gap = yesterday[f"{side}_broken"] - own[f"{side}_broken_10"]
        values[f"{side}_safer"] = crossed_interval(gap, rng, groups=week)
    return values


def _beside(table: Table, ahead: Ahead) -> dict[str, Interval]:
    """All families and yesterday's room, and the room that the days really had."""
    rng = np.random.default_rng(0)
    beside = {
        f"{name}: {measure}": crossed_interval(values, rng, groups=ahead.week)
        for name, own in table.items()
        for measure, values in own.items()
    }
    for side, room in ahead.real.items():
        mean = 1000 * room.mean(1)[None]
        beside[f"perfect foresight: {side}_kw"] = crossed_interval(mean, rng, groups=ahead.week)
    return beside
