"""Molecules: new compounds that meet a specification, checked to the bond."""

from ingenium.core.problem import Domain
from ingenium.kits.chemistry.packages import EXTRA, package

package("rdkit")  # or the line that installs it

from ingenium.domains.molecules.conformers.problem import Conformers  # noqa: E402
from ingenium.domains.molecules.lead import Lead  # noqa: E402
from ingenium.domains.molecules.library import Library  # noqa: E402
from ingenium.domains.molecules.route.problem import RoutePlan  # noqa: E402

DOMAIN = Domain(
    name="molecules",
    summary="new compounds that meet a specification, checked to the bond",
    extra=EXTRA.name,
    problems={"conformers": Conformers, "lead": Lead, "library": Library, "route": RoutePlan},
)
