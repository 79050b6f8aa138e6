"""Load a day ahead in hours: what is told of each day, families tuned alike, and their scores.

A day is told what is known at midnight: the calendar, all hours of the day before and of the same
day a week ago, and the weather of the day as it was measured, so as a perfect forecast of it. It is
proposed as the logarithm of its hours over the mean of the week before it. Nothing of the checked
and of the held-out days enters a scale or a component.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial

import numpy as np
import torch
from jaxtyping import Float, Float64, Int, Shaped
from torch import Tensor

from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.seeds import block_rng
from ingenium.evaluate.intervals import Interval, skill
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, over_units
from ingenium.generators.model import Family
from ingenium.generators.smooth_mean import SmoothMean
from ingenium.scores import scores
from ingenium.train.plan import Plan

HOURS = 24
LAGS = (1, 7)  # days back
COMPONENTS = 6  # of each block of hours that a day is told
FLOOR = 0.02  # of the mean load, added before the logarithm
MEASURES = ("crps", "energy_score", "pinball", "coverage_90")
LEARN, CHECK, HELD = 0, 1, 2  # parts: to learn from, to tune on, held out
NOTHING, MEAN, DAY, WEEK = "nothing", "a smooth mean", "the day before", "the week before"


@dataclass(frozen=True)
class AheadWork:
    """How much is done."""

    steps: float = 1.0  # share of each plan's
    tries: int | None = None  # settings of a family that are tried; None for all
    members: int = 25  # proposals for each held-out day


SIZES = (AheadWork(), AheadWork(steps=0.02, tries=1, members=10))


@dataclass(frozen=True, eq=False)
class AheadDays:
    """Days of one or several series, each with what was known of it.

    Shapes: n days, c conditions, 24 hours.
    """

    load: Float64[np.ndarray, "n 24"]  # in means of its series over the days to learn from
    before: Float64[np.ndarray, "lags n 24"]  # the same, days of `LAGS` back
    recent: Float64[np.ndarray, " n"]  # mean logarithm of the seven days before
    cond: Float[Tensor, "n c"]
    part: Int[np.ndarray, " n"]
    week: Int[np.ndarray, " n"]

    def rows(self, *parts: int) -> Int[np.ndarray, " k"]:
        """Days of some parts."""
        return np.flatnonzero(np.isin(self.part, parts))

    @property
    def digest(self) -> str:
        """Of all that enters."""
        arrays = (self.load, self.recent, self.cond.numpy(), self.part)
        return digest([array_digest(np.asarray(x)) for x in arrays])

    @cached_property
    def scale(self) -> float:
        """Spread of the logarithms over the days to learn from."""
        own = self.rows(LEARN)
        return float((_log(self.load[own]) - self.recent[own, None]).std())

    def standard(
        self, load: Float64[np.ndarray, "k 24"], rows: Int[np.ndarray, " k"]
    ) -> Float[Tensor, "k 24"]:
        """Loads at the place of some days, as families see them."""
        return torch.from_numpy((_log(load) - self.recent[rows, None]) / self.scale)

    def loads(
        self, z: Float[Tensor, "k 24"], rows: Int[np.ndarray, " k"]
    ) -> Float64[np.ndarray, "k 24"]:
        """The inverse of `standard`, never below zero."""
        log = z.double().numpy() * self.scale + self.recent[rows, None]
        load: np.ndarray = np.maximum(np.exp(np.minimum(log, 50.0)) - FLOOR, 0.0)
        return load


@dataclass(frozen=True)
class AheadSetting:
    """One way to fit a family: around which forecast, built by what, with which plan."""

    around: str
    make: Callable[[tuple[int, ...], int], Family]
    plan: Plan
    text: str


@dataclass(frozen=True, eq=False)
class AheadFit:
    """A family of what a forecast of single values misses."""

    days: AheadDays
    forecast: Callable[[Int[np.ndarray, " k"]], Float[Tensor, "k 24"]]
    centre: Float[Tensor, " 24"]
    spread: Float[Tensor, " 24"]
    family: Family
    curve: Mapping[str, Sequence[float]]

    def propose(
        self, rows: Int[np.ndarray, " k"], members: int, rng: torch.Generator
    ) -> Float64[np.ndarray, "m k 24"]:
        """So many loads for each of some days."""
        start, cond = self.forecast(rows) + self.centre, self.days.cond[rows]
        made = (  # one after the other: some families hold all days times all they learned from
            self.days.loads(start + self.spread * self.family.propose(cond, rng), rows)
            for _ in range(members)
        )
        return np.stack(list(made))


def ahead_days(
    load: Float64[np.ndarray, "s m 24"],
    part: Int[np.ndarray, " m"],
    dates: Shaped[np.ndarray, " m"],
    calendar: Float64[np.ndarray, "m a"],
    hours: Sequence[Float64[np.ndarray, "m 24"]] = (),
) -> AheadDays:
    """Days without gaps of s series, series by series; `hours` are told besides their history.

    Of several series each is also told its mean day, of the days to learn from.

    Raises:
        InputError: if days are missing or there is nothing to learn from.
    """
    if not (np.diff(dates.astype("datetime64[D]").astype(int)) == 1).all():
        raise InputError("days without gaps", f"{dates[0]} to {dates[-1]} with gaps")
    if not (part == LEARN).any():
        raise InputError("days to learn from", "none")
    load = load / load[:, part == LEARN].mean((1, 2))[:, None, None]
    at = np.arange(max(LAGS), len(dates))
    daily = _log(load).mean(2)
    recent = np.mean([daily[:, at - lag] for lag in range(1, max(LAGS) + 1)], 0)
    before = np.stack([load[:, at - lag] for lag in LAGS])
    count, own = len(load), np.tile(part[at] == LEARN, len(load))
    condition = [(_log(past) - recent[..., None]).reshape(-1, HOURS) for past in before]
    condition += [np.tile(x[at], (count, 1)) for x in hours]
    if count > 1:
        usual = _log(load[:, part == LEARN]).mean(1)
        condition.append(np.repeat(usual, len(at), 0))
    blocks = [np.tile(calendar[at], (count, 1)), *(_components(x, own) for x in condition)]
    cond = np.concatenate(blocks, 1)
    spread = cond[own].std(0)
    cond = (cond - cond[own].mean(0)) / np.where(spread > 1e-9, spread, 1.0)
    week = (dates[at].astype("datetime64[D]").astype(np.int64) + 3) // 7
    return AheadDays(
        load[:, at].reshape(-1, HOURS),
        before.reshape(len(LAGS), -1, HOURS),
        recent.ravel(),
        torch.from_numpy(cond).to(torch.float32),
        np.tile(part[at], count),
        np.tile(week, count),
    )


def _log(load: Float64[np.ndarray, "*n 24"]) -> Float64[np.ndarray, "*n 24"]:
    return np.asarray(np.log(load + FLOOR))


def _components(
    block: Float64[np.ndarray, "n 24"], own: Shaped[np.ndarray, " n"]
) -> Float64[np.ndarray, "n k"]:
    """Leading components of hours, as the days to learn from have them."""
    centred = block - block[own].mean(0)
    _, _, axes = np.linalg.svd(centred[own], full_matrices=False)
    return np.asarray(centred @ axes[:COMPONENTS].T)


def fit(
    setting: AheadSetting, days: AheadDays, rows: Int[np.ndarray, " k"], seed: int, steps: float
) -> AheadFit:
    """A family fitted to some days, with a share of the steps of its plan."""
    truth, cond = days.standard(days.load[rows], rows), days.cond[rows]
    forecast, missed = _around(setting.around, days, truth, rows)
    centre, spread = missed.mean(0), missed.std(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        family = setting.make((HOURS,), cond.shape[1])
    plan = replace(setting.plan, seed=seed, steps=max(1, round(steps * setting.plan.steps)))
    curve = family.fit(((missed - centre) / spread).to(torch.float32), cond, plan)
    return AheadFit(days, forecast, centre, spread, family, curve)


def _around(
    what: str, days: AheadDays, truth: Float[Tensor, "k 24"], rows: Int[np.ndarray, " k"]
) -> tuple[Callable[[Int[np.ndarray, " j"]], Float[Tensor, "j 24"]], Float[Tensor, "k 24"]]:
    """A forecast, and what it misses of the days it was fitted to, each left out."""
    if what == NOTHING:
        return lambda at: torch.zeros(len(at), HOURS, dtype=torch.float64), truth
    if what == MEAN:
        mean = SmoothMean()
        missed = mean.learn(truth, days.cond[rows])
        return lambda at: mean.mean(days.cond[at]), missed
    past = days.before[(DAY, WEEK).index(what)]
    return (
        lambda at: days.standard(past[at], at),
        truth - days.standard(past[rows], rows),
    )


@cache
def tuned(settings: tuple[AheadSetting, ...], days: AheadDays, work: AheadWork) -> int:
    """Which setting has the least CRPS on the days to tune on; each is fitted once."""
    tried = settings[: work.tries]
    if len(tried) == 1:
        return 0
    rows = days.rows(CHECK)
    found = []
    for setting in tried:
        made = fit(setting, days, days.rows(LEARN), 0, work.steps)
        ensemble = made.propose(rows, work.members // 2, block_rng(0, 0, "tuning"))
        found.append(float(scores.crps(ensemble, days.load[rows]).mean()))
    return int(np.argmin(found))


def score(
    made: AheadFit, members: int, rng: torch.Generator
) -> dict[str, Float64[np.ndarray, " n"]]:
    """`MEASURES` of each held-out day, in means of its series."""
    rows = made.days.rows(HELD)
    ensemble, truth = made.propose(rows, members, rng), made.days.load[rows]
    return {
        "crps": scores.crps(ensemble, truth),
        "energy_score": scores.energy_score(ensemble, truth),
        "pinball": scores.pinball(ensemble, truth),
        "coverage_90": scores.interval_coverage(ensemble, truth, tolerance=1e-6),
    }


def gain(found: Readings, name: str, rival: str, measure: str, days: AheadDays) -> Value:
    """How much lower the score of a family is than its rival's, over seeds and weeks (%)."""
    ours, theirs = found(name, measure), found(rival, measure)
    week = days.week[days.rows(HELD)]
    share = skill(ours, theirs, np.random.default_rng(0), groups=week)
    by_seed = tuple((100 * (1 - ours.mean(1) / theirs.mean(1))).tolist())
    return Value(Interval(100 * share.value, 100 * share.low, 100 * share.high), by_seed)


def all_scores(found: Readings, name: str, days: AheadDays) -> dict[str, Value]:
    """A family's `MEASURES` with intervals over seeds and weeks."""
    week = days.week[days.rows(HELD)]
    return {f"{name} {k}": over_units(found(name, k), groups=week) for k in MEASURES}


def settings(
    around: Sequence[str], makers: Mapping[str, Callable[..., Family]], steps: int = 1
) -> tuple[AheadSetting, ...]:
    """Every maker around every forecast, with so many steps of training."""
    return tuple(
        AheadSetting(base, make, Plan(steps=steps), f"around {base}, {text}")
        for base in around
        for text, make in makers.items()
    )


def makers(
    family: Callable[..., Family], kind: Callable[..., object], **values: Sequence[object]
) -> dict[str, Callable[..., Family]]:
    """A maker for each row of values of a family's settings."""
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    return {
        ", ".join(f"{k} {v}" for k, v in row.items()): partial(family, settings=kind(**row))
        for row in rows
    }
