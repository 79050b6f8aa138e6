"""Days of single consumer classes: all load profiles of SimBench."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float64, Shaped

from ingenium.core.designs import DESIGN
from ingenium.core.errors import MissingExtra, choose
from ingenium.core.recipe import Arrays, Recipe
from ingenium.domains.grid.data.conditions import day_types, quantile_rank, seasons
from ingenium.domains.grid.data.dataset import HOURS, STEPS
from ingenium.domains.grid.data.packages import SIMBENCH
from ingenium.domains.grid.data.profiles import SIMBENCH_LICENCE, SIMBENCH_ZONE, contiguous_dates

SCENARIO = "1-complete_data-mixed-all-0-sw"
GROUPS = {  # prefix of a class's name: group
    "H0": "household",
    "G": "business",
    "L": "farm",
    "BL": "business",
    "WB": "business",
    "HLS": "charging at home",
    "APLS": "charging at work",
    "Air": "heat pump",
    "Soil": "heat pump",
    "HSexp": "transmission load",
    "HS": "transmission load",
    "lv": "low-voltage grid",
    "mv": "medium-voltage grid",
    "hv": "high-voltage grid",
}


@dataclass(frozen=True, eq=False)
class ConsumerDays:
    """The year of each consumer class, relative to its rated power.

    Shapes: n days, t steps of a day (96); `classes` consumer classes.
    """

    dates: Shaped[np.ndarray, " n"]  # n
    classes: tuple[str, ...]
    load_p: Float64[np.ndarray, "classes n t"]
    load_q: Float64[np.ndarray, "classes n t"]

    @property
    def groups(self) -> tuple[str, ...]:
        """Group of each class."""
        return tuple(group_of(name) for name in self.classes)

    def of_group(self, group: str) -> "ConsumerDays":
        """The classes of one group.

        Raises:
            InputError: for an unknown group.
        """
        choose(group, sorted(set(self.groups)), "group of consumers")
        return self._pick([own == group for own in self.groups])

    def to_dataset(self) -> xr.Dataset:
        """Return a design for each class and day, class by class, with its conditions.

        `energy_level` and `peak_level` are ranks among the days of the same class.
        """
        count = len(self.classes)

        def each_class(values: Any) -> Any:
            return (DESIGN, np.tile(values, count))

        def each_day(values: Any) -> Any:
            return (DESIGN, np.repeat(np.asarray(values), len(self.dates)))

        day_of_year = self.dates - self.dates.astype("datetime64[Y]").astype("datetime64[D]")
        return xr.Dataset(
            {
                name: ((DESIGN, "time"), values.reshape(-1, STEPS), {"units": "1"} | attrs)
                for name, values, attrs in (
                    ("load_p", self.load_p, {"long_name": "active load, relative to its rating"}),
                    ("load_q", self.load_q, {"long_name": "reactive load, relative to its rating"}),
                )
            },
            coords={
                DESIGN: np.arange(count * len(self.dates)),
                "time": ("time", HOURS, {"units": "h", "long_name": "start of the step"}),
                "consumer_class": each_day(self.classes),
                "group": each_day(self.groups),
                "date": each_class(self.dates.astype("datetime64[ns]")),
                "season": each_class(seasons(self.dates)),
                "day_type": each_class(day_types(self.dates)),
                "day_of_year": each_class(day_of_year.astype(np.float64) + 1),
                "energy_level": (DESIGN, _ranks(self.load_p.sum(-1))),
                "peak_level": (DESIGN, _ranks(self.load_p.max(-1))),
            },
            attrs={"Conventions": "CF-1.11", "license": SIMBENCH_LICENCE},
        )

    def _pick(self, chosen: list[bool]) -> "ConsumerDays":
        index = np.flatnonzero(chosen)
        classes = tuple(self.classes[i] for i in index)
        return ConsumerDays(self.dates, classes, self.load_p[index], self.load_q[index])


def consumer_days() -> ConsumerDays:
    """Return the year 2016 of all 96 load classes of SimBench, cached after the first call.

    Raises:
        MissingExtra: if simbench is not installed.
    """
    retained = Recipe(
        "consumer_days", f"simbench {SIMBENCH.release_of('simbench')}", _read
    ).complete()
    dates, classes = retained["dates"].astype("datetime64[D]"), tuple(retained["classes"].tolist())
    return ConsumerDays(dates, classes, retained["load_p"], retained["load_q"])


def group_of(name: str) -> str:
    """Group of a consumer class, from the longest start of its name in `GROUPS`."""
    starts = [start for start in GROUPS if name.startswith(start)]
    return GROUPS[max(starts, key=len)] if starts else "other"


def _read(_: int) -> Arrays:
    """All classes from the table inside the package, without building a net."""
    spec = find_spec("simbench")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("simbench", "simbench")
    csv = SIMBENCH.package("pyarrow.csv")
    path = Path(spec.submodule_search_locations[0]) / "networks" / SCENARIO / "LoadProfile.csv"
    table = csv.read_csv(path, parse_options=csv.ParseOptions(delimiter=";")).to_pandas()
    dates = contiguous_dates(table["time"], SIMBENCH_ZONE)
    classes = tuple(sorted(name.removesuffix("_pload") for name in table if "_pload" in name))
    p, q = (
        np.stack([table[f"{name}_{what}load"].to_numpy(np.float64) for name in classes])
        for what in "pq"
    )
    shape = (len(classes), len(dates), STEPS)
    days = {"dates": dates.astype(np.int64), "classes": np.array(classes)}
    return days | {"load_p": p.reshape(shape), "load_q": q.reshape(shape)}


def _ranks(values: Float64[np.ndarray, "classes n"]) -> Float64[np.ndarray, " designs"]:
    return np.concatenate([quantile_rank(own) for own in values])
