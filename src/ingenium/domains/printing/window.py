"""The window of settings that survives all stated disturbances, by the cheap tier.

Shapes: n tracks, v variables.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Annotated, Any

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.units import Unit
from ingenium.domains.printing.alloys import Alloy
from ingenium.domains.printing.criteria import (
    normalised_enthalpy,
    overlap,
    slenderness,
    widest_hatch,
)
from ingenium.domains.printing.eagar_tsai import MeltPool, Source, pools

Numbers = Float64[np.ndarray, " n"]
STEPS = (1.0, 1e3, 1e6, 2e5, 1e6)  # settable steps of a machine, in one unit of the variable
DEEPER, SPARE = 0.8, 0.86  # share of the depth for a layer; overlap that the exact tier leaves
LEAST_HATCH_M = 20e-6


@dataclass(frozen=True)
class PrinterRanges:
    """Ranges that a machine can be set to: lowest and highest.

    Raises:
        InputError: for a range that is empty.
    """

    power_w: Annotated[tuple[float, float], Unit("W", 5.0, 3000.0)] = (
        60.0,
        400.0,
    )  # power of the laser
    speed_m_s: Annotated[tuple[float, float], Unit("m/s", 0.01, 20.0)] = (0.2, 2.5)  # scan speed
    beam_m: Annotated[tuple[float, float], Unit("m", 1e-5, 2e-3)] = (
        60e-6,
        120e-6,
    )  # diameter of the beam
    layer_m: Annotated[tuple[float, float], Unit("m", 5e-6, 5e-4)] = (
        20e-6,
        60e-6,
    )  # thickness of a layer
    hatch_m: Annotated[tuple[float, float], Unit("m", 1e-5, 2e-3)] = (
        40e-6,
        200e-6,
    )  # distance between tracks

    def __post_init__(self) -> None:
        for f, step in zip(fields(self), STEPS, strict=True):
            low, high = getattr(self, f.name)
            if not high - low > 2 / step:
                raise InputError(
                    f"a range of {f.name} from low to high",
                    f"{low:g} to {high:g}",
                    f"Write {f.name} = [{min(low, high):g}, {max(low, high) + 3 / step:g}].",
                )

    @property
    def bounds(self) -> Float64[np.ndarray, "5 2"]:
        """Ranges in the order of the variables."""
        return np.array([getattr(self, f.name) for f in fields(self)], dtype=np.float64)


@dataclass(frozen=True)
class Disturbances:
    """Largest relative deviations that a setting has to survive, all at the same time.

    Raises:
        InputError: for a deviation outside 0 to 0.5.
    """

    power: float = 0.03  # relative deviation of the power of the laser
    speed: float = 0.02  # relative deviation of the scan speed
    beam: float = 0.08  # focus shift and thermal lensing
    layer: float = 0.15  # of the powder, from recoating
    hatch: float = 0.03  # relative deviation of the distance between tracks
    absorptivity: float = 0.08  # relative deviation of the absorptivity of the metal

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value <= 0.5:
                raise InputError(f"{name} from 0 to 0.5", value, f"Write {name} = 0.05.")


@dataclass(frozen=True)
class Thresholds:
    """Bounds of the three criteria."""

    overlap: float
    enthalpy: float
    slenderness: float


@dataclass(frozen=True)
class Process:
    """An alloy on a heated plate under a disturbed laser, and its tracks by Eagar and Tsai."""

    alloy: Alloy
    plate_k: float
    absorptivity: float
    machine: PrinterRanges
    disturbed: Disturbances

    def pool(self, absorbed_w: Numbers, speed_m_s: Numbers, beam_m: Numbers) -> MeltPool:
        """Return the pools of tracks of a given absorbed power."""
        conductivity, capacity = self.alloy.secant(self.plate_k)
        one = np.ones_like(absorbed_w)
        rise = self.alloy.melting_k - self.plate_k
        source = Source(
            absorbed_w,
            speed_m_s,
            0.25 * beam_m,
            conductivity * one,
            conductivity / capacity * one,
            rise * one,
        )
        return pools(source)

    @property
    def weakest(self) -> float:
        """Smallest factor of the absorbed power."""
        return (1 - self.disturbed.power) * (1 - self.disturbed.absorptivity)

    @property
    def strongest(self) -> float:
        """Largest factor of the absorbed power."""
        return (1 + self.disturbed.power) * (1 + self.disturbed.absorptivity)

    def thinnest(
        self, power_w: Numbers, speed_m_s: Numbers, beam_m: Numbers
    ) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        """Yield absorbed power, speed and beam of the corners in which pools are smallest."""
        d = self.disturbed
        for beam in (1 - d.beam, 1 + d.beam) if d.beam else (1.0,):
            yield (
                self.weakest * self.absorptivity * power_w,
                (1 + d.speed) * speed_m_s,
                beam * beam_m,
            )

    def worst_enthalpy(self, power_w: Any, speed_m_s: Any, beam_m: Any) -> Numbers:
        """Return the largest normalised enthalpy under the disturbances."""
        d = self.disturbed
        absorbed = self.strongest * self.absorptivity * power_w
        speed, beam = (1 - d.speed) * speed_m_s, (1 - d.beam) * beam_m
        return normalised_enthalpy(self.alloy, self.plate_k, absorbed, speed, beam)

    def worst_slenderness(
        self, power_w: Numbers, speed_m_s: Numbers, beam_m: Numbers
    ) -> tuple[Numbers, Numbers]:
        """Return length over width as set, and the largest under the disturbances."""
        d, plain = self.disturbed, self.absorptivity * power_w
        as_set = self.pool(plain, speed_m_s, beam_m)
        worst = slenderness(as_set.length_m, as_set.width_m)
        nominal = worst.copy()
        for beam in (1 - d.beam, 1 + d.beam):
            pool = self.pool(self.strongest * plain, (1 + d.speed) * speed_m_s, beam * beam_m)
            worst = np.maximum(worst, slenderness(pool.length_m, pool.width_m))
        return nominal, worst

    def worst_overlap(
        self, settings: Float64[np.ndarray, "n v"]
    ) -> tuple[Numbers, Int64[np.ndarray, " n"]]:
        """Return the largest overlap measure, and the corner of `thinnest` in which it is."""
        power, speed, beam, layer, hatch = settings.T
        d, found = self.disturbed, []
        for corner in self.thinnest(power, speed, beam):
            pool = self.pool(*corner)
            wide, thick = (1 + d.hatch) * hatch, (1 + d.layer) * layer
            found.append(overlap(wide, thick, pool.width_m, pool.depth_m))
        both = np.stack(found)
        return both.max(0), both.argmax(0)

    def settle(
        self, settings: Float64[np.ndarray, "n v"], limits: Thresholds
    ) -> Float64[np.ndarray, "n v"]:
        """Move settings into the window as the cheap tier sees it: power, then layer, then hatch.

        Power falls until no keyhole opens in the worst corner, the layer until the smallest pool
        reaches through it, and the hatch until Tang's criterion is satisfied there; then all are
        rounded to what a machine can be set to, on the safe side. Settings whose ranges leave no
        room end outside the window, and are rejected by the exact tier.
        """
        low, high = self.machine.bounds.T
        power, speed, beam, layer, hatch = np.clip(settings, low, high).T
        speed, beam = on_grid(speed, 1), on_grid(beam, 2)
        enthalpy = self.worst_enthalpy(1.0, speed, beam)
        power = np.clip(np.minimum(power, 0.995 * limits.enthalpy / enthalpy), low[0], high[0])
        power = on_grid(power, 0, down=True)
        width, depth = np.full(len(power), np.inf), np.full(len(power), np.inf)
        for corner in self.thinnest(power, speed, beam):
            pool = self.pool(*corner)
            width, depth = np.minimum(width, pool.width_m), np.minimum(depth, pool.depth_m)
        d = self.disturbed
        layer = on_grid(np.minimum(layer, DEEPER * depth / (1 + d.layer)), 3, down=True)
        layer = np.clip(layer, low[3], high[3])
        most = SPARE * limits.overlap
        widest = widest_hatch((1 + d.layer) * layer, width, depth, most=most) / (1 + d.hatch)
        hatch = on_grid(np.maximum(np.minimum(hatch, widest), LEAST_HATCH_M), 4, down=True)
        hatch = np.clip(hatch, low[4], high[4])
        return np.stack([power, speed, beam, layer, hatch], 1)


def on_grid(values: Numbers, which: int, *, down: bool = False) -> Numbers:
    """Return the nearest values that a machine can be set to, or the next ones below."""
    whole = values * STEPS[which]
    rounded = np.floor(whole + 1e-6) if down else np.rint(whole)
    return np.asarray(rounded / STEPS[which])


def variables(machine: PrinterRanges) -> tuple[Variable, ...]:
    """Return the settings of a track as variables within the ranges of a machine."""
    low, high = machine.bounds.T
    reported = (
        ("power_w", "W", "laser power", "W"),
        ("speed_m_s", "m/s", "scan speed", "mm/s"),
        ("beam_m", "m", "beam diameter at 1/e²", "um"),
        ("layer_m", "m", "layer thickness", "um"),
        ("hatch_m", "m", "distance between tracks", "um"),
    )
    return tuple(
        Variable(name, (), unit, what, float(a), float(b), shown=shown)
        for (name, unit, what, shown), a, b in zip(reported, low, high, strict=True)
    )
