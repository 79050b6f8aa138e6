"""Days of a feeder as an xarray Dataset, for public interfaces and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable

STEPS = 96
WINTER_TIME = timezone(timedelta(hours=1))  # without changeover, so that each day has 96 steps
HOURS = np.arange(STEPS) / 4
KINDS = ("solar", "wind", "mixed", "firm", "storage", "plant")
WEATHER_KINDS = ("solar", "wind", "mixed")

LOAD, INFEED, TIME = "load_profile", "infeed_profile", "time"
VARIABLES = (
    Variable("load_p", (LOAD, TIME), "1", "active load, relative to its rated active power"),
    Variable("load_q", (LOAD, TIME), "1", "reactive load, relative to its rated reactive power"),
    Variable("infeed_p", (INFEED, TIME), "1", "active infeed, relative to its rated active power"),
)


@dataclass(frozen=True)
class ProfileNames:
    """The profiles of a feeder in order, with the kind of each infeed (one of `KINDS`)."""

    load: tuple[str, ...]
    infeed: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, names in (("load", self.load), ("infeed", self.infeed)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise InputError(f"{what} profiles with different names", f"{twice[0]!r} twice")
        if not self.load:
            raise InputError("at least one load profile", "none")
        if len(self.kinds) != len(self.infeed) or not set(self.kinds) <= set(KINDS):
            raise InputError(f"one kind of {KINDS} for each infeed profile", self.kinds)

    def labels(self) -> dict[str, Any]:
        """Return coordinates of the dimensions beyond `design`."""
        return {
            LOAD: (LOAD, _text(self.load), {"long_name": "profile of loads"}),
            INFEED: (INFEED, _text(self.infeed), {"long_name": "profile of plants and storage"}),
            "infeed_kind": (INFEED, _text(self.kinds), {"long_name": "kind of infeed"}),
            TIME: (
                TIME,
                HOURS,
                {"units": "h", "long_name": "start of the step after midnight, in UTC+01:00"},
            ),
        }


def feeder_days(
    load_p: Float64[np.ndarray, "n loads t"],
    load_q: Float64[np.ndarray, "n loads t"],
    infeed_p: Float64[np.ndarray, "n infeeds t"],
    names: ProfileNames,
    coords: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Build a Dataset of feeder days with CF attributes.

    Args:
        load_p: active load of each profile, relative to the rated power.
        load_q: reactive load of each profile, relative to the rated reactive power.
        infeed_p: active power of each plant or storage profile; storage has the sign of its net.
        names: the profiles in the order of the arrays.
        coords: more coordinates along `design`, such as the conditions and the `date`; the
            index `design` itself may be among them.

    Raises:
        InputError: if shapes and names do not fit, or a value is not finite.
    """
    arrays = (load_p, load_q, infeed_p)
    own = {DESIGN: np.arange(len(load_p))} | dict(coords or {})
    days = xr.Dataset(
        {
            v.name: ((DESIGN, *v.dims), a, {"units": v.unit, "long_name": v.long_name})
            for v, a in zip(VARIABLES, arrays, strict=True)
        },
        coords=names.labels() | own,
        attrs={"Conventions": "CF-1.11", "title": "days of a feeder", "time_zone": "UTC+01:00"},
    )
    days[DESIGN].attrs["long_name"] = "index of the design"
    return check_days(days, names)


def check_days(days: xr.Dataset, names: ProfileNames) -> xr.Dataset:
    """Return the same days with profiles, dimensions and attributes in canonical order and form.

    Raises:
        InputError: for anything that is not a Dataset of whole, finite days of these profiles.
    """
    for name in (LOAD, INFEED, TIME, *(v.name for v in VARIABLES)):
        if name not in days.variables:
            raise InputError(
                f"days of a feeder with the variable or coordinate {name!r}",
                f"a Dataset with {sorted(str(key) for key in days.variables)}",
                "Build it with `feeder_days(...)`, or read it with one of the grid's formats.",
            )
    if days.sizes[TIME] != STEPS or not np.array_equal(days[TIME].to_numpy(), HOURS):
        raise InputError(
            "96 steps of 15 minutes, `time` from 0 to 23.75 h",
            f"{days.sizes[TIME]} steps",
            "Resample the days to 15 minutes.",
        )
    for dim, own in ((LOAD, names.load), (INFEED, names.infeed)):
        require_names(dim, tuple(str(name) for name in days[dim].to_numpy()), own)
    days = days.assign_coords({dim: _text(days[dim].to_numpy()) for dim in (LOAD, INFEED)})
    days = days.sel({LOAD: list(names.load), INFEED: list(names.infeed)})
    days = days.transpose(DESIGN, LOAD, INFEED, TIME, ...).assign_coords(names.labels())
    for v in VARIABLES:
        _check_variable(days[v.name], v)
        days[v.name].attrs.update(units=v.unit, long_name=v.long_name)
    return days


def require_names(what: str, got: tuple[str, ...], own: tuple[str, ...]) -> None:
    """Refuse profiles that are not exactly those of the feeder, in any order.

    Raises:
        InputError: with the profiles that are missing, unknown or duplicated.
    """
    if sorted(got) == sorted(own):
        return
    missing = sorted(set(own) - set(got))
    surplus = sorted(set(got) - set(own)) or sorted({x for x in got if got.count(x) > 1})
    raise InputError(
        f"each {what} of {', '.join(own) or '(none)'}",
        f"{', '.join(missing) or 'none'} missing, {', '.join(surplus) or 'none'} too many",
        "These days belong to another feeder, or the file was altered.",
    )


def _check_variable(values: xr.DataArray, variable: Variable) -> None:
    name, dims = variable.name, (DESIGN, *variable.dims)
    if values.dims != dims:
        raise InputError(f"{name} with the dimensions {dims}", values.dims)
    if values.dtype.kind not in "fiu":
        raise InputError(f"numbers in {name}", f"values of the type {values.dtype}")
    if values.attrs.get("units", variable.unit) != variable.unit:
        raise InputError(
            f"{name} in units of the rated power (units {variable.unit!r})",
            f"units {values.attrs['units']!r}",
            "Divide by the rated power of the element.",
        )
    bad = ~np.isfinite(values.to_numpy())
    if bad.any():
        design, profile, step = (int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"finite numbers in {name}",
            f"{int(bad.sum())} that are not, the first in design {values[DESIGN].item(design)}, "
            f"profile {values[dims[1]].item(profile)}, hour {HOURS[step]}",
        )


def _text(values: object) -> Any:
    """Text as fixed-width unicode, also for empty arrays."""
    return np.asarray([str(value) for value in np.asarray(values).ravel()], dtype=np.str_)
