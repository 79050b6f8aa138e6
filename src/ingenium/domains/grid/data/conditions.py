"""Conditions of a day: season, kind of day, and levels of load, peak and weather infeed.

Levels are quantile ranks from 0 to 1 among the days of the table, so that a spec can request "the
upper tenth of the peaks" on any feeder. `features` returns the model inputs.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float64, Int, Shaped

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.features import features as numbers
from ingenium.core.quantity import Condition

SEASONS = ("winter", "spring", "summer", "autumn")
DAY_TYPES = ("workday", "saturday", "sunday_or_holiday")
LEVELS = ("energy_level", "peak_level", "weather_level")
FEATURES = ("year_sin", "year_cos", *DAY_TYPES, *LEVELS)
ENVELOPE_DAYS = 15  # either side
YEAR_DAYS = 365.2425
UNIT_SPREAD = 1 / 12**0.5  # of an even rank in [0, 1]


def _rank(name: str, of: str, measured: str | None = None) -> Condition:
    meaning = f"quantile rank of the day's {of}"
    return Condition(name, meaning, middle=0.5, spread=UNIT_SPREAD, measured=measured, acts=False)


_YEAR = Condition(
    "day_of_year",
    "day of the year, 1 for 1 January",
    lower=1.0,
    upper=366.0,
    middle=1.0,
    period=YEAR_DAYS,
)
_TYPE = Condition("day_type", "workday, Saturday, or Sunday or German public holiday", DAY_TYPES)
_LEVELS = (
    _rank("energy_level", "load energy", "load_energy_rank"),
    _rank("peak_level", "peak load", "load_peak_rank"),
    _rank("weather_level", "infeed relative to its season's best"),
)
CONDITIONS = (Condition("season", "meteorological season", SEASONS), _TYPE, _YEAR, *_LEVELS)
SEEN = (_YEAR, _TYPE, *_LEVELS)  # from which models infer the season


@dataclass(frozen=True, eq=False)
class DayConditions:
    """Conditions of a batch of days.

    Shapes: n days.
    """

    dates: Shaped[np.ndarray, " n"]  # n
    season: Shaped[np.ndarray, " n"]  # n, of SEASONS
    day_type: Shaped[np.ndarray, " n"]  # n, of DAY_TYPES
    energy_level: Float64[np.ndarray, " n"]
    peak_level: Float64[np.ndarray, " n"]
    weather_level: Float64[np.ndarray, " n"]  # NaN where there is no PV or wind

    def __post_init__(self) -> None:
        for name in LEVELS:
            level = getattr(self, name)
            if np.any((level < 0) | (level > 1)):
                raise InputError(f"{name} from 0 to 1", f"{np.nanmin(level)} to {np.nanmax(level)}")
        for name, known in (("season", SEASONS), ("day_type", DAY_TYPES)):
            unknown = sorted(set(getattr(self, name).tolist()) - set(known))
            if unknown:
                raise InputError(f"{name} of {known}", unknown[0])

    def __len__(self) -> int:
        return len(self.dates)

    def take(self, index: Int[np.ndarray, " k"]) -> "DayConditions":
        """The conditions of the days at `index`, in that order."""
        return DayConditions(
            self.dates[index],
            self.season[index],
            self.day_type[index],
            self.energy_level[index],
            self.peak_level[index],
            self.weather_level[index],
        )

    @property
    def day_of_year(self) -> Float64[np.ndarray, " n"]:
        """Day of the year, 1 for 1 January."""
        return _day_of_year(self.dates).astype(np.float64)

    def coords(self) -> dict[str, Any]:
        """`CONDITIONS` and `date` as coordinates along `design`."""
        date_attrs = {"long_name": "date of the day in UTC+01:00"}
        coords: dict[str, Any] = {"date": (DESIGN, self.dates.astype("datetime64[ns]"), date_attrs)}
        for condition in CONDITIONS:
            attrs = {"long_name": condition.long_name}
            if condition.choices is None:
                attrs["units"] = condition.unit
            coords[condition.name] = (DESIGN, getattr(self, condition.name), attrs)
        return coords


def day_conditions(
    dates: Shaped[np.ndarray, " n"],
    load_mw: Float64[np.ndarray, "n t"],
    weather_mw: Float64[np.ndarray, "n t"],
) -> DayConditions:
    """Compute conditions of days from their calendar and their own load and infeed.

    Args:
        dates: the date of each day.
        load_mw: load of the whole feeder.
        weather_mw: infeed of everything that follows the weather; zeros if there is none.
    """
    days = dates.astype("datetime64[D]")
    return DayConditions(
        days,
        seasons(days),
        day_types(days),
        quantile_rank(load_mw.sum(-1)),
        quantile_rank(load_mw.max(-1)),
        quantile_rank(clearness(days, weather_mw.sum(-1))),
    )


def features(days: xr.Dataset) -> Float64[np.ndarray, "n c"]:
    """Return the model inputs of days, in the order of `FEATURES`.

    Ranks are centred and scaled to the variance 1. Where a level is NaN or absent (the weather
    of a feeder without PV and wind) its feature is 0, the middle.
    """
    return numbers(SEEN, days)


def calendar(dates: Shaped[np.ndarray, " n"]) -> xr.Dataset:
    """Return day of the year and day type of dates, as coordinates along `design`."""
    return xr.Dataset(
        coords={
            "day_of_year": (DESIGN, _day_of_year(dates).astype(np.float64)),
            "day_type": (DESIGN, day_types(dates)),
        }
    )


def quantile_rank(value: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return the middle of each value's rank, in (0, 1); equal values share one, NaN stays NaN."""
    rank = np.full(len(value), np.nan)
    known = np.isfinite(value)
    if known.any():
        _, which, count = np.unique(value[known], return_inverse=True, return_counts=True)
        rank[known] = (np.cumsum(count) - count / 2)[which] / known.sum()
    return rank


