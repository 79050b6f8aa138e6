"""Settings of printed columns: their load, concrete, nozzle and machine."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.kits.solids.elastic.material import Material
from ingenium.kits.solids.elastic.strength import Strength
from ingenium.kits.solids.printing.bearing import Head
from ingenium.kits.solids.printing.collisions import Machine, Printhead
from ingenium.kits.solids.printing.toolpath import Bead

PRINTHEAD = Printhead(nozzle_m=0.025, cone_deg=35.0, body_m=0.2, body_above_m=0.3)
REACH_M = 1.5  # of the nozzle, to each side of the column's middle
ABOVE_M = 0.5  # travel above the column
HALF_M = (0.12, 0.3)  # half widths at the foot


@dataclass(frozen=True)
class ColumnSettings:
    """Settings of a column fixed at its foot, with a stiff plate at its head.

    Strengths, loads and speeds are assumptions: set your own. Stress is read beyond `clear_m` from
    foot and head, in cells of a quarter of a bead's width.

    Raises:
        InputError: for a height that is no whole number of layers, an opening that hides the
            column, or values that are not above 0.
    """

    height_m: Annotated[float, Unit("m", 0.1, 20.0)] = 3.0  # height of the column
    down_n: Annotated[float, Unit("N", 1e2, 1e9)] = 1e6  # load on its head, downwards
    across_n: Annotated[tuple[float, float], Unit("N")] = (
        1e4,
        -5e3,
    )  # load on its head, along x and y
    aside_m: Annotated[tuple[float, float], Unit("m")] = (
        0.03,
        0.02,
    )  # of the force, from the middle of the head
    bead_m: Annotated[float, Unit("m", 1e-3, 0.3)] = 0.06  # wide, and half as high
    hop_m: Annotated[float, Unit("m", 1e-4, 1.0)] = 0.03  # by which the nozzle rises to travel
    laid_m_s: Annotated[float, Unit("m/s")] = 0.1  # speed while material is laid
    travel_m_s: Annotated[float, Unit("m/s")] = 0.25  # speed between paths
    modulus_pa: Annotated[float, Unit("Pa", 1e8, 1e12)] = 25e9  # Young's modulus
    poisson: float = 0.2  # Poisson's ratio
    density_kg_m3: Annotated[float, Unit("kg/m³", 1e2, 2e4)] = 2300.0  # mass density
    tension_pa: Annotated[float, Unit("Pa", 1e4, 1e9)] = 3e6  # tensile strength
    compression_pa: Annotated[float, Unit("Pa", 1e5, 1e10)] = 30e6  # compressive strength
    clear_m: Annotated[float, Unit("m")] = 0.15  # height of the nozzle between paths
    known: int = 300  # columns to learn from

    def __post_init__(self) -> None:
        for name in ("height_m", "down_n", "bead_m", "laid_m_s", "travel_m_s", "clear_m"):
            if not getattr(self, name) > 0:
                raise InputError(f"`{name}` above 0", getattr(self, name))
        layers = self.height_m / self.bead.height_m
        if abs(layers - round(layers)) > 1e-6:
            raise InputError(
                f"a height of whole layers of {1e3 * self.bead.height_m:g} mm",
                f"{layers:.4g} layers",
                "Change height_m or bead_m.",
            )
        if 2 * self.clear_m > self.height_m - 2 * self.bead_m:
            raise InputError("foot and head clear of each other", self.clear_m, "Lower clear_m.")
        if self.hop_m < 0:
            raise InputError("a hop of at least 0 m", self.hop_m)
        if self.known < 20:
            raise InputError("at least 20 known columns", self.known, "Write known = 300.")

    @property
    def bead(self) -> Bead:
        """Bead of the nozzle."""
        return Bead(self.bead_m, self.bead_m / 2)

    @property
    def cell_m(self) -> float:
        """Edge of a cell: two along the height of a layer."""
        return self.bead_m / 4

    @cached_property
    def material(self) -> Material:
        """Concrete; its yield stress is not used."""
        return Material(self.modulus_pa, self.poisson, self.density_kg_m3, self.tension_pa)

    @cached_property
    def strength(self) -> Strength:
        """Strength in tension and compression."""
        return Strength(self.tension_pa, self.compression_pa)

    @cached_property
    def head(self) -> Head:
        """Load on the head."""
        return Head((*self.across_n, -self.down_n), self.aside_m)

    @cached_property
    def machine(self) -> Machine:
        """A machine around the column."""
        low, high = (-REACH_M, -REACH_M, 0.0), (REACH_M, REACH_M, self.height_m + ABOVE_M)
        return Machine(PRINTHEAD, low, high)
