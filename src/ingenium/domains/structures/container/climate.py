"""Effect of the cold of dry ice on metals: stiffness, strength and length.

Sources: Marquardt, Le and Radebaugh, Cryogenic Material Properties Database, 11th International
Cryocooler Conference, 2000 (NIST; fits of modulus and length for 4 to 300 K). The Aluminum
Association, Aluminum Design Manual, 2005, part V, typical tensile properties at various
temperatures (yield). Aluminium has no brittle transition; printed Al10SiMg keeps 25 % of uniform
elongation even at 15 K (Communications Materials 6, 2025, s43246-025-00793-4).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from ingenium.core.errors import InputError
from ingenium.core.units import Unit

Frame = Literal["stainless steel", "aluminium"]
ROOM_C = 20.0
ZERO_C_K = 273.15
LOWEST_C, YIELD_C = -196.0, -80.0
ALUMINIUM_MODULUS = (77.71221, 1.030646e-2, -2.924100e-4, 8.993600e-7, -1.070900e-9)  # 6061-T6, GPa
LENGTH: dict[Frame, tuple[float, ...]] = {  # change since 293 K, 1e-5
    "aluminium": (-412.77, -0.30389, 8.7696e-3, -9.9821e-6),  # 6061-T6
    "stainless steel": (-295.54, -0.39811, 9.2683e-3, -2.0261e-5, 1.7127e-8),  # 304
}
YIELD_GAIN = 42.0 / 40.0  # of 6061-T6, ksi at -112 °F over ksi at 75 °F


@dataclass(frozen=True)
class Climate:
    """A temperature, compared with room temperature.

    Raises:
        InputError: for a temperature outside the measured range.
    """

    celsius: Annotated[
        float, Unit("°C")
    ] = -78.5  # solid carbon dioxide sublimes under an atmosphere
    frame: Frame = "stainless steel"  # what the part is bolted to

    def __post_init__(self) -> None:
        if not LOWEST_C <= self.celsius <= ROOM_C:
            raise InputError(
                f"a cold between {LOWEST_C:g} and {ROOM_C:g} °C", f"{self.celsius:g} °C"
            )

    @property
    def stiffer(self) -> float:
        """Modulus of aluminium relative to room temperature."""
        return _fit(ALUMINIUM_MODULUS, self.celsius) / _fit(ALUMINIUM_MODULUS, ROOM_C)

    @property
    def stronger(self) -> float:
        """Yield strength of aluminium relative to room temperature.

        Linear up to the gain at -80 °C, and no more below it.
        """
        return 1 + (YIELD_GAIN - 1) * min((ROOM_C - self.celsius) / (ROOM_C - YIELD_C), 1.0)

    @property
    def misfit(self) -> float:
        """Thermal expansion of aluminium less that of the frame; negative where it shrinks more."""
        return self._longer("aluminium") - self._longer(self.frame)

    def _longer(self, metal: Frame) -> float:
        fit = LENGTH[metal]
        return (_fit(fit, self.celsius) - _fit(fit, ROOM_C)) * 1e-5


def _fit(terms: tuple[float, ...], celsius: float) -> float:
    kelvin = celsius + ZERO_C_K
    return sum(a * kelvin**power for power, a in enumerate(terms))
