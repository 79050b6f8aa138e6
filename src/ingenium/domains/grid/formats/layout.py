"""SimBench's layout of feeder days: tables, columns, times and names."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float64, Int, Shaped

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.domains.grid.data.conditions import day_types, seasons
from ingenium.domains.grid.data.dataset import STEPS, ProfileNames, feeder_days
from ingenium.domains.grid.data.profiles import together

TIME_FORMAT = "%d.%m.%Y %H:%M"
INFEED_TABLES = ("renewables", "storage", "powerplants")
TABLE_OF = {"storage": "storage", "plant": "powerplants"}  # by kind; the others are renewables
NUMBERED = re.compile(r"design_(\d+)")


@dataclass(frozen=True)
class FeederLayout:
    """Tables of a feeder, by their names in `net.profiles`."""

    names: ProfileNames
    simbench: bool = False  # whether storage profiles may have been renamed

    def infeeds(self, table: str) -> list[str]:
        """Return the infeed profiles in a table."""
        pairs = zip(self.names.infeed, self.names.kinds, strict=True)
        return [name for name, kind in pairs if TABLE_OF.get(kind, "renewables") == table]

    def columns(self) -> dict[str, list[str]]:
        """Return the columns of each table, without `time`."""
        load = [f"{name}_{what}load" for name in self.names.load for what in "qp"]
        tables = {table: self.infeeds(table) for table in INFEED_TABLES}
        if self.simbench:
            tables["storage"] = [together(name) for name in tables["storage"]]
        return {"load": load} | tables

    def split(self, days: xr.Dataset) -> dict[str, Float64[np.ndarray, "n columns t"]]:
        """Return the values of each table, in the order of its columns."""
        p, q = days["load_p"].to_numpy(), days["load_q"].to_numpy()
        load = np.stack([q, p], axis=2).reshape(len(p), 2 * p.shape[1], STEPS)
        infeed = days["infeed_p"].to_numpy()
        tables = {"load": load}
        for table in INFEED_TABLES:
            position = [self.names.infeed.index(name) for name in self.infeeds(table)]
            tables[table] = infeed[:, position]
        return tables

    def join(
        self,
        tables: dict[str, Float64[np.ndarray, "n columns t"]],
        design: Int[np.ndarray, " n"],
        dates: Shaped[np.ndarray, " n"],
    ) -> xr.Dataset:
        """Build days from tables with ordered columns; the reverse of `split`."""
        order = [name for table in INFEED_TABLES for name in self.infeeds(table)]
        infeed = np.concatenate([tables[table] for table in INFEED_TABLES], axis=1)
        position = [order.index(name) for name in self.names.infeed]
        load = tables["load"]
        coords = {DESIGN: design, "date": (DESIGN, dates.astype("datetime64[ns]"))}
        return feeder_days(load[:, 1::2], load[:, ::2], infeed[:, position], self.names, coords)


def dates_of(days: xr.Dataset, year: int = 2016) -> Shaped[np.ndarray, " n"]:
    """Return the date of each design, or else the nearest day of its season and kind in `year`."""
    if "date" in days.variables:
        return np.asarray(days["date"].to_numpy().astype("datetime64[D]"))
    known = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
    away = np.zeros((days.sizes[DESIGN], len(known)))
    if "day_of_year" in days.variables:
        away += np.abs(days["day_of_year"].to_numpy()[:, None] - 1 - np.arange(len(known)))
    for name, own in (("season", seasons(known)), ("day_type", day_types(known))):
        if name in days.variables:
            away += len(known) * (days[name].to_numpy()[:, None] != own)
    return np.asarray(known[away.argmin(1)])


@lru_cache(maxsize=366)  # designs of a run share the dates of a year
def day_times(date: np.datetime64) -> tuple[str, ...]:
    """Return the 96 times of a day in SimBench's form."""
    year, month, day = str(date.astype("datetime64[D]")).split("-")
    times = (f"{step // 4:02d}:{step % 4 * 15:02d}" for step in range(STEPS))
    return tuple(f"{day}.{month}.{year} {time}" for time in times)


def day_of_times(times: list[str], path: Path) -> np.datetime64:
    """Return the one date of the 96 times of a table.

    Raises:
        InputError: if they are not those of one day.
    """
    date = _date(times[0]) if times else None
    if date is None or tuple(times) != day_times(date):
        raise InputError(
            "the 96 times of one day, such as 31.12.2016 00:00 to 31.12.2016 23:45",
            f"{len(times)} rows from {times[0] if times else 'nothing'} in {path}",
        )
    return date


def _date(time: str) -> np.datetime64 | None:
    """Date of a time in SimBench's form; None for another text."""
    try:
        return np.datetime64(datetime.strptime(time, TIME_FORMAT), "D")
    except (TypeError, ValueError):
        return None


def design_indices(paths: list[Path]) -> Int[np.ndarray, " n"]:
    """Return the index of each design from its name `design_000000`, or else the order."""
    found = [NUMBERED.fullmatch(path.stem) for path in paths]
    if all(found):
        return np.array([int(match[1]) for match in found if match])
    return np.arange(len(paths))
