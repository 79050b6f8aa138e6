"""A user's file of profiles, read and checked into rows of 15 minutes in UTC+01:00."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from ingenium.core.errors import InputError
from ingenium.core.reading.stamps import step_of
from ingenium.core.reading.tables import read_table
from ingenium.domains.grid.data.columns import ColumnMapping, Gaps, TimeColumn
from ingenium.domains.grid.data.dataset import WINTER_TIME

QUARTER = pd.Timedelta(minutes=15)
SHORTEST = pd.Timedelta(seconds=1)
LONGEST = pd.Timedelta(hours=1)
PROFILES = "a CSV file in UTF-8, or Parquet, of profiles"


@dataclass(frozen=True, eq=False)
class StampedRows:
    """Rows of a file: the text of each stamp, its time in UTC+01:00, and the values.

    `values` is indexed by position, so that row `k` of it is row `k + 2` of the file.
    """

    text: pd.Series
    stamps: pd.DatetimeIndex
    values: pd.DataFrame

    def place(self, position: int) -> str:
        """Return the position of a row for a message."""
        return f"in row {position + 2} ({self.text.iloc[position]})"


def read_rows(path: Path, mapping: ColumnMapping) -> StampedRows:
    """Read time and the mapped columns of a CSV or Parquet file.

    CSV: the delimiter is found from the header, a decimal comma from the values.

    Raises:
        InputError: for a file that is absent, empty or of another kind, a missing column, a value
            that is not a number, or unusable time stamps.
    """
    table = read_table(path, PROFILES)
    if not len(table):
        raise InputError("a file with rows of profiles", f"{path} without any")
    time = mapping.time.column or table.heads[0]
    for name in (time, *mapping.column_names):
        if name not in table.heads:
            raise InputError(
                f"the column {name!r} in {path.name}",
                f"the columns {', '.join(table.heads)}",
                "Correct the mapping, or the header of the file.",
            )
    values = {name: table.numbers(name, gaps=True) for name in mapping.column_names}
    text = table.frame[table.at(time)]
    if mapping.time.column is None and pd.api.types.is_float_dtype(text):
        raise InputError(f"time stamps in the first column {time!r}", "numbers")
    own = mapping.time
    stamps = table.times(time, pattern=own.format, zone=own.timezone, onto=WINTER_TIME)
    return StampedRows(text, stamps, pd.DataFrame(values))


def quarter_hours(rows: StampedRows, time: TimeColumn) -> pd.DataFrame:
    """Resample values to the grid of 15 minutes, NaN where the file has none.

    Shorter steps are averaged; longer ones are interpolated if `time.interpolate` is set, such that
    the energy of each of the file's steps is preserved.

    Raises:
        InputError: for a step that does not fit into 15 minutes, or a longer one.
    """
    step = step_of(rows.stamps)
    start = rows.stamps - step if time.stamp == "end" else rows.stamps
    frame = rows.values.set_axis(start, axis=0)
    uneven = (start - start.normalize()) % step != pd.Timedelta(0)
    if uneven.any():
        first = int(np.argmax(uneven))
        raise InputError(
            f"stamps at whole steps of {step / pd.Timedelta(minutes=1):g} minutes",
            f"another {rows.place(first)}",
            "Round the stamps, or delete the row.",
        )
    if step == QUARTER:
        return frame.asfreq(to_offset(QUARTER))
    if SHORTEST <= step < QUARTER and QUARTER % step == pd.Timedelta(0):
        return _average(frame.asfreq(to_offset(step)), int(QUARTER / step))
    if QUARTER < step <= LONGEST and step % QUARTER == pd.Timedelta(0):
        return _interpolate(frame.asfreq(to_offset(step)), int(step / QUARTER), time.interpolate)
    raise InputError(
        "steps of 15 minutes, or that divide 15 minutes",
        f"steps of {step / pd.Timedelta(minutes=1):g} minutes",
        "Resample the profiles to 15 minutes.",
    )


def fill_gaps(frame: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Fill runs of at most `limit` absent steps by a straight line between their neighbours."""
    if limit < 1:
        return frame
    filled = frame.interpolate(limit_area="inside")
    absent = frame.isna()
    length = absent.apply(lambda column: column.groupby((~column).cumsum()).transform("sum"))
    return frame.where(~(absent & (length <= limit)), filled)


def require_values(rows: StampedRows, gaps: Gaps) -> None:
    """Refuse missing values in existing rows, unless `gaps` allows them.

    Raises:
        InputError: with the column with the largest share, and the first time.
    """
    absent = rows.values.isna()
    for column in absent.columns[absent.all()]:
        raise InputError(f"numbers in the column {column!r}", "none at all")
    if gaps.fill_steps > 0 or gaps.drop_days or not absent.to_numpy().any():
        return
    name = str(absent.mean().idxmax())
    first = int(absent[name].to_numpy().argmax())
    raise InputError(
        "a value in each row",
        f"{absent[name].mean():.2%} absent in the column {name!r}, the first {rows.place(first)}",
        "Fill short gaps with fill_steps = 4, or leave out such days with drop_days = true, "
        "under [gaps].",
    )


def _average(frame: pd.DataFrame, parts: int) -> pd.DataFrame:
    """Means over 15 minutes; missing where one of the parts is."""
    grouped = frame.groupby(pd.DatetimeIndex(frame.index).floor(QUARTER))
    complete = grouped.count() == parts
    return grouped.mean().where(complete).asfreq(to_offset(QUARTER))


def _interpolate(frame: pd.DataFrame, parts: int, requested: bool) -> pd.DataFrame:
    """Lines between the middles of the steps, scaled to preserve the mean of each step."""
    if not requested:
        raise InputError(
            "steps of 15 minutes or shorter",
            f"steps of {15 * parts} minutes",
            "Give quarter-hourly values, or accept invented detail with interpolate = true "
            "under [time].",
        )
    index = pd.DatetimeIndex(frame.index)
    fine = pd.date_range(index[0], index[-1] + (parts - 1) * QUARTER, freq=QUARTER)
    middle_h = np.arange(len(index)) * (parts / 4) + parts / 8
    fine_h = np.arange(len(fine)) / 4 + 1 / 8
    out = {}
    for name, column in frame.items():
        mean = column.to_numpy()
        known = np.isfinite(mean)
        line = np.interp(fine_h, middle_h[known], mean[known]).reshape(-1, parts)
        own = line.mean(-1)
        scale = np.divide(mean, own, out=np.ones_like(mean), where=own != 0)
        out[name] = np.where(own[:, None] != 0, line * scale[:, None], mean[:, None]).ravel()
    return pd.DataFrame(out, index=fine)
