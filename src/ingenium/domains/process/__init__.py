"""Process: reaction conditions that reach a yield, measured by a simulated laboratory."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="process",
    summary="conditions of reactions that reach a yield, measured by a simulated laboratory",
    package=__name__,
    problems={
        "laboratory": Offer(
            f"{__name__}.laboratory:Laboratory",
            "reaction conditions that reach a yield, in a simulated laboratory with noise, "
            "cost and failures",
        )
    },
)
