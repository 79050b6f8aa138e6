"""Ductile materials for parts that are crushed."""

from dataclasses import dataclass

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.material import Density, Modulus, Yield


@dataclass(frozen=True)
class Ductile:
    """An elastic, perfectly plastic material.

    Raises:
        InputError: for values outside the range of metals.
    """

    modulus_pa: Modulus  # Young's modulus
    yield_pa: Yield  # yield strength
    density_kg_m3: Density  # mass density

    def __post_init__(self) -> None:
        for name in ("modulus_pa", "yield_pa", "density_kg_m3"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} above 0", getattr(self, name))
        if self.yield_pa > 0.05 * self.modulus_pa:
            raise InputError(
                "a yield stress below a twentieth of the modulus",
                f"{self.yield_pa:g} Pa of {self.modulus_pa:g} Pa",
                "Give both in Pa.",
            )


# From a laser powder bed. Source: EOS GmbH, StainlessSteel 316L material data sheet, 2022 (as
# built, vertical: yield 470 MPa, elongation 54 %, modulus about 180 GPa, at least 7.97 g/cm3).
STEEL_316L = Ductile(180e9, 470e6, 7970.0)
