"""Molecules: new compounds that meet a specification, checked to the bond."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="molecules",
    summary="new compounds that meet a specification, checked to the bond",
    package=__name__,
    extra="molecules",
    needs=("rdkit", "selfies", "tblite"),
    problems={
        "conformers": Offer(
            f"{__name__}.conformers.problem:Conformers",
            "low and different conformers of one molecule, judged by GFN2-xTB",
        ),
        "lead": Offer(
            f"{__name__}.lead:Lead",
            "new molecules that meet a specification of properties and groups",
        ),
        "library": Offer(
            f"{__name__}.library:Library", "a library of new molecules like a reference set"
        ),
        "route": Offer(
            f"{__name__}.route.problem:RoutePlan",
            "routes from blocks that can be bought to one molecule",
        ),
    },
)
