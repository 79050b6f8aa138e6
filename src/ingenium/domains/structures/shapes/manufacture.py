"""Manufacturing constraints of a shape, for the optimiser and the verifier."""

from dataclasses import dataclass

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.build import Direction


@dataclass(frozen=True)
class Manufacture:
    """Constraints of printing, walls and tools; unset ones are neither enforced nor measured.

    Raises:
        InputError: for limits of a build without its direction, or contradictory ones.
    """

    build: Direction | None = None  # away from the plate; nothing hangs flatter than 45 degrees
    supports: bool = False  # may stand below, and are made few together with the part
    sag: float = 0.0  # of a stage of the build, in what a solid block shortens by; 0 for any
    access: tuple[Direction, ...] = ()  # sides from which straight tools reach all void
    wall_cells: int = 0  # least width of a member

    def __post_init__(self) -> None:
        if self.build is None and (self.supports or self.sag):
            raise InputError(
                "the direction of the build beside supports or sag", "none", 'Write build = "+y".'
            )
        if self.sag < 0 or self.wall_cells < 0:
            raise InputError("a sag and wall_cells of at least 0", (self.sag, self.wall_cells))
        if self.supports and self.sag:
            raise InputError(
                "supports, or stages that carry themselves", "both", "Leave one of them out."
            )

    @property
    def heeded(self) -> bool:
        """True if the optimiser has any constraint to enforce."""
        return bool(self.build or self.access or self.wall_cells)


@dataclass(frozen=True)
class Levels:
    """Macro cells, each with its own horizontal, vertical and diagonal walls.

    Raises:
        InputError: for cells of too few pixels, or walls that are too wide for them.
    """

    pixels: int = 0  # of a macro cell along each axis, which are the cells of the box; 0 for none
    wall_pixels: int = 2  # of the thinnest wall
    joint: bool = True  # all walls at once; else macro cells, then walls, then made printable

    def __post_init__(self) -> None:
        if self.pixels and not 1 <= self.wall_pixels <= self.pixels / 4 >= 2:
            raise InputError(
                "macro cells of at least 8 pixels, with walls of 1 to a quarter of them",
                (self.pixels, self.wall_pixels),
                "Write pixels = 24 and wall_pixels = 2.",
            )
