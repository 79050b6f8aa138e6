"""What is said of a day ahead as CSV: a file a day, a row a step with its time stamp."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float64, Shaped

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.tables import csv_file
from ingenium.domains.grid.data.dataset import STEPS
from ingenium.domains.grid.data.stamps import fixed_time

ZONE = "+01:00"
ZONED = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$"
QUARTER = np.timedelta64(15, "m")


@dataclass(frozen=True, eq=False)
class StampedCsv:
    """One CSV a day: `time`, then a column `name:variable` for each series or node and variable.

    Stamps say the start of each step with its offset from UTC; days are those of UTC+01:00.
    """

    variables: tuple[Variable, ...]  # along names and time, all of one kind; then the day
    labels: Mapping[str, Any]
    first: np.datetime64  # the day that is called 0
    stem: str  # of the files' names
    rising: bool = False  # whether each variable is at least the one before it
    name: str = "csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `STEM_000000.csv` and so on."""
        *parts, day = (designs[v.name].to_numpy() for v in self.variables)
        values = np.stack(parts, 2).reshape(len(day), -1, STEPS)
        paths = {}
        for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):  # a file a design
            start = self.first + np.timedelta64(round(float(day[i])), "D")
            frame = pd.DataFrame(values[i].T, columns=self.columns)
            frame.insert(0, "time", [f"{stamp}{ZONE}" for stamp in _stamps(start)])
            path = folder / f"{self.stem}_{index:06d}.csv"
            frame.to_csv(path, index=False)
            paths[int(index)] = path
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all that a folder holds.

        Raises:
            InputError: for anything but one whole day, with variables that rise if they must.
        """
        files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        if not files:
            raise InputError(f"a CSV of a {self.stem}", f"none in {path}", "Name the file itself.")
        days, values = zip(*(self._one(file) for file in files), strict=True)
        stems = [file.stem.removeprefix(f"{self.stem}_") for file in files]
        index = [int(s) if s.isdecimal() else i for i, s in enumerate(stems)]
        blocks = np.stack(values)
        data: dict[str, Any] = {
            v.name: ((DESIGN, *v.dims), blocks[:, :, q], {"units": v.unit})
            for q, v in enumerate(self.variables[:-1])
        }
        day = self.variables[-1]
        data[day.name] = (DESIGN, np.array(days, dtype=np.float64), {"units": day.unit})
        return xr.Dataset(data, coords={DESIGN: index, **self.labels})

    @property
    def columns(self) -> list[str]:
        """All but that of the time."""
        names = np.asarray(self.labels[self.variables[0].dims[0]][1]).tolist()
        return [f"{name}:{v.name}" for name in names for v in self.variables[:-1]]

    def _one(self, file: Path) -> tuple[float, Float64[np.ndarray, "s q t"]]:
        frame = csv_file(file, f"a CSV of a {self.stem}")
        wanted = ["time", *self.columns]
        if list(frame.columns) != wanted or len(frame) != STEPS:
            raise InputError(
                f"the columns {', '.join(wanted[:4])} ... and {STEPS} rows",
                f"{', '.join(map(str, frame.columns[:4]))} and {len(frame)} rows in {file}",
                "Write quarter hours of one day, and a column for each name and variable.",
            )
        if not all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes[1:]):
            raise InputError("a CSV of numbers", f"{file}, with others", "See `show`.")
        bare = ~frame["time"].astype(str).str.contains(ZONED)
        if bare.any():
            came = f"{frame['time'][bare].iloc[0]!r} in {file}"
            raise InputError(f"stamps with their offset from UTC, such as {ZONE}", came)
        stamps = fixed_time(frame["time"]).to_numpy()
        start = stamps[0].astype("datetime64[D]")
        if not np.array_equal(stamps, _stamps(start)):
            raise InputError(
                "quarter hours of one day of UTC+01:00, from 00:00 to 23:45",
                f"stamps from {stamps[0]} to {stamps[-1]} in {file}",
                "Write a file for each day.",
            )
        columns = frame[self.columns].to_numpy(np.float64).T
        values = columns.reshape(-1, len(self.variables) - 1, STEPS)
        if self.rising and (np.diff(values, axis=1) < 0).any():
            raise InputError("quantiles in rising order", f"some that cross in {file}")
        return float((start - self.first).astype(np.int64)), values


def _stamps(start: np.datetime64) -> Shaped[np.ndarray, " t"]:
    return np.asarray(start.astype("datetime64[m]") + QUARTER * np.arange(STEPS))
