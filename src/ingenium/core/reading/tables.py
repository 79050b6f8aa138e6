"""Tables that users name, as CSV or Parquet: read once, for every domain, within bounds.

A `DataTable` returns columns by name, converts units that headings name, and reads time stamps with
their zones. Its errors name file, row and column.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property
from io import StringIO
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.reading.files import refusing, text
from ingenium.core.reading.heads import split_head
from ingenium.core.reading.parquet import read_parquet
from ingenium.core.reading.stamps import fixed_time
from ingenium.core.units import Scale, alike

MOST_CSV = 128 << 20  # bytes
MOST_COLUMNS = 10_000
MOST_CELLS = 20_000_000
DELIMITERS = ";,\t|"
DECIMAL = re.compile(r"[+-]?\d*([.,])\d+(?:[eE][+-]?\d+)?")
LEADING = re.compile(r"\A(?:[ \t]*\n)+")  # blank lines, which are skipped
LOOKED_AT = 200  # lines from which delimiter and decimal sign are found
PARQUET = (".parquet", ".pq")
SHOWN = 4  # names of columns in a message


@dataclass(frozen=True, eq=False)
class DataTable:
    r"""Rows below a header, whose columns are read by name.

    A heading may name the unit: `load_kw`, `load [kW]` and `load (kW)` are the column `load`.

    Shapes: r rows, c columns that are read.

    >>> table = table_of("time,load_kw\n2026-01-05 00:00,1.5\n2026-01-05 00:15,0.5\n", "a day")
    >>> table.numbers("load", "W").tolist()
    [1500.0, 500.0]
    >>> str(table.times("time", zone="Europe/Berlin")[0])
    '2026-01-04 23:00:00'
    >>> table.numbers("infeed", "W")
    Traceback (most recent call last):
    ingenium.core.errors.InputError: expected a day with the column infeed; ...
    """

    frame: pd.DataFrame  # its columns by their place
    heads: tuple[str, ...]  # as they are written
    path: Path
    what: str  # as it reads after "expected"
    blank: tuple[int, ...] = ()  # lines of the file without anything, counted from 1
    first: int = 2  # row of the first values, below the header

    def __len__(self) -> int:
        return len(self.frame)

    def __contains__(self, name: str) -> bool:
        return name in self.heads or any(own == name for own, _ in self._units)

    def place(self, row: int, head: str = "") -> str:
        """Return the place of a row, for a message."""
        line = row + self.first
        for skipped in self.blank:
            line += skipped <= line
        return f"row {line}{f', column {head}' if head else ''} of {self.path}"

    def at(self, name: str) -> int:
        """Return the index of the column with a heading.

        Raises:
            InputError: if there is none, or more than one.
        """
        return self._find(name)[0]

    def numbers(
        self, name: str, unit: str = "", *, gaps: bool = False
    ) -> Float64[np.ndarray, " r"]:
        """Return a column of finite numbers, in `unit` where its heading names another.

        Args:
            name: the heading, with or without its unit.
            unit: unit of the result, and of a heading that names none.
            gaps: read empty cells as NaN instead of refusing them.

        Raises:
            InputError: for a column that is absent, of another kind of unit, or with a cell that is
                no number; truth values, and `1_000`, which only Python reads as a number, are none.
        """
        at, written = self._find(name)
        values = self._plain(at)
        whole = name in self.heads and not alike(written or unit, unit)  # no unit behind the name
        if unit and written not in ("", unit) and not whole:
            with np.errstate(over="ignore"):
                values = np.asarray(Scale.between(written, unit, of=name).value(values))
        odd = np.isinf(values) if gaps else ~np.isfinite(values)
        if odd.any():
            raise self._no_number(at, int(odd.argmax()))
        return values

    def block(self, heads: Sequence[str]) -> Float64[np.ndarray, "c r"]:
        """Return columns of numbers as designs hold them, NaN and infinity too.

        Raises:
            InputError: as `numbers`, except for values that are not finite.
        """
        if not heads:
            return np.empty((0, len(self)))
        return np.stack([self._plain(self.at(head)) for head in heads])

    def texts(self, name: str) -> list[str]:
        """Return the cells of a column as text."""
        return self.frame[self.at(name)].astype(str).tolist()

    def times(
        self, name: str, *, zone: str | None = None, pattern: str | None = None, onto: tzinfo = UTC
    ) -> pd.DatetimeIndex:
        """Return rising time stamps of a column in the fixed offset `onto`; see `fixed_time`."""
        return fixed_time(self.frame[self.at(name)], pattern=pattern, zone=zone, onto=onto)

    def named(self) -> pd.DataFrame:
        """Return the rows under their headings, each of which must be unique."""
        for head in self.heads:
            self.at(head)
        return self.frame.set_axis(list(self.heads), axis=1)

    def expect(
        self, heads: Sequence[str], rows: int | None = None, *, ordered: bool = True
    ) -> None:
        """Refuse other columns than these, and another number of rows.

        Raises:
            InputError: naming the missing or superfluous columns.
        """
        own, wanted = list(self.heads), list(heads)
        fits = own == wanted if ordered else sorted(own) == sorted(wanted)
        if fits and rows in (None, len(self)):
            return
        count = "" if rows is None else f" and {rows} rows"
        absent = [head for head in wanted if head not in own]
        strange = [head for head in own if head not in wanted]
        odd = f": {_listed(absent) or 'none'} missing, {_listed(strange) or 'none'} too many"
        odd = odd if absent or strange else ""
        line = f"{','.join(wanted[:SHOWN])}{',...' if len(wanted) > SHOWN else ''}"
        raise InputError(
            f"{self.what} with the columns {_listed(wanted)}{count}",
            f"{_listed(own)} and {len(self)} rows in {self.path}{odd}",
            f"Write {rows} rows." if fits else f"Write {line} above the rows.",
        )

    def same(self, name: str, wanted: Sequence[object]) -> None:
        """Refuse other cells than these in a column that follows from something else.

        Raises:
            InputError: naming the first row that differs.
        """
        for row, (own, due) in enumerate(zip(self.frame[self.at(name)], wanted, strict=True)):
            if own != due:
                raise InputError(f"{name} {due} in {self.place(row)}", f"{own}", f"Write {due}.")

    @cached_property
    def _units(self) -> list[tuple[str, str]]:
        return [split_head(head) for head in self.heads]

    def _find(self, name: str) -> tuple[int, str]:
        named = list(zip(self.heads, self._units, strict=True))
        found = [(i, unit) for i, (head, (_, unit)) in enumerate(named) if head == name]
        found = found or [(i, unit) for i, (_, (own, unit)) in enumerate(named) if own == name]
        if len(found) == 1:
            return found[0]
        if found:
            again = ", ".join(self.heads[i] for i, _ in found)
            got = f"{name} {len(found)} times in row 1 of {self.path}: {again}"
            raise InputError("each column once", got, "Rename one.")
        raise InputError(
            f"{self.what} with the column {name}",
            f"{_listed(self.heads)} in {self.path}",
            f"Write {name} at the head of a column.",
        )

    def _plain(self, at: int) -> Float64[np.ndarray, " r"]:
        column = self.frame[at]
        if not len(column):
            raise InputError(f"{self.what} with rows", f"none in {self.path}", "Write one.")
        if column.dtype.kind in "iuf":
            return np.asarray(column.to_numpy(np.float64, na_value=np.nan))
        fixed = pd.to_numeric(column, errors="coerce")
        odd = (fixed.isna() & column.notna()).to_numpy(bool) | np.isinf(fixed.astype(float))
        raise self._no_number(at, int(np.argmax(odd)))

    def _no_number(self, at: int, row: int) -> InputError:
        cell = self.frame[at].iloc[row]
        got = "an empty cell" if pd.isna(cell) else f"{str(cell)[:40]!r}"
        return InputError(
            f"{self.what} with finite numbers in {self.heads[at]}",
            f"{got} in {self.place(row, self.heads[at])}",
            "Correct the cell, or leave its row out.",
        )


def read_table(
    path: Path, what: str, *, delimiter: str = "", exact: bool = False, filled: bool = False
) -> DataTable:
    """Read a CSV or Parquet file whose first row names its columns.

    Args:
        path: of the file, which is Parquet if its ending is.
        what: would be right, as it reads after "expected", such as "a day of loads".
        delimiter: between cells; if empty, it and the decimal sign are found from the file.
        exact: read the double that is nearest to each number, which takes longer.
        filled: refuse empty cells of numbers, and not only those that are read.

    Raises:
        InputError: for a file that is no such table in UTF-8, or too large.
        MissingExtra: if pyarrow is not installed, which reads Parquet.
    """
    if path.suffix.lower() in PARQUET:
        frame = read_parquet(path, f"{what}, as a Parquet file", MOST_COLUMNS, MOST_CELLS)
        return DataTable(frame.set_axis(range(frame.shape[1]), axis=1),
                     tuple(map(str, frame.columns)), path, what)  # fmt: skip
    return table_of(
        text(path, what, most=MOST_CSV, prose=True),
        what,
        path,
        delimiter=delimiter,
        exact=exact,
        filled=filled,
    )


def table_of(
    found: str,
    what: str,
    path: Path = Path("table.csv"),
    *,
    delimiter: str = "",
    exact: bool = False,
    filled: bool = False,
) -> DataTable:
    """Read a table from the text of CSV, as `read_table` does from a file.

    Raises:
        InputError: for text that is no such table, or has too many columns or cells.
    """
    if not found.strip():
        raise InputError(what, f"{path}, which is empty", "Write a line of names, and rows.")
    start, decimal = LEADING.sub("", found), "."
    if not delimiter:
        with refusing(what, path):
            delimiter, decimal = _dialect(start, path)
    _check_size(start, delimiter, what, path)
    with refusing(what, path):
        heads = next(csv.reader(StringIO(start), delimiter=delimiter))
        frame = pd.read_csv(
            StringIO(start),
            sep=delimiter,
            decimal=decimal,
            low_memory=False,
            float_precision="round_trip" if exact else None,
            keep_default_na=not filled,
        )
    longer = len(frame) and not isinstance(frame.index, pd.RangeIndex)  # first cells separated
    if longer or len(heads) != frame.shape[1]:
        raise InputError(
            f"{what} whose rows have as many cells as its header",
            f"longer ones in {path}",
            f'Name each column, and end no row with "{delimiter}".',
        )
    frame.columns = pd.RangeIndex(frame.shape[1])
    return DataTable(frame, tuple(heads), path, what, _blank_lines(found))


def check_columns(count: int, path: Path) -> None:
    """Refuse more columns than any table here has.

    Raises:
        InputError: for more than `MOST_COLUMNS`.
    """
    if count > MOST_COLUMNS:
        raise InputError(f"a table of at most {MOST_COLUMNS} columns", f"{count} in {path}")


def _check_size(found: str, delimiter: str, what: str, path: Path) -> None:
    """Refuse more columns or cells than any table here has, before any is parsed."""
    check_columns(1 + found.partition("\n")[0].count(delimiter), path)
    cells = found.count("\n") + found.count(delimiter)
    if cells > MOST_CELLS:
        raise InputError(f"{what} of at most {MOST_CELLS} cells", f"{cells} in {path}")


def _dialect(found: str, path: Path) -> tuple[str, str]:
    """Find the delimiter from the header; the decimal comma if values have one and it is free."""
    header, *lines = islice(StringIO(found), LOOKED_AT)
    delimiter = max(DELIMITERS, key=header.count)
    check_columns(header.count(delimiter) + 1, path)
    cells = [cell for row in csv.reader(lines, delimiter=delimiter) for cell in row]
    signs = {match[1] for cell in cells if (match := DECIMAL.fullmatch(cell.strip()))}
    comma = delimiter != "," and "," in signs
    if comma and "." in signs:
        raise InputError(
            "one decimal sign in the file",
            f"commas and points in the values of {path.name}",
            "Write all numbers with a point.",
        )
    return delimiter, "," if comma else "."


def _blank_lines(found: str) -> tuple[int, ...]:
    if "\n\n" not in found and not found.startswith("\n"):
        return ()
    return tuple(i for i, line in enumerate(found.split("\n"), 1) if not line)


def is_row(heads: Sequence[str]) -> bool:
    """Return whether the first line holds numbers and not names (names may be rising years)."""
    numbers = list[float]()
    for head in heads:
        try:
            numbers.append(float(head))
        except ValueError:
            return False
    if len(numbers) == 1:
        return numbers[0] != 0  # pandas's name of a column without one
    return any(a >= b for a, b in pairwise(numbers))


def _listed(heads: Sequence[str]) -> str:
    return f"{', '.join(heads[:SHOWN])}{' ...' if len(heads) > SHOWN else ''}"
