"""Printing of metal: settings, build plans that were tried, quotes, and melt pools to operate."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="printing",
    summary="settings, build plans and quotes of metal printing, and a melt pool to operate",
    package=__name__,
    extra="printing",
    needs=("numba", "shapely", "skfem", "trimesh"),
    problems={
        "settings": Offer(
            f"{__name__}.settings:PrintSettings",
            "power, speed, beam, layer and hatch that print dense metal under stated disturbances",
        ),
        "build": Offer(
            f"{__name__}.builds.problem:PrintBuild",
            "build plans of a part: orientation, supports, scan vectors, settings by region, hours",
        ),
        "quote": Offer(
            f"{__name__}.quote.problem:PrintQuote",
            "quotes of a lot: process, direction, price, time, powder, and flags on what hinders",
        ),
    },
)
