"""Memory that a grid needs, and refusal of grids that need too much."""

import os
from math import prod

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.grid import RegularGrid

SHARE = 0.5  # of the machine's memory


def machine_bytes() -> int:
    """Return the memory of the machine; 8 GiB where it is unknown."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


def refuse_above(needed_bytes: int, what: str, instead: str) -> None:
    """Refuse a computation that needs more than half of the machine's memory.

    Raises:
        InputError: for more than half of the machine's memory, with the memory needed.
    """
    room = int(SHARE * machine_bytes())
    if needed_bytes > room:
        raise InputError(
            f"{what} within {_readable(room)} (half of this machine's memory)",
            f"one that takes {_readable(needed_bytes)}",
            instead,
        )


def direct_bytes(grid: RegularGrid) -> int:
    """Estimate the memory of a factorisation: the tiles of one design, and the shared tables."""
    width = grid.dim * prod(sorted(grid.nodes)[:-1]) * (1 + 1 / min(grid.nodes)) + 16
    entries = 36 if grid.dim == 2 else 300
    return int(8 * grid.n_displacements * width) + grid.n_cells * entries * 4 + _cells_bytes(grid)


def multigrid_bytes(grid: RegularGrid) -> int:
    """Estimate the memory of multigrid: fields and matrices of one design, and shared tables."""
    line = (grid.cells[-1] // 8 + 2) * 8
    numbers = 14 * 3 * prod(grid.nodes[:-1]) * line
    for depth in range(1, 5):
        x, y, z = (-(-n // 2**depth) for n in grid.cells)
        numbers += 300 * x * y * (-(-z // 8) * 8)
    return int(8 * numbers) + _cells_bytes(grid)


def _cells_bytes(grid: RegularGrid) -> int:
    """Memory of the numbers of the cells' displacements, twice over."""
    return grid.n_cells * (grid.dim << grid.dim) * 12


def _readable(size: int) -> str:
    return f"{size / 2**30:.3g} GiB" if size >= 2**30 else f"{size / 2**20:.3g} MiB"
