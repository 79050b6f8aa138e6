"""The user's own feeder: a pandapower net, a file of profiles, and a mapping between them."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.domains.grid.data.columns import UNITS_MW, ColumnMapping, ElementColumns, read_mapping
from ingenium.domains.grid.data.dataset import STEPS, ProfileNames
from ingenium.domains.grid.data.measured import (
    StampedRows,
    fill_gaps,
    quarter_hours,
    read_rows,
    require_values,
)
from ingenium.domains.grid.data.profiles import DayTable

FEWEST_DAYS = 14
TABLES = {"loads": ("load",), "infeeds": ("sgen", "storage")}
REST = "*"  # stands for all elements in service that are not named
MOST_OF_RATED = 100.0  # a peak of more than this multiple of the rated power is a wrong unit
LEAST_OF_RATED = 1e-3  # and so is a peak below this share of it
NIGHT_LOSS = 0.02  # share of the rated power that a plant may consume, as inverters do at night


@dataclass(frozen=True, eq=False)
class Feeder:
    """A user's feeder.

    `net` is a copy whose elements have the name of their profile in the column `profile`, as in
    SimBench nets.
    """

    table: DayTable
    net: Any
    notes: tuple[str, ...]  # what was filled or dropped


@dataclass(frozen=True)
class _Element:
    """One mapped element: its position in the net, and the meaning of 1.0 of its profile."""

    name: str
    columns: ElementColumns
    table: str
    index: int
    rated_mw: float
    rated_mvar: float

    @property
    def profile(self) -> str:
        """Name of its own profile, or of its column, which others may share."""
        return self.columns.p if self.columns.unit == "pu" else self.name

    @property
    def unit_mw(self) -> float:
        """MW of one unit of its columns."""
        return UNITS_MW.get(self.columns.unit, self.rated_mw)


def ingest(profiles: Path, mapping: Path | Mapping[str, Any] | ColumnMapping, net: Any) -> Feeder:
    """Read a user's profiles into days of the user's net.

    Args:
        profiles: CSV (`;`, `,` or tab; decimal comma or point) or Parquet with a time column.
        mapping: see `columns`; a TOML file, its tables, or the finished mapping.
        net: pandapower net; it is not changed.

    Raises:
        InputError: with the row, column or element that cannot be used, and what to write.
    """
    if not isinstance(mapping, ColumnMapping):
        mapping = read_mapping(mapping)
    net = copy.deepcopy(net)
    loads = _elements(net, "loads", mapping.loads)
    infeeds = _elements(net, "infeeds", mapping.infeeds)
    rows = read_rows(profiles, mapping)
    require_values(rows, mapping.gaps)
    for element in (*loads, *infeeds):
        _check_power(rows, element)
    steps = quarter_hours(rows, mapping.time)
    filled = fill_gaps(steps, mapping.gaps.fill_steps)
    days, notes = whole_days(filled)
    count = int(steps.isna().to_numpy().sum() - filled.isna().to_numpy().sum())
    if count:
        notes = (f"{count} absent values filled by straight lines", *notes)
    table = _table(days, loads, infeeds, net, profiles.name)
    _mark(net, (*loads, *infeeds))
    return Feeder(table, net, notes)


def _elements(net: Any, part: str, mapped: Mapping[str, ElementColumns]) -> list[_Element]:
    """All elements in service of a part of the net, each with its columns."""
    tables = TABLES[part]
    named = [_find(net, tables, name, own) for name, own in mapped.items() if name != REST]
    taken = {(element.table, element.index) for element in named}
    if len(taken) < len(named):
        raise InputError(f"each element once in [{part}]", "one both by name and by index")
    left = [
        (table, int(index))
        for table in tables
        for index in net[table].index[net[table]["in_service"]]
        if (table, index) not in taken
    ]
    if not left:
        return named
    if REST not in mapped:
        names = [f"{net[table].at[index, 'name']} (index {index})" for table, index in left]
        raise InputError(
            f"columns for each element in service of net.{' and net.'.join(tables)}",
            f"none for {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}",
            f'Add [{part}."*"] with p = "COLUMN" and unit = "pu" for all others, a table for each, '
            "or take them out of service in the net; `ingenium draft feeder NET PROFILES` drafts "
            "the mapping.",
        )
    rest = mapped[REST]
    if rest.unit != "pu":
        raise InputError(
            f'unit = "pu" for "*" under [{part}]',
            repr(rest.unit),
            "A power that several elements share must be relative to their rated power.",
        )
    return named + [
        _rated(net[table].loc[index], f"{net[table].at[index, 'name']}", rest, table)
        for table, index in left
    ]


def _find(net: Any, tables: tuple[str, ...], name: str, columns: ElementColumns) -> _Element:
    """The one element of that name, or else of that index, in the first table that has it."""
    for table in tables:
        elements = net[table]
        where = list(elements.index[elements["name"].astype(str) == name])
        if len(where) > 1:
            raise InputError(
                f"one element {name!r} in net.{table}",
                f"{len(where)} of that name",
                "Give each its own name in the net, or map them by index.",
            )
        if not where and name.isdecimal() and int(name) in elements.index:
            where = [int(name)]
        if where:
            return _rated(elements.loc[where[0]], name, columns, table)
    known = [str(other) for table in tables for other in net[table]["name"]]
    raise InputError(
        f"an element {name!r} in net.{' or net.'.join(tables)}",
        f"the names {', '.join(known[:20]) or '(none)'}",
        "Correct the name in the mapping.",
    )


def _rated(row: pd.Series, name: str, columns: ElementColumns, table: str) -> _Element:
    try:
        scaling = float(row["scaling"])
        rated_mw = float(row["p_mw"]) * scaling
    except (TypeError, ValueError):
        rated_mw = np.nan
    if not np.isfinite(rated_mw) or rated_mw == 0 or (rated_mw < 0 and table != "storage"):
        raise InputError(
            f"a rated power p_mw above 0 of {name!r} in net.{table}",
            f"p_mw {row['p_mw']}, scaling {row['scaling']}",
            "Write its rated power into the net; profiles are relative to it.",
        )
    rated_mvar = float(np.nan_to_num(row["q_mvar"])) * scaling if table == "load" else 0.0
    return _Element(name, columns, table, int(str(row.name)), rated_mw, rated_mvar or rated_mw)


def _check_power(rows: StampedRows, element: _Element) -> None:
    """Check sign and magnitude of the active power, row by row, as in the file."""
    values = rows.values[element.columns.p].to_numpy()
    if np.isfinite(values).any():
        _check_sign(rows, element, values)
        _check_magnitude(element, values)


def _check_sign(rows: StampedRows, element: _Element, values: Float64[np.ndarray, " t"]) -> None:
    allowed = {"load": 0.0, "storage": np.inf}.get(element.table, NIGHT_LOSS)
    low = values < -allowed * abs(element.rated_mw) / element.unit_mw
    if not low.any():
        return
    first = int(low.argmax())
    load = element.table == "load"
    raise InputError(
        f"{'load' if load else 'infeed'} of at least 0 in the column {element.columns.p!r}",
        f"{values[first]:g} {rows.place(first)} and in {int(low.sum()) - 1} more",
        "Write the infeed into a column of its own, and map it to an sgen."
        if load
        else "Power that is fed in is positive; turn the sign of the column.",
    )


def _check_magnitude(element: _Element, values: Float64[np.ndarray, " t"]) -> None:
    peak = float(np.nanmax(np.abs(values))) * element.unit_mw / abs(element.rated_mw)
    if peak == 0 or LEAST_OF_RATED <= peak <= MOST_OF_RATED:
        return
    guess = _guess(element.columns.unit, peak)
    raise InputError(
        f"a peak of {element.name!r} near its rated {abs(element.rated_mw) * 1e3:g} kW",
        f"{peak:.3g} times that in the column {element.columns.p!r}",
        f"{guess}Correct its unit in the mapping, or its p_mw in the net.",
    )


def _guess(unit: str, peak: float) -> str:
    """Hint on the probable unit, from the order of magnitude of the peak."""
    if unit == "pu":
        return "It looks like an absolute power given as pu. " if peak > 1 else ""
    order = list(UNITS_MW)
    place = order.index(unit) + (1 if peak > 1 else -1) * (2 if peak > 1e5 or peak < 1e-6 else 1)
    if not 0 <= place < len(order):
        return ""
    return f"It looks like {order[place]} given as {unit}. "


def whole_days(steps: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows of days without a missing value; the rest is dropped and counted."""
    date = pd.DatetimeIndex(steps.index).normalize()
    complete = steps.notna().all(axis=1).groupby(date).sum() == STEPS
    stored = complete.index[complete]
    if len(stored) < FEWEST_DAYS:
        raise InputError(
            f"profiles of at least {FEWEST_DAYS} whole days",
            f"{len(stored)} whole days of {len(complete)}",
            "Give a longer file, or fill short gaps with fill_steps under [gaps].",
        )
    dropped = len(complete) - len(stored)
    note = f"{dropped} incomplete of {len(complete)} days dropped"
    return steps[date.isin(stored)], (note,) if dropped else ()


