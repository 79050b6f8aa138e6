"""Printing: settings of metal printers that survive their disturbances, by simulated melt pools."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="printing",
    summary="settings of laser powder bed fusion, by melt pools that measured ones calibrate",
    package=__name__,
    extra="printing",
    needs=("numba",),
    problems={
        "settings": Offer(
            f"{__name__}.settings:PrintSettings",
            "power, speed, beam, layer and hatch that print dense metal under stated disturbances",
        )
    },
)
