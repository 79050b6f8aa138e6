"""Concurrent optimisation of parts and their supports, for several build directions."""

from collections.abc import Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.domains.structures.optimise.binary import binary
from ingenium.domains.structures.optimise.build import Build, Direction
from ingenium.domains.structures.optimise.descent import Descent, descend
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, form_of
from ingenium.domains.structures.optimise.supports import support
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.kits.solids.elastic.grid import RegularGrid

LEAN = 0.01  # volume fraction below which no part is trimmed
TRIMS = 14


def support_volume(
    grid: RegularGrid, directions: Sequence[Direction], density: Float64[Tensor, "n e"]
) -> Float64[Tensor, " n"]:
    """Return the volume fraction of each design's supports, built in its own direction."""
    volume = torch.empty(0, dtype=torch.float64)
    for direction, one in zip(directions, density, strict=True):  # each sees the grid its own way
        volume = torch.cat([volume, support(Build(grid, direction), one[None]).mean(1)])
    return volume


def with_supports(
    requested: OptimisationTask,
    settings: Simp,
    directions: Sequence[Direction],
    limit_j: Float64[Tensor, " n"],
    *,
    weight: float = 1.0,
    watch: Watch = silent,
) -> Float64[Tensor, "n e"]:
    """Minimise the volume of part and weighted supports, under a limit on compliance.

    Designs start at the requested volume. With a spread of the projection, the limit applies to the
    eroded part.

    Source: after Langelaar, Struct. Multidisc. Optim. 57, 2018 (part, supports and orientation).

    Raises:
        InputError: if there is not one direction for each design.
    """
    if len(directions) != len(requested):
        raise InputError(f"{len(requested)} directions, one a design", len(directions))
    form, grid = form_of(requested, settings), requested.elastic.grid
    spread = 0.0 if settings.projection is None else settings.projection.spread

    def landscape(x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
        part = form.part(x, beta)
        total = part.mean(1) + weight * support_volume(grid, directions, part)
        held = compliance_of(requested, form.part(x, beta, spread), settings)
        return total.log(), (held / limit_j).log()[:, None]

    descent = Descent(settings.steps, settings.move, settings.projection)
    x, beta = descend(landscape, requested.uniform(), descent, watch)
    return form.part(x, beta)


def trimmed(
    requested: OptimisationTask, density: Float64[Tensor, "n e"], limit_j: Float64[Tensor, " n"]
) -> Float64[Tensor, "n e"]:
    """Select the fewest of the densest cells that satisfy the compliance limit, by bisection.

    A part that violates it with all its cells is unchanged.
    """
    cells = requested.elastic.grid.n_cells
    low = torch.full((len(density),), LEAN, dtype=torch.float64)
    high = torch.ones_like(low)
    for _ in range(TRIMS):
        middle = (low + high) / 2
        part = requested.impose(binary(requested.impose(density), middle))
        holds = compliance_of(requested, part, Simp(least=1e-6)) <= limit_j
        low, high = torch.where(holds, low, middle), torch.where(holds, middle, high)
        if float((high - low).max()) * cells < 1:
            break
    return requested.impose(binary(requested.impose(density), high))
