"""Days of a feeder as SimBench CSV: a folder a design, with the tables that `csv2pp` reads."""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError, MissingExtra
from ingenium.core.reading.files import content, refusing
from ingenium.domains.grid.dataset import STEPS, ProfileNames, check_days, require_names
from ingenium.domains.grid.layout import (
    FeederLayout,
    dates_of,
    day_of_times,
    day_times,
    design_indices,
)

DIGITS = 7
FILES = {
    "load": "LoadProfile.csv",
    "renewables": "RESProfile.csv",
    "storage": "StorageProfile.csv",
    "powerplants": "PowerPlantProfile.csv",
}
OPTIONAL = ("storage", "powerplants")  # left out when a feeder has none


@dataclass(frozen=True)
class SimbenchCsv:
    """SimBench's profile tables, `;` between columns, a folder a design.

    Numbers are rounded to 7 significant digits. The times are those of the day's date (or of
    its day of the year in 2016) in UTC+01:00; SimBench's own tables are in local time.

    Source: SimBench documentation, 2020, "CSV data format".
    """

    names: ProfileNames
    name: str = "simbench-csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `design_000000/LoadProfile.csv` and so on; gives the folder of each design.

        Raises:
            InputError: for days of other profiles, or a name that would break the table.
        """
        days = check_days(designs, self.names)
        columns = FeederLayout(self.names).columns()
        _check_names(columns)
        times = [day_times(date) for date in dates_of(days)]
        paths = {int(index): folder / f"design_{index:06d}" for index in days[DESIGN].to_numpy()}
        for path in paths.values():
            path.mkdir(parents=True)
        for table, values in FeederLayout(self.names).split(days).items():
            if table in OPTIONAL and not columns[table]:
                continue
            for path, time, rows in zip(paths.values(), times, round_digits(values), strict=True):
                _write_table(path / FILES[table], columns[table], time, rows)
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read the folder of a design, or of many.

        Raises:
            InputError: naming the file, if it is not a table of one day of these profiles.
        """
        folders = _folders(path)
        layout = FeederLayout(self.names)
        tables, dates = {}, []
        for table, heads in layout.columns().items():
            if table in OPTIONAL and not any((own / FILES[table]).is_file() for own in folders):
                require_names(f"column of {FILES[table]} in {path}", (), tuple(heads))
                tables[table] = np.empty((len(folders), 0, STEPS))
                continue
            read = [_read_table(folder / FILES[table], heads) for folder in folders]
            dates.append(np.array([date for date, _ in read]))
            tables[table] = np.stack([rows for _, rows in read])
        for k, folder in enumerate(folders):
            if len({own[k] for own in dates}) > 1:
                raise InputError("tables of one day", f"tables of different days in {folder}")
        return layout.join(tables, design_indices(folders), dates[0])


def round_digits(values: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Round to 7 significant digits: the double nearest to the decimal, so that text keeps it."""
    exponent = np.zeros_like(values)
    np.log10(np.abs(values), out=exponent, where=values != 0)
    digits = DIGITS - 1 - np.floor(exponent)
    scale = 10.0 ** np.clip(digits, 0, 22)  # powers up to 10^22 are exact
    return np.asarray(np.rint(values * scale) / scale)


def _folders(path: Path) -> list[Path]:
    """The folder itself if it holds tables, or else the folders of designs in it, in order."""
    if (path / FILES["load"]).is_file():
        return [path]
    inside = path.iterdir() if path.is_dir() else ()
    folders = sorted(folder for folder in inside if (folder / FILES["load"]).is_file())
    if not folders:
        raise InputError(
            f"a folder with {FILES['load']}, or with folders that hold one", f"{path} without"
        )
    return folders


def _check_names(columns: dict[str, list[str]]) -> None:
    for name in (name for names in columns.values() for name in names):
        if re.search(r'[;"\r\n]', name) or name == "time":
            raise InputError(
                "profile names without semicolons, quotes and line ends",
                repr(name),
                "Rename the profile, or write Parquet or NetCDF.",
            )


def _write_table(
    path: Path, heads: list[str], time: list[str], rows: Float64[np.ndarray, "columns t"]
) -> None:
    pyarrow, csv = _arrow()
    columns = [pyarrow.array(time), *(pyarrow.array(row) for row in rows)]
    table = pyarrow.Table.from_arrays(columns, names=["time", *heads])
    options = csv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
    buffer = BytesIO()
    csv.write_csv(table, buffer, options)
    path.write_bytes((";".join(["time", *heads]) + "\n").encode() + buffer.getvalue())


def _read_table(
    path: Path, heads: list[str]
) -> tuple[np.datetime64, Float64[np.ndarray, "columns t"]]:
    """Date and values of a table, its columns in the order of `heads`."""
    pyarrow, csv = _arrow()
    what = "a SimBench table of numbers"
    data = content(path, what)
    types = {"time": pyarrow.string()} | {head: pyarrow.float64() for head in heads}
    with refusing(what, path):
        table = csv.read_csv(
            pyarrow.BufferReader(data),  # needs no lock of Python's in its thread
            read_options=csv.ReadOptions(use_threads=False),
            parse_options=csv.ParseOptions(delimiter=";"),
            convert_options=csv.ConvertOptions(column_types=types, null_values=[]),
        )
        require_names(f"column in {path}", tuple(table.column_names), ("time", *heads))
        date = day_of_times(table.column("time").to_pylist(), path)
        rows = np.array([table.column(head).to_numpy() for head in heads])
        return date, rows.reshape(len(heads), STEPS)


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import csv
    except ImportError as error:
        raise MissingExtra("grid", "pyarrow") from error
    return pyarrow, csv
