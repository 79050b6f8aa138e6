"""Repair of proposals by the optimiser, with or without manufacturing constraints.

Shapes: n designs, e cells.
"""

from dataclasses import replace

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.binary import standing
from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.optimise.concurrent import trimmed, with_supports
from ingenium.domains.structures.optimise.descent import Descent
from ingenium.domains.structures.optimise.layered import layered
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, simp
from ingenium.domains.structures.optimise.stages import Stages
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.domains.structures.optimise.two_level import TwoLevel
from ingenium.domains.structures.optimise.walls import Walls
from ingenium.domains.structures.shapes.box import VOLUME, DesignBox, open_box
from ingenium.domains.structures.shapes.loading import Numbers
from ingenium.domains.structures.shapes.manufacture import Levels, Manufacture
from ingenium.domains.structures.shapes.printability import shortening_m
from ingenium.domains.structures.shapes.solid import to_solid
from ingenium.domains.structures.shapes.training import Optimiser
from ingenium.domains.structures.shapes.verifier import PENALTY, VOID

RADIUS, SPREAD = 2.5, 0.2  # of filter and threshold for walls of at least two cells
MARGIN = 0.7  # of the permitted sag, for the optimiser: it evaluates some stages, not all
EVERY = 3  # layers between stages in the optimiser


def repaired(
    optimiser: Optimiser, numbers: Numbers, proposed: Float64[Tensor, "n e"]
) -> Float64[Tensor, "n e"]:
    """Return shapes after the steps of the settings, from the proposals or uniform densities."""
    box, own = optimiser.box, optimiser.box.settings
    start = None if own.start == "even" else proposed
    if own.levels.pixels:
        return _of_walls(box, numbers)
    if own.manufacture.heeded:
        return _printable(box, optimiser.task_of(numbers), start)
    if own.grey:
        return simp(optimiser.task_of(numbers), optimiser.settings(own.refine_steps), start).density
    sharp = own.refine_steps // 2
    return optimiser.solid(numbers, own.refine_steps - sharp, start, sharp)


def _printable(
    box: DesignBox, requested: OptimisationTask, start: Float64[Tensor, "n e"] | None
) -> Float64[Tensor, "n e"]:
    """Solid and void cells that satisfy the manufacturing constraints."""
    own, steps = box.settings.manufacture, box.settings.refine_steps
    settings = Simp(
        steps=steps,
        exponent=PENALTY,
        least=VOID,
        radius_cells=max(RADIUS, 1.25 * own.wall_cells),
        filter="density",
        method="mma",
        move=0.1,
        projection=Projection(spread=SPREAD, beta=2.0, every=max(1, steps // 5)),
        build=None if own.supports else own.build,
        access=own.access,
    )
    if own.build is None:
        return to_solid(box, simp(requested, settings, start).density, requested.volume_fraction)
    build = Build(box.grid, own.build)
    if own.supports:
        return _with_few_supports(box, requested, settings, build)
    density = _stage_by_stage(requested, settings, build, own.sag, start)
    part = standing(build, to_solid(box, density, requested.volume_fraction))
    return torch.maximum(part, box.solid.double())


def _stage_by_stage(
    requested: OptimisationTask, settings: Simp, build: Build, sag: float, start: Tensor | None
) -> Float64[Tensor, "n e"]:
    """Part without overhang, and, if a sag is set, with self-supporting stages."""
    if not sag:
        return simp(requested, settings, start).density
    tops = tuple(range(EVERY, build.layers + 1, EVERY))
    limit = torch.full((len(requested),), MARGIN * sag * shortening_m(build), dtype=torch.float64)
    stages = Stages(build, requested.elastic.poisson, tops=tops)
    return layered(requested, settings, stages, limit, start=start).density


def _with_few_supports(
    box: DesignBox, requested: OptimisationTask, settings: Simp, build: Build
) -> Float64[Tensor, "n e"]:
    """Least part and supports, as stiff as the part optimised without supports."""
    plain = to_solid(box, simp(requested, settings).density, requested.volume_fraction)
    limit = compliance_of(requested, plain, Simp(least=1e-6))
    ways = (build.direction,) * len(requested)
    return trimmed(requested, with_supports(requested, settings, ways, limit), limit)


def _of_walls(box: DesignBox, numbers: Numbers) -> Float64[Tensor, "n e"]:
    """Macro cells with walls, pixel by pixel."""
    own, levels = box.settings, box.settings.levels
    cells = tuple(n // levels.pixels for n in box.grid.cells)
    coarse = open_box(
        replace(
            own,
            cells=cells,
            cell_m=own.cell_m * levels.pixels,
            filter_cells=1.5,
            levels=Levels(),
            manufacture=Manufacture(),
        )
    )
    walls = Walls(levels.pixels, poisson=own.material.poisson)
    least, settings = levels.wall_pixels / levels.pixels, Descent(own.refine_steps, 0.1)
    requested, drawn = replace(Optimiser(coarse).task_of(numbers), passive=None), []
    for i in range(len(numbers[VOLUME])):  # the dense matrix of one part at a time
        one = requested.rows(torch.tensor([i]))
        if levels.joint:
            part = TwoLevel(one, walls, least)
            thickness = part.joint(settings)
        else:
            part = TwoLevel(one, walls)
            thickness = part.repaired(part.micro(part.macro(settings), settings), least)
        drawn.append(part.drawn(thickness))
    return torch.cat(drawn)


def calls(steps: int) -> int:
    """Return the most solves of the box that the repair of one design takes."""
    return steps + 2 if steps > 1 else steps
