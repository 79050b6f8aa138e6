"""Isotropic materials for parts."""

from dataclasses import dataclass
from typing import Annotated

from ingenium.core.errors import InputError
from ingenium.core.units import Unit

# Range from rubber and foams to diamond, gold and whiskers.
Modulus = Annotated[float, Unit("Pa", 1e6, 2e12)]
Yield = Annotated[float, Unit("Pa", 1e4, 2e10)]
Density = Annotated[float, Unit("kg/m³", 25.0, 25e3)]


@dataclass(frozen=True)
class Material:
    """A linear elastic material.

    Raises:
        InputError: for values outside the range of solids.
    """

    modulus_pa: Modulus  # Young's modulus
    poisson: float  # Poisson's ratio
    density_kg_m3: Density  # mass density
    yield_pa: Yield  # yield strength
    price_per_kg: Annotated[float, Unit("EUR/kg")] | None = None  # where costs are measured

    def __post_init__(self) -> None:
        if not -1.0 < self.poisson < 0.5:
            raise InputError(
                "a Poisson ratio between -1 and 0.5", self.poisson, "Write poisson = 0.3."
            )
        for name in ("modulus_pa", "density_kg_m3", "yield_pa", "price_per_kg"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} above 0", value)


UNIT = Material(1.0, 0.3, 1.0, 1.0)  # of the benchmarks of the literature
