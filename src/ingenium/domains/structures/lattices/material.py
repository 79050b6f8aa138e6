"""Ductile materials for parts that are crushed."""

from dataclasses import dataclass

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class Ductile:
    """An elastic, perfectly plastic material; the defaults are 316L steel from a laser powder bed.

    Source: EOS GmbH, StainlessSteel 316L material data sheet, 2022 (as built, vertical:
        yield 470 MPa, elongation 54 %, modulus about 180 GPa, density at least 7.97 g/cm3).

    Raises:
        InputError: for values that no metal has.
    """

    modulus_pa: float = 180e9
    yield_pa: float = 470e6
    density_kg_m3: float = 7970.0

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
