"""Airfoils: sections of wings, judged by the programs that designers of wings trust."""

from ingenium.core.problem import Domain
from ingenium.domains.airfoils.packages import EXTRA, folder_of

folder_of("neuralfoil")  # or the line that installs it

from ingenium.domains.airfoils.morphing import Morphing  # noqa: E402
from ingenium.domains.airfoils.section import WingSection  # noqa: E402

DOMAIN = Domain(
    name="airfoils",
    summary="sections of wings: little drag at a given lift, judged by XFOIL where it is there",
    extra=EXTRA.name,
    problems={"morphing": Morphing, "section": WingSection},
)
