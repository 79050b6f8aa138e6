"""CSV days of a user's own feeder under the owner's names, one file a day, with the net."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.domains.grid.data.dataset import STEPS, ProfileNames, check_days, feeder_days
from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.data.packages import package
from ingenium.domains.grid.formats.csv_table import read_times, round_digits, write_table
from ingenium.domains.grid.formats.layout import dates_of, design_indices

NET = "net.json"
TABLES = ("load", "sgen", "storage")
KW = 1000.0
ALIKE = 1e-5  # relative, within which elements of one profile follow it; files have 7 digits


@dataclass(frozen=True)
class FeederElement:
    """An element of the net, with its profile and the power at 1.0 of it."""

    table: str
    index: int
    name: str  # name in its columns
    profile: int  # its position among those of its kind
    p_kw: float
    q_kvar: float


@dataclass(frozen=True, eq=False)
class OwnCsv:
    """Format with `design_000000.csv` for each day, in kW and kvar by the names of the elements.

    Each column is the element's power, including growth of load and infeed: applied to `net.json`
    of the run, whose elements have no scaling, it reproduces the voltages of the record. Storage
    has the sign of the net. Dates are in the year of the owner's data, on a day of the right kind.
    Numbers are rounded to 7 digits.
    """

    names: ProfileNames
    net: Any  # pandapowerNet whose elements name their profiles
    year: int
    name: str = "own-csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)
    separate: ClassVar[Literal[True]] = True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write one file a day."""
        days = check_days(designs, self.names)
        paths = {}
        for k, date in enumerate(dates_of(days, self.year)):  # one file each
            index = int(days[DESIGN][k])
            paths[index] = folder / f"design_{index:06d}.csv"
            rows = self._rows(*(days[name].to_numpy()[k] for name in days.data_vars))
            write_table(paths[index], self.heads, _times(date), round_digits(rows))
        return paths

    def accompany(self, folder: Path) -> None:
        """Write the net of the days."""
        package("pandapower").to_json(self.applied_net(), str(folder / NET))

    def read(self, path: Path) -> xr.Dataset:
        """Read the file of a day, or the folder of many.

        Raises:
            InputError: for files other than whole days of these elements.
        """
        files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        if not files:
            raise InputError("a CSV of a day of the feeder", f"none in {path}")
        read = [self._one(file) for file in files]
        parts = [np.stack([own[i] for _, own in read]) for i in range(3)]
        dates = np.array([date for date, _ in read]).astype("datetime64[ns]")
        coords = {DESIGN: design_indices(files), "date": (DESIGN, dates)}
        return feeder_days(parts[0], parts[1], parts[2], self.names, coords)

    @cached_property
    def elements(self) -> tuple[FeederElement, ...]:
        """All elements that follow a profile: loads first."""
        found = [
            (table, int(index), row)
            for table in TABLES
            for index, row in self.net[table].iterrows()
            if row["in_service"] and isinstance(row.get("profile"), str)
        ]
        often = Counter(str(row["name"]) for *_, row in found)
        out = []
        for table, index, row in found:
            name, order = (
                str(row["name"]),
                self.names.load if table == "load" else self.names.infeed,
            )
            own = name if often[name] == 1 and row["name"] else f"{table} {index}"
            size = float(row["scaling"]) * KW
            q = float(np.nan_to_num(row["q_mvar"])) * size
            place = order.index(row["profile"])
            out.append(FeederElement(table, index, own, place, float(row["p_mw"]) * size, q))
        return tuple(out)

    @cached_property
    def heads(self) -> list[str]:
        """Columns: active power of all elements, then reactive power of those that have any."""
        active = [f"{e.name} (kW)" for e in self.elements]
        return active + [f"{e.name} (kvar)" for e in self.reactive]

    @property
    def reactive(self) -> list[FeederElement]:
        """All loads, and infeed whose reactive power follows its active one."""
        return [e for e in self.elements if e.table == "load" or e.q_kvar]

    def applied_net(self) -> Any:
        """Return the net with all scaling included in its powers, which the columns replace."""
        net = whole(self.net)
        for table in TABLES:
            rows = net[table]
            size = rows["scaling"].fillna(1.0)
            for column in ("p_mw", "q_mvar"):
                rows[column] = rows[column] * size
            rows["scaling"] = 1.0
        return net

    def _rows(
        self,
        load_p: Float64[np.ndarray, "u t"],
        load_q: Float64[np.ndarray, "u t"],
        infeed_p: Float64[np.ndarray, "g t"],
    ) -> Float64[np.ndarray, "columns t"]:
        """Power of each column (kW, kvar)."""
        active = [
            e.p_kw * (load_p if e.table == "load" else infeed_p)[e.profile] for e in self.elements
        ]
        turned = [
            e.q_kvar * (load_q if e.table == "load" else infeed_p)[e.profile] for e in self.reactive
        ]
        return np.stack(active + turned)

    def _one(self, path: Path) -> tuple[np.datetime64, tuple[np.ndarray, ...]]:
        ((times, rows),) = read_times([path], self.heads, "a CSV of a day of the feeder")
        date = _date(times, path)
        load_p = np.zeros((len(self.names.load), STEPS))
        load_q, infeed_p = load_p.copy(), np.zeros((len(self.names.infeed), STEPS))
        for e, row in zip(self.elements, rows, strict=False):
            (load_p if e.table == "load" else infeed_p)[e.profile] = row / e.p_kw
        for e, row in zip(self.reactive, rows[len(self.elements) :], strict=True):
            if e.table == "load":
                load_q[e.profile] = row / e.q_kvar if e.q_kvar else load_p[e.profile]
        again, size = self._rows(load_p, load_q, infeed_p), np.abs(rows).max(1, keepdims=True)
        distance = np.abs(again - rows) > ALIKE * size
        if distance.any():
            column, step = (int(i) for i in np.argwhere(distance)[0])
            raise InputError(
                f"the same course in all elements of a profile in {path}",
                f"{rows[column, step]:g} in {self.heads[column]!r} at {times[step]}",
                "Elements that share a column of the profiles share it in every day.",
            )
        return date, (load_p, load_q, infeed_p)


def _times(date: np.datetime64) -> list[str]:
    steps = date.astype("datetime64[m]") + 15 * np.arange(STEPS)
    return [str(step).replace("T", " ") for step in steps]


def _date(times: list[str], path: Path) -> np.datetime64:
    """Date of the 96 times of a day.

    Raises:
        InputError: if they are not those of one day.
    """
    try:
        date: np.datetime64 = np.datetime64(times[0][:10], "D")
    except (ValueError, IndexError, TypeError):
        date = np.datetime64("NaT")
    if np.isnat(date) or times != _times(date):
        raise InputError(
            "the 96 times of one day, such as 2024-01-31 00:00 to 2024-01-31 23:45",
            f"{len(times)} rows from {times[0] if times else 'nothing'} in {path}",
        )
    return date
