"""Loads with conditional position and direction, as forces on nodes.

Shapes: n designs, l load cases, f displacements, p points.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import radians

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Condition
from ingenium.domains.structures.shapes.places import point, shares, spread
from ingenium.domains.structures.shapes.settings import Load
from ingenium.kits.solids.elastic.grid import RegularGrid

Numbers = Mapping[str, Float64[Tensor, " n"]]  # of each condition, for each design


@dataclass(frozen=True)
class Loading:
    """All loads on a grid; those of one case act together."""

    grid: RegularGrid
    loads: tuple[Load, ...]

    @cached_property
    def cases(self) -> tuple[str, ...]:
        """Names of the cases, in the order of the loads."""
        return tuple(dict.fromkeys(load.case for load in self.loads))

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Conditions of loads: positions and directions with a range."""
        found = []
        for load in self.loads:
            if load.to_m not in ((), load.from_m):
                found.append(
                    Condition(f"{load.name}_position", f"place of the load {load.name} on its line")
                )
            for what, (low, high) in (("angle", load.angle_deg), ("tilt", load.tilt_deg)):
                if low < high:
                    name = f"{what} of the load {load.name}"
                    found.append(
                        Condition(
                            f"{load.name}_{what}", name, None, low, high, "degree", period=360.0
                        )
                    )
        return tuple(found)

    def centre(self, load: Load, numbers: Numbers, n: int) -> Float64[Tensor, "n dim"]:
        """Return the position of a load in each design, in cells."""
        first = point(self.grid, load.from_m, f"from_m of the load {load.name}")
        last = point(self.grid, load.to_m or load.from_m, f"to_m of the load {load.name}")
        default = torch.zeros(n, dtype=torch.float64)
        return first + numbers.get(f"{load.name}_position", default)[:, None] * (last - first)

    def points(self, load: Load, numbers: Numbers, n: int) -> Float64[Tensor, "n p dim"]:
        """Return the points that share a load evenly, in cells; clipped to the box."""
        size = torch.zeros(self.grid.dim, dtype=torch.float64)
        if load.spread_m:
            size = torch.tensor(load.spread_m, dtype=torch.float64) / self.grid.cell_m
        most = torch.tensor(self.grid.cells, dtype=torch.float64)
        at = self.centre(load, numbers, n)[:, None] + spread(size)
        return at.clamp(min=0.0).minimum(most)

    def direction(self, load: Load, numbers: Numbers, n: int) -> Float64[Tensor, "n dim"]:
        """Return the unit vector of a load in each design."""
        own = torch.full((n,), load.angle_deg[0], dtype=torch.float64)
        angle = numbers.get(f"{load.name}_angle", own) * radians(1)
        tilt = torch.full((n,), load.tilt_deg[0], dtype=torch.float64)
        tilt = numbers.get(f"{load.name}_tilt", tilt) * radians(1)
        flat = tilt.cos()
        whole = torch.stack([flat * angle.cos(), flat * angle.sin(), tilt.sin()], 1)
        return whole[:, : self.grid.dim]

    def forces(self, numbers: Numbers, n: int) -> Float64[Tensor, "n l f"]:
        """Return forces on the nodes in each case (N); force and moment of each load are exact."""
        dim = self.grid.dim
        out = torch.zeros(n, len(self.cases), self.grid.n_nodes, dim, dtype=torch.float64)
        for load in self.loads:
            at = self.points(load, numbers, n)
            nodes, share = shares(self.grid, at.flatten(0, 1))
            nodes, share = nodes.view(n, -1), share.view(n, -1) / at.shape[1]
            vector = load.force_n * self.direction(load, numbers, n)
            for axis in range(dim):
                case = out[:, self.cases.index(load.case), :, axis]
                case.scatter_add_(1, nodes, share * vector[:, axis, None])
        return out.flatten(2)
