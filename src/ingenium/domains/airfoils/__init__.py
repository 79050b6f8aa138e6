"""Airfoils: wing sections, verified by the programs that wing designers use."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="airfoils",
    summary="airfoil sections with low drag at a given lift, judged by XFOIL if installed, "
    "else NeuralFoil",
    package=__name__,
    extra="airfoils",
    needs=("neuralfoil",),
    problems={
        "morphing": Offer(
            f"{__name__}.morphing:Morphing",
            "morphing airfoils: one trailing-edge deflection for each speed",
        ),
        "section": Offer(
            f"{__name__}.section:WingSection",
            "airfoil sections with low drag at a given lift, at several speeds",
        ),
    },
)
