"""Mapping from the columns of a user's profile file to the elements of the user's net.

Written in TOML (or given as the same nested mapping):

    [time]
    column = "time"                # default: the first column
    timezone = "Europe/Berlin"     # of stamps without an offset from UTC

    [loads."House 1"]              # name (or index) of the load in the net
    p = "house_1_kw"
    q = "house_1_kvar"             # default: the net's own ratio of q to p
    unit = "kW"

    [infeeds."Roof 1"]             # name (or index) of an sgen or storage
    p = "roof_1_w"
    unit = "W"
    kind = "solar"

    [infeeds."*"]                  # all others, each by its rated power
    p = "pv_share"
    unit = "pu"
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ingenium.core.errors import InputError
from ingenium.core.reading.files import MOST_TOML, refusing, text
from ingenium.domains.grid.data.dataset import KINDS

UNITS_MW = {"MW": 1.0, "kW": 1e-3, "W": 1e-6}
UNITS = (*UNITS_MW, "pu")


@dataclass(frozen=True)
class TimeColumn:
    """Format of the time stamps of the file."""

    column: str | None = None  # None for the first column
    format: str | None = None  # codes of strptime; None for ISO 8601 or 31.12.2016 23:45
    timezone: str | None = None  # of stamps without an offset; None for one without changeover
    stamp: str = "start"  # which end of its step a stamp marks
    interpolate: bool = False  # allow steps longer than 15 minutes

    def __post_init__(self) -> None:
        if self.stamp not in ("start", "end"):
            raise InputError('stamp = "start" or "end" under [time]', self.stamp)


@dataclass(frozen=True)
class Gaps:
    """Treatment of missing values."""

    fill_steps: int = 0  # longest run of 15-minute steps that is filled by a straight line
    drop_days: bool = False  # leave out days with what is not filled, instead of refusing them


@dataclass(frozen=True)
class ElementColumns:
    """Columns of one element; `pu` is a share of the element's rated power in the net."""

    p: str
    q: str | None = None  # loads only; None for the net's own ratio of q to p
    unit: str = "kW"
    kind: str | None = None  # infeeds only; None to tell it from the net

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise InputError(f"a unit of {UNITS}", repr(self.unit), "Correct unit in the mapping.")
        if self.kind is not None and self.kind not in KINDS:
            raise InputError(f"a kind of {KINDS}", repr(self.kind), "Correct kind in the mapping.")


@dataclass(frozen=True)
class ColumnMapping:
    """The whole mapping: time, gaps, and the columns of each load and infeed by its name."""

    loads: Mapping[str, ElementColumns]
    infeeds: Mapping[str, ElementColumns] = field(default_factory=dict)
    time: TimeColumn = TimeColumn()
    gaps: Gaps = Gaps()

    def __post_init__(self) -> None:
        if not self.loads:
            raise InputError(
                "at least one load in the mapping",
                "none",
                'Add [loads."NAME"] with p = "COLUMN"; `ingenium draft feeder NET PROFILES` drafts '
                "them.",
            )
        for name, columns in self.loads.items():
            if columns.kind is not None:
                raise InputError("kind for infeeds only", f"kind of the load {name!r}")
        for name, columns in self.infeeds.items():
            if columns.q is not None:
                raise InputError("q for loads only", f"q of the infeed {name!r}")

    @property
    def column_names(self) -> tuple[str, ...]:
        """All value columns of the mapping, each once, in order."""
        named = [
            name
            for columns in (*self.loads.values(), *self.infeeds.values())
            for name in (columns.p, columns.q)
            if name is not None
        ]
        return tuple(dict.fromkeys(named))


T = TypeVar("T", TimeColumn, Gaps, ElementColumns)


def read_mapping(source: Path | Mapping[str, Any]) -> ColumnMapping:
    """Read a mapping from a TOML file, or from the same tables as nested mappings.

    Raises:
        InputError: for a file that is absent or not TOML, an unknown key, or a wrong type.
    """
    tables = _read_toml(source) if isinstance(source, Path) else source
    _only(tables, ("time", "gaps", "loads", "infeeds"), "the mapping")
    elements: dict[str, dict[str, ElementColumns]] = {}
    for part in ("loads", "infeeds"):
        rows = _table(tables.get(part, {}), f"[{part}]")
        elements[part] = {
            str(name): _fill(ElementColumns, row, f"[{part}.{name}]") for name, row in rows.items()
        }
    return ColumnMapping(
        elements["loads"],
        elements["infeeds"],
        _fill(TimeColumn, tables.get("time", {}), "[time]"),
        _fill(Gaps, tables.get("gaps", {}), "[gaps]"),
    )


def _read_toml(path: Path) -> Mapping[str, Any]:
    what = "a mapping in TOML"
    found = text(path, what, most=MOST_TOML, prose=True)
    with refusing(what, path):
        return tomllib.loads(found)


def _fill(kind: type[T], row: object, where: str) -> T:
    """A dataclass from a table, with the type of each field checked against its default."""
    table = _table(row, where)
    fields = {item.name: item for item in dataclasses.fields(kind)}
    _only(table, tuple(fields), where)
    for name, value in table.items():
        default = fields[name].default
        wanted = type(default) if isinstance(default, bool | int) else str
        if type(value) is not wanted:
            raise InputError(f"{name} as {wanted.__name__} in {where}", repr(value))
    if "p" in fields and "p" not in table:
        raise InputError(f"p, the column of active power, in {where}", "none")
    return kind(**table)


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"a table {where}", repr(value))
    return value


def _only(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = [key for key in table if key not in known]
    if unknown:
        raise InputError(f"only {', '.join(known)} in {where}", repr(unknown[0]))
