"""Mathematics: proofs that two kernels of Metamath accept."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="mathematics",
    summary="proofs of statements in words or symbols, accepted by two kernels of Metamath",
    package=__name__,
    problems={
        "proof": Offer(
            f"{__name__}.proof.problem:Proofs",
            "a formal proof of a statement in words or symbols, accepted by two kernels",
        ),
    },
)
