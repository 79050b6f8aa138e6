"""Physics: independent configurations of lattice fields, sampled under their exact law."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="physics",
    summary="lattice fields: configurations under an action, with exact densities",
    package=__name__,
    problems={
        "lattice": Offer(
            f"{__name__}.lattice.problem:LatticeField",
            "configurations of a lattice field under its exact law, each independent of the last",
        )
    },
)
