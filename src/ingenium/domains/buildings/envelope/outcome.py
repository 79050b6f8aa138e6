"""Quantities of a year: energy, peaks, discomfort, daylight and costs.

Shapes: n designs, s zones, h hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64

from ingenium.core.quantity import Quantity
from ingenium.domains.buildings.envelope.catalogue import GLAZING, PLANTS
from ingenium.domains.buildings.envelope.design import Envelopes
from ingenium.domains.buildings.envelope.use import COLDEST, WARMEST, Use
from ingenium.domains.buildings.envelope.zones import BAND_M, GAP_M, ThermalZones
from ingenium.domains.buildings.plan import daylight

DIRT = 0.9
QUANTITIES = (
    Quantity("eui", "kWh/m**2", "energy use of a year by floor area: all fuels and electricity",
             lower=0.0, expensive=True),
    Quantity("heating_cooling", "kWh/m**2", "heat and cold that rooms get in a year by floor area",
             lower=0.0, expensive=True),
    Quantity("heating", "kWh/m**2", "heat that rooms get in a year by floor area", lower=0.0,
             expensive=True),
    Quantity("cooling", "kWh/m**2", "cold that rooms get in a year by floor area, condensation "
             "included", lower=0.0, expensive=True),
    Quantity("heating_peak", "W/m**2", "largest heating rate of an hour by floor area", lower=0.0,
             expensive=True),
    Quantity("cooling_peak", "W/m**2", "largest cooling rate of an hour by floor area", lower=0.0,
             expensive=True),
    Quantity("overheating", "h", "occupied hours above 26 deg C (operative) in the worst zone",
             lower=0.0, whole=True, expensive=True),
    Quantity("cold", "h", "occupied hours below 20 deg C (operative) in the worst zone",
             lower=0.0, whole=True, expensive=True),
    Quantity("daylight", "%", "least average daylight factor of a room that needs it", lower=0.0),
    Quantity("investment", "EUR/m**2", "fabric, windows, shading and plant by floor area",
             lower=0.0),
    Quantity("energy_cost", "EUR/m**2", "energy of a year by floor area", lower=0.0,
             expensive=True),
    Quantity("cost", "EUR/m**2", "a year's energy, and investment as an annuity, by floor area",
             lower=0.0, expensive=True),
)  # fmt: skip
CHEAP = tuple(q for q in QUANTITIES if not q.expensive)


@dataclass(frozen=True, eq=False)
class Year:
    """Hours of each zone, operative temperature (deg C), heating and cooling (W); and meters."""

    hours: Float64[np.ndarray, "n s 3 h"]
    electricity_kwh: Float64[np.ndarray, " n"]  # all of it
    gas_kwh: Float64[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class Appraisal:
    """Quantities of designs of one plan, whatever engine gave their year."""

    zones: ThermalZones
    use: Use
    costs: Mapping[str, float]
    annuity: float  # a year's share of an investment

    def rows(self, d: Envelopes, year: Year) -> Float64[np.ndarray, "n k"]:
        """Return all quantities, in order; NaN for a design without a year, whose counts say 0."""
        area = self.zones.floor_m2
        total = year.hours[:, :, 1:].sum(1) / area
        heat, cold = (total[:, k].sum(-1) / 1000 for k in (0, 1))
        operative = year.hours[:, :, 0, self.use.occupied]
        spent = self.investment(d) / area
        energy = year.electricity_kwh * self.costs["electricity"]
        energy = (energy + year.gas_kwh * self.costs["gas"]) / area
        columns = [
            (year.electricity_kwh + year.gas_kwh) / area,
            heat + cold,
            heat,
            cold,
            total[:, 0].max(-1),
            total[:, 1].max(-1),
            (operative > WARMEST).sum(-1).max(1),
            (operative < COLDEST).sum(-1).max(1),
            self.daylight(d),
            spent,
            energy,
            energy + self.annuity * spent,
        ]
        found = np.stack(columns, 1).astype(np.float64)
        found[np.isnan(year.hours).any((1, 2, 3))] = np.nan
        return found

    def cheap(self, d: Envelopes) -> Float64[np.ndarray, "n k"]:
        """Return the quantities that need no year."""
        return np.stack([self.daylight(d), self.investment(d) / self.zones.floor_m2], 1)

    @cached_property
    def _rooms(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the daylight factor of each room for 1 m of clear glass, and its sky angle."""
        model, rooms = self.zones.model, self.zones.daylit
        numbers = [model.spaces.names.index(n) for n in rooms.names]
        factors, angles = [], []
        for i in numbers:
            width = model.plan.window[i, 3] / 1000
            factors.append(daylight.factor(model.plan, i, model.height_mm) / width)
            angles.append(daylight.sky_angle(model.plan, i, model.height_mm))
        return np.array(factors) / daylight.TRANSMITTANCE, np.array(angles)

    def daylight(self, d: Envelopes) -> Float64[np.ndarray, " n"]:
        """Return the least average daylight factor of a room."""
        rooms = self.zones.daylit
        place = np.array([self.zones.facades.index(int(f)) for f in rooms.facade])
        factor, angle = self._rooms
        visible = np.array([g.visible for g in GLAZING])[d.glazing.astype(np.int64)] * DIRT
        hidden = np.degrees(np.arctan(d.overhang[:, place] / (GAP_M + BAND_M / 2)))
        seen = np.clip(1 - hidden / angle, 0.0, 1.0)
        each = factor * d.window[:, place] * rooms.length_m * seen * visible[:, None]
        found: Float64[np.ndarray, " n"] = each.min(1)
        return found

    def investment(self, d: Envelopes) -> Float64[np.ndarray, " n"]:
        """Return what fabric, windows, shading and plant cost in EUR."""
        cost, own, height = self.costs, self.zones.zones, self.zones.height_m
        lengths = np.array([[z.length(f, windowed=True) for f in self.zones.facades] for z in own])
        lengths = lengths.sum(0)
        window = d.window * lengths * BAND_M
        gross = sum(w.length for z in own for w in z.walls) * height
        flat = {k: sum(getattr(z, k) for z in own) for k in ("roof", "ground", "exposed")}
        walls = gross - window.sum(1)
        volume = walls * d.wall_insulation + flat["roof"] * d.roof_insulation
        volume = volume + (flat["ground"] + flat["exposed"]) * d.floor_insulation
        envelope = gross + sum(flat.values())
        laid = walls + sum(flat.values())
        pane = np.array([g.cost for g in GLAZING])[d.glazing.astype(np.int64)]
        plants = [PLANTS[int(p)] for p in d.plant]
        heat, cold, fixed = (np.array([getattr(p, k) for p in plants])
                             for k in ("heating_cost", "cooling_cost", "fixed"))  # fmt: skip
        area = self.zones.floor_m2
        air = 3600 * self.use.ventilation * area
        found: Float64[np.ndarray, " n"] = (
            cost["insulation"] * volume + cost["laying"] * laid + pane * window.sum(1)
            + cost["overhang"] * (d.overhang * d.window * lengths).sum(1)
            + cost["airtightness"] * envelope * np.log2(6.0 / d.leakage)
            + cost["recovery"] * air * d.recovery
            + fixed + (heat * d.heating_size + cold * d.cooling_size) * area / 1000
        )  # fmt: skip
        return found


def annuity(rate: float, years: int) -> float:
    """Return the yearly share of an investment that is paid off over some years."""
    return 1 / years if rate == 0 else rate / (1 - (1 + rate) ** -years)
