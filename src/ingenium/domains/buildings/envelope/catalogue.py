"""Constructions, glazing, plants and their costs: rounded values of common products.

Values are assumptions of this project, each of the usual size for its product; they name no
maker. Costs rank designs of one plan and are no tender. A user's table replaces costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable


@dataclass(frozen=True)
class Layer:
    """A homogeneous layer of an opaque construction."""

    name: str
    thickness_m: float
    conductivity: float  # W/(m K)
    density: float  # kg/m3
    heat: float  # J/(kg K)

    @property
    def resistance(self) -> float:
        """Thermal resistance in m2 K/W."""
        return self.thickness_m / self.conductivity

    @property
    def capacity(self) -> float:
        """Heat capacity in J/(m2 K)."""
        return self.thickness_m * self.density * self.heat


INSULATION = Layer("insulation", 0.1, 0.035, 30.0, 1000.0)
RENDER = Layer("render", 0.015, 0.9, 1800.0, 1000.0)
MASONRY = Layer("masonry", 0.2, 0.6, 1300.0, 1000.0)
CONCRETE = Layer("concrete", 0.25, 1.7, 2300.0, 1000.0)
MEMBRANE = Layer("membrane", 0.01, 0.2, 1100.0, 1000.0)
SOIL = Layer("soil", 1.0, 1.5, 1800.0, 1100.0)
# From outside to inside; insulation goes where it is named, with the thickness of the design.
WALL = (RENDER, INSULATION, MASONRY)
ROOF = (MEMBRANE, INSULATION, CONCRETE)
GROUND = (SOIL, INSULATION, CONCRETE)
EXPOSED = (RENDER, INSULATION, CONCRETE)
SLAB = (CONCRETE,)
PARTITION = (Layer("partition", 0.15, 0.5, 1200.0, 1000.0),)
SOLAR_ABSORPTANCE = 0.6  # of outer faces
EMITTANCE = 0.9


@dataclass(frozen=True)
class Glazing:
    """A window with its frame."""

    name: str
    u_value: float  # W/(m2 K)
    g_value: float  # solar heat gain coefficient, normal incidence
    visible: float  # transmittance
    cost: float  # EUR/m2


GLAZING = (
    Glazing("double clear", 2.8, 0.70, 0.78, 260.0),
    Glazing("double low-e", 1.5, 0.60, 0.75, 320.0),
    Glazing("double solar control", 1.4, 0.30, 0.55, 380.0),
    Glazing("triple low-e", 0.9, 0.50, 0.69, 430.0),
    Glazing("triple solar control", 0.8, 0.28, 0.52, 500.0),
)


@dataclass(frozen=True)
class PlantKind:
    """Heating and cooling plant; a heat pump's efficiency follows the outdoor temperature."""

    name: str
    fuel: str  # of heating: NaturalGas or Electricity
    heating: tuple[float, float]  # efficiency at 0 deg C outside, and its slope a kelvin
    cooling: tuple[float, float]  # at 30 deg C
    fixed: float  # EUR
    heating_cost: float  # EUR/kW
    cooling_cost: float


PLANTS = (
    PlantKind("gas boiler and chiller", "NaturalGas", (0.92, 0.0), (3.2, -0.06), 6000.0, 180.0,
              450.0),
    PlantKind("air-source heat pump", "Electricity", (2.9, 0.07), (3.6, -0.07), 9000.0, 750.0,
              220.0),
    PlantKind("ground-source heat pump", "Electricity", (4.1, 0.01), (5.5, -0.03), 14000.0, 1700.0,
              120.0),
)  # fmt: skip
HEATING_RANGE, COOLING_RANGE = (0.5, 6.0), (1.5, 8.0)  # of efficiencies
COSTS: Mapping[str, float] = {  # EUR of one unit
    "insulation": 190.0,  # m3
    "laying": 45.0,  # m2 of insulated area
    "overhang": 240.0,  # m2
    "airtightness": 9.0,  # m2 of envelope, for a halving of the leakage from 6 /h
    "recovery": 5.0,  # m3/h of ventilation at an effectiveness of 1
    "electricity": 0.25,  # kWh
    "gas": 0.11,  # kWh
}
COLUMNS = (
    Variable("item", (), "1", "one of: " + ", ".join(COSTS), longest=20),
    Variable("cost_eur", (), "1", "EUR of one unit", 0.0),
)


def costs(table: pd.DataFrame) -> dict[str, float]:
    """Return the costs with those of a user's table.

    Raises:
        InputError: for an item that is unknown, or named twice.
    """
    found = dict(COSTS)
    seen: set[str] = set()
    for item, cost in table.itertuples(index=False):
        if item not in COSTS or item in seen:
            raise InputError(f"each of {', '.join(COSTS)} once", f"{item!r}")
        seen.add(item)
        found[str(item)] = float(cost)
    return found
