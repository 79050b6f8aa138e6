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
            "diverse low-energy conformers of one molecule, by GFN2-xTB",
        ),
        "lead": Offer(
            f"{__name__}.lead:Lead",
            "new molecules that meet limits on properties and functional groups",
        ),
        "library": Offer(
            f"{__name__}.library:Library",
            "a library of new molecules distributed like a reference set",
        ),
        "route": Offer(
            f"{__name__}.route.problem:RoutePlan",
            "synthesis routes from purchasable building blocks to one molecule",
        ),
    },
)
