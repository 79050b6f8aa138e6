"""Files of annual profiles: a table a neighbourhood, a row a step, a column a consumer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.parquet import arrow
from ingenium.core.reading.tables import read_table
from ingenium.domains.grid.formats.csv_table import round_digits, write_table
from ingenium.domains.grid.formats.layout import design_indices

STEM = "design"  # of the files' names
UNIT = " (kW)"  # after the name of a consumer


@dataclass(frozen=True, eq=False)
class YearTables:
    """Base class of both formats: columns, times, and a file for each neighbourhood."""

    consumers: tuple[str, ...]
    times: tuple[str, ...]  # the start of each step, as 2016-01-31 13:15
    labels: Any  # coordinates of consumer and time
    separate: ClassVar[Literal[True]] = True
    endings: ClassVar[tuple[str, ...]] = ()

    @property
    def columns(self) -> list[str]:
        """Names of the columns of numbers."""
        return [f"{name}{UNIT}" for name in self.consumers]

    def each(self, designs: xr.Dataset, folder: Path, ending: str) -> Iterator[tuple[int, Any]]:
        """Iterate over path and loads of each neighbourhood."""
        for index, load in zip(designs[DESIGN].to_numpy(), designs["load"].to_numpy(), strict=True):
            yield int(index), (folder / f"{STEM}_{index:06d}{ending}", load)

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all files of a folder.

        Raises:
            InputError: for files other than whole years of these consumers.
        """
        (ending,) = self.endings
        files = sorted(path.glob(f"*{ending}")) if path.is_dir() else [path]
        if not files:
            raise InputError(f"a {ending} file of annual profiles", f"none in {path}")
        return self.joined([self._one(file) for file in files], files)

    def _one(self, path: Path) -> Float64[np.ndarray, "h t"]:
        table = read_table(path, "annual profiles", delimiter=",", exact=True, filled=True)
        table.expect(["time", *self.columns], ordered=False)
        times = table.texts("time")
        if tuple(times) != self.times:
            raise InputError(
                f"the {len(self.times)} times from {self.times[0]} to {self.times[-1]}",
                f"{len(times)} rows from {times[0] if times else 'nothing'} in {path}",
                "Write year and step_min of the setup as the file has them.",
            )
        return table.block(self.columns)

    def joined(self, loads: list[Float64[np.ndarray, "h t"]], files: list[Path]) -> xr.Dataset:
        """Combine neighbourhoods of some files, numbered by their names."""
        about = {"units": "kW", "long_name": "active load"}
        data = {"load": ((DESIGN, "consumer", "time"), np.stack(loads), about)}
        return xr.Dataset(data, coords={DESIGN: design_indices(files), **self.labels})


@dataclass(frozen=True, eq=False)
class YearCsv(YearTables):
    """CSV format with commas, its numbers rounded to 7 digits."""

    name: str = "csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `design_000000.csv` and so on."""
        paths = {}
        for index, (path, load) in self.each(designs, folder, ".csv"):  # one file each
            write_table(path, self.columns, list(self.times), round_digits(load))
            paths[index] = path
        return paths


@dataclass(frozen=True, eq=False)
class YearParquet(YearTables):
    """Parquet format, without loss."""

    name: str = "parquet"
    endings: ClassVar[tuple[str, ...]] = (".parquet",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `design_000000.parquet` and so on."""
        pyarrow, parquet = arrow()
        paths, names = {}, ["time", *self.columns]
        for index, (path, load) in self.each(designs, folder, ".parquet"):  # one file each
            rows = [pyarrow.array(self.times), *map(pyarrow.array, load)]
            parquet.write_table(pyarrow.Table.from_arrays(rows, names=names), path)
            paths[index] = path
        return paths
