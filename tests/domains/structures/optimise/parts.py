"""Parts optimised in the literature: supports and loads on grids of any size."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.solver import Elastic


class Part(Protocol):
    """Builds the optimisation problem for some volume fractions, one a design."""

    def __call__(self, cells: tuple[int, ...], volumes: Sequence[float]) -> OptimisationTask: ...


def half_mbb(cells: tuple[int, ...], volumes: Sequence[float] = (0.5,)) -> OptimisationTask:
    """Half of a beam on two supports, pressed in its middle (left), which is a plane of symmetry.

    Source: Andreassen et al., Struct. Multidisc. Optim. 43, 2011, fig. 2.
    """
    grid, fixed, load = _blank(cells)
    fixed[0, ..., 0] = True
    if grid.dim == 3:
        fixed[:, 0, :, 1] = True
    fixed[-1, ..., 0, -1] = True
    load[0, ..., -1, -1] = -1.0
    return _requested(grid, fixed, [load], volumes)


def cantilever(
    cells: tuple[int, ...], volumes: Sequence[float] = (0.5,), height: float = 0.5
) -> OptimisationTask:
    """A cantilever fixed on the left, pressed down on the right along a line at a height of 0 to 1.

    Source: Sigmund, Struct. Multidisc. Optim. 21, 2001, section 5.1.1 (plane); Liu and Tovar,
        Struct. Multidisc. Optim. 50, 2014, fig. 4 (space, height 0).

    Raises:
        InputError: for a height outside the part.
    """
    if not 0 <= height <= 1:
        raise InputError("a height from 0 to 1", height)
    grid, fixed, load = _blank(cells)
    fixed[0] = True
    load[-1, ..., round(height * cells[-1]), -1] = -1.0
    return _requested(grid, fixed, [load], volumes)


def low_cantilever(cells: tuple[int, ...], volumes: Sequence[float] = (0.5,)) -> OptimisationTask:
    """A cantilever pressed down at its lower right edge."""
    return cantilever(cells, volumes, 0.0)


def bridge(cells: tuple[int, ...], volumes: Sequence[float] = (0.5,)) -> OptimisationTask:
    """Half of a bridge on a hinge at its lower right edge; its solid deck carries the load."""
    grid, fixed, load = _blank(cells)
    fixed[0, ..., 0] = True
    fixed[-1, ..., 0, :] = True
    load[..., -1, -1] = -1.0
    deck = torch.zeros(1, *cells, dtype=torch.int8)
    deck[..., -max(1, cells[-1] // 12) :] = 1
    return replace(_requested(grid, fixed, [load], volumes), passive=deck.flatten(1))


def two_loads(cells: tuple[int, ...], volumes: Sequence[float] = (0.5,)) -> OptimisationTask:
    """A cantilever that its upper and its lower right edge load at different times.

    Source: Andreassen et al., 2011, fig. 5.
    """
    grid, fixed, low = _blank(cells)
    high = low.clone()
    fixed[0] = True
    low[-1, ..., 0, -1] = -1.0
    high[-1, ..., -1, -1] = 1.0
    return _requested(grid, fixed, [low, high], volumes)


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "half_mbb": half_mbb,
        "cantilever": cantilever,
        "low_cantilever": low_cantilever,
        "bridge": bridge,
        "two_loads": two_loads,
    }
)


def _blank(cells: tuple[int, ...]) -> tuple[RegularGrid, Tensor, Tensor]:
    grid = RegularGrid(cells)
    fixed = torch.zeros(*grid.nodes, grid.dim, dtype=torch.bool)
    return grid, fixed, torch.zeros(*grid.nodes, grid.dim, dtype=torch.float64)


def _requested(
    grid: RegularGrid, fixed: Tensor, loads: list[Tensor], volumes: Sequence[float]
) -> OptimisationTask:
    load: Float64[Tensor, "1 l f"] = torch.stack([x / x.abs().sum() for x in loads]).flatten(1)[
        None
    ]
    wanted = torch.tensor(list(volumes), dtype=torch.float64)
    return OptimisationTask(Elastic(grid, fixed.flatten()), load, wanted)
