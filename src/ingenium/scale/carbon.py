"""Choice of the start of a job with the lowest emissions, and its savings."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import InputError, choose
from ingenium.core.reading.files import MOST_TOML, refusing, text
from ingenium.core.reading.pglib_uc import ThermalUnit, place, read_uc

HOUR, GRAMS = "hour", "g_co2e_per_kwh"  # columns of a trace
OIL_COST = 80.0  # $/MWh of RTS-GMLC, above which its turbines and small steam units burn oil
FUELS = {  # of the kinds of RTS-GMLC
    **{"RTPV": "solar", "PV": "solar", "CSP": "solar", "WIND": "wind", "HYDRO": "hydro"},
    **{"NUCLEAR": "nuclear", "CC": "gas_combined", "STEAM": "coal", "CT": "gas_turbine"},
}

# g CO2e of a kWh over the life of a plant, medians.
# Source: Schlömer et al., IPCC AR5 WG3, annex III, table A.III.2, 2014; oil from combustion alone,
# IPCC Guidelines 2006, vol. 2, table 2.2 (73 g/MJ), at an efficiency of 0.37.
LIFE_CYCLE: Mapping[str, float] = {
    "nuclear": 12,
    "hydro": 24,
    "wind": 11,
    "solar": 48,
    "gas_combined": 490,
    "gas_turbine": 700,
    "coal": 820,
    "oil": 710,
}


@dataclass(frozen=True)
class PlannedStart:
    """A start within a deadline, chosen by a forecast, with its true emissions.

    Grams are of a constant kW over all hours of the job.
    """

    hour: int  # after now
    grams: float
    now_grams: float  # started immediately
    least_grams: float  # started with perfect foresight

    @property
    def saved(self) -> float:
        """Relative reduction of emissions compared with an immediate start."""
        return 1 - self.grams / self.now_grams


def planned_start(
    truth: Float[np.ndarray, " t"],
    hours: float,
    within: int,
    *,
    forecast: Float[np.ndarray, " t"] | None = None,
) -> PlannedStart:
    """Choose the start of a job with the lowest emissions that ends within the deadline.

    Args:
        truth: intensity of each hour from now on (g CO2e a kWh).
        hours: duration of the job, without a break.
        within: hours from now in which it has to end.
        forecast: predicted intensity of the same hours; without it perfect foresight.

    Raises:
        InputError: if the job does not end within the deadline, or the trace is shorter.
    """
    if hours <= 0 or hours > within:
        raise InputError(
            f"a deadline of at least the {hours:.3g} hours that the job takes",
            f"{within} hours",
            f"Write --within {int(np.ceil(max(hours, 1)))}, or more.",
        )
    if len(truth) < within:
        raise InputError(f"a trace of {within} hours", f"one of {len(truth)}")
    real = _windows(truth, hours, within)
    chosen = int(np.argmin(_windows(truth if forecast is None else forecast, hours, within)))
    return PlannedStart(chosen, float(real[chosen]), float(real[0]), float(real.min()))


def _windows(trace: Float[np.ndarray, " t"], hours: float, within: int) -> Float[np.ndarray, " s"]:
    """Emissions of a job for each hour in which it may start; the last hour counts in part."""
    whole = int(hours)
    weights = np.r_[np.ones(whole), [hours - whole] if hours > whole else []]
    starts = range(int(within - hours) + 1)
    return np.array([trace[s : s + len(weights)] @ weights for s in starts])


@dataclass(frozen=True)
class GridUnit:
    """A power plant: its capacity, marginal cost and emissions."""

    mw: float
    cost: float  # of a MWh
    fuel: str


def merit_order(
    units: Sequence[GridUnit],
    demand_mw: Float[np.ndarray, " t"],
    free_mw: Mapping[str, Float[np.ndarray, " t"]],
) -> Float[np.ndarray, " t"]:
    """Compute the mean intensity of each hour (g CO2e a kWh) if the cheapest plants run first.

    Args:
        units: dispatchable power plants.
        demand_mw: demand of each hour.
        free_mw: power of wind, sun and water, by fuel; it is used first, up to the demand.

    The model has no ramps, no reserve and no network: it is no unit commitment.

    Raises:
        InputError: if all plants together do not meet the demand.
    """
    given, grams = np.zeros_like(demand_mw), np.zeros_like(demand_mw)
    for fuel, power in free_mw.items():
        own = np.minimum(power, demand_mw - given)
        given, grams = given + own, grams + own * LIFE_CYCLE[fuel]
    for unit in sorted(units, key=lambda u: u.cost):
        own = np.clip(demand_mw - given, 0, unit.mw)
        given, grams = given + own, grams + own * LIFE_CYCLE[unit.fuel]
    if (demand_mw - given > 1e-6 * demand_mw).any():
        raise InputError("plants that meet the demand", f"{(demand_mw - given).max():.3g} MW short")
    return np.asarray(grams / demand_mw)


def read_trace(path: Path) -> Float[np.ndarray, " t"]:
    """Read the intensity of each hour, from a table or modelled from RTS-GMLC units.

    A CSV file has the columns `hour` and `g_co2e_per_kwh`, a JSON file is one of PGLib-UC.

    Raises:
        InputError: for a file of another kind, or hours that are not consecutive.
    """
    return rts_gmlc(path) if path.suffix == ".json" else _table(path)


def rts_gmlc(path: Path) -> Float[np.ndarray, " t"]:
    """Merit order on two days of the RTS-GMLC test system; unit names contain the fuel.

    Source: Barrows et al., IEEE Transactions on Power Systems 35(1), 2020; Knueven et al.,
        PGLib-UC (rts_gmlc), CC-BY-4.0.

    Raises:
        InputError: for another file.
    """
    case = read_uc(path)
    demand, free = np.array(case.demand), dict[str, np.ndarray]()
    for plant in case.plants:
        fuel = fuel_of(plant.name)
        free[fuel] = free.get(fuel, np.zeros_like(demand)) + np.array(plant.most)
    return merit_order([_unit(u) for u in case.units], demand, free)


def _unit(unit: ThermalUnit) -> GridUnit:
    mw, cost = unit.points[-1]
    return GridUnit(mw, cost / mw, fuel_of(unit.name, cost / mw))


def fuel_of(name: str, cost: float = 0.0) -> str:
    """Return the fuel of a unit of RTS-GMLC by the kind in its name.

    Small steam units and expensive turbines of the test system burn oil.

    Args:
        name: of the unit, such as `123_STEAM_2`.
        cost: of a MWh at full power (USD).

    Raises:
        InputError: for another kind.
    """
    kind = place(name)[1]
    if cost > OIL_COST and kind in ("STEAM", "CT"):
        return "oil"
    return FUELS[choose(kind, FUELS, f"kind of unit in {name}")]


def _table(path: Path) -> Float[np.ndarray, " t"]:
    what = f"a CSV file with the columns {HOUR} and {GRAMS}"
    found = text(path, what, most=MOST_TOML, prose=True)
    with refusing(what, path):
        lines = (line for line in io.StringIO(found) if not line.startswith("#"))
        rows = [(int(row[HOUR]), float(row[GRAMS])) for row in csv.DictReader(lines)]
    hours = [hour for hour, _ in rows]
    grams = np.array([value for _, value in rows])
    if not rows or hours != list(range(hours[0], hours[0] + len(hours))):
        raise InputError(f"{what}, hour by hour", f"{path}, with hours that do not follow")
    if not (np.isfinite(grams).all() and (grams > 0).all()):
        raise InputError(f"{what}, all above 0", f"{path}")
    return grams
