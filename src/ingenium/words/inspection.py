"""A look into a table that comes with a request: its columns, their units, and its period."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from statistics import median

from ingenium.core.errors import InputError
from ingenium.core.reading.heads import split_head

MOST = 32 << 20  # bytes that are looked at
LOOKED_AT = 200  # rows from which the period is taken
FORMATS = ("%d/%m/%y %H", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
LABELS = ("label", "att_flag", "leak", "fault", "event")


@dataclass(frozen=True)
class InspectedColumn:
    """A column and its unit, empty where the head names none."""

    name: str
    unit: str


@dataclass(frozen=True)
class InspectedTable:
    """Content of a table."""

    path: str
    columns: tuple[InspectedColumn, ...]
    rows: int
    period_s: float | None  # between rows, where the first column is a time

    @property
    def labelled(self) -> bool:
        """True if a column marks events."""
        return any(c.name.lower() in LABELS for c in self.columns)

    @property
    def timed(self) -> bool:
        """True if its first column is a time at even steps."""
        return self.period_s is not None

    @property
    def line(self) -> str:
        """Return its content in a line."""
        named = [f"{c.name} [{c.unit}]" if c.unit else c.name for c in self.columns]
        step = f", a row every {_length(self.period_s)}" if self.period_s else ""
        return f"{self.path}: {self.rows:,} rows of {', '.join(named[:8])}{step}"


def _length(seconds: float) -> str:
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def inspect_table(path: Path) -> InspectedTable:
    """Columns, units and period of a CSV.

    Raises:
        InputError: if it is no file, too large, or no table.
    """
    if not path.is_file():
        raise InputError("a table as CSV", f"{path}, which is no file", "Name a CSV file.")
    if path.stat().st_size > MOST:
        raise InputError(f"a table of at most {MOST >> 20} MiB", str(path), "Name a smaller part.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            delimiter = max(",;\t", key=head.count)
            names = next(csv.reader([head], delimiter=delimiter), [])
            first = list(islice(csv.reader(file, delimiter=delimiter), LOOKED_AT))
            more = sum(1 for line in file if line.strip())
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("a table as CSV in UTF-8", f"{path}: {error}", "Save it as CSV.") from None
    if not names or not first:
        raise InputError("a table with a head and rows", str(path), "Name a CSV file.")
    columns = tuple(InspectedColumn(*split_head(name)) for name in names)
    return InspectedTable(
        str(path), columns, len(first) + more, _period([r[0] for r in first if r])
    )


def _period(cells: Sequence[str]) -> float | None:
    """Median step of a column of stamps in seconds; None for other columns."""
    stamps = [_stamp(cell.strip()) for cell in cells]
    times = [s for s in stamps if s is not None]
    if len(times) < len(stamps) or len(times) < 2:
        return None
    steps = [(b - a).total_seconds() for a, b in pairwise(times)]
    return float(median(steps)) if median(steps) > 0 else None


def _stamp(cell: str) -> datetime | None:
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        pass
    for form in FORMATS:
        try:
            return datetime.strptime(cell, form)
        except ValueError:
            continue
    return None
