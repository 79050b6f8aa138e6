"""File formats of feeder days; each writer has a reader that refuses unexpected content."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.folders import replacing
from ingenium.core.formats import Format
from ingenium.core.netcdf import read_netcdf, write_netcdf
from ingenium.core.reading.parquet import arrow
from ingenium.core.reading.tables import read_table
from ingenium.domains.grid.data.dataset import (
    HOURS,
    STEPS,
    VARIABLES,
    ProfileNames,
    check_days,
    feeder_days,
    require_names,
)
from ingenium.domains.grid.formats.layout import dates_of
from ingenium.domains.grid.formats.own_csv import OwnCsv
from ingenium.domains.grid.formats.pandapower_json import PandapowerJson
from ingenium.domains.grid.formats.simbench_csv import SimbenchCsv

FILE = "designs"


@dataclass(frozen=True)
class FeederOrigin:
    """Origin of a feeder: the user's own or SimBench's, scaled or not."""

    own: bool = False  # with the owner's net and profiles
    scaled: bool = False  # load or infeed grown
    year: int = 2016  # for days without a date


def formats(
    names: ProfileNames, net: Any, whose: FeederOrigin = FeederOrigin()
) -> Mapping[str, Format]:
    """Return all formats for days of a feeder, by name; the default first.

    The default is SimBench CSV for SimBench nets, and CSV in kW for users' own feeders.
    """
    year, simbench = whose.year, not whose.own
    shared: tuple[Format, ...] = (
        SimbenchCsv(names, year, simbench, net if whose.scaled or whose.own else None),
        PandapowerJson(names, net, year, simbench),
        ParquetDays(names, year),
        ParquetDays(names, year, long=True, name="parquet-long"),
        NetCdfDays(names),
    )
    known = (OwnCsv(names, net, year), *shared) if whose.own else shared
    return {form.name: form for form in known}


@dataclass(frozen=True)
class NetCdfDays:
    """NetCDF-4 after the CF conventions; one file for all designs, without loss."""

    names: ProfileNames
    name: str = "netcdf"
    endings: ClassVar[tuple[str, ...]] = (".nc",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `designs.nc`; return the same file for each design."""
        days = check_days(designs, self.names)
        path = folder / f"{FILE}.nc"
        encoding = {v.name: {"zlib": True, "complevel": 1} for v in VARIABLES}
        write_netcdf(path, days, encoding)
        return _same_file(days, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read the file, or the one in a folder.

        Raises:
            InputError: if it has no days of these profiles.
        """
        path = _file(path, ".nc")
        days = read_netcdf(path, "a NetCDF file of days")
        return check_days(days, self.names)


@dataclass(frozen=True)
class ParquetDays:
    """Parquet, one file for all designs, without loss.

    Wide: a row for each step, with the columns design, date, hour, and `load_p:NAME` and so on.
    Long: a row for each value, with the columns design, date, hour, variable, profile, value.
    """

    names: ProfileNames
    year: int = 2016
    long: bool = False
    name: str = "parquet"
    endings: ClassVar[tuple[str, ...]] = (".parquet",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `designs.parquet`; return the same file for each design."""
        days = check_days(designs, self.names)
        pyarrow, parquet = arrow()
        columns: dict[str, Any] = {
            DESIGN: np.repeat(days[DESIGN].to_numpy(), STEPS),
            "date": pyarrow.array(np.repeat(dates_of(days, self.year), STEPS)),
            "hour": np.tile(HOURS, days.sizes[DESIGN]),
        }
        for v in VARIABLES:
            for i, profile in enumerate(self._profiles(v.name)):
                columns[f"{v.name}:{profile}"] = days[v.name].to_numpy()[:, i].ravel()
        table = pyarrow.table(columns)
        path = folder / f"{FILE}.parquet"
        with replacing(path) as part:
            parquet.write_table(_melt(table) if self.long else table, part)
        return _same_file(days, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read the file, or the one in a folder; the columns distinguish wide from long.

        Raises:
            InputError: if it has no whole days of these profiles.
        """
        path = _file(path, ".parquet")
        frame = read_table(path, "a Parquet file of days").named()
        if "variable" in frame.columns:
            frame = _pivot(frame, path)
        keys = [f"{v.name}:{profile}" for v in VARIABLES for profile in self._profiles(v.name)]
        own = (DESIGN, "date", "hour", *keys)
        require_names(f"column in {path}", tuple(str(name) for name in frame.columns), own)
        n = _require_days(frame, path)
        values = [
            np.stack(
                [frame[f"{v.name}:{profile}"].to_numpy(float) for profile in profiles], axis=-1
            ).reshape(n, STEPS, -1)
            if (profiles := self._profiles(v.name))
            else np.empty((n, STEPS, 0))
            for v in VARIABLES
        ]
        first = frame.iloc[::STEPS]
        date = pd.to_datetime(first["date"]).to_numpy().astype("datetime64[ns]")
        coords = {DESIGN: first[DESIGN].to_numpy(), "date": (DESIGN, date)}
        load_p, load_q, infeed_p = (value.transpose(0, 2, 1) for value in values)
        return feeder_days(load_p, load_q, infeed_p, self.names, coords)

    def _profiles(self, variable: str) -> tuple[str, ...]:
        return self.names.infeed if variable == "infeed_p" else self.names.load


def _melt(table: Any) -> Any:
    pyarrow, _ = arrow()
    ids = table.select([DESIGN, "date", "hour"])
    parts = []
    for key in table.column_names[3:]:
        variable, profile = key.split(":", 1)
        part = ids
        for head, text in (("variable", variable), ("profile", profile)):
            part = part.append_column(head, pyarrow.array([text]).take([0] * len(ids)))
        parts.append(part.append_column("value", table.column(key)))
    return pyarrow.concat_tables(parts)


def _pivot(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    own = (DESIGN, "date", "hour", "variable", "profile", "value")
    require_names(f"column in {path}", tuple(str(name) for name in frame.columns), own)
    key = frame["variable"].astype(str) + ":" + frame["profile"].astype(str)
    try:
        wide = frame.assign(key=key).pivot(
            index=[DESIGN, "date", "hour"], columns="key", values="value"
        )
    except ValueError as error:
        raise InputError("one value for each step", f"{path}: {error}") from error
    return wide.reset_index().rename_axis(columns=None)


def _require_days(frame: pd.DataFrame, path: Path) -> int:
    """Number of designs, each with its 96 rows in order."""
    n, rest = divmod(len(frame), STEPS)
    whole = n > 0 and rest == 0
    if whole:
        design = frame[DESIGN].to_numpy().reshape(n, STEPS)
        hours = frame["hour"].to_numpy(float).reshape(n, STEPS)
        whole = bool((design == design[:, :1]).all()) and bool((hours == HOURS).all())
        whole = whole and len(np.unique(design[:, 0])) == n
    if not whole:
        raise InputError(
            "96 rows for each design, together and in the order of `hour`",
            f"{len(frame)} rows in {path}",
        )
    return n


def _same_file(days: xr.Dataset, path: Path) -> dict[int, Path]:
    return {int(index): path for index in days[DESIGN].to_numpy()}


def _file(path: Path, suffix: str) -> Path:
    file = path / f"{FILE}{suffix}" if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"a {suffix} file of days", f"no file {file}")
    return file
