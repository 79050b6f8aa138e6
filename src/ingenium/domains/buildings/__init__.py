"""Buildings: plans of several storeys from a brief, and their envelopes over a year."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="buildings",
    summary="plans of several storeys from a brief, and their envelopes by EnergyPlus",
    package=__name__,
    extra="buildings",
    needs=("networkx", "numba", "shapely"),
    problems={
        "plan": Offer(
            f"{__name__}.plan.problem:BuildingPlans",
            "plans of a building from a brief: rooms, doors, escape, daylight, cost and carbon",
        ),
        "envelope": Offer(
            f"{__name__}.envelope.problem:BuildingEnvelope",
            "windows, shading, insulation, plant and set-points of a plan, by a year of EnergyPlus",
        ),
    },
)
