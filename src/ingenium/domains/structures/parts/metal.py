"""Metals that parts are printed of."""

from ingenium.kits.solids.elastic.material import Material

ALUMINIUM = Material(  # AlSi10Mg by laser powder bed fusion, heat treated, across the layers
    modulus_pa=70e9, poisson=0.33, density_kg_m3=2670.0, yield_pa=230e6, price_per_kg=75.0
)
