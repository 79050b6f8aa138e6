"""Days of a feeder as pandapower JSON: the net, with the profiles of one day attached."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError, MissingExtra
from ingenium.core.reading.documents import json_file, json_text
from ingenium.core.reading.files import refusing
from ingenium.domains.grid.data.dataset import STEPS, ProfileNames, check_days, require_names
from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.data.profiles import together
from ingenium.domains.grid.formats.layout import (
    FeederLayout,
    dates_of,
    day_of_times,
    day_times,
    design_indices,
)

SLOT = '"profiles": null'


@dataclass(frozen=True)
class PandapowerJson:
    """Format with `design_000000.json` for `pandapower.from_json`; without loss.

    The tables in `net.profiles` are those of SimBench nets, with 96 rows. The reader reads only the
    profiles, as plain JSON: no code that a foreign file names is imported or run.
    """

    names: ProfileNames
    net: Any  # pandapowerNet whose elements name their profiles
    year: int = 2016
    simbench: bool = False  # whether storage profiles may have been renamed
    name: str = "pandapower-json"
    endings: ClassVar[tuple[str, ...]] = (".json",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write one file a design; return the file of each.

        Raises:
            InputError: for days of other profiles.
            MissingExtra: if pandapower is not installed.
        """
        days = check_days(designs, self.names)
        before, after = self._frame().split(SLOT)
        folder.mkdir(parents=True, exist_ok=True)
        layout = FeederLayout(self.names, self.simbench)
        columns, tables, dates = layout.columns(), layout.split(days), dates_of(days, self.year)
        paths = {}
        for k, index in enumerate(days[DESIGN].to_numpy()):  # one file each
            times = day_times(dates[k])
            profiles = {t: _table(heads, times, tables[t][k]) for t, heads in columns.items()}
            path = folder / f"design_{index:06d}.json"
            path.write_text(f'{before}"profiles": {json.dumps(profiles)}{after}', encoding="utf-8")
            paths[int(index)] = path
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read the file of a design, or the folder of many.

        Raises:
            InputError: with the file, if it has no single day of these profiles.
        """
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise InputError("a pandapower JSON file with profiles", f"none at {path}")
        layout = FeederLayout(self.names, self.simbench)
        read = [_read(file, layout.columns()) for file in files]
        tables = {table: np.stack([own[table] for _, own in read]) for table in layout.columns()}
        return layout.join(tables, design_indices(files), np.array([date for date, _ in read]))

    def _frame(self) -> str:
        """The net as JSON text with a slot for the profiles."""
        try:
            import pandapower
        except ImportError as error:
            raise MissingExtra("grid", "pandapower") from error
        net = whole(self.net)
        net["profiles"] = None
        if self.simbench and "profile" in net.storage:
            net.storage["profile"] = net.storage["profile"].map(together, na_action="ignore")
        text = json.dumps(json.loads(pandapower.to_json(net, None)))
        if text.count(SLOT) != 1:
            raise InputError("a net with `profiles` at one place", "one with several")
        return text


def _read(
    path: Path, columns: dict[str, list[str]]
) -> tuple[np.datetime64, dict[str, Float64[np.ndarray, "columns t"]]]:
    what = "a pandapower net in JSON with the profiles of one day"
    whole = json_file(path, what)
    with refusing(what, path):
        profiles = whole["_object"]["profiles"]
        found = {t: json_text(profiles[t]["_object"], what, str(path)) for t in columns}
        times = [row[0] for row in found["load"]["data"]]
        rows = {table: _columns_of(own, path) for table, own in found.items()}
    date = day_of_times(times, path)
    tables = {}
    for table, heads in columns.items():
        require_names(f"column of {table} in {path}", tuple(rows[table]), tuple(heads))
        tables[table] = np.array([rows[table][head] for head in heads], float).reshape(-1, STEPS)
    return date, tables


def _table(
    heads: list[str], times: tuple[str, ...], rows: Float64[np.ndarray, "columns t"]
) -> dict[str, Any]:
    """A data frame in pandapower's form, its numbers by `repr` and thus without loss."""
    data = [[time, *row] for time, row in zip(times, rows.T.tolist(), strict=True)]
    content = {"columns": ["time", *heads], "index": list(range(len(times))), "data": data}
    return {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": json.dumps(content),
        "orient": "split",
        "dtype": {"time": "object"} | dict.fromkeys(heads, "float64"),
        "is_multiindex": False,
        "is_multicolumn": False,
    }


def _columns_of(content: dict[str, Any], path: Path) -> dict[str, list[float]]:
    """Columns of numbers of a table in the split form."""
    names, data = content["columns"][1:], content["data"]
    if len(data) != STEPS or any(len(row) != len(names) + 1 for row in data):
        raise InputError(f"{STEPS} whole rows in each table of profiles", f"{len(data)} in {path}")
    columns = {name: [row[i + 1] for row in data] for i, name in enumerate(names)}
    for name, values in columns.items():
        if not all(type(value) in (int, float) for value in values):
            raise InputError(f"numbers in {name!r} of {path}", "something else, or nothing")
    return columns
