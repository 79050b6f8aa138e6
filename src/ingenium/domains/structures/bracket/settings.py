"""Settings of a bracket: its space, bolts, pin, loads, metal and manufacture."""

import re
from dataclasses import dataclass, field
from math import hypot, prod
from typing import Annotated

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.domains.structures.optimise.build import Direction
from ingenium.domains.structures.parts.making import Making, Millimetres
from ingenium.domains.structures.parts.metal import ALUMINIUM, price_per_kg
from ingenium.kits.solids.elastic.material import Material

MOST_CELLS = 500_000
BYTES_A_CELL = 3_000  # of one design with its load cases while it is solved


@dataclass(frozen=True)
class PinLoad:
    """Force and moment of the pin on its eye, about the middle of the eye.

    Raises:
        InputError: for a name that is not one word, or a load of zero.
    """

    name: str  # of the load case
    force_n: Annotated[tuple[float, float, float], Unit("N")] = (0.0, 0.0, 0.0)  # along x, y and z
    moment_nm: Annotated[tuple[float, float, float], Unit("N·m")] = (
        0.0,
        0.0,
        0.0,
    )  # about x, y and z

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise InputError(
                "a load case named in small letters", self.name, 'Write name = "vertical".'
            )
        if not any((*self.force_n, *self.moment_nm)):
            raise InputError(
                "a force or a moment in each load case",
                f"none in {self.name}",
                "Write force_n = [0.0, 0.0, 10000.0].",
            )

    @property
    def wrench(self) -> Float64[Tensor, " 6"]:
        """Force and moment in one vector."""
        return torch.tensor((*self.force_n, *self.moment_nm), dtype=torch.float64)


CASES = (
    PinLoad("vertical", force_n=(0.0, 0.0, 18_000.0)),
    PinLoad("horizontal", force_n=(10_000.0, 5_000.0, 0.0)),
    PinLoad("torsion", moment_nm=(0.0, 0.0, 180.0)),
)


