"""Schedules of use and of the plant's efficiency, as EnergyPlus reads them."""

from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.domains.buildings.envelope.catalogue import (
    COOLING_RANGE,
    HEATING_RANGE,
    PLANTS,
    PlantKind,
)
from ingenium.domains.buildings.envelope.climate import WeatherYear
from ingenium.domains.buildings.envelope.design import Envelopes
from ingenium.domains.buildings.envelope.use import MONTH_DAYS, Use

HEAT_AT, COOL_AT = 0.0, 30.0  # deg C outside, of the stated efficiencies
WARMER_BY_DAY = 5.0  # K, of outdoor air in hours of cooling above the mean of a month


def efficiency(
    plant: PlantKind, climate: WeatherYear
) -> tuple[Float64[np.ndarray, "12"], Float64[np.ndarray, "12"]]:
    """Return the efficiency of heating and of cooling in each month."""
    mean = climate.monthly
    heating = plant.heating[0] + plant.heating[1] * (mean - HEAT_AT)
    cooling = plant.cooling[0] + plant.cooling[1] * (mean + WARMER_BY_DAY - COOL_AT)
    return np.clip(heating, *HEATING_RANGE).round(3), np.clip(cooling, *COOLING_RANGE).round(3)


def compact(use: Use, climate: WeatherYear, d: Envelopes) -> dict[str, dict[str, Any]]:
    """Return the schedules of one design by name."""
    begin, end, plant = use.begin_h, use.end_h, PLANTS[int(d.plant[0])]
    early = begin - int(d.preheat[0])
    heating, cooling = efficiency(plant, climate)
    return {
        "always": _constant(1.0),
        "dual": _constant(4.0),
        "activity": _constant(use.sensible_w + use.latent_w),
        "occupied": _weekly(begin, end, 1.0, 0.0),
        "running": _weekly(begin, end, 1.0, use.idle),
        "heating": _weekly(early, end, float(d.heating_setpoint[0]), float(d.setback[0])),
        "cooling": _weekly(early, end, float(d.cooling_setpoint[0]), use.idle_cooling),
        f"heating by {plant.name}": _monthly(heating),
        f"cooling by {plant.name}": _monthly(cooling),
    }


def _fields(*lines: str | float) -> dict[str, Any]:
    return {"schedule_type_limits_name": "any", "data": [{"field": x} for x in lines]}


def _constant(value: float) -> dict[str, Any]:
    return _fields("Through: 12/31", "For: AllDays", "Until: 24:00", value)


def _weekly(begin: int, end: int, inside: float, outside: float) -> dict[str, Any]:
    return _fields(
        "Through: 12/31", "For: Weekdays", f"Until: {begin:02d}:00", outside,
        f"Until: {end:02d}:00", inside, "Until: 24:00", outside,
        "For: AllOtherDays", "Until: 24:00", outside,
    )  # fmt: skip


def _monthly(values: Float64[np.ndarray, "12"]) -> dict[str, Any]:
    lines: list[str | float] = []
    for k, (days, value) in enumerate(zip(MONTH_DAYS, values.tolist(), strict=True)):
        lines += [f"Through: {k + 1}/{days}", "For: AllDays", "Until: 24:00", value]
    return _fields(*lines)
