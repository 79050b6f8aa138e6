"""Plants: a water network under attack, and a chemical plant under faults and policies."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="plant",
    summary="a water works under attack, and a chemical plant under faults that an agent operates",
    package=__name__,
    problems={
        "campaign": Offer(
            f"{__name__}.campaign:Campaign",
            "labelled weeks of a water network under SCADA, with cyber-attacks on its controls",
        ),
        "tennessee": Offer(
            f"{__name__}.tennessee.problem:Tennessee",
            "labelled fault runs of the Tennessee Eastman plant, and the plant to operate",
        ),
    },
    extra="plant",
    needs=("wntr", "epanet"),
)
