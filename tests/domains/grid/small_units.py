"""A small system for tests: four units, a wind farm and six hours on PGLib's case14."""

import json
from pathlib import Path
from typing import Any

HOURS = 6


def unit(p_min: float, p_max: float, usd: float, *, on: bool) -> dict[str, Any]:
    middle = (p_min + p_max) / 2
    points = [(p_min, usd * p_min + 100), (middle, usd * middle + 100)]
    points.append((p_max, usd * p_max + 110))
    return {
        "must_run": 0,
        "power_output_minimum": p_min,
        "power_output_maximum": p_max,
        "ramp_up_limit": 0.6 * (p_max - p_min),
        "ramp_down_limit": 0.6 * (p_max - p_min),
        "ramp_startup_limit": p_min,
        "ramp_shutdown_limit": p_min,
        "time_up_minimum": 2,
        "time_down_minimum": 1,
        "power_output_t0": p_min if on else 0.0,
        "unit_on_t0": int(on),
        "time_up_t0": 4 if on else 0,
        "time_down_t0": 0 if on else 4,
        "startup": [{"lag": 1, "cost": 50.0}, {"lag": 3, "cost": 120.0}],
        "piecewise_production": [{"mw": mw, "cost": cost} for mw, cost in points],
    }


def small_units() -> dict[str, Any]:
    return {
        "time_periods": HOURS,
        "demand": [180.0, 215.0, 200.0, 195.0, 205.0, 190.0],
        "reserves": [8.0] * HOURS,
        "thermal_generators": {
            "1_STEAM_1": unit(60, 240, 20.0, on=True),
            "2_STEAM_1": unit(20, 120, 30.0, on=True),
            "3_CT_1": unit(10, 60, 60.0, on=False),
            "6_CT_1": unit(10, 60, 70.0, on=False),
        },
        "renewable_generators": {
            "6_WIND_1": {
                "power_output_minimum": [0.0] * HOURS,
                "power_output_maximum": [20.0, 35.0, 25.0, 30.0, 15.0, 20.0],
            }
        },
    }


def write(folder: Path, change: Any = None) -> Path:
    table = small_units()
    if change is not None:
        change(table)
    path = folder / "units.json"
    path.write_text(json.dumps(table))
    return path


def setup(folder: Path) -> dict[str, Any]:
    return {
        "network": "case14_ieee",
        "units": str(write(folder)),
        "hours": HOURS,
        "v_min": 0.94,
        "v_max": 1.06,
        "known_plans": 2,
    }
