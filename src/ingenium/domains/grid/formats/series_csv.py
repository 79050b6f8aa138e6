"""Series as CSV: a file a design, a row a step, a column a series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.tables import csv_file


@dataclass(frozen=True, eq=False)
class SeriesCsv:
    """One CSV a design: the column `hour`, then one for each series, to the last digit.

    A variable along time alone has a column of its own name; one of several profiles has a column
    `variable:profile` for each.
    """

    variables: tuple[Variable, ...]  # whose last dimension is time
    labels: Mapping[str, Any]  # coordinates of their dimensions
    stem: str  # of the files' names
    name: str = "csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `STEM_000000.csv` and so on."""
        blocks = [designs[v.name].to_numpy() for v in self.variables]
        blocks = [x.reshape(len(x), -1, len(self.hours)) for x in blocks]
        values = np.concatenate(blocks, axis=1)
        paths = {}
        for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):  # a file a design
            path = folder / f"{self.stem}_{index:06d}.csv"
            frame = pd.DataFrame(values[i].T, columns=self.columns)
            frame.insert(0, "hour", self.hours)
            frame.to_csv(path, index=False)
            paths[int(index)] = path
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all that a folder holds.

        Raises:
            InputError: for anything but whole series in this layout.
        """
        files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        if not files:
            raise InputError(f"a CSV of a {self.stem}", f"none in {path}", "Name the file itself.")
        values = np.stack([self._one(file) for file in files])
        stems = [file.stem.removeprefix(f"{self.stem}_") for file in files]
        index = [int(s) if s.isdecimal() else i for i, s in enumerate(stems)]
        data, first = {}, 0
        for v in self.variables:
            own = len(self._columns(v))
            block = values[:, first : first + own]
            shaped = block if len(v.dims) > 1 else block[:, 0]
            about = {"units": v.unit, "long_name": v.long_name}
            data[v.name] = ((DESIGN, *v.dims), shaped, about)
            first += own
        return xr.Dataset(data, coords={DESIGN: index, **self.labels})

    @property
    def hours(self) -> Float64[np.ndarray, " t"]:
        """Start of each step."""
        return np.asarray(self.labels["time"][1], dtype=np.float64)

    @property
    def columns(self) -> list[str]:
        """All but that of the hour."""
        return [name for v in self.variables for name in self._columns(v)]

    def _columns(self, v: Variable) -> Sequence[str]:
        if len(v.dims) == 1:
            return [v.name]
        return [f"{v.name}:{name}" for name in np.asarray(self.labels[v.dims[0]][1]).tolist()]

    def _one(self, file: Path) -> Float64[np.ndarray, "c t"]:
        frame = csv_file(file, f"a CSV of a {self.stem}")
        wanted = ["hour", *self.columns]
        if list(frame.columns) != wanted or not np.array_equal(frame["hour"], self.hours):
            raise InputError(
                f"the columns {', '.join(wanted[:4])}{' ...' if len(wanted) > 4 else ''} and "
                f"{len(self.hours)} rows from hour 0 to {self.hours[-1]:g}",
                f"{', '.join(map(str, frame.columns[:4]))} and {len(frame)} rows in {file}",
                "Resample the series to quarter hours.",
            )
        if not all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes):
            raise InputError("a CSV of numbers", f"{file}, with others", "See `show`.")
        return np.asarray(frame[self.columns].to_numpy(np.float64).T)
