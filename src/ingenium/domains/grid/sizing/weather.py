"""Year of an island: a declared one, or the hours of a user's file.

Shapes: h hours of a year.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.reading.tables import read_table

HOURS = 8760
WHAT = "a CSV of a year with the columns time, load_kw, pv_per_kw and wind_per_kw"
LATITUDE = np.deg2rad(45.0)
CUT_IN, RATED, CUT_OUT = 3.0, 12.0, 25.0  # m/s of the turbine


def declared_year(load_kw: float, seed: int) -> Float64[np.ndarray, "3 h"]:
    """Return load, PV and wind of a declared process of no place, at a mean load.

    The sun is that of 45 degrees north on a horizontal plane, times cloudiness with memory; wind
    speeds are Rayleigh about 7 m/s with memory, through a cubic turbine; load has two peaks a day.
    """
    rng, hour = np.random.default_rng(seed), np.arange(HOURS)
    day, clock = hour / 24.0, hour % 24 + 0.5
    tilt = np.deg2rad(23.45) * np.sin(2 * np.pi * (day + 284) / 365)
    height = np.sin(LATITUDE) * np.sin(tilt) + np.cos(LATITUDE) * np.cos(tilt) * np.cos(
        np.pi / 12 * (clock - 12)
    )
    clear = 0.15 + 0.85 / (1 + np.exp(-1.5 * _memory(rng, 0.95) - 0.8))
    pv = np.clip(height, 0.0, None) * clear
    speed = 7.0 * np.sqrt(np.square(_memory(rng, 0.97)) + np.square(_memory(rng, 0.97))) / 1.2533
    wind = np.clip((speed**3 - CUT_IN**3) / (RATED**3 - CUT_IN**3), 0.0, 1.0)
    wind[speed > CUT_OUT] = 0.0
    shape = 0.7 + 0.4 * np.exp(-(((clock - 8) / 2) ** 2)) + 0.8 * np.exp(-(((clock - 19) / 3) ** 2))
    load = shape * np.exp(0.1 * _memory(rng, 0.8))
    return np.stack([load_kw * load / load.mean(), pv, wind])


def _memory(rng: np.random.Generator, share: float) -> Float64[np.ndarray, " h"]:
    """Autoregression of order 1 with unit variance."""
    step, found = rng.standard_normal(HOURS), np.empty(HOURS)
    now = step[0]
    for i, x in enumerate(step):  # each hour follows from the one before it
        now = share * now + np.sqrt(1 - share**2) * x
        found[i] = now
    return found


def own_year(name: str) -> Float64[np.ndarray, "3 h"]:
    """Read a year of hours.

    Raises:
        InputError: for another number of hours, or powers that no kW gives.
    """
    path = Path(name)
    if not path.is_file():
        raise InputError(WHAT, f"no file at {path}", "Write its path, from the spec's folder.")
    table = read_table(path, WHAT)
    table.times("time")
    if len(table) != HOURS:
        raise InputError(f"{HOURS} hours", f"{len(table)} rows in {path}",
                         "Leave 29 February out, and write one offset from UTC.")  # fmt: skip
    found = np.stack([table.numbers(n) for n in ("load_kw", "pv_per_kw", "wind_per_kw")])
    if found.min() < 0 or found[1:].max() > 1.5:
        raise InputError("load of at least 0, and from 0 to 1.5 kW of a kW of PV or wind",
                         f"{found.min():g} to {found[1:].max():g} in {path}",
                         "Divide power by the rated power of the plant.")  # fmt: skip
    return found
