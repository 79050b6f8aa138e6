"""Designs of an envelope: their variables, and the grid of values that can be built.

Shapes: n designs, f facades with windows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Variable
from ingenium.domains.buildings.envelope.catalogue import GLAZING, PLANTS


@dataclass(frozen=True)
class Range:
    """Values of a variable: bounds and the step in between."""

    low: float
    high: float
    per: int  # steps a unit, so that values are quotients of whole numbers
    unit: str
    about: str
    shown: str = ""
    labels: tuple[str, ...] | None = None
    facade: bool = False  # a value for each facade

    def snapped(self, values: np.ndarray) -> np.ndarray:
        """Return the nearest values that can be built."""
        found: np.ndarray = np.clip(np.rint(values * self.per) / self.per, self.low, self.high)
        return found


RANGES: dict[str, Range] = {
    "window": Range(0.1, 0.85, 100, "1", "share of the length of outer walls of rooms that is "
                    "window, from 0.8 m to 2.6 m above the floor", facade=True),
    "overhang": Range(0.0, 1.5, 20, "m", "depth of overhangs above windows", facade=True),
    "wall_insulation": Range(0.02, 0.3, 100, "m", "insulation of outer walls", "mm"),
    "roof_insulation": Range(0.02, 0.4, 100, "m", "insulation of the roof", "mm"),
    "floor_insulation": Range(0.02, 0.3, 100, "m", "insulation of the ground floor", "mm"),
    "leakage": Range(0.6, 6.0, 10, "1/h", "air changes at 50 Pa"),
    "glazing": Range(0.0, len(GLAZING) - 1.0, 1, "1", "glazing",
                     labels=tuple(g.name for g in GLAZING)),
    "plant": Range(0.0, len(PLANTS) - 1.0, 1, "1", "plant", labels=tuple(p.name for p in PLANTS)),
    "recovery": Range(0.0, 0.9, 20, "1", "sensible effectiveness of heat recovery"),
    "heating_size": Range(10.0, 100.0, 1, "W/m**2", "heating capacity by floor area"),
    "cooling_size": Range(0.0, 80.0, 1, "W/m**2", "cooling capacity by floor area"),
    "heating_setpoint": Range(19.0, 23.0, 2, "degC", "air temperature to which rooms are heated in "
                              "use"),
    "cooling_setpoint": Range(23.5, 27.0, 2, "degC", "air temperature to which rooms are cooled in "
                              "use"),
    "setback": Range(12.0, 19.0, 1, "degC", "air temperature to which rooms are heated out of use"),
    "preheat": Range(0.0, 5.0, 1, "h", "time before use from which its set-points are those of "
                     "use"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Envelopes:
    """Some designs, one array a variable."""

    window: Float64[np.ndarray, "n f"]
    overhang: Float64[np.ndarray, "n f"]
    wall_insulation: Float64[np.ndarray, " n"]
    roof_insulation: Float64[np.ndarray, " n"]
    floor_insulation: Float64[np.ndarray, " n"]
    leakage: Float64[np.ndarray, " n"]
    glazing: Float64[np.ndarray, " n"]
    plant: Float64[np.ndarray, " n"]
    recovery: Float64[np.ndarray, " n"]
    heating_size: Float64[np.ndarray, " n"]
    cooling_size: Float64[np.ndarray, " n"]
    heating_setpoint: Float64[np.ndarray, " n"]
    cooling_setpoint: Float64[np.ndarray, " n"]
    setback: Float64[np.ndarray, " n"]
    preheat: Float64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.plant)

    @classmethod
    def of(cls, arrays: tuple[Tensor, ...]) -> "Envelopes":
        """Build it from the arrays of the variables, in order."""
        return cls(*(a.detach().to(torch.float64).numpy() for a in arrays))

    @property
    def arrays(self) -> tuple[Tensor, ...]:
        """Arrays of the variables, in order."""
        return tuple(torch.from_numpy(np.ascontiguousarray(getattr(self, k))) for k in RANGES)

    def snapped(self) -> "Envelopes":
        """Return the nearest designs that can be built."""
        return Envelopes(**{k: r.snapped(getattr(self, k)) for k, r in RANGES.items()})

    def part(self, rows: slice | np.ndarray) -> "Envelopes":
        """Return some of the designs."""
        return Envelopes(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @property
    def sound(self) -> np.ndarray:
        """True for designs within all bounds, on the grid."""
        good = np.ones(len(self), bool)
        for name, r in RANGES.items():
            values = getattr(self, name).reshape(len(self), -1)
            good &= (np.isfinite(values) & (np.abs(values) <= r.high)).all(1)
            safe = np.where(np.isfinite(values), values, 0.0)
            good &= (r.snapped(safe) == safe).all(1)
        return good


def variables() -> tuple[Variable, ...]:
    """Return the variables of a design."""
    return tuple(
        Variable(name, ("facade",) if r.facade else (), r.unit, r.about, float(r.low),
                 float(r.high), shown=r.shown, labels=r.labels)
        for name, r in RANGES.items()
    )  # fmt: skip


def sampled(rng: np.random.Generator, count: int, facades: int) -> Envelopes:
    """Return designs at random, uniform between the bounds."""
    found = {}
    for name, r in RANGES.items():
        shape = (count, facades) if r.facade else (count,)
        half = 0.5 if r.labels else 0.0  # each index alike
        values = rng.uniform(r.low - half, r.high + half, shape)
        found[name] = r.snapped(values)
    return Envelopes(**found)


@dataclass(frozen=True)
class StandardPackage:
    """Values of a design that a standard or a practice prescribes, alike on all facades."""

    name: str
    values: Mapping[str, float]

    def designs(self, facades: int) -> Envelopes:
        """Return the package as a design."""
        return Envelopes(
            **{
                k: np.full((1, facades) if r.facade else 1, float(self.values[k]))
                for k, r in RANGES.items()
            }
        )


_MINIMUM = {
    "window": 0.5, "overhang": 0.0, "wall_insulation": 0.12, "roof_insulation": 0.18,
    "floor_insulation": 0.12, "leakage": 3.0, "glazing": 1.0, "plant": 0.0, "recovery": 0.0,
    "heating_size": 70.0, "cooling_size": 50.0, "heating_setpoint": 21.0,
    "cooling_setpoint": 24.5, "setback": 16.0, "preheat": 2.0,
}  # fmt: skip
PACKAGES = (
    # Heat transmission of parts near the reference building of the German GEG 2020, annex 2.
    StandardPackage("code minimum", _MINIMUM),
    # Criteria of the Passive House Institute: airtightness 0.6 /h, triple glazing, 75 % recovery.
    StandardPackage("passive house", _MINIMUM | {
        "overhang": 0.5, "wall_insulation": 0.25, "roof_insulation": 0.35,
        "floor_insulation": 0.25, "leakage": 0.6, "glazing": 3.0, "plant": 1.0, "recovery": 0.85,
        "heating_size": 40.0,
    }),
    StandardPackage("solar control", _MINIMUM | {
        "overhang": 1.0, "leakage": 1.5, "glazing": 2.0, "plant": 1.0, "recovery": 0.75,
    }),
)  # fmt: skip
