"""Verifier of printed columns: finite elements on their beads, and simulation of the nozzle."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64
from scipy import ndimage
from torch import Tensor

from ingenium.core.counting import each
from ingenium.core.errors import EngineError
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.toolpath.laying import ColumnNumbers, ColumnPrinter, LaidColumn
from ingenium.domains.structures.toolpath.prism import SquareColumn
from ingenium.kits.solids.printing.bearing import Shares, pooled
from ingenium.kits.solids.printing.collisions import trace

COARSER = 2  # cells of the coarse check, and of buckling, along those of the fine one
QUANTITIES = (
    Quantity("mass", "kg", "concrete that is laid"),
    Quantity("capacity", "1", "multiple of the load at which the concrete fails"),
    Quantity("buckling", "1", "multiple of the load at which the column buckles", rounding=0.05),
    Quantity("saved", "1", "less material than a solid square column that bears as much"),
    Quantity("collisions", "1", "moves on which the head runs into what is laid"),
    Quantity("outside", "1", "moves that leave the machine"),
    Quantity("hanging", "1", "share of what is laid that lies on nothing"),
    Quantity("coarse_capacity", "1", "capacity on cells of twice the size"),
    Quantity("mesh_change", "1", "of the capacity, from these to cells of half their size"),
    Quantity("print_time", "h", "of the nozzle on its way"),
    Quantity("foot_width", "m", "mean of both widths of the foot"),
)


@dataclass(frozen=True)
class ColumnVerifier:
    """Linear elasticity of the beads on cells half as high as a layer; perfect bond.

    The concrete fails where a principal stress reaches its strength in tension or compression, in a
    two-hundredth of the material.
    """

    printer: ColumnPrinter
    name: str = "beads-elastic"
    version: str = "1"
    tier: Literal["exact"] = "exact"
    quantities: tuple[Quantity, ...] = QUANTITIES

    @cached_property
    def square(self) -> SquareColumn:
        """Solid column with which the material is compared."""
        return SquareColumn(self.printer.settings)

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 11"]:
        """Measure all quantities, column by column: each has its own grid."""
        found = np.full((len(arrays[0]), len(QUANTITIES)), np.nan)
        for row, numbers in each(zip(found, columns(*arrays), strict=True)):
            if numbers is not None:
                try:
                    row[:] = self._one(self.printer.column(numbers))
                except EngineError:
                    continue  # no layer takes a bead, or the load does not reach the foot
        return torch.from_numpy(found)

    def _one(self, column: LaidColumn) -> list[float]:
        settings, path, part = column.settings, column.path, column.standing
        capacity = part.first_failure(column.laid)
        coarse = part.coarser(COARSER).first_failure(pooled(column.laid, COARSER))
        followed = trace(path, settings.machine)
        speed = np.where(path.laid, settings.laid_m_s, settings.travel_m_s)
        return [
            settings.density_kg_m3 * path.material_m3,
            capacity,
            part.buckling(column.laid),
            1 - path.material_m3 / self.square.volume_m3(capacity),
            float(followed.collides.sum()),
            float(followed.outside.sum()),
            hanging(column.laid),
            coarse,
            abs(capacity / coarse - 1),
            float((path.length_m / speed).sum()) / 3600,
            sum(column.numbers.half_m),
        ]


def columns(*arrays: Tensor) -> list[ColumnNumbers | None]:
    """Return each column; None where a number is missing."""
    rows = torch.cat([a if a.ndim > 1 else a[:, None] for a in arrays], 1).tolist()
    return [
        None
        if not np.isfinite(row).all()
        else ColumnNumbers((x, y), power, taper, swell, turn, round(rings), foot, head)
        for row in rows
        for x, y, power, taper, swell, turn, rings, foot, head in (row,)
    ]


def hanging(share: Shares) -> float:
    """Return the share of the filled cells with none below, nor below a neighbour."""
    filled = share >= 0.5
    around = np.ones((3, 3, 1), dtype=bool)
    below = ndimage.binary_dilation(filled[:, :, :-1], around)
    return float((filled[:, :, 1:] & ~below).sum() / filled.sum())
