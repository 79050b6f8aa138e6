"""Thin films: coatings of alternating layers, by the transfer matrix."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="thin_films",
    summary="coatings of alternating layers: wanted reflectance, by the transfer matrix",
    package=__name__,
    problems={
        "coating": Offer(
            f"{__name__}.coating:Coating", "thicknesses of layers on glass for a wanted reflectance"
        )
    },
)
