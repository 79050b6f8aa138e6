"""Settings of the roof that trusses carry, of their steel, and of their costs."""

from dataclasses import dataclass
from typing import Annotated

from ingenium.core.errors import InputError
from ingenium.core.units import Unit

GRAVITY_M_S2 = 9.81


@dataclass(frozen=True)
class RoofSettings:
    """Settings of loads on the upper chord, along the truss; its own weight is added.

    Source: EN 1990:2002, eq. 6.10 and table A1.2(B) (factors), EN 1993-1-1:2005, 3.2.6 and table
        6.1 (steel; curve a of hot finished hollow sections). Prices are assumptions: set your own.

    Raises:
        InputError: for loads, factors or steel that are not above 0, or too few known designs.
    """

    span_m: Annotated[float, Unit("m", 6.0, 80.0)] = 24.0  # between the supports
    permanent_n_m: Annotated[float, Unit("N/m", 100.0, 1e5)] = 5e3  # of the roof, in service
    snow_n_m: Annotated[float, Unit("N/m", 100.0, 1e5)] = 9e3  # characteristic snow load
    permanent_factor: float = 1.35  # partial factor of permanent loads
    snow_factor: float = 1.5  # partial factor of snow
    modulus_pa: Annotated[float, Unit("Pa", 1e10, 1e12)] = 210e9  # Young's modulus of steel
    yield_pa: Annotated[float, Unit("Pa", 1e8, 2e9)] = 355e6  # yield strength of steel
    imperfection: float = 0.21  # of the buckling curve: a0 0.13, a 0.21, b 0.34, c 0.49
    density_kg_m3: Annotated[float, Unit("kg/m³", 1e3, 2e4)] = 7850.0  # mass density of steel
    steel_eur_kg: Annotated[float, Unit("EUR/kg")] = 2.0  # cost of steel, with cutting
    joint_eur: Annotated[float, Unit("EUR")] = 60.0  # cost of a joint
    known: int = 400  # trusses to learn from

    def __post_init__(self) -> None:
        positive = (
            *("span_m", "permanent_n_m", "snow_n_m", "permanent_factor", "snow_factor"),
            *("modulus_pa", "yield_pa", "density_kg_m3"),
        )
        for name in positive:
            if not getattr(self, name) > 0:
                raise InputError(f"`{name}` above 0", getattr(self, name))
        if not 0 <= self.imperfection < 1:
            raise InputError("`imperfection` from 0 to 1", self.imperfection, "Curve a is 0.21.")
        if min(self.steel_eur_kg, self.joint_eur) < 0:
            raise InputError("prices of at least 0", (self.steel_eur_kg, self.joint_eur))
        if self.known < 20:
            raise InputError("at least 20 known trusses", self.known, "Write known = 400.")

    @property
    def service_n_m(self) -> float:
        """Total roof load in service, under which deflections are verified."""
        return self.permanent_n_m + self.snow_n_m

    @property
    def factored_n_m(self) -> float:
        """Factored roof load, under which strength is verified."""
        return self.permanent_factor * self.permanent_n_m + self.snow_factor * self.snow_n_m

    @property
    def sag_mm(self) -> float:
        """Usual limit on deflection: a 250th of the span."""
        return 4 * self.span_m

    @property
    def depths_m(self) -> tuple[float, float]:
        """Range of depth between the chords: a 30th to a sixth of the span, in centimetres."""
        return round(self.span_m / 30, 2), round(self.span_m / 6, 2)
