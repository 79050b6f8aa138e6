"""SimBench CSV of feeder days: a folder a design, with the tables that `csv2pp` reads."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.domains.grid.data.dataset import (
    STEPS,
    VARIABLES,
    ProfileNames,
    check_days,
    require_names,
)
from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.data.packages import package
from ingenium.domains.grid.formats.csv_table import read_times, round_digits, write_tables
from ingenium.domains.grid.formats.layout import (
    FeederLayout,
    dates_of,
    day_of_times,
    day_times,
    design_indices,
)

FILES = {
    "load": "LoadProfile.csv",
    "renewables": "RESProfile.csv",
    "storage": "StorageProfile.csv",
    "powerplants": "PowerPlantProfile.csv",
}
OPTIONAL = ("storage", "powerplants")  # left out when a feeder has none


@dataclass(frozen=True)
class SimbenchCsv:
    """Format with SimBench's profile tables, `;` between columns, a folder a design.

    Numbers are rounded to 7 significant digits. The times are those of the day's date (or of a day
    like it in 2016) in UTC+01:00; SimBench's own tables are in local time. Profiles have the names
    of SimBench's net; where loads or infeed are scaled, the net for the shares is in the folder of
    the run as `net.json`.

    Source: SimBench documentation, 2020, "CSV data format".
    """

    names: ProfileNames
    year: int = 2016
    simbench: bool = False  # whether storage profiles may have been renamed
    scaled: Any = None  # pandapowerNet, if it is not the original one
    name: str = "simbench-csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)
    separate: ClassVar[Literal[True]] = True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `design_000000/LoadProfile.csv` and so on; return the folder of each design.

        Raises:
            InputError: for days of other profiles, or a name that would break the table.
        """
        days = check_days(designs, self.names)
        layout = FeederLayout(self.names, self.simbench)
        columns = layout.columns()
        _check_names(columns)
        times = [day_times(date) for date in dates_of(days, self.year)]
        paths = {int(index): folder / f"design_{index:06d}" for index in days[DESIGN].to_numpy()}
        for path in paths.values():
            path.mkdir(parents=True)
        for table, values in layout.split(days).items():
            if table in OPTIONAL and not columns[table]:
                continue
            files = [path / FILES[table] for path in paths.values()]
            write_tables(files, columns[table], times, round_digits(values), delimiter=";")
        return paths

    def rounded(self, designs: xr.Dataset) -> xr.Dataset:
        """Return days of 7 significant digits."""
        own = {v.name: designs.variables[v.name] for v in VARIABLES}
        return designs.assign({k: x.copy(data=round_digits(x.to_numpy())) for k, x in own.items()})

    def accompany(self, folder: Path) -> None:
        """Write the net for the shares, if it is not SimBench's own."""
        if self.scaled is not None:
            package("pandapower").to_json(whole(self.scaled), str(folder / "net.json"))

    def read(self, path: Path) -> xr.Dataset:
        """Read the folder of a design, or of many.

        Raises:
            InputError: with the file, if it is not a table of one day of these profiles.
        """
        return self.together(_folders(path))

    def together(self, folders: list[Path]) -> xr.Dataset:
        """Read the folders of designs.

        Raises:
            InputError: with the file, if it is not a table of one day of these profiles.
        """
        layout = FeederLayout(self.names, self.simbench)
        tables, dates = {}, []
        for table, heads in layout.columns().items():
            if table in OPTIONAL and not any((own / FILES[table]).is_file() for own in folders):
                require_names(f"column of {FILES[table]} in {folders[0]}", (), tuple(heads))
                tables[table] = np.empty((len(folders), 0, STEPS))
                continue
            files = [folder / FILES[table] for folder in folders]
            read = read_times(files, heads, "a SimBench table of numbers", delimiter=";")
            both = zip(files, read, strict=True)
            dates.append(np.array([day_of_times(times, file) for file, (times, _) in both]))
            tables[table] = np.stack([rows for _, rows in read])
        for k, folder in enumerate(folders):
            if len({own[k] for own in dates}) > 1:
                raise InputError("tables of one day", f"tables of different days in {folder}")
        return layout.join(tables, design_indices(folders), dates[0])


def _folders(path: Path) -> list[Path]:
    """The folder itself if it has tables, or else the folders of designs in it, in order."""
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
