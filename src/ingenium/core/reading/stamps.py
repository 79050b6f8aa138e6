"""Time stamps as people write them, brought to one fixed offset from UTC.

A local time with daylight saving has a gap in March and a doubled hour in October. Data to be cut
into days of equally many steps need a time without them.
"""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
from jaxtyping import Bool

from ingenium.core.errors import InputError

HOUR = pd.Timedelta(hours=1)
ADVICE = (
    'Say which local time it is with timezone = "Europe/Berlin", '
    "or write each stamp with its offset from UTC, as in 2016-03-27T03:00+02:00."
)
FORMATS = ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "ISO8601")


def fixed_time(
    text: pd.Series,
    *,
    pattern: str | None = None,
    zone: str | None = None,
    onto: tzinfo = UTC,
) -> pd.DatetimeIndex:
    """Return stamps in the fixed offset `onto`, without a zone attached, strictly rising.

    Args:
        text: stamps as written in the file, in its order.
        pattern: how they are written, in the codes of `strptime`; otherwise ISO 8601 and
            `31.12.2016 23:45` are understood.
        zone: the zone that stamps without an offset are in, such as "Europe/Berlin"; without it
            they are taken as a time without daylight saving, and are not moved.
        onto: the offset from UTC that all are brought to.

    Raises:
        InputError: for stamps that are absent, unreadable, out of order, doubled, or in a local
            time without its zone.
    """
    stamps = parse(text, pattern)
    if stamps.dt.tz is not None:
        fixed = pd.DatetimeIndex(stamps.dt.tz_convert(onto).dt.tz_localize(None))
    elif zone is not None:
        fixed = _from_local(stamps, _zone(zone), onto)
    else:
        fixed = pd.DatetimeIndex(stamps)
        _refuse_local_time(fixed)
    _require_order(fixed, text)
    return fixed


def parse(text: pd.Series, pattern: str | None = None) -> pd.Series:
    """Return stamps from text: with a zone (UTC) if they carry offsets, otherwise without.

    Raises:
        InputError: naming the first stamp that cannot be read.
    """
    if pd.api.types.is_datetime64_any_dtype(text):
        return _complete(pd.to_datetime(text), text)
    words = text.astype("string").str.strip()
    tried = (pattern,) if pattern else FORMATS
    offsets = words.str.contains(r"(?:[+-]\d\d:?\d\d|Z)$", regex=True).fillna(False)
    for form in tried:
        stamps = pd.to_datetime(words, format=form, errors="coerce", utc=bool(offsets.any()))
        if stamps.notna().sum() > 0.5 * len(stamps):
            break
    if offsets.any() and not offsets.all():
        where = _row(text, int(np.argmin(offsets.to_numpy(bool))))
        raise InputError("all stamps with an offset from UTC, or none", f"none {where}", ADVICE)
    return _complete(stamps, text)


def step_of(stamps: pd.DatetimeIndex) -> pd.Timedelta:
    """Return the step between most neighbours.

    Raises:
        InputError: if there are fewer than two stamps.
    """
    if len(stamps) < 2:
        raise InputError("at least two rows of profiles", f"{len(stamps)}")
    steps, counts = np.unique(np.diff(stamps.to_numpy()), return_counts=True)
    return pd.Timedelta(steps[counts.argmax()])


def _complete(stamps: pd.Series, text: pd.Series) -> pd.Series:
    bad = stamps.isna().to_numpy()
    if bad.any():
        first = int(bad.argmax())
        raise InputError(
            "time stamps such as 2016-12-31 23:45 or 31.12.2016 23:45",
            f"{text.iloc[first]!r} {_row(text, first)} ({int(bad.sum())} of {len(bad)} unreadable)",
            'Say how they are written with format = "%d/%m/%Y %H:%M".',
        )
    return stamps


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        pass
    try:
        offset = pd.Timestamp(f"2016-01-01T00:00{name.removeprefix('UTC')}").tzinfo
    except ValueError:
        offset = None
    if offset is None:
        raise InputError(
            'a timezone such as "Europe/Berlin", "UTC" or "+01:00"',
            repr(name),
            "Correct timezone.",
        )
    return offset


def _from_local(stamps: pd.Series, zone: tzinfo, onto: tzinfo) -> pd.DatetimeIndex:
    """Convert local stamps; the first of a pair in the doubled hour of autumn is summer time."""
    summer = ~stamps.duplicated(keep="first").to_numpy()
    local = pd.DatetimeIndex(stamps).tz_localize(zone, ambiguous=summer, nonexistent="NaT")
    absent = np.asarray(local.isna())
    if absent.any():
        first = int(absent.argmax())
        raise InputError(
            f"stamps that exist in {zone}",
            f"{stamps.iloc[first]} {_row(stamps, first)}, which the clocks skip in spring",
            'If the clock of the meter is never changed, write timezone = "+01:00".',
        )
    return local.tz_convert(onto).tz_localize(None)


def _refuse_local_time(stamps: pd.DatetimeIndex) -> None:
    """Refuse stamps with the gap in March or the doubled hour in October, in any row order."""
    if len(stamps) < 3:
        return
    step = step_of(stamps)
    distance = pd.Series(stamps).diff()
    changeover = _last_sunday(stamps)
    jump = (distance == HOUR + step) & changeover & (stamps.month == 3) & (stamps.hour == 3)
    again = stamps.duplicated() & changeover & (stamps.month == 10) & (stamps.hour == 2)
    for found, what in ((jump, "skips an hour at"), (again, "has an hour twice, from")):
        mask = np.asarray(found)
        if mask.any():
            first = int(mask.argmax())
            raise InputError(
                "a time without daylight saving, or one whose zone is known",
                f"a local time that {what} {stamps[first]} (row {first + 2})",
                ADVICE,
            )


def _last_sunday(stamps: pd.DatetimeIndex) -> Bool[np.ndarray, " n"]:
    return np.asarray((stamps.dayofweek == 6) & (stamps.day > 24))


def _require_order(stamps: pd.DatetimeIndex, text: pd.Series) -> None:
    distance = np.diff(stamps.to_numpy()).astype("timedelta64[s]").astype(np.int64)
    twice = np.asarray(stamps.duplicated())
    if twice.any():
        first = int(twice.argmax())
        raise InputError(
            "one row for each time",
            f"{text.iloc[first]} again {_row(text, first)} ({int(twice.sum())} doubled rows)",
            "Delete the doubled rows.",
        )
    if (distance < 0).any():
        first = int((distance < 0).argmax()) + 1
        raise InputError(
            "rows in the order of time",
            f"{text.iloc[first]} after {text.iloc[first - 1]} {_row(text, first)}",
            "Sort the rows by time.",
        )


def _row(text: pd.Series, position: int) -> str:
    return f"in row {position + 2}"
