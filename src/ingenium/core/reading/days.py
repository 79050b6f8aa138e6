"""Days by the local clock in a table, as markets and meters count them.

Where the clocks change a day has 23 or 25 hours. As in the open benchmark of electricity price
forecasts (Lago et al., Applied Energy 293, 2021, 116983), the missing hour is interpolated and the
doubled one is averaged, so that all days have equally many steps.

Shapes: r rows of the table, n days, t steps of a day.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64, Int64, Shaped

from ingenium.core.errors import InputError
from ingenium.core.reading.stamps import parse
from ingenium.core.reading.tables import DataTable

SUNDAY, CHANGES, NIGHT_H = 6, (3, 4, 9, 10, 11), 4  # months and first hours in which clocks change
HOURS, MINUTES = 24, 24 * 60
OFFSET = r"\s*(?:[+-]\d\d:?\d\d|Z)$"


@dataclass(frozen=True, eq=False)
class LocalDays:
    r"""Whole days that follow each other, and the place of each row in them.

    >>> from ingenium.core.reading.tables import table_of
    >>> hours = pd.date_range("2026-03-29", "2026-03-30", freq="h", tz="Europe/Berlin")[:-1]
    >>> rows = "".join(f"{hour.isoformat()},{hour.hour}\n" for hour in hours)
    >>> days = local_days(table_of(f"time,price\n{rows}", "prices"), "time", 24)
    >>> days.of(np.array([0.0, 1.0, *range(3, 24)]))[0, :4].tolist()
    [0.0, 1.0, 2.0, 3.0]
    """

    dates: Shaped[np.ndarray, " n"]  # datetime64[D]
    place: Int64[np.ndarray, " r"]  # day times t plus step; -1 outside whole days
    steps: int  # t
    changed: int  # days of 23 or 25 hours

    def of(self, values: Float64[np.ndarray, " r"]) -> Float64[np.ndarray, "n t"]:
        """Return the values of a column by day and step."""
        own, cells = self.place >= 0, len(self.dates) * self.steps
        count = np.bincount(self.place[own], minlength=cells)
        total = np.bincount(self.place[own], weights=values[own], minlength=cells)
        found = total / np.maximum(count, 1)
        known = np.flatnonzero(count)
        absent = np.flatnonzero(count == 0)
        found[absent] = np.interp(absent, known, found[known])
        return found.reshape(-1, self.steps)

    @property
    def note(self) -> str:
        """Sentence on days of 23 or 25 hours and what became of them; empty without any."""
        if not self.changed:
            return ""
        have = "day has" if self.changed == 1 else "days have"
        days = f"{self.changed} {have} 23 or 25 hours"
        return f" {days}: the missing hour is interpolated, the doubled one averaged."


def local_days(table: DataTable, name: str, steps: int) -> LocalDays:
    """Return the whole days of a table, by the clock that its stamps show.

    Stamps may have their offset from UTC or none. Incomplete days at the beginning and at the end
    are left out.

    Args:
        table: rows in the order of time.
        name: heading of the stamps.
        steps: number of steps of a day, t.

    Raises:
        InputError: for stamps off the step, out of order, or with gaps, and where no day is whole.
    """
    text = table.frame[table.at(name)]
    if not len(text):
        raise InputError(f"days of {steps} rows", f"no rows in {table.path}")
    clock, zoned = _clock(text), parse(text)
    minute = np.asarray((clock - clock.normalize()) / pd.Timedelta(minutes=1))
    each = MINUTES // steps
    odd = minute % each != 0
    if odd.any():
        at = int(odd.argmax())
        raise InputError(f"a stamp every {each} minutes", f"{text.iloc[at]} in {table.place(at)}")
    dates = clock.to_numpy().astype("datetime64[D]")
    first = dates.min()
    place = (dates - first).astype(np.int64) * steps + (minute // each).astype(np.int64)
    if zoned.dt.tz is not None:
        _require(np.diff(zoned.to_numpy()) == np.timedelta64(each, "m"), table, text, each)
    back = np.diff(place)
    hour = steps // HOURS
    _require((back > 0) | (back == 1 - hour), table, text, each)
    count = _by_day(place, steps)
    dates = first + np.arange(len(count))
    found, changed = _whole(dates, count, hour, table)
    own = found[place // steps]
    index = np.cumsum(found) - 1
    place = np.where(own, index[place // steps] * steps + place % steps, -1)
    return LocalDays(dates[found], place, steps, int((changed & found).sum()))


def _clock(text: pd.Series) -> pd.DatetimeIndex:
    """Return the stamps as a clock on the wall shows them, without their offsets."""
    if pd.api.types.is_datetime64_any_dtype(text):
        stamps = pd.DatetimeIndex(parse(text))
    else:
        stamps = pd.DatetimeIndex(parse(text.astype("string").str.replace(OFFSET, "", regex=True)))
    return stamps.tz_localize(None) if stamps.tz is not None else stamps


def _require(good: Bool[np.ndarray, " r"], table: DataTable, text: pd.Series, each: int) -> None:
    if not good.all():
        at = int((~good).argmax())
        raise InputError(
            f"a row every {each} minutes, in order",
            f"{text.iloc[at + 1]} after {text.iloc[at]} in {table.place(at + 1)}",
            "Add the missing rows, and delete doubled ones.",
        )


def _by_day(place: Int64[np.ndarray, " r"], steps: int) -> Int64[np.ndarray, "n t"]:
    """Count the rows of each step of each day."""
    days = int(place.max()) // steps + 1
    return np.bincount(place, minlength=days * steps).reshape(days, steps)


def _whole(
    dates: Shaped[np.ndarray, " n"], count: Int64[np.ndarray, "n t"], hour: int, table: DataTable
) -> tuple[Bool[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Return which days are whole, and on which of them clocks change.

    Raises:
        InputError: for a day with gaps between whole ones, and without any whole day.
    """
    even = (count == 1).all(1)
    changed = np.array([_changes(day, row, hour) for day, row in zip(dates, count, strict=True)])
    found = even | changed
    twice = ~found & (count > 1).any(1)
    if twice.any():
        at = int(twice.argmax())
        raise InputError("one row for each time", f"doubled ones of {dates[at]} in {table.path}",
                         "Delete the doubled rows.")  # fmt: skip
    if not found.any():
        raise InputError(f"days of {count.shape[1]} rows", f"no whole one in {table.path}")
    inner = slice(int(found.argmax()), len(found) - int(found[::-1].argmax()))
    if not found[inner].all():
        at = inner.start + int((~found[inner]).argmax())
        raise InputError(
            f"{count.shape[1]} rows for each day, an hour fewer or more where clocks change",
            f"{count[at].sum()} rows of {dates[at]} in {table.path}",
            "Add the missing rows, or cut the table there.",
        )
    return found, changed


def _changes(day: np.datetime64, count: Int64[np.ndarray, " t"], hour: int) -> bool:
    """Return whether one hour in the night of a Sunday in spring or autumn is absent or doubled."""
    odd = np.flatnonzero(count != 1)
    stamp = pd.Timestamp(day)
    if stamp.dayofweek != SUNDAY or stamp.month not in CHANGES or len(odd) != hour:
        return False
    one = odd[-1] - odd[0] == hour - 1 and odd[0] % hour == 0 and odd[-1] < NIGHT_H * hour
    return bool(one and len(set(count[odd])) == 1 and count[odd[0]] in (0, 2))
