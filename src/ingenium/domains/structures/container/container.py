"""Problem `container`: light corner fittings of containers that stand in dry ice."""

from pathlib import Path
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from ingenium.domains.structures.container.corner import corner_part
from ingenium.domains.structures.container.measuring import CornerVerifier
from ingenium.domains.structures.container.milled import drawings, milled
from ingenium.domains.structures.container.settings import ContainerSettings
from ingenium.domains.structures.parts.measuring import PartVerifier
from ingenium.domains.structures.parts.part import Part
from ingenium.domains.structures.parts.problem import PartProblem
from ingenium.kits.solids.elastic.solver import Elastic


class Container(PartProblem):
    """Fittings that join a post and two rails, carry a stack and are lifted, warm and cold."""

    name: ClassVar[str] = "structures.container"
    summary: ClassVar[str] = (
        "3D-printed corner fittings of dry-ice containers: stacked, lifted, racked, cold"
    )
    Settings: ClassVar[type] = ContainerSettings
    stem: ClassVar[str] = "container"
    folder: ClassVar[Path] = Path(__file__).parent
    volumes: ClassVar[tuple[float, float]] = (0.11, 0.2)
    drawings: ClassVar[int] = len(drawings())
    reported: ClassVar[tuple[str, ...]] = (
        "mass",
        "cost",
        "compliance",
        "compliance_cold",
        "strength_used",
        "strength_used_cold",
        "displacement_cold",
        "min_feature",
        "support_volume",
    )

    def __init__(self, settings: ContainerSettings) -> None:
        """Build the part; no design is solved before it is needed."""
        self.settings = settings
        super().__init__(settings)

    def parts(self) -> tuple[Part, Part]:
        """Return the fitting on its grid, and on cells of twice the size where its rings allow."""
        coarse = corner_part(self.settings, halves=self.settings.halves)
        return corner_part(self.settings), coarse

    def halved(self) -> Part:
        """Return the part on cells of half the size."""
        return corner_part(self.settings, halves=-1)

    def measuring(self, part: Part, elastic: Elastic) -> PartVerifier:
        """Return the verifier: elasticity at room temperature and in the cold, and print checks."""
        return CornerVerifier(part, elastic, climate=self.settings.climate)

    def milled(self, rows: slice) -> Float[Tensor, "n e"]:
        """Return boxes of plates, with ribs."""
        return milled(self.part, self.settings, drawings()[rows])
