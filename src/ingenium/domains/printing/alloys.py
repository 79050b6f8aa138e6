"""Thermal properties of alloys for laser powder bed fusion, and what a track takes from them.

Source: Mills, Recommended Values of Thermophysical Properties for Selected Commercial Alloys, 2002;
    rounded from memory, not checked. A specific heat is the mean from room temperature to the
    solidus. 17-4PH has properties of the similar 304 and 316 steels where the book has none.
"""

from dataclasses import dataclass, replace

from ingenium.core.errors import InputError, choose


@dataclass(frozen=True)
class Alloy:
    """Thermal properties of an alloy: constant in the liquid, conductivity rising in the solid.

    Raises:
        InputError: for a value that is not above 0, or a liquidus that is not above the solidus.
    """

    name: str
    density_kg_m3: float
    solid_j_kg_k: float
    liquid_j_kg_k: float
    conductivity_w_m_k: float  # at 298 K
    rise_w_m_k2: float  # of the conductivity of the solid, in W/(m·K) for each K
    liquid_w_m_k: float
    solidus_k: float
    liquidus_k: float
    latent_j_kg: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name not in ("name", "rise_w_m_k2") and not value > 0:
                raise InputError(
                    f"{name} above 0", value, f"Write {name} of the alloy in SI units."
                )
        if not self.liquidus_k > self.solidus_k:
            raise InputError(
                f"a liquidus above the solidus, {self.solidus_k:g} K", f"{self.liquidus_k:g} K"
            )

    @property
    def melting_k(self) -> float:
        """Isotherm of the fusion line: the middle of the melting range."""
        return 0.5 * (self.solidus_k + self.liquidus_k)

    def secant(self, plate_k: float) -> tuple[float, float]:
        """Mean conductivity, and mean volumetric heat capacity with the latent heat up to the line.

        They are the constant properties under which heating from the plate to the fusion line takes
        the same enthalpy and the same conductivity integral.
        """
        rise = self.melting_k - plate_k
        at_plate = self.conductivity_w_m_k + self.rise_w_m_k2 * (plate_k - ROOM_K)
        conductivity = at_plate + 0.5 * self.rise_w_m_k2 * rise
        specific = self.solid_j_kg_k + 0.5 * self.latent_j_kg / rise
        return conductivity, self.density_kg_m3 * specific

    def checked(self, plate_k: float) -> "Alloy":
        """Return the alloy, if the plate is solid.

        Raises:
            InputError: for a plate that is too hot.
        """
        if not 200 <= plate_k < self.solidus_k - 50:
            raise InputError(
                f"a plate between 200 K and {self.solidus_k - 50:g} K",
                f"{plate_k:g} K",
                "Write plate_k = 353.",
            )
        return self


ROOM_K = 298.0
ALLOYS = {
    a.name: a
    for a in (
        Alloy("316L", 7450.0, 590.0, 830.0, 13.4, 0.0142, 28.0, 1658.0, 1723.0, 260e3),
        Alloy("17-4PH", 7400.0, 600.0, 830.0, 14.6, 0.0125, 28.0, 1677.0, 1713.0, 260e3),
        Alloy("Ti-6Al-4V", 4250.0, 660.0, 830.0, 7.0, 0.0130, 33.0, 1877.0, 1923.0, 286e3),
        Alloy("IN718", 7850.0, 560.0, 720.0, 8.9, 0.0150, 29.6, 1533.0, 1609.0, 210e3),
        Alloy("IN625", 8100.0, 560.0, 730.0, 9.8, 0.0140, 30.0, 1563.0, 1623.0, 220e3),
        Alloy("Hastelloy X", 7950.0, 570.0, 690.0, 9.1, 0.0150, 29.0, 1533.0, 1628.0, 276e3),
        Alloy("AlSi10Mg", 2580.0, 1020.0, 1170.0, 130.0, 0.0, 85.0, 830.0, 867.0, 423e3),
    )
}


def alloy_of(name: str) -> Alloy:
    """Return the alloy of a name.

    Raises:
        InputError: for an unknown alloy, with the nearest.
    """
    return ALLOYS[choose(name, ALLOYS, "alloy")]


def constant(alloy: Alloy, plate_k: float) -> Alloy:
    """Return an alloy of constant properties and almost no latent heat, as closed forms assume."""
    conductivity, capacity = alloy.secant(plate_k)
    specific = capacity / alloy.density_kg_m3
    return replace(
        alloy,
        solid_j_kg_k=specific,
        liquid_j_kg_k=specific,
        conductivity_w_m_k=conductivity,
        rise_w_m_k2=0.0,
        liquid_w_m_k=conductivity,
        solidus_k=alloy.melting_k - 1,
        liquidus_k=alloy.melting_k + 1,
        latent_j_kg=1.0,
    )
