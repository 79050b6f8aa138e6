"""Row 27.2: scenarios of crowds of households narrow as the crowd grows, and stay calibrated.

Households of SimBench: crowds of 1, 4 and 16 different ones on random days of one season and day
type, and all classes on the same real day; every fifth week of each season held out, crowds drawn
within each part, each among as many days as the held-out part has of its kind, so that crowds of
both parts differ alike; kinds of day with fewer than 16 households are left out. A
gaussian_copula conditional on the calendar alone is fitted for each size; 100 scenarios for each
of 2 crowds a held-out day. Spread is the mean width of the 90 % interval over the mean load.
Bootstrap over seeds and weeks. The spread of the real crowds is reported beside. Budget: 5 seeds;
quick: 1 seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float64, Int, Shaped

from ingenium.core.digest import array_digest, digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng
from ingenium.domains.grid.conditions import DAY_TYPES, calendar, features
from ingenium.domains.grid.consumers import ConsumerDays, consumer_days, crowds, day_kinds
from ingenium.domains.grid.split import split_weeks
from ingenium.domains.grid.studies.day_ahead import Rows, kept_rows
from ingenium.evaluate import scores
from ingenium.evaluate.intervals import Interval, crossed_interval, skill
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families

SIZES = ("1", "4", "16", "all")  # households
LARGEST = 16  # households of a crowd that is drawn
STEPS_UP = tuple(pairwise(SIZES))
FAMILY = "gaussian_copula"
TOLD = 2 + len(DAY_TYPES)  # features of the calendar; a crowd's own levels are not told
CROWDS = 2  # for each day
MEMBERS = 100
NOMINAL = (87.0, 93.0)  # % of observations in 90 % intervals


@dataclass(frozen=True, eq=False)
class Level:
    """Mean loads of crowds of one size, with the position of each crowd's day.

    Shapes: n crowds, t steps.
    """

    load: Float64[np.ndarray, "n t"]
    cond: torch.Tensor  # (n, TOLD)
    week: Int[np.ndarray, " n"]


def measure(budget: Budget, watch: Watch) -> Measured:
    """Draw crowds, fit, propose and score for each size and seed."""
    days = consumer_days().of_group("household")
    return measure_crowds(days, budget, watch)


def measure_crowds(days: ConsumerDays, budget: Budget, watch: Watch) -> Measured:
    """The measurement on given households."""
    split = split_weeks(days.dates, np.random.default_rng(0))
    among = days_of_kinds(days.dates[split.held_out])
    train, held_out = (with_crowds(days, p, among) for p in (split.train, split.held_out))
    data = digest([array_digest(days.load_p), array_digest(held_out)])
    todo = [(size, seed) for size in SIZES for seed in budget.seeds]
    found: dict[str, list[Rows]] = {}
    for i, (size, seed) in enumerate(todo):
        watch(f"crowd of {size}, seed {seed}", i, len(todo))
        rng = np.random.default_rng([seed, SIZES.index(size)])
        own, held = (level(days, part, size, rng, among) for part in (train, held_out))
        make = partial(_rows, own, held, seed)
        rows = kept_rows(budget, [data, size, seed], make)
        found.setdefault(size, []).append(rows)
    week = level(days, held_out, "all", np.random.default_rng(0), among).week
    table = {
        key: {m: np.stack([row[m] for row in rows]) for m in rows[0]} for key, rows in found.items()
    }
    values = _parts(table, week)
    beside: dict[str, Interval] = {}
    rng = np.random.default_rng(0)
    for size, own_rows in table.items():
        for m in ("width", "real_width", "coverage", "crps"):
            beside[f"households {size}: {m}"] = crossed_interval(own_rows[m], rng, groups=week)
    return from_intervals(values, beside, data)


def _parts(table: dict[str, dict[str, np.ndarray]], week: np.ndarray) -> dict[str, Interval]:
    """How much narrower each size is than the one before, and the coverage of each (%)."""
    values = {}
    rng = np.random.default_rng(0)
    for small, large in STEPS_UP:
        found = skill(table[large]["width"], table[small]["width"], rng, groups=week)
        values[f"narrower_{large}"] = _percent(found)
    for size in SIZES:
        found = crossed_interval(table[size]["coverage"], rng, groups=week)
        values[f"coverage_{size}"] = _percent(found)
    return values


def days_of_kinds(dates: Shaped[np.ndarray, " k"]) -> dict[str, int]:
    """How many days there are of each season and day type."""
    kinds, counts = np.unique(day_kinds(dates), return_counts=True)
    return dict(zip(kinds.tolist(), counts.tolist(), strict=True))


def with_crowds(
    days: ConsumerDays, part: Int[np.ndarray, " k"], among: Mapping[str, int]
) -> Int[np.ndarray, " m"]:
    """The days of a part whose kind has enough different households for the largest crowd."""
    enough = [k for k, count in among.items() if count * len(days.classes) >= LARGEST]
    return part[np.isin(day_kinds(days.dates[part]), enough)]


def level(
    days: ConsumerDays,
    part: Int[np.ndarray, " k"],
    size: str,
    rng: np.random.Generator,
    among: Mapping[str, int],
) -> Level:
    """Crowds of one size on each day of a part of the year, drawn from that part alone."""
    own = ConsumerDays(days.dates[part], days.classes, days.load_p[:, part], days.load_q[:, part])
    day = np.tile(np.arange(len(part)), CROWDS)
    if size == "all":  # the real sum of the day, with whatever households have in common
        load = own.load_p.mean(0)[day]
    else:
        load = crowds(own, int(size), len(day), rng, day=day, among=among).load
    dates = own.dates[day].astype("datetime64[D]")
    cond = torch.as_tensor(features(calendar(dates))[:, :TOLD], dtype=torch.float32)
    return Level(load, cond, (dates.astype(np.int64) + 3) // 7)


def _rows(own: Level, held: Level, seed: int) -> Rows:
    """Relative width, coverage and CRPS for each held-out crowd."""
    mean, spread = own.load.mean(), own.load.std()
    x = torch.as_tensor((own.load - mean) / spread, dtype=torch.float32)[:, None]
    order = np.argsort(own.week, kind="stable")  # neighbouring days are left out together
    x, cond = x[order], own.cond[order]
    family = families.build(FAMILY, tuple(x.shape[1:]), cond.shape[1], seed=seed)
    family.fit(x, cond, families.plan(FAMILY, seed=seed))
    proposed = family.propose(held.cond.repeat(MEMBERS, 1), block_rng(seed, 0, f"crowds {FAMILY}"))
    load = (proposed.double().numpy()[:, 0] * spread + mean).clip(min=0.0)
    ensemble = load.reshape(MEMBERS, len(held.load), 1, -1)
    observed = held.load[:, None]
    size = held.load.mean()
    low, high = np.quantile(held.load, (0.05, 0.95), axis=0)
    return {
        "width": scores.interval_width(ensemble, observed) / size,
        "real_width": np.full(len(observed), (high - low).mean() / size),
        "coverage": scores.interval_coverage(ensemble, observed, tolerance=1e-9),
        "crps": scores.crps(ensemble, observed) / size,
    }


def _percent(found: Interval) -> Interval:
    return Interval(100 * found.value, 100 * found.low, 100 * found.high)
