"""Rule-based sizing of trusses, and a lower bound for trusses of these sections.

Shapes: g groups of bars, s sections, p weights of deflection against mass.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.domains.structures.roof.equilibrium import Equilibrium
from ingenium.domains.structures.roof.hollow import SECTIONS
from ingenium.domains.structures.roof.layout import GROUPS, KINDS, PANELS
from ingenium.domains.structures.roof.settings import RoofSettings

OWN = 1.08  # factor of own weight on the forces of the roof, for a first choice
PER_M = 100  # depths are whole centimetres


def sized(
    roof: RoofSettings, kind: int, panels: int, depth_m: float
) -> Int64[np.ndarray, " g"] | None:
    """Return the lightest section of each group that bears its bars; None where none does."""
    one = Equilibrium(roof, kind, panels, depth_m)
    fits = one.allowed(OWN * roof.factored_n_m * one.carried)
    return fits.argmax(1) if fits.any(1).all() else None


@dataclass(frozen=True, eq=False)
class MassBound:
    """Lower bound of mass (kg) plus weight times deflection (mm), over every truss.

    Own weight is neglected, so that no truss can be below, and the lightest are a little above.
    """

    price: Float64[np.ndarray, " p"]  # kg/mm
    least: Float64[np.ndarray, " p"]

    def mass_kg(self, deflection_mm: np.ndarray) -> np.ndarray:
        """Return the least mass at a deflection that the bound permits."""
        return np.asarray((self.least - np.multiply.outer(deflection_mm, self.price)).max(-1))

    def above(self, mass_kg: np.ndarray, deflection_mm: np.ndarray) -> np.ndarray:
        """Return the relative distance of points above the bound; the least over all weights."""
        value = mass_kg[:, None] + deflection_mm[:, None] * self.price
        return np.asarray((value / self.least - 1).min(1))


def mass_bound(roof: RoofSettings, angles_deg: tuple[float, float]) -> MassBound:
    """Compute the bound over all layouts and depths in centimetres, with optimal sections.

    Shares of mass and of deflection add up over groups of a determinate truss, so that groups are
    chosen one by one.
    """
    price = np.geomspace(0.5, 500.0, 60)
    least = np.full(len(price), np.inf)
    for kind in range(len(KINDS)):
        for panels in PANELS:
            slopes = np.tan(np.deg2rad(angles_deg)) * roof.span_m / panels
            low, high = max(roof.depths_m[0], slopes[0]), min(roof.depths_m[1], slopes[1])
            for depth in range(math.ceil(low * PER_M), math.floor(high * PER_M) + 1):
                one = Equilibrium(roof, kind, panels, depth / PER_M)
                least = np.minimum(least, _least(one, price))
    return MassBound(price, least)


def _least(one: Equilibrium, price: Float64[np.ndarray, " p"]) -> Float64[np.ndarray, " p"]:
    roof, area = one.roof, SECTIONS.area_m2
    fits = one.allowed(roof.factored_n_m * one.carried)
    total = np.zeros(len(price))
    each = 1e3 * roof.service_n_m * one.carried * one.virtual * one.length_m / roof.modulus_pa
    for g in range(len(GROUPS)):
        bars = one.group == g
        mass = roof.density_kg_m3 * area * one.length_m[bars].sum()
        value = mass + np.multiply.outer(price, each[bars].sum() / area)
        total += np.where(fits[g], value, np.inf).min(1)
    return total
