"""Calendar against published dates, levels against synthetic days."""

from datetime import date

import numpy as np
import pytest
import xarray as xr
from dateutil import easter

from ingenium.core.errors import InputError
from ingenium.domains.grid.data.conditions import (
    CONDITIONS,
    FEATURES,
    DayConditions,
    clearness,
    day_conditions,
    day_types,
    easter_sunday,
    features,
    public_holidays,
    quantile_rank,
    seasons,
)

YEAR = np.arange("2016-01-01", "2017-01-01", dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("year", "day"),
    [(2016, date(2016, 3, 27)), (2024, date(2024, 3, 31)), (2027, date(2027, 3, 28))],
)
def test_easter(year, day):
    assert easter_sunday(year) == day


def test_easter_of_four_centuries():
    assert all(easter_sunday(year) == easter.easter(year) for year in range(1700, 2300))


def test_public_holidays_of_2016():
    days = ("01-01", "03-25", "03-28", "05-01", "05-05", "05-16", "10-03", "12-25", "12-26")
    assert public_holidays(2016) == {date.fromisoformat(f"2016-{day}") for day in days}
    assert date(2017, 10, 31) in public_holidays(2017)


def test_day_types_of_2016():
    types = dict(zip(YEAR.astype(str), day_types(YEAR), strict=True))
    assert types["2016-03-25"] == "sunday_or_holiday"  # Good Friday
    assert types["2016-03-26"] == "saturday"
    assert types["2016-03-27"] == "sunday_or_holiday"
    assert types["2016-03-29"] == "workday"
    count = {name: list(types.values()).count(name) for name in set(types.values())}
    # 52 Sundays with 1 May, 25 December; 7 other holidays on workdays; 53 Saturdays
    assert count == {"workday": 254, "saturday": 53, "sunday_or_holiday": 59}


def test_holiday_on_a_saturday_is_no_saturday():
    assert day_types(np.array(["2021-05-01", "2021-05-08"], "datetime64[D]")).tolist() == [
        "sunday_or_holiday",
        "saturday",
    ]


def test_seasons():
    days = np.array(["2016-02-29", "2016-03-01", "2016-08-31", "2016-09-01", "2016-12-01"])
    assert seasons(days.astype("datetime64[D]")).tolist() == [
        "winter",
        "spring",
        "summer",
        "autumn",
        "winter",
    ]


def test_quantile_rank():
    rank = quantile_rank(np.array([3.0, np.nan, 1.0, 3.0, 9.0]))
    np.testing.assert_allclose(rank, [0.5, np.nan, 0.125, 0.5, 0.875])


def test_clearness_follows_the_season_and_not_the_calendar_month():
    day = np.arange(len(YEAR))
    clear = 5 - 4 * np.cos(2 * np.pi * (day + 10) / 366)
    share = np.random.default_rng(0).uniform(0.1, 1.0, len(day))
    share[::3] = 1.0
    index = clearness(YEAR, clear * share)
    assert np.corrcoef(index, share)[0, 1] > 0.995
    assert index[::3].min() > 0.85  # also at the start of March, where the sun rises fastest
    assert index.max() == 1.0


def test_envelope_crosses_the_new_year():
    energy = np.zeros(len(YEAR))
    energy[[5, -5]] = 2.0
    index = clearness(YEAR, energy)
    assert index[5] == 1.0
    assert index[0] == index[-1] == 0.0  # dark days between two bright ones
    assert np.isnan(index[180])


def test_levels_and_features():
    load = np.outer(np.arange(1.0, 367.0), np.ones(96))
    load[0, 40] = 1e6  # highest peak of the year; with 1e6 + 95 also the highest energy
    own = day_conditions(YEAR, load, np.zeros_like(load))
    assert own.peak_level[0] == own.energy_level[0] == (366 - 0.5) / 366
    assert own.energy_level[1] == 0.5 / 366
    assert np.isnan(own.weather_level).all()
    data = xr.Dataset(coords=own.coords())
    assert set(data.coords) >= {condition.name for condition in CONDITIONS}
    c = features(data)
    assert c.shape == (366, len(FEATURES))
    np.testing.assert_allclose(c[:, 0] ** 2 + c[:, 1] ** 2, 1.0)
    np.testing.assert_array_equal(c[:, 2:5].sum(-1), 1.0)
    np.testing.assert_allclose(c[:, 5].mean(), 0.0, atol=1e-12)
    np.testing.assert_allclose(c[:, 5].std(), 1.0, rtol=1e-4)
    np.testing.assert_array_equal(c[:, 7], 0.0)
    np.testing.assert_array_equal(features(data.drop_vars("weather_level")), c)
    np.testing.assert_array_equal(features(data.isel(design=[5, 3])), c[[5, 3]])


def test_unknown_season_is_refused():
    one = np.array([0.5])
    with pytest.raises(InputError, match="season of"):
        DayConditions(YEAR[:1], np.array(["monsoon"]), np.array(["workday"]), one, one, one)
    with pytest.raises(InputError, match="peak_level from 0 to 1"):
        DayConditions(YEAR[:1], np.array(["winter"]), np.array(["workday"]), one, one * 3, one)
