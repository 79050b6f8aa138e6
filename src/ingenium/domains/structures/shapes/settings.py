"""Settings of a design domain: its box, material, supports, loads and passive parts."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from ingenium.core.errors import InputError, choose
from ingenium.core.units import Unit
from ingenium.domains.structures.shapes.manufacture import Levels, Manufacture
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.material import UNIT, Material

FACES = {
    "left": ("x", 0),
    "right": ("x", 1),
    "bottom": ("y", 0),
    "top": ("y", 1),
    "back": ("z", 0),
    "front": ("z", 1),
}
Range = tuple[float, float]
Angles = Annotated[Range, Unit("degree")]
Point = Annotated[tuple[float, ...], Unit("m")]


@dataclass(frozen=True)
class Support:
    """Supported nodes: those of a face, or of a box between two corners.

    A box may be flat, an edge or a point; its corners are moved to the nearest nodes.
    """

    face: str = ""  # left, right, bottom, top, back, front
    from_m: Point = ()  # a corner of the box
    to_m: Point = ()  # the same corner where it is left open
    axes: tuple[str, ...] = ()  # in which they cannot move; all where it is left open


@dataclass(frozen=True)
class Load:
    """A force at a point on a line, in a direction; a range makes either a condition.

    Loads of one case act together. The force acts at `from_m + position * (to_m - from_m)`, spread
    evenly over a box of the size `spread_m` around it if that is set.
    """

    name: str = "load"  # of the force
    case: str = "service"  # load case that it belongs to
    from_m: Point = ()  # one end of the line
    to_m: Point = ()  # the same point where it is left open
    force_n: Annotated[float, Unit("N", 1e-6, 1e9)] = field(kw_only=True)  # size of the force
    angle_deg: Angles = (-90.0, -90.0)  # in the plane of x and y, from x towards y
    tilt_deg: Angles = (0.0, 0.0)  # from that plane towards z
    spread_m: Point = ()  # box over which the force is spread; none: a point

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or not self.case.isidentifier():
            raise InputError(
                "names of loads and cases as one word of letters, digits and _",
                f"{self.name}, {self.case}",
                'Write name = "tip" and case = "service".',
            )
        if not self.force_n > 0:
            raise InputError(
                f"a force_n above 0 N for the load {self.name}",
                self.force_n,
                "Write force_n = 1000, and its direction as angle_deg = [-90, -90].",
            )
        for what, span in (("angle_deg", self.angle_deg), ("tilt_deg", self.tilt_deg)):
            if not -360 <= span[0] <= span[1] <= 360:
                raise InputError(
                    f"{what} of the load {self.name} as a range between -360 and 360",
                    list(span),
                    f"Write {what} = [-120, -60].",
                )


@dataclass(frozen=True)
class Passive:
    """A box whose cells are always solid or always void; a cell belongs by its centre."""

    kind: Literal["solid", "void"]  # always material, or never
    from_m: Point  # a corner of the box
    to_m: Point  # the opposite corner


@dataclass(frozen=True)
class ShapeSettings:
    """Settings of a design domain and its training designs; unset ones come from the preset."""

    preset: str = "cantilever"  # cantilever, mbb, cantilever_3d
    cells: tuple[int, ...] | None = None  # along x, y and, in space, z
    cell_m: Annotated[float, Unit("m", 1e-6, 1.0)] = 0.05  # side of a cell
    thickness_m: Annotated[float, Unit("m", 1e-6, 2.0)] = 1.0  # of a plane domain
    material: Material = UNIT
    supports: tuple[Support, ...] | None = None
    loads: tuple[Load, ...] | None = None
    passive: tuple[Passive, ...] = ()
    volume_fraction: Range = (0.3, 0.6)  # share of the domain that is solid, lowest and highest
    stress_m: Annotated[float | None, Unit("m", 1e-7, 1.0)] = (
        None  # radius over which stress is averaged; None is 0.075 of the shortest side
    )
    filter_cells: float | None = None  # radius; None is 0.04 of the longest side, at least 1.5
    designs: int = 500  # that the optimiser makes to learn from
    filter: Literal["sensitivity", "density"] = "sensitivity"  # filter of the optimiser
    refine_steps: int = 20  # of the optimiser on each proposal
    start: Literal["proposal", "even"] = "proposal"  # of these steps; even is the optimiser alone
    grey: bool = False  # leave cells between solid and void, as the optimiser does
    manufacture: Manufacture = field(default_factory=Manufacture)
    levels: Levels = field(default_factory=Levels)
    seed: int = 0  # of the conditions of those designs

    def __post_init__(self) -> None:
        choose(self.preset, PRESETS, "preset")
        low, high = self.volume_fraction
        if not 0 < low <= high < 1:
            raise InputError(
                "volume_fraction as a range above 0 and below 1",
                list(self.volume_fraction),
                "Write volume_fraction = [0.3, 0.6].",
            )
        if self.designs < 10:
            raise InputError(
                "at least 10 designs to learn from", self.designs, "Write designs = 500."
            )
        if self.refine_steps < 0 or self.seed < 0:
            raise InputError(
                "refine_steps and seed of at least 0",
                f"{self.refine_steps} and {self.seed}",
                "Write refine_steps = 20.",
            )
        self._check_levels()
        if self.stress_m is not None and not self.stress_m > 0:
            raise InputError("stress_m above 0", self.stress_m, "Write stress_m = 0.003.")
        if self.filter_cells is not None and not 1 <= self.filter_cells <= max(self.grid.cells):
            raise InputError(
                "filter_cells between 1 and the longest side in cells",
                self.filter_cells,
                "Write filter_cells = 1.5.",
            )

    def _check_levels(self) -> None:
        pixels, cells = self.levels.pixels, self.grid.cells
        whole = len(cells) == 2 and not any(n % pixels for n in cells) if pixels else True
        if not whole or (pixels and (self.passive or self.manufacture.build)):
            raise InputError(
                "a plane box of whole macro cells, without passive cells and building",
                f"cells = {list(cells)} of {pixels} pixels",
                "Write cells as multiples of pixels.",
            )

    @property
    def grid(self) -> RegularGrid:
        """Cells of the box."""
        cells = PRESETS[self.preset][0] if self.cells is None else self.cells
        return RegularGrid(cells, self.cell_m, self.thickness_m)

    @property
    def radius_cells(self) -> float:
        """Radius of the filter."""
        own = self.filter_cells
        return max(1.5, 0.04 * max(self.grid.cells)) if own is None else own

    @property
    def stress_radius_m(self) -> float:
        """Radius of the balls, or discs, of material over which stress is averaged."""
        own = self.stress_m
        return 0.075 * min(self.grid.cells) * self.grid.cell_m if own is None else own

    def filled(self) -> "ShapeSettings":
        """Return the settings with supports and loads, from the preset where they are unset."""
        grid = self.grid
        need, kind = len(PRESETS[self.preset][0]), f"{grid.dim}D"
        whole = self.supports is not None and self.loads is not None
        if not whole and grid.dim != need:
            raise InputError(
                f"cells of the preset {self.preset}, {need} of them, or supports and loads of "
                "your own",
                f"cells = {list(grid.cells)}",
                f"Write [[setup.supports]] and [[setup.loads]] for a {kind} box.",
            )
        preset = PRESETS[self.preset][1](grid) if not whole else ((), ())
        supports = preset[0] if self.supports is None else self.supports
        loads = preset[1] if self.loads is None else self.loads
        return replace(self, cells=grid.cells, supports=supports, loads=loads)


Given = tuple[tuple[Support, ...], tuple[Load, ...]]


def _cantilever(grid: RegularGrid) -> Given:
    """Cantilever clamped on the left, with a force of 1 N on the right, about downwards."""
    x, y = (n * grid.cell_m for n in grid.cells)
    load = Load(name="tip", force_n=1.0, from_m=(x, 0.0), to_m=(x, y), angle_deg=(-150.0, -30.0))
    return (Support(face="left"),), (load,)


def _mbb(grid: RegularGrid) -> Given:
    """Half of a beam on two supports: symmetry on the left, a roller at the lower right corner.

    At `load_position = 0` it is the beam of the literature.

    Source: Andreassen et al., Struct. Multidisc. Optim. 43, 2011, fig. 1.
    """
    x, y = (n * grid.cell_m for n in grid.cells)
    load = Load(force_n=1.0, from_m=(0.0, y), to_m=(x / 2, y))
    roller = Support(from_m=(x, 0.0), axes=("y",))
    return (Support(face="left", axes=("x",)), roller), (load,)


def _cantilever_3d(grid: RegularGrid) -> Given:
    """Cantilever clamped on the left, with a force of 1 N on the middle line of the right face."""
    x, y, z = (n * grid.cell_m for n in grid.cells)
    load = Load(
        name="tip",
        force_n=1.0,
        from_m=(x, 0.0, z / 2),
        to_m=(x, y, z / 2),
        angle_deg=(-135.0, -45.0),
    )
    return (Support(face="left"),), (load,)


PRESETS = {
    "cantilever": ((60, 20), _cantilever),
    "mbb": ((60, 20), _mbb),
    "cantilever_3d": ((24, 12, 8), _cantilever_3d),
}
