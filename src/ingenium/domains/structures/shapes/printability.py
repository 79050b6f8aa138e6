"""Printability of a shape, measured on its solid and void cells.

Shapes: n designs, e cells.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float64
from scipy import ndimage
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.structures.optimise.access import ToolAccess
from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.optimise.overhang import unsupported
from ingenium.domains.structures.optimise.stages import Stages
from ingenium.domains.structures.optimise.supports import support
from ingenium.domains.structures.shapes.manufacture import Manufacture
from ingenium.kits.solids.elastic.grid import RegularGrid

FILL, LAYER = 0.25, 2.0  # material share of a support; additional time of a layer, in cells


@dataclass(frozen=True, eq=False)
class Printability:
    """Overhang, supports, stages, reach of tools, thin walls and prescribed cells."""

    grid: RegularGrid
    manufacture: Manufacture
    solid: Bool[Tensor, " e"]
    void: Bool[Tensor, " e"]
    poisson: float

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities that the settings require."""
        own, found = self.manufacture, []
        if own.build:
            found += [
                Quantity("overhang", "1", "share of the material that nothing below carries"),
                Quantity("support", "1", "share of the box that columns of support take"),
                Quantity("print_time", "1", "cells laid, a quarter of supports, two a layer"),
            ]
        if own.sag:
            found.append(
                Quantity("stages_satisfied", "1", "share of stages that sag no more than requested")
            )
        if own.access:
            found.append(Quantity("unreached", "1", "share of the void that no tool reaches"))
        if own.wall_cells:
            found.append(Quantity("thin", "1", "share of the material thinner than a wall"))
        if bool((self.solid | self.void).any()):
            found.append(Quantity("misplaced", "1", "share of the passive cells that are not so"))
        return tuple(found)

    def measure(self, filled: Bool[Tensor, "n e"]) -> list[Float64[Tensor, " n"]]:
        """Measure the columns; an empty shape has no overhang and no thin walls."""
        own, metal = self.manufacture, filled.double()
        size, found = metal.sum(1).clamp(min=1), list[Tensor]()
        if own.build:
            build = Build(self.grid, own.build)
            props = support(build, metal)
            laid = (metal + FILL * props).sum(1) + LAYER * build.layers
            found += [unsupported(build, metal).double().sum(1) / size, props.mean(1), laid]
            if own.sag:
                found.append(self._stages_held(build, metal))
        if own.access:
            reached = ToolAccess(self.grid, own.access).reachable(metal)
            found.append((reached - metal).sum(1) / (1 - metal).sum(1).clamp(min=1))
        if own.wall_cells:
            found.append(1 - self._wide(filled).sum(1) / size)
        if bool((self.solid | self.void).any()):
            wrong = (self.solid & ~filled) | (self.void & filled)
            found.append(wrong.double().sum(1) / (self.solid | self.void).double().sum())
        return found

    def _stages_held(self, build: Build, metal: Float64[Tensor, "n e"]) -> Float64[Tensor, " n"]:
        """Share of stages within the sag limit; a mechanism has no finite sag and violates it."""
        _, sag = Stages(build, self.poisson, least=1e-9).sag(metal)
        return (sag <= self.manufacture.sag * shortening_m(build)).double().mean(1)

    def _wide(self, filled: Bool[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
        """Material covered by a square, or cube, as wide as a wall; the box continues outside."""
        width = self.manufacture.wall_cells
        square, inner = np.ones((width,) * self.grid.dim, bool), (slice(width, -width),)
        rows = [np.pad(f.view(self.grid.cells).numpy(), width, mode="symmetric") for f in filled]
        opened = [ndimage.binary_opening(row, square)[inner * self.grid.dim] for row in rows]
        return torch.from_numpy(np.stack(opened)).flatten(1).double()


def shortening_m(build: Build) -> float:
    """Return the shortening of a solid block of the box's height under its own unit weight."""
    return (build.layers * build.grid.cell_m) ** 2 / 2
