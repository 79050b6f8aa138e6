"""What is measured of a part: mass, stiffness, strength, and how it prints."""

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64
from scipy import ndimage
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.structures.bracket.part import Part
from ingenium.domains.structures.elastic.element import constitutive, strain
from ingenium.domains.structures.elastic.solver import Elastic
from ingenium.domains.structures.optimise.overhang import unsupported
from ingenium.domains.structures.optimise.supports import support

VOID = 1e-6  # modulus of the empty space, in parts of the metal's
BELOW = 0.995  # share of the metal whose stress lies below what is told
MACHINE_EUR_H = 60.0


@dataclass(frozen=True, eq=False)
class PartVerifier:
    """Linear elasticity of a part on its grid, and print checks on its cells.

    The modulus of a cell is that of the metal times the share of it that is metal. Stress is that
    of the metal in the middle of cells that are at least half metal and lie clear of the walls
    that carry loads or hold the part; of these, 99.5 % of the metal stays below what is told.

    Shapes: n designs, e cells, k quantities, l load cases, f displacements.
    """

    part: Part
    elastic: Elastic
    name: str = "ingenium elastic grid"
    tier: Literal["exact"] = "exact"

    @property
    def version(self) -> str:
        """Of the engine, which is part of the package."""
        return version("ingenium")

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """The columns of `measure`."""
        return (
            Quantity("mass", "kg", "mass of the part"),
            Quantity("compliance", "J", "largest work of a load case on the part", rounding=1e-7),
            *(
                Quantity(f"compliance_{case}", "J", f"work of the load case {case}", rounding=1e-7)
                for case in self.part.cases
            ),
            Quantity("stress", "Pa", "von Mises stress that 99.5 % of the metal stays below"),
            Quantity("displacement", "m", "largest displacement where loads act", rounding=1e-10),
            Quantity("overhang_area", "m2", "area that faces down and that nothing carries"),
            Quantity("support_volume", "m3", "volume of the support under overhangs"),
            Quantity("tool_blocked", "1", "share of the way of the tools that is not free"),
            Quantity("missing", "1", "share of the prescribed metal that is not there"),
            Quantity("pieces", "1", "number of pieces"),
        )

    def measure(self, density: Float64[Tensor, "n *cells"]) -> Float64[Tensor, "n k"]:
        """All quantities of designs given by the share of each cell that is metal."""
        flat = density.flatten(1)
        modulus = self.part.material.modulus_pa * (VOID + (1 - VOID) * flat)
        load = self.part.load_n[None]
        u = self.elastic.solve(modulus, load)
        work = (u * load).sum(-1)
        columns = [
            flat.sum(1) * self.part.grid.cell_volume_m3 * self.part.material.density_kg_m3,
            work.amax(1),
            *work.unbind(1),
            self._stress(flat, u),
            self._displacement(u),
            *self._support(flat),
            *self._geometry(flat),
        ]
        return torch.stack(columns, 1)

    def _stress(
        self, flat: Float64[Tensor, "n e"], u: Float64[Tensor, "n l f"]
    ) -> Float64[Tensor, " n"]:
        """The largest of the load cases, each at the share `BELOW` of the metal."""
        mises = self.mises(u)
        counted = torch.where(self.part.calm & (flat >= 0.5), flat, 0.0)
        order = mises.argsort(-1)
        metal = counted[:, None].expand_as(mises).gather(-1, order).cumsum(-1)
        reached = (metal >= BELOW * metal[..., -1:]).to(torch.int8).argmax(-1, keepdim=True)
        return mises.gather(-1, order).gather(-1, reached).squeeze(-1).amax(1)

    def mises(self, u: Float64[Tensor, "n l f"]) -> Float64[Tensor, "n l e"]:
        """Von Mises stress of the metal in the middle of each cell (Pa)."""
        grid, metal = self.part.grid, self.part.material
        middle = torch.full((3,), 0.5, dtype=torch.float64)
        matrix = constitutive(3, metal.poisson) @ strain(3, grid.cell_m, middle)
        s = metal.modulus_pa * u[..., grid.cell_displacements] @ matrix.T
        x, y, z = s[..., 0], s[..., 1], s[..., 2]
        normal = ((x - y) ** 2 + (y - z) ** 2 + (z - x) ** 2) / 2
        mises: Tensor = (normal + 3 * s[..., 3:].square().sum(-1)).sqrt()
        return mises

    def _displacement(self, u: Float64[Tensor, "n l f"]) -> Float64[Tensor, " n"]:
        """Of the loaded nodes, over all load cases."""
        nodes = (self.part.load_n != 0).any(0).reshape(-1, 3).any(1)
        moved = u.reshape(*u.shape[:2], -1, 3)[:, :, nodes]
        return moved.norm(dim=-1).flatten(1).amax(1)

    def _support(self, flat: Float64[Tensor, "n e"]) -> tuple[Tensor, Tensor]:
        """Area of whole cells that nothing carries, and the volume of the columns under them."""
        grid, build = self.part.grid, self.part.build
        whole = (flat >= 0.5).to(torch.float64)
        loose = unsupported(build, whole).sum(1) * grid.cell_m**2
        return loose, support(build, whole).sum(1) * grid.cell_volume_m3

    def _geometry(self, flat: Float64[Tensor, "n e"]) -> tuple[Tensor, Tensor, Tensor]:
        """What blocks tools, what is missing, and the number of pieces."""
        tools, lower = self.part.tool_share, self.part.lower
        blocked = (flat + tools - 1).clamp(min=0.0).sum(1) / tools.sum()
        missing = (lower - flat).clamp(min=0.0).sum(1) / lower.sum()
        fields = (flat >= 0.5).reshape(-1, *self.part.grid.cells).numpy()
        pieces = [float(ndimage.label(field)[1]) for field in fields]  # one by one in scipy
        return blocked, missing, torch.tensor(pieces, dtype=torch.float64)


def as_field(density: Float64[Tensor, "n e"], part: Part) -> Float64[np.ndarray, "n x y z"]:
    """Designs with one axis an axis of the grid."""
    found: Float64[np.ndarray, "n x y z"] = density.reshape(-1, *part.grid.cells).numpy()
    return found
