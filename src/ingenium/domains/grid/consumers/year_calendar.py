"""Calendar of a year, and real weeks placed in it: years by a bootstrap of weeks."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float64, Int, Shaped

from ingenium.core.errors import InputError
from ingenium.core.features import features
from ingenium.domains.grid.data.conditions import DAY_TYPES, SEEN, YEAR_DAYS, calendar, day_types
from ingenium.domains.grid.data.split import split_weeks

DAYS = 7
WEEK_DISTANCE = 3  # between a place in the year and a real week that may be used there
FIRST, LAST = 1970, 2200


@dataclass(frozen=True, eq=False)
class YearCalendar:
    """The days of a calendar year with their kinds, and their weeks from Monday.

    Shapes: d days of the year, w weeks that overlap with it.
    """

    dates: Shaped[np.ndarray, " d"]
    types: Shaped[np.ndarray, " d"]
    week: Int[np.ndarray, " d"]
    weekday: Int[np.ndarray, " d"]
    middle: Float64[np.ndarray, " w"]  # day of the year of the week's Thursday

    @classmethod
    def of(cls, year: int) -> "YearCalendar":
        """Build the calendar of one year.

        Raises:
            InputError: for a year outside the supported range.
        """
        if not FIRST <= year <= LAST:
            raise InputError(f"a year from {FIRST} to {LAST}", year, "Write year = 2016.")
        first, end = (np.datetime64(f"{y}-01-01", "D") for y in (year, year + 1))
        dates = np.arange(first, end)
        since, weekday = _weeks(dates)
        week = since - since[0]
        monday = dates[0] - weekday[0]
        middle = np.arange(week[-1] + 1) * DAYS + (monday - first).astype(int) + 4.0
        return cls(dates, day_types(dates), week, weekday, middle)

    def condition(self) -> Float64[np.ndarray, "d 5"]:
        """Return the model inputs of each day: position in the year, and kind."""
        return features(SEEN[:2], calendar(self.dates))

    def whole(self) -> Int[np.ndarray, " k"]:
        """Return the weeks whose seven days all lie in the year."""
        return np.flatnonzero(np.bincount(self.week) == DAYS)


@dataclass(frozen=True, eq=False)
class RealWeeks:
    """Whole weeks of the data, some of them held out.

    Shapes: r weeks.
    """

    first: Int[np.ndarray, " r"]  # place of the Monday among the days of the data
    middle: Float64[np.ndarray, " r"]
    types: Shaped[np.ndarray, "r 7"]
    held_out: Bool[np.ndarray, " r"]

    @classmethod
    def of(cls, dates: Shaped[np.ndarray, " n"], *, every: int, seed: int) -> "RealWeeks":
        """Build weeks of consecutive days; every `every`-th week of each season is held out."""
        days = dates.astype("datetime64[D]")
        split = split_weeks(days, np.random.default_rng(seed), every=every)
        since, weekday = _weeks(days)
        whole = np.flatnonzero(np.bincount(since - since[0]) == DAYS) + since[0]
        first = np.flatnonzero((weekday == 0) & np.isin(since, whole))
        of_year = calendar(days)["day_of_year"].to_numpy()
        types = day_types(days)[first[:, None] + np.arange(DAYS)]
        return cls(first, of_year[first + 3], types, np.isin(first, split.held_out))

    def years(
        self, target: YearCalendar, n: int, rng: np.random.Generator, *, held_out: bool
    ) -> Int[np.ndarray, "n d"]:
        """Sample a day of the data for each day of new years: whole weeks, moved by at most three.

        A holiday gets a Sunday of its week, and any other day one of its own kind.
        """
        own = np.flatnonzero(self.held_out == held_out)
        distance = _distance(target.middle[:, None], self.middle[own])
        near = distance <= np.maximum(DAYS * WEEK_DISTANCE, distance.min(1, keepdims=True))
        drawn = [rng.choice(own[row], size=n) for row in near]  # one week each
        week = np.stack(drawn, 1)[:, target.week]
        return np.asarray(self.first[week] + self._alike(target)[week, np.arange(len(target.week))])

    def places(self, target: YearCalendar) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
        """Return days of held-out weeks in the data, and of the year's weeks nearest to each."""
        whole, own = target.whole(), np.flatnonzero(self.held_out)
        nearest = whole[_distance(self.middle[own][:, None], target.middle[whole]).argmin(1)]
        monday = np.searchsorted(target.week, nearest)
        days = np.arange(DAYS)
        real, there = (x[:, None] + days for x in (self.first[own], monday))
        return real.ravel(), there.ravel()

    def _alike(self, target: YearCalendar) -> Int[np.ndarray, "r d"]:
        """Day of each real week that represents each day of the year."""
        other = np.stack([self.types != kind for kind in DAY_TYPES], 1)  # r, kind, 7
        away = np.abs(np.arange(DAYS)[:, None] - np.arange(DAYS))  # weekday, 7
        best = (away + 2 * DAYS * other[:, :, None]).argmin(3)  # r, kind, weekday
        kind = np.array([DAY_TYPES.index(name) for name in target.types])
        return np.asarray(best[:, kind, target.weekday])


def real_days(load: Float64[np.ndarray, "h n t"], days: Int[np.ndarray, "y d"]) -> xr.DataArray:
    """Return years of some days of the data, as (design, consumer, time)."""
    y, d = days.shape
    series = load[:, days].transpose(1, 0, 2, 3).reshape(y, len(load), d * load.shape[2])
    return xr.DataArray(series, dims=("design", "consumer", "time"))


def _weeks(days: Shaped[np.ndarray, " n"]) -> tuple[np.ndarray, np.ndarray]:
    """Weeks since that of 1 January 1970, and days after Monday."""
    since, weekday = np.divmod(days.astype("datetime64[D]").astype(np.int64) + 3, DAYS)
    return since, weekday


def _distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Days between two days of a year, the shorter way round."""
    away = np.abs(one - other) % YEAR_DAYS
    return np.asarray(np.minimum(away, YEAR_DAYS - away))
