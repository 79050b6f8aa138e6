"""Matter: crystals, verified by a quantum-mechanical engine."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="matter",
    summary="crystals with a target property; stability and band gap by Quantum ESPRESSO",
    package=__name__,
    extra="matter",
    needs=("chgnet", "spglib"),
    problems={
        "crystal": Offer(
            f"{__name__}.crystal:CrystalProblem",
            "perovskites ABX3 with a target band gap, by density functional theory",
        )
    },
)
