"""Draft of a mapping of a feeder from its net and its profiles, for the user to correct."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ingenium.core.errors import InputError
from ingenium.core.reading.tables import DataTable, read_table
from ingenium.domains.grid.data.columns import UNITS_MW
from ingenium.domains.grid.data.ingest import REST, TABLES, ingest
from ingenium.domains.grid.data.measured import PROFILES
from ingenium.domains.grid.data.netfile import read_net

UNITS = {"mw": "MW", "kw": "kW", "w": "W", "pu": "pu", "mvar": "MW", "kvar": "kW", "var": "W"}
REACTIVE = ("mvar", "kvar", "var", "q")
NOISE = (*UNITS, "p", "q", "power", "active", "reactive", "load", "profile", "in")
ZONE = "Europe/Berlin"
MOST_PU = 1.5  # peak of a share of the rated power
WORD = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True)
class ProfileColumn:
    """A column of numbers, and the parts of its name."""

    name: str
    words: tuple[str, ...]  # without units
    unit: str | None
    reactive: bool
    peak: float

    @classmethod
    def of(cls, name: str, values: pd.Series) -> "ProfileColumn":
        """Analyse a column with its values."""
        words = [word.lower() for word in WORD.findall(name)]
        unit = next((UNITS[word] for word in reversed(words) if word in UNITS), None)
        retained = tuple(word.lstrip("0") or "0" for word in words if word not in NOISE)
        reactive = any(word in REACTIVE for word in words)
        return cls(name, retained, unit, reactive, float(np.nanmax(np.abs(values.to_numpy(float)))))

    def unit_for(self, rated_mw: float) -> str:
        """Return the unit in the name, or that for which the peak is nearest to the rated power."""
        if self.unit is not None:
            return self.unit
        sizes = {"pu": rated_mw} | {unit: mw for unit, mw in UNITS_MW.items() if self.peak * mw}
        return min(
            sizes, key=lambda unit: abs(np.log(max(self.peak, 1e-9) * sizes[unit] / rated_mw))
        )


def feeder(*files: str | Path) -> tuple[str, tuple[str, ...]]:
    """Draft the mapping as TOML, with sentences on what to check.

    Names of elements and columns are compared word by word, without units; the index of an element
    counts as its name too. Elements without a matching column use a left-over column that is a
    share, as `"*"`.

    Args:
        files: a pandapower JSON file or a SimBench code, and a CSV or Parquet file of profiles.

    Raises:
        InputError: for files that cannot be read, or columns of which none fits.
    """
    if len(files) != 2:
        got = " ".join(map(str, files))
        raise InputError("a net and its profiles", got, "Write net.json profiles.csv.")
    net, profiles = str(files[0]), Path(files[1])
    _, grid = read_net(net)
    table = read_table(profiles, PROFILES)
    time, numbers = table.heads[0], table.named().iloc[:, 1:].select_dtypes("number")
    known = numbers.columns[numbers.notna().any()]
    columns = [ProfileColumn.of(name, numbers[name]) for name in known]
    lines, notes = _time(table, time)
    if numbers.isna().to_numpy().any():
        lines += ["", "[gaps]", "fill_steps = 4", "drop_days = true # what is longer"]
        notes.append("Values are absent: short gaps are filled and other days left out.")
    left = list(columns)
    for part in TABLES:
        own, more = _part(grid, part, columns, left)
        lines += own
        notes += more
    text = "\n".join([f"# Drafted from {Path(net).name} and {profiles.name}.", *lines]) + "\n"
    unused = [c.name for c in left]
    if unused:
        notes.append(f"Columns that are not used: {', '.join(unused)}.")
    return text, (*notes, *_opens(text, profiles, grid))


def _time(table: DataTable, column: str) -> tuple[list[str], list[str]]:
    """Lines on the time; with a time zone where the stamps need one."""
    lines = ["", "[time]", f"column = {_text(column)}"]
    try:
        table.times(column)
    except InputError:
        table.times(column, zone=ZONE)
        note = f"The stamps change to summer time; {ZONE} is a guess."
        return [*lines, f"timezone = {_text(ZONE)} # a guess"], [note]
    return lines, []


def _part(
    net: Any, part: str, columns: list[ProfileColumn], left: list[ProfileColumn]
) -> tuple[list[str], list[str]]:
    """Lines for the loads or infeeds of a net; removes the matching columns from `left`."""
    lines: list[str] = []
    open_ones: list[str] = []
    for table in TABLES[part]:
        rows = net[table][net[table]["in_service"].astype(bool)]
        twice = rows["name"].astype(str).duplicated(keep=False)
        for index, row in rows.iterrows():
            name = str(index) if twice[index] or not row["name"] else str(row["name"])
            rated = abs(float(row["p_mw"]) * float(row["scaling"]))
            active = _fitting(name, str(index), [c for c in columns if not c.reactive])
            if active is None:
                open_ones.append(name)
                continue
            lines += ["", f"[{part}.{_text(name)}]", f"p = {_text(active.name)}"]
            reactive = _fitting(name, str(index), [c for c in columns if c.reactive])
            used = [active]
            if reactive is not None and part == "loads":
                lines.append(f"q = {_text(reactive.name)}")
                used.append(reactive)
            lines.append(f"unit = {_text(active.unit_for(rated or 1.0))}")
            left[:] = [c for c in left if c not in used]
    if not open_ones:
        return lines, []
    shared = next((c for c in left if not c.reactive and c.peak <= MOST_PU), None)
    reported = ", ".join(open_ones[:10]) + (" ..." if len(open_ones) > 10 else "")
    if shared is None:
        missing = [f'# [{part}.{_text(name)}]\n# p = "?"' for name in open_ones]
        return [*lines, "", *missing], [f"No column fits {reported} under [{part}]."]
    left.remove(shared)
    lines += [
        "",
        f"[{part}.{_text(REST)}] # {reported}",
        f"p = {_text(shared.name)}",
        'unit = "pu"',
    ]
    return lines, [f"{shared.name} stands for {reported} under [{part}]."]


def _fitting(name: str, index: str, columns: list[ProfileColumn]) -> ProfileColumn | None:
    """The one column that matches an element's words, its index, or contains its words."""
    words = [word.lower().lstrip("0") or "0" for word in WORD.findall(name)]
    plain = tuple(word for word in words if word not in NOISE)
    for wanted in (plain, (index,)):
        same = [c for c in columns if wanted and c.words == wanted]
        if len(same) == 1:
            return same[0]
    more = [c for c in columns if plain and set(plain) <= set(c.words)]
    return more[0] if len(more) == 1 else None


def _opens(text: str, profiles: Path, net: Any) -> tuple[str, ...]:
    """Sentences on whether the draft can be used as it is."""
    try:
        found = ingest(profiles, tomllib.loads(text), net)
    except InputError as error:
        return (f"The draft does not open as it is: {error}",)
    return (f"It opens, with {len(found.table)} whole days.", *found.notes)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
