"""Readings and set-points of the Tennessee Eastman plant: names, units, ranges, base case.

Source: Downs and Vogel, Comput. Chem. Eng. 17(3):245, 1993, tables 3 to 6 (measurements, base
    case, limits of normal operation).
"""

import numpy as np
from jaxtyping import Float64

from ingenium.operate.plant import Signal

MEASURED = (  # in the order of the benchmark, with the base case
    ("A feed", "kscmh", 0.2505), ("D feed", "kg/h", 3664.0), ("E feed", "kg/h", 4509.3),
    ("A and C feed", "kscmh", 9.3477), ("recycle flow", "kscmh", 26.902),
    ("reactor feed", "kscmh", 42.339), ("reactor pressure", "kPa", 2705.0),
    ("reactor level", "%", 75.0), ("reactor temperature", "degC", 120.4),
    ("purge rate", "kscmh", 0.33712), ("separator temperature", "degC", 80.109),
    ("separator level", "%", 50.0), ("separator pressure", "kPa", 2633.7),
    ("separator underflow", "m3/h", 25.16), ("stripper level", "%", 50.0),
    ("stripper pressure", "kPa", 3102.2), ("stripper underflow", "m3/h", 22.949),
    ("stripper temperature", "degC", 65.731), ("stripper steam", "kg/h", 230.31),
    ("compressor work", "kW", 341.43), ("reactor water outlet", "degC", 94.599),
    ("separator water outlet", "degC", 77.297),
    ("A in reactor feed", "%", 32.188), ("B in reactor feed", "%", 8.8933),
    ("C in reactor feed", "%", 26.383), ("D in reactor feed", "%", 6.882),
    ("E in reactor feed", "%", 18.776), ("F in reactor feed", "%", 1.6567),
    ("A in purge", "%", 32.958), ("B in purge", "%", 13.823), ("C in purge", "%", 23.978),
    ("D in purge", "%", 1.2565), ("E in purge", "%", 18.579), ("F in purge", "%", 2.2633),
    ("G in purge", "%", 4.8436), ("H in purge", "%", 2.2986),
    ("D in product", "%", 0.01787), ("E in product", "%", 0.8357), ("F in product", "%", 0.09858),
    ("G in product", "%", 53.724), ("H in product", "%", 43.828),
)  # fmt: skip
VALVES = (
    "D feed valve", "E feed valve", "A feed valve", "A and C feed valve", "recycle valve",
    "purge valve", "separator flow valve", "stripper flow valve", "steam valve",
    "reactor water valve", "condenser water valve", "agitator speed",
)  # fmt: skip
FIRST = (16, 39)  # product and its share of G have wanted values
WANTED: Float64[np.ndarray, " 2"] = np.array([22.949, 53.724])
LIMITED = {
    "pressure": Signal("reactor pressure", "kPa", 0.0, 2895.0),
    "level": Signal("reactor level", "%", 50.0, 100.0),
    "temperature": Signal("reactor temperature", "degC", 0.0, 150.0),
    "separator": Signal("separator level", "%", 30.0, 100.0),
    "stripper": Signal("stripper level", "%", 30.0, 100.0),
}
ACTIONS = (
    Signal("pressure", "kPa", 2600.0, 2872.0),
    Signal("level", "%", 58.0, 85.0),
    Signal("temperature", "degC", 118.0, 124.0),
    Signal("yA", "%", 50.0, 66.0),
    Signal("yAC", "%", 53.0, 62.0),
    Signal("recycle valve", "%", 0.0, 40.0),
    Signal("steam valve", "%", 1.0, 60.0),
    Signal("agitator", "%", 40.0, 100.0),
)
BASE: Float64[np.ndarray, " 8"] = np.array([2705.0, 75.0, 120.4, 54.955, 58.571, 22.21, 47.446, 50])
FIXED: Float64[np.ndarray, " 4"] = np.array([50.0, 50.0, *WANTED])  # levels, product, share of G
RATES_PER_HOUR: Float64[np.ndarray, " 8"] = np.array([8.0, 0.8, 0.16, 0.4, 0.25, 1.3, 4.0, 8.0])
ORDER = [*FIRST, *(i for i in range(len(MEASURED)) if i not in FIRST)]


def measured_first(values: Float64[np.ndarray, "n 41"]) -> Float64[np.ndarray, "n 41"]:
    """Measurements in the order of the readings."""
    found: np.ndarray = values[:, ORDER]
    return found


def _signal(name: str, unit: str, base: float) -> Signal:
    limited = {s.name: s for s in LIMITED.values()}
    return limited.get(name, Signal(name, unit, -base - 10, 6 * base + 10))


READINGS = (
    *(_signal(*MEASURED[i]) for i in ORDER),
    *(Signal(name, "%", -1.0, 101.0) for name in VALVES),
    *(Signal(f"target of {a.name}", a.unit, a.low - 1e-6, a.high + 1e-6) for a in ACTIONS),
    Signal("operating cost", "$/h", -100.0, 2000.0),
)
