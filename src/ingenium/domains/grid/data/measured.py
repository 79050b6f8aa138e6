"""A user's file of profiles, read and checked into rows of 15 minutes in UTC+01:00."""

import csv
import re
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from ingenium.core.errors import InputError
from ingenium.core.reading.files import refusing
from ingenium.core.reading.tables import check_columns, csv_content, csv_text
from ingenium.domains.grid.data.columns import ColumnMapping, Gaps, TimeColumn
from ingenium.domains.grid.data.parquet import read_parquet
from ingenium.domains.grid.data.stamps import fixed_time, step_of

QUARTER = pd.Timedelta(minutes=15)
SHORTEST = pd.Timedelta(seconds=1)
LONGEST = pd.Timedelta(hours=1)
DELIMITERS = ";,\t|"
DECIMAL = re.compile(r"[+-]?\d*([.,])\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, eq=False)
class StampedRows:
    """Rows of a file: the text of each stamp, its time in UTC+01:00, and the values.

    `values` is indexed by position, so that row `k` of it is row `k + 2` of the file.
    """

    text: pd.Series
    stamps: pd.DatetimeIndex
    values: pd.DataFrame

    def place(self, position: int) -> str:
        """Where a row is, for a message."""
        return f"in row {position + 2} ({self.text.iloc[position]})"


def read_rows(path: Path, mapping: ColumnMapping) -> StampedRows:
    """Time and the mapped columns of a CSV or Parquet file.

    CSV: the delimiter is found from the header, a decimal comma from the values.

    Raises:
        InputError: for a file that is absent, empty or of another kind, a missing column, a value
            that is not a number, or unusable time stamps.
    """
    table = read_table(path)
    if table.empty:
        raise InputError("a file with rows of profiles", f"{path} without any")
    time = mapping.time.column or str(table.columns[0])
    for name in (time, *mapping.column_names):
        if name not in table.columns:
            raise InputError(
                f"the column {name!r} in {path.name}",
                f"the columns {', '.join(str(column) for column in table.columns)}",
                "Correct the mapping, or the header of the file.",
            )
    values = pd.DataFrame({name: _numbers(table[name]) for name in mapping.column_names})
    if mapping.time.column is None and pd.api.types.is_float_dtype(table[time]):
        raise InputError(f"time stamps in the first column {time!r}", "numbers")
    stamps = fixed_time(table[time], pattern=mapping.time.format, zone=mapping.time.timezone)
    return StampedRows(table[time], stamps, values)


def quarter_hours(rows: StampedRows, time: TimeColumn) -> pd.DataFrame:
    """Values on the grid of 15 minutes, NaN where the file has none.

    Shorter steps are averaged; longer ones are interpolated if `time.interpolate` asks for it,
    such that the energy of each of the file's steps is kept.

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
    """Refuse values that are absent from rows that are there, unless something is asked for.

    Raises:
        InputError: naming the column with the largest share, and the first time.
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


def read_table(path: Path) -> pd.DataFrame:
    """All columns of a CSV or Parquet file.

    Raises:
        InputError: for a file that is absent, empty or of another kind.
    """
    if path.suffix.lower() in (".parquet", ".pq"):
        table = read_parquet(path)
        if isinstance(table.index, pd.DatetimeIndex):
            return table.reset_index(names=str(table.index.name or "time"))
        return table
    what = "a CSV file in UTF-8, or Parquet"
    found = csv_content(path, what)
    if not found:
        raise InputError("a file with rows of profiles", f"{path}, which is empty")
    with refusing(what, path):
        delimiter, decimal = _dialect(found, path)
    return csv_text(found, path, what, delimiter=delimiter, decimal=decimal)


def _dialect(found: str, path: Path) -> tuple[str, str]:
    """Delimiter from the header; decimal comma if values have one and it delimits nothing."""
    header, *lines = islice(StringIO(found), 200)
    delimiter = max(DELIMITERS, key=header.count)
    check_columns(header.count(delimiter) + 1, path)
    cells = [cell for row in csv.reader(lines, delimiter=delimiter) for cell in row]
    signs = {match[1] for cell in cells if (match := DECIMAL.fullmatch(cell.strip()))}
    comma = delimiter != "," and "," in signs
    if comma and "." in signs:
        raise InputError(
            "one decimal sign in the file", f"commas and points in the values of {path.name}"
        )
    return delimiter, "," if comma else "."


def _numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    bad = (numbers.isna() & column.notna()).to_numpy() | np.isinf(numbers.to_numpy())
    if bad.any():
        first = int(bad.argmax())
        raise InputError(
            f"numbers in the column {column.name!r}",
            f"{str(column.iloc[first])[:40]!r} in row {first + 2}",
            "Correct the value, or leave the cell empty.",
        )
    return numbers


def _average(frame: pd.DataFrame, parts: int) -> pd.DataFrame:
    """Means over 15 minutes; absent where one of the parts is."""
    grouped = frame.groupby(pd.DatetimeIndex(frame.index).floor(QUARTER))
    complete = grouped.count() == parts
    return grouped.mean().where(complete).asfreq(to_offset(QUARTER))


def _interpolate(frame: pd.DataFrame, parts: int, asked: bool) -> pd.DataFrame:
    """Lines between the middles of the steps, scaled so that each step keeps its mean."""
    if not asked:
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
