"""Airfoils: wing sections, verified by the programs that wing designers use."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="airfoils",
    summary="sections of wings: little drag at a given lift, judged by XFOIL where it is there",
    package=__name__,
    extra="airfoils",
    needs=("neuralfoil",),
    problems={
        "morphing": Offer(
            f"{__name__}.morphing:Morphing",
            "sections whose trailing edge bends from speed to speed",
        ),
        "section": Offer(
            f"{__name__}.section:WingSection",
            "sections of wings: little drag at a given lift, at several speeds",
        ),
    },
)
