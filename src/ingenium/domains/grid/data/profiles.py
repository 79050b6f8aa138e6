"""Real days of a feeder: all load and infeed profiles of a net, cut into days of 96 steps."""

import dataclasses
import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float64, Int, Shaped

from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.reading.stamps import fixed_time
from ingenium.core.recipe import Arrays, Recipe
from ingenium.domains.grid.bundled import bundled, require_default
from ingenium.domains.grid.data.conditions import DayConditions, day_conditions
from ingenium.domains.grid.data.dataset import (
    STEPS,
    WEATHER_KINDS,
    WINTER_TIME,
    ProfileNames,
    feeder_days,
)
from ingenium.domains.grid.data.packages import SIMBENCH

SIMBENCH_ZONE = "Europe/Berlin"
SIMBENCH_LICENCE = "SimBench data: ODbL 1.0 and DbCL 1.0, share-alike"
INFEED_TABLES = (("sgen", "renewables"), ("storage", "storage"), ("gen", "powerplants"))
STORAGE_SUFFIX = " storage"  # suffix of a storage profile whose name a plant profile has too

_ARRAYS = ("dates", "load_p", "load_q", "infeed_p", "load_mw", "infeed_mw")


@dataclasses.dataclass(frozen=True, eq=False)
class DayTable:
    """Joint days of all profiles of a feeder.

    All profiles are relative to the rated power of the elements that follow them; storage has the
    sign of its net.

    Shapes: n days, t steps of a day (96); `loads` and `infeeds` profiles.
    """

    dates: Shaped[np.ndarray, " n"]  # n, days in UTC+01:00
    names: ProfileNames
    load_p: Float64[np.ndarray, "n loads t"]
    load_q: Float64[np.ndarray, "n loads t"]
    infeed_p: Float64[np.ndarray, "n infeeds t"]
    load_mw: Float64[np.ndarray, " loads"]  # rated power of all loads that follow a profile
    infeed_mw: Float64[np.ndarray, " infeeds"]
    source: str
    licence: str = ""

    def __post_init__(self) -> None:
        n = len(self.dates)
        shapes = {
            "load_p": (n, len(self.names.load), STEPS),
            "load_q": (n, len(self.names.load), STEPS),
            "infeed_p": (n, len(self.names.infeed), STEPS),
            "load_mw": (len(self.names.load),),
            "infeed_mw": (len(self.names.infeed),),
        }
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values.shape != shape:
                raise InputError(f"{name} of shape {shape}", values.shape)
            if not np.isfinite(values).all():
                raise InputError(f"finite numbers in {name}", "NaN or infinity")

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def total_load_mw(self) -> Float64[np.ndarray, "n t"]:
        """Active load of the whole feeder."""
        return np.asarray(np.einsum("nlt,l->nt", self.load_p, self.load_mw))

    @property
    def weather_infeed_mw(self) -> Float64[np.ndarray, "n t"]:
        """Infeed of all plants that follow the weather (PV, wind and mixtures of them)."""
        weather = np.array([kind in WEATHER_KINDS for kind in self.names.kinds], dtype=bool)
        rated = np.where(weather, self.infeed_mw, 0.0)
        return np.asarray(np.einsum("nit,i->nt", self.infeed_p, rated))

    def conditions(self) -> DayConditions:
        """Return season, day type and levels of each day, ranked among the days of this table."""
        return day_conditions(self.dates, self.total_load_mw, self.weather_infeed_mw)

    def take(self, index: Int[np.ndarray, " k"]) -> "DayTable":
        """The days at `index`, in that order."""
        parts = {name: getattr(self, name)[index] for name in _ARRAYS[:4]}
        return dataclasses.replace(self, **parts)

    def to_dataset(self, conditions: DayConditions | None = None) -> xr.Dataset:
        """Return the days with conditions as coordinates; by default ranked among themselves."""
        coords = (conditions or self.conditions()).coords()
        days = feeder_days(self.load_p, self.load_q, self.infeed_p, self.names, coords)
        return days.assign_attrs(source=self.source, license=self.licence)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all fields as plain arrays by name."""
        head = {"names": dataclasses.asdict(self.names), "source": self.source}
        reported = np.array(json.dumps(head | {"licence": self.licence}))
        dates = {"dates": self.dates.astype(np.int64)}
        return {"head": reported} | {name: getattr(self, name) for name in _ARRAYS} | dates

    @classmethod
    def of_arrays(cls, stored: Arrays) -> "DayTable":
        """Build a table from the result of `arrays`."""
        head = json.loads(str(stored["head"]))
        names = ProfileNames(*(tuple(head["names"][key]) for key in ("load", "infeed", "kinds")))
        dates = {"dates": stored["dates"].astype("datetime64[D]")}
        values = {name: stored[name] for name in _ARRAYS} | dates
        return cls(names=names, source=head["source"], licence=head["licence"], **values)

    def digest(self) -> str:
        """Return the digest of names, dates and values."""
        arrays = [array_digest(getattr(self, name)) for name in _ARRAYS]
        return digest([dataclasses.asdict(self.names), arrays])


def days_of_net(net: Any, *, source: str, licence: str = "", zone: str = SIMBENCH_ZONE) -> DayTable:
    """Read the days in `net.profiles` of a pandapower net, as SimBench and `csv2pp` attach them.

    Only the profiles that an element in service names in its column `profile` are taken, in the
    order of their names. The rows are local time; they are mapped to UTC+01:00 and must be
    contiguous there.

    Args:
        net: pandapower net with profiles.
        source: origin of the data, for the record.
        licence: licence of the data.
        zone: zone of the time stamps.

    Raises:
        InputError: if a profile is unknown, or the rows are not contiguous.
    """
    profiles = net.get("profiles")
    if not isinstance(profiles, dict) or "load" not in profiles:
        raise InputError("a net with `profiles`", "a net without", "Give a file of profiles.")
    dates = contiguous_dates(profiles["load"]["time"], zone)
    load_mw = _rated_mw(net.load)
    loads = tuple(load_mw)
    infeed_mw: dict[str, float] = {}
    home: dict[str, str] = {}
    for element, table in INFEED_TABLES:
        for name, rated in _rated_mw(net[element]).items():
            own = table if name in profiles.get(table, ()) else "powerplants"
            if home.setdefault(name, own) != own and not _same(profiles, name, home[name], own):
                raise InputError(
                    "profiles that mean one series each",
                    f"{name!r}, which differs in the tables {home[name]} and {own}",
                    "Give one of them another name, there and in the elements that follow it.",
                )
            infeed_mw[name] = infeed_mw.get(name, 0.0) + rated
    infeeds = tuple(sorted(home))
    kinds = tuple(kind_of(name, home[name]) for name in infeeds)
    names = ProfileNames(loads, infeeds, kinds)
    return DayTable(
        dates,
        names,
        _stack([_column(profiles, "load", f"{name}_pload", dates) for name in loads], dates),
        _stack([_column(profiles, "load", f"{name}_qload", dates) for name in loads], dates),
        _stack([_column(profiles, home[name], name, dates) for name in infeeds], dates),
        np.array(list(load_mw.values()), dtype=np.float64),
        np.array([infeed_mw[name] for name in infeeds], dtype=np.float64),
        source,
        licence,
    )


def simbench_days(code: str, net: Any = None) -> DayTable:
    """Return the year 2016 of a SimBench net: from `ingenium-grid-data`, or cached.

    Args:
        code: SimBench code, such as "1-LV-rural1--0-no_sw".
        net: result of `simbench_net`, if it was read already, as this takes seconds.

    Raises:
        MissingExtra: if neither is installed.
        InputError: if there is no net of that code.
    """
    brought = bundled(code)
    if brought is not None:
        return DayTable.of_arrays(brought)
    require_default(code)

    def make(_: int) -> Arrays:
        own = simbench_net(code) if net is None else net
        return days_of_simbench(code, own).arrays()

    return DayTable.of_arrays(Recipe("net_days", _source(code), make).complete())


def days_of_simbench(code: str, net: Any) -> DayTable:
    """Return the days in the profiles of a net from `simbench_net`."""
    return days_of_net(net, source=_source(code), licence=SIMBENCH_LICENCE)


def _source(code: str) -> str:
    return f"SimBench {code}, simbench {SIMBENCH.release_of('simbench')}"


def simbench_net(code: str) -> Any:
    """Read a SimBench net with its profiles; takes seconds.

    Raises:
        MissingExtra: if simbench is not installed.
        InputError: if there is no net of that code.
    """
    simbench = SIMBENCH.package("simbench")
    known = simbench.collect_all_simbench_codes()
    if code not in known:
        near = [other for other in known if other.split("-")[1] in code][:3]
        raise InputError("a SimBench code", code, f"Write, for example, {', '.join(near)}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = simbench.get_simbench_net(code)
    name_separately(net)
    return net


def name_separately(net: Any) -> None:
    """Rename each storage profile that shares a name with a different plant profile.

    The medium-voltage nets of SimBench's scenarios 1 and 2 have such profiles (lv_rural1).
    """
    tables = net.profiles
    plants, storage = tables.get("renewables", pd.DataFrame()), tables.get("storage")
    if storage is None:
        return
    shared = [name for name in storage if name != "time" and name in plants]
    names = {n: n + STORAGE_SUFFIX for n in shared if not _same(tables, n, "renewables", "storage")}
    tables["storage"] = storage.rename(columns=names)
    net.storage["profile"] = net.storage["profile"].replace(names)


def together(name: str) -> str:
    """Return SimBench's name of a storage profile; the reverse of `name_separately`."""
    return name.removesuffix(STORAGE_SUFFIX)


