"""Plant: weeks of a water network under attack, simulated by EPANET."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="plant",
    summary="weeks of a water works under SCADA, with attacks on its readings and setpoints",
    package=__name__,
    problems={
        "campaign": Offer(
            f"{__name__}.campaign:Campaign",
            "labelled weeks of a water network under SCADA, with cyber-attacks on its controls",
        )
    },
    extra="plant",
    needs=("wntr", "epanet"),
)
