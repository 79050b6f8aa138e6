"""Part to be designed: its grid, required and forbidden space, supports and loads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.parts.bodies import Body, union
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.material import Material

FINE = 4  # points along each edge of a cell, to sample its filled share
STRESS_MARGIN_M = 3e-3  # stress is read beyond this distance from loaded or supported walls
MM = 1e-3


@dataclass(frozen=True, eq=False)
class Part:
    """Fixed data of a part's designs; z is up.

    Shapes: e cells, f displacements, l load cases.
    """

    grid: RegularGrid
    material: Material
    solid: tuple[Body, ...]  # metal in every design, less `free`
    free: tuple[Body, ...]  # holes, and the way of tools
    tools: tuple[Body, ...]  # of `free`, where tools must pass
    gripped: tuple[Body, ...]  # loaded and supported bodies; stress is not read near them
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
        """Cells where stress is read: clear of loaded or supported walls."""
        return union(self.gripped, self.centres_m) > STRESS_MARGIN_M

    @cached_property
    def centres_m(self) -> Float64[Tensor, "e 3"]:
        """Centre of each cell."""
        return positions(self.grid.cells, self.grid.cell_m, 0.5)

    def bounds_m(self, at_m: Float64[Tensor, "p 3"]) -> tuple[Tensor, Tensor]:
        """Return signed distances of points to the required and to the forbidden space."""
        return union(self.solid, at_m), union(self.free, at_m)

    def _share(self, bodies: Sequence[Body], less: Sequence[Body] = ()) -> Float64[Tensor, " e"]:
        """Share of each cell inside some bodies and outside others."""
        return shares(self, (bodies, less), lambda within: within[0] & ~within[1])


def filled(part: Part, bodies: Sequence[Body], cut: Sequence[Body]) -> Float64[Tensor, " e"]:
    """Return the share of each cell inside the bodies or the required metal, and not in free space.

    `cut` is removed from the bodies only.
    """

    def metal(within: Sequence[Tensor]) -> Tensor:
        own, away, solid, free = within
        return ((own & ~away) | solid) & ~free

    return shares(part, (bodies, cut, part.solid, part.free), metal)


def shares(
    part: Part,
    groups: Sequence[Sequence[Body]],
    metal: Callable[[Sequence[Bool[Tensor, " p"]]], Bool[Tensor, " p"]],
) -> Float64[Tensor, " e"]:
    """Return the share of each cell's points that are metal by their membership in body groups.

    A signed distance is 1-Lipschitz, so that a cell is sampled point by point only if its middle is
    nearer to a surface than to its own corners.
    """
    cell = part.grid.cell_m
    near = [union(bodies, part.centres_m) for bodies in groups]
    out = metal([far < 0 for far in near]).double()
    cut = torch.stack(near).abs().amin(0) <= cell  # a corner is 0.87 of an edge away
    corner = part.centres_m[cut] - cell / 2
    count = torch.zeros(len(corner), dtype=torch.float64)
    for step in product([(i + 0.5) / FINE * cell for i in range(FINE)], repeat=3):
        at = corner + torch.tensor(step, dtype=torch.float64)
        count += metal([union(bodies, at) < 0 for bodies in groups])
    out[cut] = count / FINE**3
    return out


def halved(cells: tuple[int, int, int], halves: int) -> tuple[int, int, int]:
    """Return the numbers of cells after doubling the cell size `halves` times; -1 halves it."""
    x, y, z = (n >> halves if halves >= 0 else n << -halves for n in cells)
    return x, y, z


def positions(counts: Sequence[int], step_m: float, offset: float = 0.0) -> Float64[Tensor, "p 3"]:
    """Return points of a regular grid, the last axis fastest; `offset` is in steps."""
    axes = [(torch.arange(n, dtype=torch.float64) + offset) * step_m for n in counts]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def spread(
    arm_m: Float64[Tensor, "v 3"], touched: Bool[Tensor, " v"], wrench: Float64[Tensor, " 6"]
) -> Float64[Tensor, " f"]:
    """Return nodal forces with a given sum and moment, as a stiff pin would distribute them.

    Each node gets the same force, and one perpendicular to its arm and in proportion to it.
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