def _same(profiles: dict[str, pd.DataFrame], name: str, one: str, other: str) -> bool:
    """Return whether a profile has the same values in two tables."""
    return all(name in profiles.get(table, ()) for table in (one, other)) and bool(
        np.array_equal(profiles[one][name], profiles[other][name])
    )


def kind_of(name: str, table: str = "renewables") -> str:
    """Return the kind of an infeed from the name and the table of its SimBench profile."""
    if table != "renewables":
        return {"storage": "storage", "powerplants": "plant"}[table]
    starts = {"PV": "solar", "WP": "wind", "BM": "firm", "Hydro": "firm"}
    return next((kind for start, kind in starts.items() if name.startswith(start)), "mixed")


def contiguous_dates(time: pd.Series, zone: str) -> Shaped[np.ndarray, " n"]:
    """Return the date of each day of contiguous rows in UTC+01:00."""
    stamps = fixed_time(time, zone=zone, onto=WINTER_TIME)
    steps = np.diff(stamps.to_numpy())
    begins = stamps[0] == stamps[0].normalize()
    if len(stamps) % STEPS or not begins or (steps != np.timedelta64(15, "m")).any():
        raise InputError(
            "profiles of whole days, a row each 15 minutes",
            f"{len(stamps)} rows from {stamps[0]} with gaps or parts of days",
            "Give the profiles as a file; there, gaps are handled.",
        )
    return stamps[::STEPS].to_numpy().astype("datetime64[D]")


def _rated_mw(elements: pd.DataFrame) -> dict[str, float]:
    """Rated power of the followers of each profile, in the order of the profiles' names."""
    if "profile" not in elements:
        return {}
    used = elements[elements["profile"].notna() & elements["in_service"]]
    rated = (used["p_mw"] * used["scaling"]).groupby(used["profile"].astype(str)).sum()
    return {str(name): float(value) for name, value in rated.sort_index().items()}


def _column(
    profiles: dict[str, pd.DataFrame], table: str, column: str, dates: Shaped[np.ndarray, " n"]
) -> Float64[np.ndarray, "n t"]:
    if column not in profiles.get(table, ()):
        raise InputError(
            f"the profile {column!r} that an element names",
            f"a table {table!r} without it",
            "Add the column to the profiles, or clear the element's `profile`.",
        )
    return profiles[table][column].to_numpy(np.float64).reshape(len(dates), STEPS)


def _stack(
    columns: list[Float64[np.ndarray, "n t"]], dates: Shaped[np.ndarray, " n"]
) -> Float64[np.ndarray, "n columns t"]:
    if not columns:
        return np.empty((len(dates), 0, STEPS))
    return np.stack(columns, axis=1)
