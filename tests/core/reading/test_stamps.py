"""Time stamps against the calendar of Central Europe, whose offsets are written out here."""

from datetime import timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from ingenium.core.errors import InputError
from ingenium.core.reading import stamps as own
from ingenium.core.reading.stamps import step_of

SPRING = pd.date_range("2016-03-26", "2016-03-29", freq="15min", inclusive="left")
AUTUMN = pd.date_range("2016-10-29", "2016-11-01", freq="15min", inclusive="left")


def fixed_time(text: pd.Series, **how: str) -> pd.DatetimeIndex:
    return own.fixed_time(text, onto=timezone(timedelta(hours=1)), **how)


def local(fixed: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Local time of UTC+01:00: summer time from 27 March 02:00 to 30 October 02:00 of UTC+01."""
    summer = (fixed >= "2016-03-27 02:00") & (fixed < "2016-10-30 02:00")
    return pd.DatetimeIndex(fixed + pd.to_timedelta(np.where(summer, 1, 0), unit="h"))


def text(stamps: pd.DatetimeIndex, pattern: str = "%d.%m.%Y %H:%M") -> pd.Series:
    return pd.Series(stamps.strftime(pattern))


@pytest.mark.parametrize("fixed", [SPRING, AUTUMN])
def test_local_time_becomes_contiguous(fixed):
    got = fixed_time(text(local(fixed)), zone="Europe/Berlin")
    assert got.equals(fixed)
    assert step_of(got) == pd.Timedelta(minutes=15)


def test_the_gap_and_the_doubled_hour_are_there():
    assert "27.03.2016 02:30" not in set(text(local(SPRING)))
    assert list(text(local(AUTUMN))).count("30.10.2016 02:30") == 2


@pytest.mark.parametrize(
    ("fixed", "what"), [(SPRING, "skips an hour at 2016-03-27 03:00"), (AUTUMN, "twice, from 2016")]
)
def test_local_time_without_zone_is_explained(fixed, what):
    with pytest.raises(InputError, match=what) as caught:
        fixed_time(text(local(fixed)))
    assert 'timezone = "Europe/Berlin"' in str(caught.value)
    assert "+02:00" in str(caught.value)


def test_doubled_hour_sorted_into_pairs_is_explained():
    with pytest.raises(InputError, match="has an hour twice"):
        fixed_time(text(local(AUTUMN)).sort_values(ignore_index=True))


@pytest.mark.parametrize("fixed", [SPRING, AUTUMN])
def test_fixed_time_without_zone_is_kept(fixed):
    assert fixed_time(text(fixed)).equals(fixed)


@pytest.mark.parametrize("fixed", [SPRING, AUTUMN])
def test_offsets_from_utc(fixed):
    offset = np.where(local(fixed) > fixed, "+02:00", "+01:00")
    stamps = pd.Series(local(fixed).strftime("%Y-%m-%dT%H:%M") + offset)
    assert fixed_time(stamps).equals(fixed)


def test_utc_is_shifted():
    assert fixed_time(pd.Series(["2016-07-01 11:00", "2016-07-01 11:15"]), zone="UTC")[
        0
    ] == pd.Timestamp("2016-07-01 12:00")
    assert fixed_time(pd.Series(["2016-07-01 11:00"]), zone="+02:00")[0].hour == 10


def test_pattern():
    got = fixed_time(pd.Series(["07/31/16 23:45"]), pattern="%m/%d/%y %H:%M")
    assert got[0] == pd.Timestamp("2016-07-31 23:45")


@pytest.mark.parametrize(
    ("stamps", "message"),
    [
        (["2016-01-01 00:15", "2016-01-01 00:00", "2016-01-01 00:30"], "in the order of .* row 3"),
        (["2016-01-01 00:00", "2016-01-01 00:15", "2016-01-01 00:15"], "again in row 4"),
        (["2016-01-01 00:00", "morning"], "'morning' in row 3"),
        (["2016-01-01 00:00", None], "in row 3 .1 of 2 unreadable"),
        (["2016-01-01T00:00+01:00", "2016-01-01T00:15"], "none in row 3"),
    ],
)
def test_refused(stamps, message):
    with pytest.raises(InputError, match=message):
        fixed_time(pd.Series(stamps))


def test_time_that_the_clocks_skip():
    with pytest.raises(InputError, match=r"2016-03-27 02:30:00 in row 2.*skip in spring"):
        fixed_time(pd.Series(["2016-03-27 02:30"]), zone="Europe/Berlin")


def test_unknown_zone():
    with pytest.raises(InputError, match="Europe/Berlin"):
        fixed_time(pd.Series(["2016-03-27 02:30"]), zone="Middle Earth")
