"""Metals of printed parts."""

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.material import Material

ALUMINIUM = Material(  # AlSi10Mg by laser powder bed fusion, heat treated, across the layers
    modulus_pa=70e9, poisson=0.33, density_kg_m3=2670.0, yield_pa=230e6, price_per_kg=75.0
)


def price_per_kg(metal: Material) -> float:
    """Return the price of the powder, for costs.

    Raises:
        InputError: for a metal without a price.
    """
    if metal.price_per_kg is None:
        raise InputError(
            "the price of the metal, which the cost of a part is measured by",
            "none",
            "Write price_per_kg = 75.0 under [setup.material].",
        )
    return metal.price_per_kg
