"""Reader of PGLib-UC: units, renewable plants, demand and reserve of each hour, as JSON.

Names of units begin with their bus and their kind, `BUS_KIND_NUMBER`, as in RTS-GMLC.

Source: Knueven, Ostrowski and Watson, On mixed-integer programming formulations for the unit
    commitment problem, INFORMS J. Computing 32:857, 2020; data PGLib-UC, CC-BY-4.0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.reading.documents import json_text
from ingenium.core.reading.files import refusing, text

MOST_UC = 4_000_000  # bytes of a file of units
WHAT = "a file of PGLib-UC (JSON)"
SLOWEST = 0.1  # share of its range that the middle unit ramps in an hour; less looks like MW/min
FLAT = 1e-3  # USD/MWh, rounding of published cost curves
NAME = re.compile(r"(\d+)_([A-Z]+)_\d+")


@dataclass(frozen=True)
class ThermalUnit:
    """A unit that is committed: limits, times, state before the first hour, and cost curve."""

    name: str
    p_min: float  # MW
    p_max: float
    ramp_up: float  # MW/h
    ramp_down: float
    ramp_start: float  # MW, the most in its first hour
    ramp_stop: float  # MW, the most in its last hour
    up_min: int  # hours
    down_min: int
    on_before: bool
    hours_before: int  # that it has been on, or off
    p_before: float
    must_run: bool
    starts: tuple[tuple[int, float], ...]  # hours off, and cost of a start from then on
    points: tuple[tuple[float, float], ...]  # MW, and cost of an hour (USD)


@dataclass(frozen=True)
class RenewablePlant:
    """A plant of wind, sun or water, with the least and most power of each hour (MW)."""

    name: str
    least: tuple[float, ...]
    most: tuple[float, ...]


@dataclass(frozen=True)
class CommitmentCase:
    """Hours of a system: demand and spinning reserve (MW), and all plants."""

    demand: tuple[float, ...]
    reserve: tuple[float, ...]
    units: tuple[ThermalUnit, ...]
    plants: tuple[RenewablePlant, ...]


def place(name: str) -> tuple[int, str]:
    """Return the bus and the kind in the name of a unit.

    >>> place("122_WIND_1")
    (122, 'WIND')

    Raises:
        InputError: for a name without them.
    """
    found = NAME.fullmatch(name)
    if found is None:
        raise InputError("a name BUS_KIND_NUMBER, such as 122_WIND_1", f'"{name}"')
    return int(found[1]), found[2]


def read_uc(path: Path) -> CommitmentCase:
    """Read a file of PGLib-UC.

    Raises:
        InputError: for another file, or values that no unit can have, naming the unit.
    """
    found = text(path, WHAT, most=MOST_UC, prose=True)
    with refusing(WHAT, path):
        table = json_text(found, WHAT, str(path))
        hours = int(table["time_periods"])
        demand, reserve = (_row(table[k], hours, k) for k in ("demand", "reserves"))
        units = tuple(_unit(k, v, hours) for k, v in table["thermal_generators"].items())
        plants = tuple(_plant(k, v, hours) for k, v in table["renewable_generators"].items())
    if not units:
        raise InputError("at least one thermal unit", f"none in {path}")
    _check_ramps(units, path)
    return CommitmentCase(demand, reserve, units, plants)


def _row(values: Any, hours: int, what: str) -> tuple[float, ...]:
    row = tuple(float(x) for x in values)
    if len(row) != hours:
        raise InputError(f"{what} of {hours} hours", f"{len(row)}")
    if not (np.isfinite(row).all() and min(row) >= 0):
        raise InputError(f"{what} of at least 0", f"{min(row):g}")
    return row


def _plant(name: str, own: Mapping[str, Any], hours: int) -> RenewablePlant:
    least, most = (
        _row(own[f"power_output_{k}"], hours, f"power of {name}") for k in ("minimum", "maximum")
    )
    if any(a > b + 1e-9 for a, b in zip(least, most, strict=True)):
        raise InputError(f"a least power of {name} below the most", "the reverse in some hour")
    return RenewablePlant(name, least, most)


def _unit(name: str, own: Mapping[str, Any], hours: int) -> ThermalUnit:
    points = tuple((float(p["mw"]), float(p["cost"])) for p in own.get("piecewise_production", ()))
    on = bool(own["unit_on_t0"])
    unit = ThermalUnit(
        name=name,
        p_min=float(own["power_output_minimum"]),
        p_max=float(own["power_output_maximum"]),
        ramp_up=float(own["ramp_up_limit"]),
        ramp_down=float(own["ramp_down_limit"]),
        ramp_start=float(own["ramp_startup_limit"]),
        ramp_stop=float(own["ramp_shutdown_limit"]),
        up_min=int(own["time_up_minimum"]),
        down_min=int(own["time_down_minimum"]),
        on_before=on,
        hours_before=int(own["time_up_t0"] if on else own["time_down_t0"]),
        p_before=float(own["power_output_t0"]),
        must_run=bool(own["must_run"]),
        starts=tuple((int(s["lag"]), float(s["cost"])) for s in own["startup"]),
        points=points,
    )
    _check(unit, hours)
    return unit


def _check(unit: ThermalUnit, hours: int) -> None:
    """Refuse values that no unit can have."""
    name = unit.name
    if not unit.points or len({p for p, _ in unit.points}) < len(unit.points):
        raise InputError(
            f"a cost curve of {name}", "none", 'Write "piecewise_production": [{"mw":, "cost":}].'
        )
    mw = [p for p, _ in unit.points]
    if mw != sorted(mw) or abs(mw[0] - unit.p_min) > 1e-6 or abs(mw[-1] - unit.p_max) > 1e-6:
        raise InputError(
            f"a cost curve of {name} from {unit.p_min:g} to {unit.p_max:g} MW", f"{mw[0]:g} to "
            f"{mw[-1]:g} MW"
        )  # fmt: skip
    slopes = np.diff([cost for _, cost in unit.points]) / np.diff(mw)
    if (np.diff(slopes) < -FLAT).any():
        raise InputError(f"rising marginal cost of {name}", "a falling one in its cost curve")
    if not 0 <= unit.p_min <= unit.p_max:
        raise InputError(f"0 <= least <= most power of {name}", f"{unit.p_min}, {unit.p_max}")
    if max(unit.up_min, unit.down_min) > hours:
        longest = max(unit.up_min, unit.down_min)
        raise InputError(
            f"minimum up and down times of {name} within the {hours} hours of the file",
            f"{longest} hours",
            "Write hours, not minutes.",
        )
    if min(unit.ramp_up, unit.ramp_down) <= 0 or not unit.starts:
        raise InputError(f"ramp limits above 0 MW/h and costs of starts of {name}", "others")


def _check_ramps(units: tuple[ThermalUnit, ...], path: Path) -> None:
    shares = [u.ramp_up / (u.p_max - u.p_min) for u in units if u.p_max > u.p_min]
    if shares and np.median(shares) < SLOWEST:
        raise InputError(
            "ramp limits in MW/h",
            f"a middle unit that ramps {np.median(shares):.1%} of its range in an hour, in {path}",
            "These look like MW/min: multiply them by 60.",
        )
