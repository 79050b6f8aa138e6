"""Days by the local clock: offsets, clocks that change, partial days, gaps."""

import numpy as np
import pandas as pd
import pytest

from ingenium.core.errors import InputError
from ingenium.core.reading.days import local_days
from ingenium.core.reading.tables import DataTable, table_of


def table(stamps: list[str]) -> DataTable:
    rows = "".join(f"{stamp},{k}\n" for k, stamp in enumerate(stamps))
    return table_of(f"time,load_kw\n{rows}", "loads")


def berlin(first: str, last: str, freq: str = "h") -> pd.DatetimeIndex:
    return pd.date_range(first, last, freq=freq, tz="Europe/Berlin", inclusive="left")


WRITTEN = {
    "with offsets": lambda stamps: [stamp.isoformat() for stamp in stamps],
    "by the clock alone": lambda stamps: [f"{stamp:%d.%m.%Y %H:%M}" for stamp in stamps],
}


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("freq", ["h", "15min"])
def test_days_of_23_and_25_hours_have_24(form: str, freq: str) -> None:
    stamps = berlin("2026-03-28", "2026-10-27", freq)
    steps, hour = (24, 1) if freq == "h" else (96, 4)
    days = local_days(table(WRITTEN[form](stamps)), "time", steps)
    clock = (stamps.tz_localize(None) - stamps.tz_localize(None).normalize()) / pd.Timedelta("1h")
    found = days.of(np.asarray(clock, np.float64))
    assert days.changed == 2
    assert "2 days have 23 or 25 hours" in days.note
    assert len(found) == 213
    np.testing.assert_allclose(found, np.tile(np.arange(steps) / hour, (213, 1)))


def test_the_doubled_hour_is_averaged_and_the_missing_one_interpolated() -> None:
    autumn = berlin("2026-10-25", "2026-10-26")
    days = local_days(table(WRITTEN["with offsets"](autumn)), "time", 24)
    assert days.of(np.arange(25.0))[0, :5].tolist() == [0, 1, 2.5, 4, 5]
    spring = berlin("2026-03-29", "2026-03-30")
    days = local_days(table(WRITTEN["with offsets"](spring)), "time", 24)
    assert days.of(np.arange(23.0))[0, :5].tolist() == [0, 1, 1.5, 2, 3]


def test_partial_days_at_the_ends_are_left_out() -> None:
    stamps = berlin("2026-07-01 22:00", "2026-07-04 05:00")
    days = local_days(table(WRITTEN["with offsets"](stamps)), "time", 24)
    assert (
        days.dates.tolist() == np.arange("2026-07-02", "2026-07-04", dtype="datetime64[D]").tolist()
    )
    assert days.of(np.arange(len(stamps), dtype=float))[0, 0] == 2
    assert days.note == ""


@pytest.mark.parametrize("form", WRITTEN)
def test_a_gap_is_refused_even_where_clocks_could_have_changed(form: str) -> None:
    stamps = list(berlin("2026-03-20", "2026-04-20"))
    for gone in ("2026-04-10T12", "2026-03-25T02"):
        rest = [s for s in stamps if not s.isoformat().startswith(gone)]
        with pytest.raises(
            InputError, match=gone[:10] if form == "with offsets" else "rows of|after"
        ):
            local_days(table(WRITTEN[form](rest)), "time", 24)


def test_a_gap_of_zoned_stamps_on_a_sunday_night_is_no_change_of_clocks() -> None:
    stamps = [
        s for s in berlin("2026-04-01", "2026-04-20") if s.isoformat()[:13] != "2026-04-12T02"
    ]
    with pytest.raises(InputError, match="a row every 60 minutes"):
        local_days(table(WRITTEN["with offsets"](stamps)), "time", 24)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: [*s[:5], s[4], *s[5:]], "one row for each time"),
        (lambda s: [*s[:5], s[6], s[5], *s[7:]], "in order"),
        (lambda s: [*s[:5], s[5].replace("05:00", "05:07"), *s[6:]], "a stamp every 60 minutes"),
        (lambda s: s[1:20], "no whole one"),
    ],
)
def test_other_rows_are_refused(change, reason) -> None:
    stamps = [f"{s:%Y-%m-%d %H:%M}" for s in berlin("2026-07-01", "2026-07-03")]
    with pytest.raises(InputError, match=reason):
        local_days(table(change(stamps)), "time", 24)
