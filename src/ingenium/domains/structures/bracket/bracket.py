"""Problem `bracket`: printed parts that carry loads from a pin to their bolts."""

from pathlib import Path
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from ingenium.domains.structures.bracket.milled import drawings, milled
from ingenium.domains.structures.bracket.part import bracket_part
from ingenium.domains.structures.bracket.settings import BracketSettings
from ingenium.domains.structures.parts.measuring import PartVerifier
from ingenium.domains.structures.parts.part import Part
from ingenium.domains.structures.parts.paths import PathFiles
from ingenium.domains.structures.parts.problem import PartProblem
from ingenium.kits.solids.elastic.solver import Elastic


class Bracket(PartProblem):
    """Brackets on four feet with an eye, each a closed mesh that can be printed."""

    name: ClassVar[str] = "structures.bracket"
    summary: ClassVar[str] = "3D-printed brackets between bolts and a pin, for several load cases"
    Settings: ClassVar[type] = BracketSettings
    stem: ClassVar[str] = "bracket"
    folder: ClassVar[Path] = Path(__file__).parent
    volumes: ClassVar[tuple[float, float]] = (0.08, 0.16)
    drawings: ClassVar[int] = len(drawings())
    reported: ClassVar[tuple[str, ...]] = (
        "mass",
        "cost",
        "compliance",
        "stress",
        "displacement",
        "frequency",
        "min_feature",
        "overhang_area",
        "support_volume",
    )

    def __init__(self, settings: BracketSettings) -> None:
        """Build the part; no design is solved before it is needed."""
        self.settings = settings
        super().__init__(settings)
        if settings.bead_mm:  # the verified design is what the path lays
            path = PathFiles(self.printer, self.variables, settings.bead_mm / 1e3)
            self.formats = {path.name: path, **self.formats}

    def parts(self) -> tuple[Part, Part]:
        """Return the bracket on its grid, and on cells of twice the size where its rings allow."""
        coarse = bracket_part(self.settings, halves=self.settings.halves)
        return bracket_part(self.settings), coarse

    def halved(self) -> Part:
        """Return the part on cells of half the size."""
        return bracket_part(self.settings, halves=-1)

    def measuring(self, part: Part, elastic: Elastic) -> PartVerifier:
        """Return the verifier: elasticity at room temperature, and print checks."""
        return PartVerifier(part, elastic)

    def milled(self, rows: slice) -> Float[Tensor, "n e"]:
        """Return milled brackets: a plate, an upright with the eye, and ribs."""
        return milled(self.part, self.settings, drawings()[rows])