def rank_among(
    known: Float64[np.ndarray, " m"], value: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Return ranks of values among known ones, interpolated between them."""
    places, first = np.unique(known, return_index=True)
    return np.asarray(np.interp(value, places, quantile_rank(known)[first]))


def clearness(
    dates: Shaped[np.ndarray, " n"], energy: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Return the infeed energy of each day, relative to the envelope of its season.

    The envelope is the morphological closing of the daily energy over the calendar: the largest of
    the days at most 15 days away (of whatever year), and then the smallest of those. It follows the
    clear days of PV as the sun rises and sinks, so that the ratio is a clear-sky index; relative to
    the best day of the calendar month instead, the first of March would always seem cloudy. NaN
    where the envelope is zero.
    """
    day = _day_of_year(dates)
    distance = np.abs(day[:, None] - day[None, :])
    near = np.minimum(distance, YEAR_DAYS - distance) <= ENVELOPE_DAYS
    highest = np.where(near, energy[None, :], 0.0).max(-1, initial=0.0)
    best = np.where(near, highest[None, :], np.inf).min(-1, initial=np.inf)
    unknown = np.full(len(energy), np.nan)
    return np.asarray(np.divide(energy, best, out=unknown, where=best > 0))


def seasons(dates: Shaped[np.ndarray, " n"]) -> Shaped[np.ndarray, " n"]:
    """Return the meteorological season of each date; December to February is winter."""
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    return np.asarray(np.array(SEASONS)[month % 12 // 3])


def day_types(dates: Shaped[np.ndarray, " n"]) -> Shaped[np.ndarray, " n"]:
    """Return the type of each date; a public holiday of all German states counts as a Sunday."""
    days: list[date] = dates.astype("datetime64[D]").tolist()
    index = [2 if day.weekday() == 6 or day in public_holidays(day.year) else 0 for day in days]
    index = [1 if day.weekday() == 5 and not i else i for day, i in zip(days, index, strict=True)]
    return np.asarray(np.array(DAY_TYPES)[np.array(index, dtype=int)])


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Public holidays of all German states.

    New Year, Good Friday, Easter Monday, 1 May, Ascension, Whit Monday, 3 October (since 1990),
    25 and 26 December; and once, in 2017, 31 October. Holidays of some states only are left out.

    Source: the holiday laws of the German states; Unification Treaty, 1990, art. 2 (2).
    """
    easter = easter_sunday(year)
    moving = {easter + timedelta(days) for days in (-2, 1, 39, 50)}
    fixed = {date(year, *day) for day in ((1, 1), (5, 1), (12, 25), (12, 26))}
    if year >= 1990:
        fixed.add(date(year, 10, 3))
    if year == 2017:
        fixed.add(date(2017, 10, 31))
    return frozenset(moving | fixed)


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar.

    Source: anonymous algorithm in Nature 13, 1876, p. 487; Meeus, Astronomical Algorithms,
    2nd ed., 1998, ch. 8.
    """
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _day_of_year(dates: Shaped[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    days = dates.astype("datetime64[D]")
    first = days.astype("datetime64[Y]").astype("datetime64[D]")
    return np.asarray((days - first).astype(np.int64) + 1)