def _table(
    days: pd.DataFrame, loads: list[_Element], infeeds: list[_Element], net: Any, source: str
) -> DayTable:
    dates = pd.DatetimeIndex(days.index)[::STEPS].to_numpy().astype("datetime64[D]")
    load, infeed = _by_profile(loads), _by_profile(infeeds)
    load_p = [_relative(days, own[0], own[0].columns.p, own[0].rated_mw) for own in load.values()]
    load_q = [
        p if own[0].columns.q is None else _relative(days, own[0], own[0].columns.q, mvar)
        for p, own in zip(load_p, load.values(), strict=True)
        for mvar in [own[0].rated_mvar]
    ]
    infeed_p = [
        _relative(days, own[0], own[0].columns.p, own[0].rated_mw) for own in infeed.values()
    ]
    kinds = tuple(_kind(net, own[0]) for own in infeed.values())
    return DayTable(
        dates,
        ProfileNames(tuple(load), tuple(infeed), kinds),
        np.stack(load_p, axis=1),
        np.stack(load_q, axis=1),
        np.stack(infeed_p, axis=1) if infeed_p else np.empty((len(dates), 0, STEPS)),
        np.array([sum(element.rated_mw for element in own) for own in load.values()]),
        np.array([sum(element.rated_mw for element in own) for own in infeed.values()], float),
        source,
    )


