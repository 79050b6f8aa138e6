"""A part to be designed: its grid, what is filled and free for certain, its holds and loads."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.domains.structures.bracket.bodies import Body, Box, Cylinder, union
from ingenium.domains.structures.bracket.settings import BracketSettings
from ingenium.domains.structures.elastic.grid import RegularGrid
from ingenium.domains.structures.elastic.material import Material
from ingenium.domains.structures.optimise.build import Build

FINE = 4  # points along each edge of a cell that say how much of it a body fills
RIM = 0.75  # cells beside the wall of a hole whose nodes the pin or bolt moves
CALM_CELLS = 2.0  # stress is read beyond so many cells from the walls that carry loads or hold
MM = 1e-3


@dataclass(frozen=True, eq=False)
class Part:
    """What a design of a part starts from; up is z.

    Shapes: e cells, f displacements, l load cases.
    """

    grid: RegularGrid
    material: Material
    solid: tuple[Body, ...]  # metal in every design, less `free`
    free: tuple[Body, ...]  # holes, and the way of tools
    tools: tuple[Body, ...]  # of `free`, where tools must pass
    gripped: tuple[Body, ...]  # where loads and holds act; stress is not read near it
    fixed: Bool[Tensor, " f"]
    load_n: Float64[Tensor, "l f"]
    cases: tuple[str, ...]
    build: Build

    @cached_property
    def lower(self) -> Float64[Tensor, " e"]:
        """Share of each cell that is metal in every design."""
        return self._share(self.solid, self.free)

    @cached_property
    def upper(self) -> Float64[Tensor, " e"]:
        """Share of each cell that metal may fill."""
        return 1.0 - self._share(self.free)

    @cached_property
    def tool_share(self) -> Float64[Tensor, " e"]:
        """Share of each cell through which tools pass."""
        return self._share(self.tools)

    @cached_property
    def calm(self) -> Bool[Tensor, " e"]:
        """Cells where stress is read: clear of the walls that carry loads or hold the part."""
        reach = CALM_CELLS * self.grid.cell_m
        return union(self.gripped, self.centres_m) > reach

    @cached_property
    def centres_m(self) -> Float64[Tensor, "e 3"]:
        """Middle of each cell."""
        return positions(self.grid.cells, self.grid.cell_m, 0.5)

    def bounds_m(self, at_m: Float64[Tensor, "p 3"]) -> tuple[Tensor, Tensor]:
        """Signed distances of points to what is always filled and to what is always free."""
        return union(self.solid, at_m), union(self.free, at_m)

    def _share(self, bodies: Sequence[Body], less: Sequence[Body] = ()) -> Float64[Tensor, " e"]:
        """Share of each cell inside some bodies and outside others."""
        out = torch.zeros(self.grid.n_cells, dtype=torch.float64)
        corner = self.centres_m - self.grid.cell_m / 2
        steps = [(i + 0.5) / FINE * self.grid.cell_m for i in range(FINE)]
        for step in product(steps, repeat=3):
            at = corner + torch.tensor(step, dtype=torch.float64)
            inside = union(bodies, at) < 0
            if less:
                inside &= union(less, at) >= 0
            out += inside
        return out / FINE**3


def positions(counts: Sequence[int], step_m: float, offset: float = 0.0) -> Float64[Tensor, "p 3"]:
    """Points of a regular grid, the last axis fastest; `offset` is in steps."""
    axes = [(torch.arange(n, dtype=torch.float64) + offset) * step_m for n in counts]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def bracket_part(settings: BracketSettings, *, halves: int = 0) -> Part:
    """The part that the settings describe: feet held at their underside, loads at the eye.

    `halves` is how often the numbers of cells are halved, for a first look that costs less.
    """
    x, y, z = (n >> halves for n in settings.cells)
    grid = RegularGrid((x, y, z), settings.cell_mm * 2**halves * MM)
    feet, bolts, tools = _feet(settings)
    eye, pin = _eye(settings)
    nodes = positions(grid.nodes, grid.cell_m)
    held = (nodes[:, 2] == 0) & (union(feet, nodes) <= 1e-9) & (union(bolts, nodes) > -1e-9)
    touched = (pin.distance(nodes).abs() <= RIM * grid.cell_m) & (eye.distance(nodes) <= 1e-9)
    middle = torch.tensor(
        [settings.pin_mm[0], settings.size_mm[1] / 2, settings.pin_mm[1]], dtype=torch.float64
    )
    loads = [spread(nodes - middle * MM, touched, case.wrench) for case in settings.cases]
    return Part(
        grid=grid,
        material=settings.material,
        solid=(*feet, *_frame(settings), eye),
        free=(*bolts, *tools, pin),
        tools=tools,
        gripped=(*bolts, *feet, pin),
        fixed=held.repeat_interleave(3),
        load_n=torch.stack(loads),
        cases=tuple(case.name for case in settings.cases),
        build=Build(grid, settings.build),
    )


def _feet(
    settings: BracketSettings,
) -> tuple[tuple[Cylinder, ...], tuple[Cylinder, ...], tuple[Cylinder, ...]]:
    """Feet, the holes in them, and the way of the tool above them."""
    top, deep = settings.size_mm[2] * MM, settings.cell_mm * MM
    foot_top = settings.foot_height_mm * MM
    feet, bolts, tools = [], [], []
    for x, y in settings.bolts_mm:
        at = (x * MM, y * MM)
        feet.append(Cylinder(2, at, settings.foot_radius_mm * MM, 0.0, foot_top))
        bolts.append(Cylinder(2, at, settings.bolt_radius_mm * MM, -deep, foot_top + deep))
        tools.append(Cylinder(2, at, settings.tool_radius_mm * MM, foot_top, top + deep))
    return tuple(feet), tuple(bolts), tuple(tools)


def _frame(settings: BracketSettings) -> tuple[Box, ...]:
    """Bars on the ground along the rectangle of the outer bolts."""
    half, top = settings.rim_mm * MM / 2, settings.plate_mm * MM
    (left, right), (front, back) = (
        (min(a) * MM, max(a) * MM) for a in zip(*settings.bolts_mm, strict=True)
    )
    spans = (
        ((left, right), (front, front)),
        ((left, right), (back, back)),
        ((left, left), (front, back)),
        ((right, right), (front, back)),
    )
    return tuple(
        Box((x[0] - half, y[0] - half, 0.0), (x[1] + half, y[1] + half, top)) for x, y in spans
    )


def _eye(settings: BracketSettings) -> tuple[Cylinder, Cylinder]:
    """The eye, and the hole of the pin, which goes through the whole part."""
    at = (settings.pin_mm[0] * MM, settings.pin_mm[1] * MM)
    width, half = settings.size_mm[1] * MM, settings.eye_width_mm * MM / 2
    eye = Cylinder(1, at, settings.eye_radius_mm * MM, width / 2 - half, width / 2 + half)
    deep = settings.cell_mm * MM
    return eye, Cylinder(1, at, settings.pin_radius_mm * MM, -deep, width + deep)


def spread(
    arm_m: Float64[Tensor, "v 3"], touched: Bool[Tensor, " v"], wrench: Float64[Tensor, " 6"]
) -> Float64[Tensor, " f"]:
    """Nodal forces with a given sum and moment, as a stiff pin would share them out.

    Each node gets the same force, and one that turns about the middle in proportion to its arm.
    """
    arm = arm_m[touched]
    middle = arm.mean(0)
    own = arm - middle
    force = wrench[:3]
    moment = wrench[3:] - torch.linalg.cross(middle, force)
    inertia = own.square().sum() * torch.eye(3, dtype=torch.float64) - own.T @ own
    turn = torch.linalg.solve(inertia, moment)
    out = torch.zeros(len(arm_m), 3, dtype=torch.float64)
    out[touched] = force / len(arm) + torch.linalg.cross(turn.expand_as(own), own)
    return out.flatten()
