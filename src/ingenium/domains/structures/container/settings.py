"""Settings of a corner fitting: its container, its faces and bolts, metal and cold."""

from dataclasses import dataclass, field
from math import hypot, prod
from typing import Annotated

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.domains.structures.container.climate import Climate
from ingenium.domains.structures.optimise.build import Direction
from ingenium.domains.structures.parts.making import Making, Millimetres
from ingenium.domains.structures.parts.metal import ALUMINIUM, price_per_kg
from ingenium.kits.solids.elastic.material import Material

MOST_CELLS = 500_000


@dataclass(frozen=True)
class Freight:
    """Container that stands on its fittings, for its load tests.

    Raises:
        InputError: for a container without mass or size.
    """

    gross_kg: Annotated[float, Unit("kg", 10.0, 1e6)] = (
        2000.0  # largest mass, with a cubic metre of dry ice and the goods
    )
    stacked: int = 8  # containers above it
    length_m: Annotated[float, Unit("m", 0.05, 50.0)] = 1.2  # between the axes of the posts along x
    width_m: Annotated[float, Unit("m", 0.05, 50.0)] = 1.0  # width of the container, along y
    height_m: Annotated[float, Unit("m", 0.05, 50.0)] = 1.2  # height of its posts
    sling_deg: Annotated[float, Unit("degree")] = 60.0  # of the ropes above the horizontal

    def __post_init__(self) -> None:
        least = ("gross_kg", "stacked", "length_m", "width_m", "height_m", "sling_deg")
        for name in least:
            if not getattr(self, name) > 0:
                raise InputError(f"{name} above 0", getattr(self, name))
        if self.sling_deg > 90:
            raise InputError("ropes of at most 90 degrees", self.sling_deg)


