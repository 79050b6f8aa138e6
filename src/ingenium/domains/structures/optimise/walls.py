"""Family of plane cells with horizontal, vertical and diagonal walls of any thickness."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.structures.cells.periodic import Periodic

KINDS = 3  # horizontal, vertical, diagonal
LEAST = 1e-4  # modulus of the void, in parts of the solid's


@dataclass(frozen=True)
class Walls:
    """Square cells framed by half walls and crossed by two diagonal ones, all centred.

    Stiffness and density are homogenised on a lattice of thicknesses and interpolated in it,
    so that both are exact at its nodes and never negative.

    Shapes: n cells, three thicknesses in parts of the cell, four stiffnesses xx, yy, xy, shear.
    Source: Bendsøe and Kikuchi, Comput. Methods Appl. Mech. Eng. 71, 1988 (a cell of few
        parameters for each point), with walls for its rectangular hole.

    Raises:
        InputError: for too few pixels or nodes, or thicknesses beyond the cell.
    """

    pixels: int = 24
    most: float = 0.6  # thickness
    nodes: int = 7  # of the lattice, along each thickness
    poisson: float = 0.3

    def __post_init__(self) -> None:
        if self.pixels < 8 or self.nodes < 2 or not 0 < self.most <= 1:
            raise InputError(
                "at least 8 pixels, 2 nodes and a thickness of at most 1",
                (self.pixels, self.nodes, self.most),
            )

    def draw(self, thickness: Float64[Tensor, "n 3"]) -> Float64[Tensor, "n x y"]:
        """Return the solid share of each pixel."""
        place = (torch.arange(self.pixels, dtype=torch.float64) + 0.5) / self.pixels
        x, y = torch.meshgrid(place, place, indexing="ij")
        lying, standing = torch.minimum(y, 1 - y), torch.minimum(x, 1 - x)
        crossing = torch.minimum((x - y).abs(), (x + y - 1).abs()) / 2**0.5
        away = torch.stack([lying, standing, crossing])
        inside = (thickness[:, :, None, None] / 2 - away) * self.pixels + 0.5
        there = (thickness > 0)[:, :, None, None]
        return (inside.clamp(0.0, 1.0) * there).amax(1)

    @cached_property
    def table(self) -> Float64[Tensor, "j j j r"]:
        """Four stiffnesses, for a solid of unit modulus, and density at the nodes."""
        steps = torch.linspace(0.0, self.most, self.nodes, dtype=torch.float64)
        at = torch.tensor(list(product(steps.tolist(), repeat=KINDS)), dtype=torch.float64)
        share = self.draw(at).flatten(1)
        c = Periodic((self.pixels, self.pixels), self.poisson).stiffness(
            LEAST + (1 - LEAST) * share
        )
        rows = [c[:, 0, 0], c[:, 1, 1], c[:, 0, 1], c[:, 2, 2], share.mean(1)]
        return torch.stack(rows, -1).view(self.nodes, self.nodes, self.nodes, len(rows))

    def properties(
        self, thickness: Float64[Tensor, "n 3"]
    ) -> tuple[Float64[Tensor, "n 4"], Float64[Tensor, " n"]]:
        """Interpolate stiffnesses and density, differentiable."""
        place = (thickness / self.most).clamp(0.0, 1.0) * (self.nodes - 1)
        low = place.detach().floor().clamp(max=self.nodes - 2).long()
        part = place - low
        found = torch.zeros(len(thickness), self.table.shape[-1], dtype=torch.float64)
        for corner in product((0, 1), repeat=KINDS):
            step = torch.tensor(corner)
            weight = torch.where(step == 1, part, 1 - part).prod(1, keepdim=True)
            found = found + weight * self.table[tuple((low + step).unbind(1))]
        return found[:, :4], found[:, 4]
