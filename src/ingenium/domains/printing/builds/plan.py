"""Build plan: its numbers, and the oriented part, supports and vectors that follow from them."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.printing.builds import supports
from ingenium.domains.printing.builds.deposit import Deposit, deposited
from ingenium.domains.printing.builds.hatching import Hatch, Raster, ScanVectors, hatched
from ingenium.domains.printing.builds.part import turned
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.voxels import voxels

FINEST_M, ALONG = 2.5e-4, 144  # smallest cell, and cells along the diagonal of the part
SKIN_LAYERS_M = 2.4e-4  # depth of a down-skin
CACHED = 96  # plans whose vectors are retained


class PlanNumbers(NamedTuple):
    """One plan, in the order of the variables; SI units, angles in degrees."""

    tilt_deg: float
    azimuth_deg: float
    below_deg: float
    wall_gap_m: float
    turn_deg: float
    layer_m: float
    power_w: float
    speed_m_s: float
    hatch_m: float
    skin_power_w: float
    skin_speed_m_s: float
    skin_hatch_m: float


STEPS = (1, 1, 1, 2e4, 1, 2e5, 1, 1e3, 1e6, 1, 1e3, 1e6)  # settable steps in one unit of each


def plans(*arrays: Tensor) -> list[PlanNumbers | None]:
    """Return each plan; None where a number is missing."""
    rows = torch.stack(arrays, 1).tolist()
    return [PlanNumbers(*row) if np.isfinite(row).all() else None for row in rows]


@dataclass(frozen=True, eq=False)
class BuildPlan:
    """One plan of a part.

    Raises:
        EngineError: where its vectors are too many.
    """

    part: Trimesh
    numbers: PlanNumbers

    @cached_property
    def mesh(self) -> Trimesh:
        """Oriented part on the plate."""
        return turned(self.part, self.numbers.tilt_deg, self.numbers.azimuth_deg)

    @cached_property
    def corners_um(self) -> Float64[np.ndarray, "t 3 3"]:
        """Corners of its triangles."""
        return np.asarray(1e6 * self.mesh.vertices[self.mesh.faces], dtype=np.float64)

    @property
    def cell_m(self) -> float:
        """Edge of the cells of regions and checks."""
        return max(FINEST_M, round(float(self.part.scale) / ALONG / 1e-5) * 1e-5)

    @property
    def cells(self) -> tuple[int, int, int]:
        """Cells around the oriented part."""
        x, y, z = (int(np.ceil(s / self.cell_m - 1e-6)) for s in self.mesh.extents)
        return max(x, 1), max(y, 1), max(z, 1)

    @cached_property
    def nominal(self) -> Float64[np.ndarray, "x y z"]:
        """Share of each cell inside the oriented part."""
        return voxels(self.mesh, self.cells, self.cell_m, fine=2)

    @property
    def hatch(self) -> Hatch:
        """Distances of lines, in micrometres."""
        n = self.numbers
        distances = (n.layer_m, n.hatch_m, n.skin_hatch_m, n.wall_gap_m)
        layer, core, skin, walls = (round(1e6 * x, 3) for x in distances)
        return Hatch(layer, core, skin, walls, n.turn_deg)

    @cached_property
    def raster(self) -> Raster:
        """Regions."""
        return supports.raster(
            self.corners_um,
            self.nominal,
            cell_um=1e6 * self.cell_m,
            below_deg=self.numbers.below_deg,
            skin_um=1e6 * SKIN_LAYERS_M,
        )

    @cached_property
    def vectors(self) -> ScanVectors:
        """Scan vectors of all layers, as they are in the files."""
        return hatched(self.corners_um, self.raster, self.hatch)

    @property
    def layers(self) -> int:
        """Number of layers."""
        return max(1, int(np.ceil(1e6 * self.mesh.extents[2] / self.hatch.layer_um - 1e-9)))

    def deposit(self, wall_m: float) -> Deposit:
        """Return the cells that the vectors fill; walls of supports are as wide as a track."""
        own = self.hatch._replace(support_um=1e6 * wall_m)
        return deposited(self.vectors, own, self.cells, 1e6 * self.cell_m)


class Planner:
    """Plans of one part; recent ones are cached for the files and the engine."""

    def __init__(self, part: Trimesh) -> None:
        self.part = part
        self._retained: OrderedDict[PlanNumbers, BuildPlan] = OrderedDict()

    def plan(self, numbers: PlanNumbers) -> BuildPlan:
        """Return the plan of numbers, cached."""
        if numbers not in self._retained:
            if len(self._retained) >= CACHED:
                self._retained.popitem(last=False)
            self._retained[numbers] = BuildPlan(self.part, numbers)
        self._retained.move_to_end(numbers)
        return self._retained[numbers]
