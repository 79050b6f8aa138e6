"""Matter: crystals, verified by a quantum-mechanical engine."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="matter",
    summary="crystals: a property that is asked for, stability and gap by Quantum ESPRESSO",
    package=__name__,
    extra="matter",
    needs=("chgnet", "spglib"),
    problems={
        "crystal": Offer(
            f"{__name__}.crystal:CrystalProblem",
            "crystals ABX3 with a gap, certified by a quantum engine",
        )
    },
)
