"""Map of the open ground of a site, where a terminal can be.

Shapes: n places, x by y cells.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.domains.radio.scene import TracedScene

CELL_M = 0.25  # of the map, so a wall is placed to within 0.2 m
MARGIN_M = 12.0  # around the region, as samples around its places may leave it


@dataclass(frozen=True, eq=False)
class OpenGround:
    """Cells with open sky above the ground; places beyond the map are not open."""

    low_m: tuple[float, float]
    cells: Bool[Tensor, "x y"]

    @classmethod
    def of(
        cls, scene: TracedScene, low_m: tuple[float, float], high_m: tuple[float, float]
    ) -> "OpenGround":
        """Map a region of a scene."""
        start = (low_m[0] - MARGIN_M, low_m[1] - MARGIN_M)
        axes = [
            np.arange(a, b + MARGIN_M + CELL_M, CELL_M) for a, b in zip(start, high_m, strict=True)
        ]
        places = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
        cells = scene.outdoors(places.reshape(-1, 2)).reshape(places.shape[:2])
        return cls(start, torch.from_numpy(cells))

    def __call__(
        self, east: Float64[Tensor, " n"], north: Float64[Tensor, " n"]
    ) -> Bool[Tensor, " n"]:
        """Mask of open places."""
        found = torch.ones_like(east, dtype=torch.bool)
        at = []
        for x, low, size in zip((east, north), self.low_m, self.cells.shape, strict=True):
            cell = ((x.detach() - low) / CELL_M).round().to(torch.int64)
            found &= (cell >= 0) & (cell < size)
            at.append(cell.clamp(0, size - 1))
        return found & self.cells[at[0], at[1]]
