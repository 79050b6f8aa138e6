"""Load series to forecast: the days of each, and the inputs known the day before.

A forecast is made at midnight for the next 96 steps. Its inputs are the calendar of the day, and
all steps of the previous day and of the same day a week ago; never the weather, nor the day itself.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int, Shaped

from ingenium.core.designs import DESIGN
from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError, choose
from ingenium.domains.grid.consumers.classes import GROUPS, consumer_days
from ingenium.domains.grid.data.columns import ColumnMapping, ElementColumns, TimeColumn
from ingenium.domains.grid.data.conditions import DAY_TYPES, calendar, features
from ingenium.domains.grid.data.dataset import STEPS
from ingenium.domains.grid.data.ingest import whole_days
from ingenium.domains.grid.data.measured import quarter_hours, read_rows, require_values
from ingenium.domains.grid.data.profiles import SIMBENCH_LICENCE
from ingenium.domains.grid.data.split import check_split, split_weeks

EVERY = "all"  # groups
LAGS = (1, 7)  # days before the forecast that are inputs
CALENDAR = 2 + len(DAY_TYPES)  # numbers of inputs for the date


@dataclass(frozen=True)
class ForecastSettings:
    """Choice of load series, and of held-out weeks."""

    group: str = "household"  # of SimBench's load classes, or "all"
    crowd: int = 1  # so many classes are averaged into each series
    profiles: str | None = None  # CSV or Parquet of series of one's own, in kW
    columns: tuple[str, ...] = ()  # those of the file that are forecast
    timezone: str | None = None  # of the file's stamps without an offset, such as "Europe/Berlin"
    held_out_every: int = 5  # one week in so many is never learned from
    split_seed: int = 0  # which weeks these are

    def __post_init__(self) -> None:
        choose(self.group, [EVERY, *sorted(set(GROUPS.values()))], "group of consumers")
        check_split(self.held_out_every, self.split_seed)
        if self.crowd < 1:
            raise InputError("crowds of at least 1 class", self.crowd, "Write crowd = 1.")
        if (self.profiles is None) != (not self.columns):
            raise InputError(
                "profiles and columns together",
                "one of them alone",
                'Write profiles = "loads.csv" and columns = ["house"], or neither.',
            )


@dataclass(frozen=True, eq=False)
class LoadSeries:
    """Series in quarter-hours, with the days that can be forecast and the held-out ones.

    Shapes: s series, n days, t steps of a day, m days whose previous day and week are known.
    """

    names: tuple[str, ...]
    dates: Shaped[np.ndarray, " n"]
    load: Float64[np.ndarray, "s n t"]
    train: Bool[np.ndarray, " n"]
    unit: str = "1"
    licence: str = ""
    notes: tuple[str, ...] = ()

    @cached_property
    def mean(self) -> Float64[np.ndarray, " s"]:
        """Mean load of the training days."""
        return np.asarray(self.load[:, self.train].mean((1, 2)))

    @cached_property
    def spread(self) -> Float64[np.ndarray, " s"]:
        """Standard deviation of the training days; 1 for a constant series."""
        found = self.load[:, self.train].std((1, 2))
        return np.where(found > 0, found, 1.0)

    @cached_property
    def ahead(self) -> Int[np.ndarray, " m"]:
        """Positions of the days whose previous day and same day last week are known."""
        day = self.dates.astype("datetime64[D]").astype(np.int64)
        known = [np.isin(day - lag, day) for lag in LAGS]
        return np.flatnonzero(np.all(known, axis=0))

    @property
    def number(self) -> Int[np.ndarray, " n"]:
        """Days since the first."""
        day = self.dates.astype("datetime64[D]").astype(np.int64)
        return np.asarray(day - day[0])

    @property
    def week(self) -> Int[np.ndarray, " n"]:
        """ISO weeks, counted from 1970."""
        return np.asarray((self.dates.astype("datetime64[D]").astype(np.int64) + 3) // 7)

    @property
    def digest(self) -> str:
        """Digest of all inputs."""
        return digest([list(self.names), array_digest(self.load), array_digest(self.number)])

    def place(self, day: Float64[np.ndarray, " k"]) -> Int[np.ndarray, " k"]:
        """Return positions of days among those that can be forecast; -1 for any other."""
        known = self.number[self.ahead]
        at = np.searchsorted(known, day).clip(max=len(known) - 1)
        return np.where(known[at] == day, at, -1)

    def lagged(self, lag: int, days: Int[np.ndarray, " k"]) -> Float64[np.ndarray, "s k t"]:
        """Return the days `lag` before some positions."""
        return self.load[:, np.searchsorted(self.number, self.number[days] - lag)]

    def standard(self, load: Float64[np.ndarray, "s k t"]) -> Float64[np.ndarray, "s k t"]:
        """Standardise loads by mean and spread of each series."""
        return np.asarray((load - self.mean[:, None, None]) / self.spread[:, None, None])

    def condition(self, days: Int[np.ndarray, " k"]) -> Float64[np.ndarray, "k c"]:
        """Return the inputs at midnight: the calendar, then both earlier days of each series."""
        date = features(calendar(self.dates[days]))[:, :CALENDAR]
        earlier = np.stack([self.standard(self.lagged(lag, days)) for lag in LAGS], 1)
        return np.concatenate([date, earlier.transpose(2, 0, 1, 3).reshape(len(days), -1)], 1)

    def coords(self, days: Int[np.ndarray, " k"]) -> dict[str, tuple[str, np.ndarray]]:
        """Return date, week and part of some positions, along designs."""
        return {
            "date": (DESIGN, self.dates[days].astype("datetime64[ns]")),
            "group": (DESIGN, self.week[days]),
            "held_out": (DESIGN, ~self.train[days]),
        }


def load_series(settings: ForecastSettings) -> LoadSeries:
    """Read the series that a setup specifies.

    Raises:
        InputError: for a crowd larger than its group, or a file that cannot be used.
    """
    rng, every = np.random.default_rng(settings.split_seed), settings.held_out_every
    if settings.profiles is not None:
        dates, load, notes = _of_file(settings.profiles, settings)
        names, unit, licence = settings.columns, "kW", ""
    else:
        days = consumer_days()
        own = days if settings.group == EVERY else days.of_group(settings.group)
        dates, load, notes = own.dates.astype("datetime64[D]"), own.load_p, ()
        names, unit, licence = own.classes, "1", SIMBENCH_LICENCE
    if settings.crowd > 1:
        names, load = _crowds(names, load, settings.crowd)
    held = split_weeks(dates, rng, every=every).held_out
    train = ~np.isin(np.arange(len(dates)), held)
    return LoadSeries(names, dates, load, train, unit, licence, notes)


def _crowds(
    names: tuple[str, ...], load: Float64[np.ndarray, "s n t"], size: int
) -> tuple[tuple[str, ...], Float64[np.ndarray, "k n t"]]:
    """Means of consecutive classes by name; the remainder is left out."""
    count = len(names) // size
    if not count:
        raise InputError(
            f"crowds of at most {len(names)} series", size, f"Write crowd = {len(names)}."
        )
    joined = tuple("+".join(names[i * size : (i + 1) * size]) for i in range(count))
    shape = (count, size, *load.shape[1:])
    return joined, np.asarray(load[: count * size].reshape(shape).mean(1))


def _of_file(
    name: str, settings: ForecastSettings
) -> tuple[Shaped[np.ndarray, " n"], Float64[np.ndarray, "s n t"], tuple[str, ...]]:
    path = Path(name)
    if not path.is_file():
        raise InputError("a file", f"no file at {path}", "Write its path, from the spec's folder.")
    time = TimeColumn(timezone=settings.timezone)
    mapping = ColumnMapping({c: ElementColumns(c) for c in settings.columns}, time=time)
    rows = read_rows(path, mapping)
    require_values(rows, mapping.gaps)
    steps, notes = whole_days(quarter_hours(rows, time))
    dates = pd.DatetimeIndex(steps.index)[::STEPS].to_numpy().astype("datetime64[D]")
    load = steps[list(settings.columns)].to_numpy().T.reshape(len(settings.columns), -1, STEPS)
    return dates, np.ascontiguousarray(load), notes
