"""Hourly plant over decades: PV and wind first, then the battery, then diesel, then nothing.

Shapes: n sizes, h hours of a year, y years.
"""

import numpy as np
from jaxtyping import Float64

from ingenium.core.packages import Extra

STORAGE = Extra("storage")
COMPILED = "ingenium.domains.grid.sizing.compiled"  # imported with its first use
COLUMNS = ("load", "pv", "wind", "charged", "discharged", "diesel", "unserved", "curtailed",
           "balance", "fuel")  # fmt: skip  # kWh of a year, the largest gap of an hour, and litres


def simulated(
    size: Float64[np.ndarray, "n 4"],
    series: Float64[np.ndarray, "3 h"],
    years: int,
    *,
    way: float,
    power_share: float,
    fades: tuple[float, float],
) -> Float64[np.ndarray, "n y c"]:
    """Return the energies of each year (kWh), the largest imbalance of an hour, and fuel (l).

    Args:
        size: PV (kW), wind (kW), battery (kWh) and diesel (kW) of each plant.
        series: load (kW), and power of a kW of PV and of wind in each hour of a year.
        years: of the plant, each with the same weather.
        way: efficiency of one direction of the battery.
        power_share: power of the battery, of its energy in an hour.
        fades: share of PV and of the battery's energy that a year takes.
    """
    made = np.zeros((len(size), years, len(COLUMNS)))
    size, series = np.ascontiguousarray(size), np.ascontiguousarray(series)
    STORAGE.package(COMPILED).run(size, series, made, way, power_share, *fades)
    return made