@dataclass(frozen=True)
class BracketSettings:
    """A bracket on four feet with an eye for a pin; lengths in mm, z is up.

    Raises:
        InputError: for a grid outside the supported range, or holes that do not lie inside the
            part.
    """

    cells: tuple[int, int, int] = (32, 24, 36)  # finite elements along x, y and z
    cell_mm: Millimetres = 3.0  # side of an element
    bolts_mm: Annotated[tuple[tuple[float, float], ...], Unit("mm")] = (
        (12.0, 12.0),
        (84.0, 12.0),
        (12.0, 60.0),
        (84.0, 60.0),
    )  # x and y of each hole
    bolt_radius_mm: Millimetres = 4.5  # of the holes
    foot_radius_mm: Millimetres = 10.5  # of the solid around a hole
    foot_height_mm: Millimetres = 9.0  # of the solid around a hole
    plate_mm: Millimetres = 6.0  # thickness of the base frame along the outer bolts
    rim_mm: Millimetres = 12.0  # width of its bars
    tool_radius_mm: Millimetres = 9.0  # of the socket that must reach each bolt from above
    pin_mm: Annotated[tuple[float, float], Unit("mm")] = (
        60.0,
        87.0,
    )  # x and z of its axis, which runs along y
    pin_radius_mm: Millimetres = 9.0  # of the hole in the eye
    eye_radius_mm: Millimetres = 16.5  # of the eye, outside
    eye_width_mm: Millimetres = 24.0  # about the middle of the part
    cases: tuple[PinLoad, ...] = CASES
    material: Material = ALUMINIUM
    build: Direction = "+z"  # away from the plate of the printer
    bead_mm: Millimetres = 0.0  # width of beads by wire and arc, whose path is then the file; or 0
    making: Making = field(default_factory=Making)

    def __post_init__(self) -> None:
        price_per_kg(self.material)
        self._check_grid()
        self._check_lengths()
        self._check_holes()
        names = [case.name for case in self.cases]
        if not names or len(set(names)) < len(names):
            raise InputError(
                "at least one load case, each with its own name",
                names,
                "Write [[setup.cases]] with name, force_n and moment_nm.",
            )

    @property
    def size_mm(self) -> tuple[float, float, float]:
        """Size of the space that the part may fill."""
        x, y, z = (n * self.cell_mm for n in self.cells)
        return x, y, z

    @property
    def halves(self) -> int:
        """Number of times that cells can double in size while the grid resolves all rings."""
        ring_mm = min(
            self.foot_radius_mm - self.bolt_radius_mm, self.eye_radius_mm - self.pin_radius_mm
        )
        return int(ring_mm >= 2 * self.cell_mm)

    def _check_grid(self) -> None:
        count = prod(max(n, 0) for n in self.cells)
        if min(self.cells) < 8 or count > MOST_CELLS or any(n % 2 for n in self.cells):
            memory = f", about {count * BYTES_A_CELL / 1e9:.1f} GB a design"
            raise InputError(
                f"even numbers of cells of at least 8, and at most {MOST_CELLS} cells in all",
                f"{list(self.cells)}, {count} cells{memory if count else ''}",
                "Write cells = [32, 24, 36] and the size of a cell as cell_mm.",
            )

    def _check_lengths(self) -> None:
        lengths = (
            "cell_mm",
            "bolt_radius_mm",
            "foot_height_mm",
            "plate_mm",
            "rim_mm",
            "tool_radius_mm",
            "pin_radius_mm",
            "eye_width_mm",
        )
        for name in lengths:
            if not getattr(self, name) > 0:
                raise InputError(f"{name} above 0", getattr(self, name))
        if self.bead_mm and not (0 < self.bead_mm <= self.cell_mm and self.build == "+z"):
            raise InputError(
                f"a bead of at most a cell ({self.cell_mm:g} mm), built +z",
                f"{self.bead_mm:g} mm, built {self.build}",
                "Write bead_mm = 2.5, or leave it out for meshes.",
            )
        for outer, inner in (
            ("foot_radius_mm", "bolt_radius_mm"),
            ("eye_radius_mm", "pin_radius_mm"),
        ):
            if not getattr(self, outer) - getattr(self, inner) >= self.cell_mm:
                raise InputError(
                    f"{outer} at least one cell ({self.cell_mm:g} mm) above {inner}",
                    f"{getattr(self, outer):g} mm above a hole of {getattr(self, inner):g} mm",
                )

    def _check_holes(self) -> None:
        x, y, z = self.size_mm
        if not self.bolts_mm:
            raise InputError(
                "at least one bolt", "none: the part would float", "Write bolts_mm = [[12, 12]]."
            )
        for bolt in self.bolts_mm:
            _inside("bolt", bolt, self.foot_radius_mm, (x, y))
        _inside("pin", self.pin_mm, self.eye_radius_mm, (x, z))
        if self.eye_width_mm > y:
            raise InputError(f"an eye of at most {y:g} mm", f"{self.eye_width_mm:g} mm")
        if self.pin_mm[1] - self.eye_radius_mm < self.foot_height_mm:
            raise InputError("an eye above the feet", f"one at z = {self.pin_mm[1]:g} mm")
        half = self.eye_width_mm / 2
        for bx, by in self.bolts_mm:
            alongside = max(abs(by - y / 2) - half, 0.0)
            along = max(abs(bx - self.pin_mm[0]) - self.eye_radius_mm, 0.0)
            if hypot(alongside, along) < self.tool_radius_mm:
                raise InputError(
                    "bolts that the tool can reach past the eye",
                    f"one at ({bx:g}, {by:g}) mm below it",
                    "Move the bolt or the pin, or write a smaller tool_radius_mm.",
                )


def _inside(
    what: str, at_mm: tuple[float, float], around_mm: float, size_mm: tuple[float, float]
) -> None:
    """Refuse a hole whose ring of metal is not inside the space of the part."""
    if any(not around_mm <= a <= s - around_mm for a, s in zip(at_mm, size_mm, strict=True)):
        raise InputError(
            f"a {what} whose ring of {around_mm:g} mm lies inside {size_mm[0]:g} x "
            f"{size_mm[1]:g} mm",
            f"a hole at ({at_mm[0]:g}, {at_mm[1]:g}) mm",
            f"Move the {what} inwards.",
        )