def _by_profile(elements: list[_Element]) -> dict[str, list[_Element]]:
    """Elements of each profile, in the order of the profiles' names."""
    found: dict[str, list[_Element]] = {}
    for element in sorted(elements, key=lambda element: element.profile):
        found.setdefault(element.profile, []).append(element)
    for name, own in found.items():
        if (
            len({(element.columns.p, element.columns.q, element.columns.unit) for element in own})
            > 1
        ):
            raise InputError(
                f"the same columns for all elements of the profile {name!r}",
                "different ones",
                "Give each p column one q column, and no column the name of an element.",
            )
    return found


def _relative(
    days: pd.DataFrame, element: _Element, column: str, rated: float
) -> Float64[np.ndarray, "n t"]:
    unit = element.columns.unit
    scale = UNITS_MW[unit] / rated if unit in UNITS_MW else 1.0
    return np.asarray(days[column].to_numpy(np.float64).reshape(-1, STEPS) * scale)


def _kind(net: Any, infeed: _Element) -> str:
    """Kind from the mapping, the table, or words in the type and name of the element."""
    if infeed.columns.kind is not None:
        return infeed.columns.kind
    if infeed.table == "storage":
        return "storage"
    words = f"{net.sgen.at[infeed.index, 'type']} {infeed.name}".lower()
    marks = {"pv": "solar", "solar": "solar", "wp": "wind", "wind": "wind", "chp": "firm"}
    return next((kind for mark, kind in marks.items() if mark in words), "mixed")


def _mark(net: Any, elements: tuple[_Element, ...]) -> None:
    """Write the profile of each element into the net, and the reactive power at 1.0 of it."""
    for table in ("load", "sgen", "storage"):
        net[table]["profile"] = pd.Series(None, index=net[table].index, dtype=object)
    for element in elements:
        net[element.table].at[element.index, "profile"] = element.profile
        if element.table == "load" and element.columns.q is not None:
            scaling = net.load.at[element.index, "scaling"]
            net.load.at[element.index, "q_mvar"] = element.rated_mvar / scaling
