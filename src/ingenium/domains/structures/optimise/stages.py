"""Build stages of parts: each must carry its own weight on the plate."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.optimise.work import work_of
from ingenium.kits.solids.elastic.solver import Elastic


@dataclass(frozen=True)
class Stages:
    """Partial builds of parts up to some layers, fixed at the plate and loaded by gravity.

    Modulus and weight follow the same law of the density, so that the sag of thin material is
    bounded.

    Shapes: n designs, e cells, h stages, f displacements.
    Source: Haveroth et al., Comput. Methods Appl. Mech. Eng. 398, 2022 (the layered process in the
        optimisation); Allaire et al., J. Comput. Phys. 351, 2017 (weight of intermediate shapes).

    Raises:
        InputError: for layers that the build does not have.
    """

    build: Build
    poisson: float = 0.3
    tops: tuple[int, ...] = ()  # layers of each stage; all, one after the other, if none are given
    exponent: float = 3.0
    least: float = 1e-6
    modulus_pa: float = 1.0
    weight_n_m3: float = 1.0

    def __post_init__(self) -> None:
        if any(not 1 <= top <= self.build.layers for top in self.tops):
            raise InputError(f"stages of 1 to {self.build.layers} layers", self.tops)

    @cached_property
    def heights(self) -> tuple[int, ...]:
        """Number of layers of each stage."""
        return self.tops or tuple(range(1, self.build.layers + 1))

    @cached_property
    def elastic(self) -> Elastic:
        """Elastic grid, fixed at the plate."""
        grid = self.build.grid
        fixed = torch.zeros(*grid.nodes, grid.dim, dtype=torch.bool)
        fixed.movedim(self.build.axis, 0)[0 if self.build.upward else -1] = True
        return Elastic(grid, fixed.flatten(), self.poisson)

    def partial(self, density: Float64[Tensor, "n e"]) -> Float64[Tensor, "nh e"]:
        """Return each design at each stage, void above it; stages run fastest."""
        whole = self.build.stacked(density)
        grown = []
        for top in self.heights:
            mask = torch.zeros(len(whole), dtype=torch.float64)
            mask[:top] = 1.0
            grown.append(self.build.flat(whole * mask.view(-1, *[1] * (whole.dim() - 1))))
        return torch.stack(grown, 1).flatten(0, 1)

    def weights(self, share: Float64[Tensor, "nh e"]) -> Float64[Tensor, "nh 1 f"]:
        """Return the weight of the cells on their nodes, towards the plate (N)."""
        grid = self.build.grid
        nodes = grid.cell_nodes
        each = share * (self.weight_n_m3 * grid.cell_volume_m3 / nodes.shape[1])
        sums = torch.zeros(len(share), grid.n_nodes, dtype=torch.float64)
        sums = sums.index_add(1, nodes.flatten(), each.repeat_interleave(nodes.shape[1], 1))
        down = torch.zeros(grid.dim, dtype=torch.float64)
        down[self.build.axis] = -1.0 if self.build.upward else 1.0
        return (sums[..., None] * down).flatten(1)[:, None]

    def sag(
        self, density: Float64[Tensor, "n e"]
    ) -> tuple[Float64[Tensor, "n h"], Float64[Tensor, "n h"]]:
        """Return the weighted mean deflection towards the plate, and the largest of a cell (m).

        The first is differentiable; the second counts a cell in proportion to its density.
        """
        grown = self.partial(density)
        stiff = grown**self.exponent
        load = self.weights(stiff)
        moduli = self.modulus_pa * (self.least + stiff * (1 - self.least))
        work, u = work_of(self.elastic, moduli, load)
        mean = work[:, 0] / load.abs().sum((1, 2)).clamp(min=1e-300)
        peak = (self._of_cells(u) * grown.detach()).amax(1)
        return mean.view(len(density), -1), peak.view(len(density), -1)

    def _of_cells(self, u: Float64[Tensor, "nh 1 f"]) -> Float64[Tensor, "nh e"]:
        grid = self.build.grid
        along = u.reshape(len(u), grid.n_nodes, grid.dim)[..., self.build.axis]
        down = along * (-1.0 if self.build.upward else 1.0)
        return down[:, grid.cell_nodes].mean(-1)
