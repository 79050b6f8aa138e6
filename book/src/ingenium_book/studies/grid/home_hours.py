"""Hourly load of homes that a user fetched.

The files of the homes are not shipped: their folder stands in `INGENIUM_CITYLEARN2022`. They hold
seventeen single-family homes of Fontana, California, over one year. Two of them rest at zero for
months and move together: a home with more than a quarter of its hours below one watt-hour is left
out, which leaves fifteen. Equipment load alone; cooling and hot water are zero in these files.

Source: CityLearn Challenge 2022 (homes of Sierra Crest, EPRI); Vázquez-Canteli and Nagy; the files
    lie in the package CityLearn 1.8.0 (MIT), folder citylearn_challenge_2022_phase_all.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ingenium_book.owned import owned
from ingenium_book.studies.grid.day_ahead import HOURS, AheadDays, ahead_days
from ingenium_book.studies.grid.load_hours import parts, us_calendar

PLACE = "INGENIUM_CITYLEARN2022"
HOMES = tuple(f"Building_{i}.csv" for i in range(1, 18))
WEATHER = "weather.csv"
OWNER = "the package CityLearn, folder citylearn/data/citylearn_challenge_2022_phase_all"
FIRST = np.datetime64("2016-08-01")  # a Monday in August, as the files count their days
LOAD, WARMTH = "Equipment Electric Power [kWh]", "Outdoor Drybulb Temperature [C]"
SUN = ["Diffuse Solar Radiation [W/m2]", "Direct Solar Radiation [W/m2]"]
REST_KWH, RESTING = 1e-3, 0.25


@cache
def homes() -> AheadDays:
    """Days of the homes that are lived in all year.

    Raises:
        InputError: if nothing says where the files are, or they are not there.
    """
    *files, weather = owned(PLACE, (*HOMES, WEATHER), OWNER)
    load = np.stack([_days(pd.read_csv(path)[LOAD]) for path in files])
    load = load[(load < REST_KWH).mean((1, 2)) <= RESTING]
    table = pd.read_csv(Path(weather))
    condition = [_days(table[WARMTH]), _days(table[SUN].sum(axis=1)) / 1000]
    dates = FIRST + np.arange(load.shape[1])
    return ahead_days(load, parts(dates), dates, us_calendar(dates), condition)


def _days(hours: "pd.Series[float]") -> Float64[np.ndarray, "n 24"]:
    """Whole days of a year that begins with the last hour of a day."""
    return hours.to_numpy(np.float64)[1 : 1 - HOURS].reshape(-1, HOURS)
