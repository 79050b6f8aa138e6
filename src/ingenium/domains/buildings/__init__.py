"""Buildings: plans of several storeys from a brief, verified on the exported IFC."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="buildings",
    summary="plans of several storeys from a brief, free of clashes on their own IFC",
    package=__name__,
    extra="buildings",
    needs=("networkx", "shapely"),
    problems={
        "plan": Offer(
            f"{__name__}.plan.problem:BuildingPlans",
            "plans of a building from a brief: rooms, doors, escape, daylight, cost and carbon",
        ),
    },
)
