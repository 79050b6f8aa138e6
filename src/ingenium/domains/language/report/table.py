"""Tables of facts: columns of numbers with units, by name of the row, by period, or by both."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ingenium.core.digest import content_digest
from ingenium.core.errors import InputError
from ingenium.core.reading.heads import split_head
from ingenium.core.reading.tables import DataTable, table_of
from ingenium.domains.language.report.periods import GRAINS, Grain, Period, read_periods

Aggregate = Literal["value", "total", "mean", "median", "max", "min"]
TIMES = ("time", "date", "year", "quarter", "month", "day", "hour", "period", "timestamp")
NAME = re.compile(r"[^\W_](?:[\w &'/+-]|\.(?=\w)|\([\w +-]{1,20}\))*")
SUMS = re.compile(r"(?:grand |sub)?totals?|sums?|all|overall|average|mean|median|everything", re.I)
NO_SUM = re.compile(r"/|%|percent|deg|°|pu$|index|ratio", re.I)  # units of what has no total
MOST_ROWS, MOST_NAMES, MOST_COLUMNS = 2_000_000, 5_000, 60
LENIENT = {"day": 0.95, "hour": 0.95}  # least share of rows, of the grain, for a period as a whole
WHAT = "a table of facts"
REDUCE: Mapping[Aggregate, Callable[[np.ndarray], Any]] = {
    "mean": np.mean, "median": np.median, "max": np.max, "min": np.min
}  # fmt: skip


@dataclass(frozen=True)
class FactColumn:
    """Numbers under one heading, with their unit as prose writes it."""

    label: str
    unit: str  # "%" for per cent, empty for a pure number
    values: Float64[np.ndarray, " r"]
    decimals: int  # as they are written

    @property
    def additive(self) -> bool:
        """True if a total of the numbers means something."""
        return not NO_SUM.search(self.unit)


@dataclass(frozen=True)
class TableTerm:
    """One number of a table: an aggregate of a column over the rows of a name and a period."""

    column: str
    aggregate: Aggregate = "value"
    key: str | None = None
    period: Period | None = None


@dataclass(frozen=True, eq=False)
class FactTable:
    """Columns of numbers whose rows have a name, a period, or both.

    Shapes: r rows.
    """

    columns: Mapping[str, FactColumn]
    keys: tuple[str, ...]
    key: Int64[np.ndarray, " r"]  # index of the name of each row
    starts: Int64[np.ndarray, " r"]  # minutes since 1970
    ends: Int64[np.ndarray, " r"]
    grain: Grain | None
    digest: str

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """All periods, in order."""
        if self.grain is None:
            return ()
        pairs = sorted(set(zip(self.starts.tolist(), self.ends.tolist(), strict=True)))
        return tuple(Period(a, b, self.grain) for a, b in pairs)

    def rows(self, key: str | None, period: Period | None) -> Bool[np.ndarray, " r"]:
        """Return which rows have a name and lie within a period."""
        mask = np.ones(len(self.key), dtype=bool)
        if key is not None:
            mask &= self.key == self.keys.index(key)
        if period is not None:
            mask &= (self.starts >= period.start) & (self.ends <= period.end)
        return mask

    def expected(self, key: str | None, period: Period | None) -> float:
        """Return the least number of rows with which a period counts as covered."""
        if period is None or self.grain is None:
            return 1.0
        if GRAINS.index(period.grain) > GRAINS.index(self.grain):
            return np.inf
        names = 1 if key is not None or not self.keys else len(self.keys)
        count = names * period.count(self.grain)
        return count * (LENIENT.get(self.grain, 1.0) if count > names else 1.0)

    def value(self, term: TableTerm) -> float:
        """Return a number; NaN if the table has no such number, or not all of it."""
        column = self.columns[term.column]
        found = column.values[self.rows(term.key, term.period)]
        known = found[np.isfinite(found)]
        if term.aggregate == "value":
            return float(found[0]) if len(found) == 1 else np.nan
        if not len(known) or len(known) < self.expected(term.key, term.period):
            return np.nan
        if term.aggregate == "total":
            whole = column.additive and len(known) == len(found)
            return float(known.sum()) if whole else np.nan
        return float(REDUCE[term.aggregate](known))

    def series(
        self, column: str, key: str | None
    ) -> tuple[list[Period], Float64[np.ndarray, " t"]] | None:
        """Return the periods of a name and their values; None if a period has several rows."""
        mask = self.rows(key, None)
        order = np.argsort(self.starts[mask], kind="stable")
        starts, ends = self.starts[mask][order], self.ends[mask][order]
        if self.grain is None or (np.diff(starts) <= 0).any():
            return None
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        return [Period(a, b, self.grain) for a, b in pairs], self.columns[column].values[mask][
            order
        ]


@dataclass(frozen=True)
class TableRoles:
    """Headings of the names, of the periods and of the numbers of a table, and units."""

    names: str = ""
    time: str = ""
    columns: tuple[str, ...] = ()
    units: Mapping[str, str] | None = None


def read_facts(data: bytes | str, roles: TableRoles) -> FactTable:
    """Read a table of facts.

    Raises:
        InputError: for one whose rows have no name and no period, a row that is there twice, a
            column without a unit, or a name that prose cannot carry.
    """
    text = data if isinstance(data, str) else decoded(data)
    table = table_of(text, WHAT)
    if not 0 < len(table) <= MOST_ROWS:
        raise InputError(f"{WHAT} of at most {MOST_ROWS} rows", f"{len(table)} rows")
    cells = {h: table.frame[table.at(h)] for h in table.heads}
    time = _time(table, roles)
    names = _names(table, roles, time)
    heads = _numeric(table, roles, (time, names))
    keys, key = _keys([str(c) for c in cells[names]] if names else None, len(table), names)
    periods = read_periods([_plain(c) for c in cells[time]], time) if time else []
    count = len(table)
    starts = np.fromiter((p.start for p in periods), np.int64, len(periods))
    ends = np.fromiter((p.end for p in periods), np.int64, len(periods))
    if not time:
        starts, ends = np.zeros(count, np.int64), np.zeros(count, np.int64)
    _once(key, starts)
    columns = {c.label: c for c in (_column(table, h, roles) for h in heads)}
    if len(columns) < len(heads):
        raise InputError("columns with names of their own", ", ".join(heads))
    clash = [k for k in keys if k.lower() in {c.lower() for c in columns}]
    if clash:
        raise InputError("names of rows that are no names of columns", clash[0], "Rename one.")
    _no_prefixes([*columns, *keys])
    grain = periods[0].grain if periods else None
    return FactTable(columns, keys, key, starts, ends, grain, content_digest(text))


def decoded(data: bytes) -> str:
    """Return the text of a file.

    Raises:
        InputError: for bytes that are not UTF-8, with their line.
    """
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        got = f"the byte 0x{data[error.start]:02x} in line {line}"
        raise InputError(f"{WHAT} in UTF-8", got, "Save it as UTF-8.") from None


def _plain(cell: object) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) and cell == round(cell) else str(cell)


def _time(table: DataTable, roles: TableRoles) -> str:
    """Return the heading of the periods; empty if there are none."""
    if roles.time:
        table.at(roles.time)
        return roles.time
    for head in table.heads:
        column = table.frame[table.at(head)]
        if head.strip().lower() in TIMES:
            return head
        if column.dtype.kind not in "iufb":
            try:
                read_periods([str(c) for c in column[:200]], head)
            except InputError:
                continue
            return head
    return ""


def _names(table: DataTable, roles: TableRoles, time: str) -> str:
    """Return the heading of the names of rows; empty if periods name them."""
    if roles.names:
        table.at(roles.names)
        return roles.names
    texts = [h for h in table.heads if table.frame[table.at(h)].dtype.kind not in "iufb"]
    found = [h for h in texts if h != time]
    if len(found) > 1:
        raise InputError(
            "one column with the names of rows", ", ".join(found), 'Write [setup] names = "...".'
        )
    if not found and not time:
        raise InputError(
            f"{WHAT} with a column of names or of periods",
            ", ".join(table.heads[:8]),
            'Write [setup] time = "year", or add a column.',
        )
    return found[0] if found else ""


def _numeric(table: DataTable, roles: TableRoles, others: Sequence[str]) -> list[str]:
    if roles.columns:
        return [table.heads[table.at(c)] for c in roles.columns]
    kinds = {h: table.frame[table.at(h)].dtype.kind for h in table.heads if h not in others}
    found = [h for h, kind in kinds.items() if kind in "iuf"]
    if not 0 < len(found) <= MOST_COLUMNS:
        got = f"{len(found)} in {', '.join(table.heads[:8])}"
        raise InputError(f"from 1 to {MOST_COLUMNS} columns of numbers", got)
    return found


def _keys(
    cells: list[str] | None, count: int, head: str
) -> tuple[tuple[str, ...], Int64[np.ndarray, " r"]]:
    if cells is None:
        return (), np.zeros(count, np.int64)
    keys = tuple(dict.fromkeys(cells))
    if len(keys) > MOST_NAMES:
        raise InputError(f"at most {MOST_NAMES} names in {head}", f"{len(keys)}")
    for key in keys:
        _check_name(key, head)
        if SUMS.fullmatch(key.strip()):
            raise InputError(f"rows of {head} that count once", f'"{key}"', "Leave that row out.")
    at = {key: i for i, key in enumerate(keys)}
    return keys, np.array([at[c] for c in cells], dtype=np.int64)


def _check_name(name: str, head: str) -> None:
    """Refuse what cannot be a name in prose: sentences, markup, a number alone."""
    fits = NAME.fullmatch(name) and len(name) <= 60 and len(name.split()) <= 8
    if not fits or "  " in name or not any(map(str.isalpha, name)) or name.lower() == "nan":
        raise InputError(
            f"names of at most 60 characters in {head}, of letters, digits and spaces",
            f"{name[:60]!r}",
            "Rename it.",
        )
    scripts = {unicodedata.name(c, "?").split()[0] for c in name if c.isalpha()}
    if len(scripts) > 1:
        got = f"{name!r} of {' and '.join(sorted(scripts))} letters"
        raise InputError(f"names of one script in {head}", got, "Rename it.")


def _no_prefixes(names: Sequence[str]) -> None:
    """Refuse a name that goes on like a sentence about another one."""
    known = set(names)
    for name in names:
        for cue in (" in ", " of ", " for ", " at ", " than ", " from ", " to ", " was "):
            head, found, _ = name.partition(cue)
            if found and head in known:
                got = f'"{head}" and "{name}"'
                raise InputError("names of which none begins as another one", got, "Rename one.")


def _once(key: Int64[np.ndarray, " r"], starts: Int64[np.ndarray, " r"]) -> None:
    order = np.lexsort((starts, key))
    same = (np.diff(key[order]) == 0) & (np.diff(starts[order]) == 0)
    if same.any():
        rows = np.sort(order[int(same.argmax()) :][:2]) + 2
        raise InputError(
            "each name and period once",
            f"rows {rows[0]} and {rows[1]} with the same",
            "Remove one, or name the column that tells them apart: [setup] names = ... .",
        )


def _column(table: DataTable, head: str, roles: TableRoles) -> FactColumn:
    name, unit = split_head(head)
    units = roles.units or {}
    unit = units.get(head, units.get(name, unit))
    label = " ".join((name if unit and name not in units else head).replace("_", " ").split())
    if head in units:
        label = " ".join(split_head(head)[0].replace("_", " ").split())
    if not unit:
        raise InputError(
            "a unit of each column of numbers",
            f'none of "{head}"',
            f'Write [setup] units = {{ "{head}" = "EUR" }}, or "1" for a pure number.',
        )
    _check_name(label, f"the heading {head}")
    if SUMS.fullmatch(label):
        raise InputError("headings that name what is counted", f'"{head}"', "Rename it.")
    values = table.frame[table.at(head)].to_numpy(np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise InputError(f"finite numbers in {head}", "infinity")
    plain = {"1": "", "percent": "%", "degC": "°C"}.get(unit, unit)
    return FactColumn(label, plain, values, _decimals(values))


def _decimals(values: Float64[np.ndarray, " r"]) -> int:
    """Return the fewest decimals with which the numbers are exact; at most 4."""
    known = values[np.isfinite(values)][:20_000]
    for places in range(4):
        if np.allclose(known, np.round(known, places), rtol=1e-12, atol=0.5e-9):
            return places
    return 4