@dataclass(frozen=True)
class ContainerSettings:
    """A fitting on a post along z with rails along x and y; lengths in mm, z is up.

    The outer faces of the container are x = 0, y = 0 and the top of the space.

    Raises:
        InputError: for a grid outside the supported range, or faces that do not lie inside the
            part.
    """

    cells: tuple[int, int, int] = (28, 28, 28)  # finite elements along x, y and z
    cell_mm: Millimetres = 4.0  # side of an element
    freight: Freight = field(default_factory=Freight)
    post_mm: Annotated[tuple[float, float], Unit("mm")] = (
        52.0,
        52.0,
    )  # axis of post, seat and locating hole
    post_bolts_mm: Millimetres = 64.0  # side of the square of the four bolts into the post
    bolt_radius_mm: Millimetres = 5.5  # of the holes into the post
    foot_radius_mm: Millimetres = 11.0  # of the solid around such a hole
    foot_height_mm: Millimetres = 12.0  # of the solid around such a hole
    tool_radius_mm: Millimetres = 9.0  # of the socket that must reach these bolts from above
    seat_radius_mm: Millimetres = 26.0  # on which the container above stands, and which is lifted
    seat_height_mm: Millimetres = 12.0  # of the solid below the seat
    hole_radius_mm: Millimetres = 14.0  # for the stacking cone or the ball-lock pin of the sling
    hole_deep_mm: Millimetres = 36.0  # depth of that hole
    offset_mm: Annotated[tuple[float, float], Unit("mm")] = (8.0, 11.0)  # of the load of the stack
    rail_bolts_mm: Annotated[tuple[float, float], Unit("mm")] = (
        40.0,
        56.0,
    )  # between the bolts of a rail: across, up
    rail_z_mm: Millimetres = 48.0  # height of the axes of both rails
    tapped_radius_mm: Millimetres = 4.5  # of the tapped holes for rails
    pad_radius_mm: Millimetres = 9.0  # of the solid around a tapped hole
    pad_deep_mm: Millimetres = 12.0  # depth of that solid
    climate: Climate = field(default_factory=Climate)
    material: Material = ALUMINIUM
    build: Direction = "-z"  # the seat lies on the plate of the printer
    making: Making = field(default_factory=lambda: Making(designs=48, coarse_steps=48))

    def __post_init__(self) -> None:
        price_per_kg(self.material)
        self._check_grid()
        self._check_lengths()
        self._check_faces()

    @property
    def size_mm(self) -> tuple[float, float, float]:
        """Size of the space that the part may fill."""
        x, y, z = (n * self.cell_mm for n in self.cells)
        return x, y, z

    @property
    def bolts_mm(self) -> tuple[tuple[float, float], ...]:
        """X and y of the bolts into the post."""
        (x, y), half = self.post_mm, self.post_bolts_mm / 2
        return tuple((x + a * half, y + b * half) for a in (-1, 1) for b in (-1, 1))

    def pads_mm(self, across: int) -> tuple[tuple[float, float], ...]:
        """Across (y of the rail along x, x of the other) and z of the bolts of a rail."""
        middle = self.post_mm[across]
        wide, high = (d / 2 for d in self.rail_bolts_mm)
        return tuple(
            (middle + a * wide, self.rail_z_mm + b * high) for a in (-1, 1) for b in (-1, 1)
        )

    @property
    def halves(self) -> int:
        """Number of times that cells can double while the grid resolves all supports and loads."""
        return int(self.foot_radius_mm >= 2 * self.cell_mm <= self.pad_radius_mm)

    def _check_grid(self) -> None:
        count = prod(max(n, 0) for n in self.cells)
        if min(self.cells) < 8 or count > MOST_CELLS or any(n % 2 for n in self.cells):
            raise InputError(
                f"even numbers of cells of at least 8, and at most {MOST_CELLS} cells in all",
                f"{list(self.cells)}, {count} cells",
                "Write cells = [28, 28, 28] and the size of a cell as cell_mm.",
            )

    def _check_lengths(self) -> None:
        lengths = ("cell_mm", "foot_height_mm", "tool_radius_mm", "seat_height_mm", "pad_deep_mm")
        for name in lengths:
            if not getattr(self, name) > 0:
                raise InputError(f"{name} above 0", getattr(self, name))
        for outer, inner in (
            ("foot_radius_mm", "bolt_radius_mm"),
            ("seat_radius_mm", "hole_radius_mm"),
            ("pad_radius_mm", "tapped_radius_mm"),
        ):
            if not getattr(self, outer) - getattr(self, inner) >= self.cell_mm:
                raise InputError(
                    f"{outer} at least one cell ({self.cell_mm:g} mm) above {inner}",
                    f"{getattr(self, outer):g} mm around a hole of {getattr(self, inner):g} mm",
                )

    def _check_faces(self) -> None:
        x, y, z = self.size_mm
        _inside("bolt of the post", self.bolts_mm, self.foot_radius_mm, (x, y))
        _inside("seat", (self.post_mm,), self.seat_radius_mm, (x, y))
        _inside("bolt of the rail along x", self.pads_mm(1), self.pad_radius_mm, (y, z))
        _inside("bolt of the rail along y", self.pads_mm(0), self.pad_radius_mm, (x, z))
        distance = self.post_bolts_mm / 2**0.5
        if distance < self.seat_radius_mm + self.tool_radius_mm:
            raise InputError(
                "bolts of the post that the tool can reach past the seat",
                f"bolts {distance:.3g} mm from the axis",
                "Write a larger post_bolts_mm or a smaller seat_radius_mm.",
            )
        if hypot(*self.offset_mm) > self.seat_radius_mm:
            raise InputError("a stack that stands on the seat", f"offset_mm = {self.offset_mm}")
        if self.foot_height_mm + self.hole_deep_mm > z:
            raise InputError(
                "a locating hole above the feet", f"hole_deep_mm = {self.hole_deep_mm}"
            )


def _inside(
    what: str,
    places_mm: tuple[tuple[float, float], ...],
    around_mm: float,
    size_mm: tuple[float, float],
) -> None:
    """Refuse positions whose ring of metal is not inside the space of the part."""
    for at in places_mm:
        if any(not around_mm <= a <= s - around_mm for a, s in zip(at, size_mm, strict=True)):
            raise InputError(
                f"each {what} with its ring of {around_mm:g} mm inside "
                f"{size_mm[0]:g} x {size_mm[1]:g} mm",
                f"one at ({at[0]:g}, {at[1]:g}) mm",
                "Move it inwards or widen the space.",
            )
