"""Physics: independent configurations of lattice fields, sampled under their exact law."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="physics",
    summary="lattice fields: configurations under an action, with exact densities",
    package=__name__,
    problems={
        "lattice": Offer(
            f"{__name__}.lattice.problem:LatticeField",
            "independent lattice-field configurations, reweighted to the exact distribution",
        )
    },
)
