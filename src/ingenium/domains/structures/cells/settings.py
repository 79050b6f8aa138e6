"""Settings of a periodic cell: its grid, its phases and its training designs."""

from dataclasses import dataclass, field
from math import ceil
from typing import Annotated

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.generators.components import FEWEST
from ingenium.kits.solids.elastic.material import Material

HELD_OUT_EVERY = 5
VOID = 1e-9  # modulus of a void, relative to the solid


def polyamide() -> Material:
    """Return PA 12 from laser sintering, by its data sheets."""
    return Material(1.7e9, 0.39, 950.0, 48e6, 60.0)


@dataclass(frozen=True)
class CellSettings:
    """Settings of a periodic cell; two or three numbers of cells make it plane (stress) or spatial.

    Raises:
        InputError: for numbers that make no cell, no second phase or no training designs.
    """

    cells: tuple[int, ...] = (32, 32)  # of the grid along each axis
    cell_m: Annotated[float, Unit("m", 1e-6, 1.0)] = (
        0.01  # edge of the periodic cell, along x; files are in this size
    )
    height_m: Annotated[float, Unit("m", 1e-6, 1.0)] = 0.01  # of a plane cell in files
    material: Material = field(default_factory=polyamide)
    feature_m: Annotated[float, Unit("m", 1e-8, 0.1)] = (
        0.0006  # thinnest wall and gap of drawn and mended cells with a void
    )
    second_modulus: float = VOID  # of the other phase, relative to the material; 1e-9 for a void
    designs: int = 0  # to learn from; 0 takes 2400 plane or 120 spatial ones
    refine_steps: int = 10  # of inverse homogenisation on each proposal; 0 for none
    seed: int = 0  # of the designs to learn from

    def __post_init__(self) -> None:
        if not (self.cell_m > 0 and self.height_m > 0):
            raise InputError("lengths above 0 m", min(self.cell_m, self.height_m))
        if not VOID <= self.second_modulus < 1:
            raise InputError(
                f"second_modulus between {VOID:g} (void) and 1",
                self.second_modulus,
                "The first phase is the stiffer one.",
            )
        if not 0 <= self.feature_m <= self.cell_m / 4:
            raise InputError(
                f"feature_m of at most a quarter of the cell ({self.cell_m / 4:g} m)",
                self.feature_m,
                "Write feature_m = 0.0006, or 0 for any.",
            )
        if self.refine_steps < 0 or self.seed < 0:
            raise InputError(
                "refine_steps and seed of at least 0",
                f"{self.refine_steps} and {self.seed}",
                "Write refine_steps = 10.",
            )
        if self.designs and self.designs - self.designs // HELD_OUT_EVERY < FEWEST:
            raise InputError(
                f"at least {FEWEST} designs besides every fifth, which is held out, or 0",
                f"designs = {self.designs}",
                "Write designs = 240, or 0 for as many as it usually takes.",
            )

    @property
    def porous(self) -> bool:
        """True if the second phase is a void, so that loose pieces would fall out."""
        return self.second_modulus == VOID

    @property
    def feature_cells(self) -> int:
        """Cells of the grid across the thinnest wall and gap; 1 means no constraint."""
        pitch = self.cell_m / self.cells[0]
        return max(1, ceil(self.feature_m / pitch - 1e-9)) if self.porous else 1

    @property
    def wanted_designs(self) -> int:
        """Number of training designs."""
        return self.designs or (2400 if len(self.cells) == 2 else 120)
