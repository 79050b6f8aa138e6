"""Toolpaths that bear nearly what the solid part does, with the least material that is found."""

import math
from dataclasses import dataclass
from pathlib import Path

from ingenium.kits.solids.printing.beads import deposited
from ingenium.kits.solids.printing.bearing import (
    Shares,
    Standing,
    fully_stressed,
    pooled,
    sampled,
)
from ingenium.kits.solids.printing.gcode import read_gcode, write_gcode
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.toolpath import Pattern, Share, Toolpath, toolpath
from ingenium.kits.solids.printing.voxels import voxels

SCALES = (0.25, 0.5, 1.0, 1.5, 2.25, 3.4)  # of the shares, from little to much
LAID_M_S, TRAVEL_M_S = 0.1, 0.25


@dataclass(frozen=True, eq=False)
class Printed:
    """A toolpath as its file tells it, and what the beads of it bear."""

    path: Toolpath
    file: Path
    share: Shares
    factor: float  # multiple of the load at which material fails

    @property
    def material_m3(self) -> float:
        """That is laid."""
        return self.path.material_m3


@dataclass(frozen=True, eq=False)
class Planner:
    """Plans a part, writes its file, reads it, and lets the engine judge the beads.

    The cells should be smaller than a layer.
    """

    mesh: Trimesh
    pattern: Pattern
    part: Standing
    folder: Path

    def solid(self) -> Shares:
        """The part as its mesh has it."""
        part = self.part
        return voxels(self.mesh, part.cells, part.cell_m, part.origin_m, fine=3)

    def printed(self, share: Share, name: str) -> Printed:
        """With a share of material everywhere."""
        file = self.folder / f"{name}.gcode"
        write_gcode(
            toolpath(self.mesh, self.pattern, share),
            file,
            laid_m_s=LAID_M_S,
            travel_m_s=TRAVEL_M_S,
        )
        path, part = read_gcode(file), self.part
        laid = deposited(path, part.cells, part.cell_m, part.origin_m)
        return Printed(path, file, laid, part.first_failure(laid))

    def adapted(self, least_factor: float, *, rounds: int = 3) -> Printed:
        """Filled as the stress asks, scaled until the beads bear the factor; else the strongest.

        The stress is that of the solid part, with shares instead of beads, on cells of twice the
        size. Scales grow until one bears; the least is then looked for by halving.
        """
        coarse = self.part.coarser(2)
        asked = fully_stressed(coarse, pooled(self.solid(), 2))

        def scaled(scale: float) -> Printed:
            share = sampled(asked, coarse.cell_m, coarse.origin_m, scale)
            return self.printed(share, f"adapted_{scale:.3f}")

        low, tried = 0.0, list[Printed]()
        for high in SCALES:
            tried.append(scaled(high))
            if tried[-1].factor >= least_factor:
                break
            low = high
        else:
            return max(tried, key=lambda one: one.factor)
        for _ in range(rounds if low > 0 else 0):
            middle = math.sqrt(low * high)
            tried.append(scaled(middle))
            low, high = (low, middle) if tried[-1].factor >= least_factor else (middle, high)
        bearing = [one for one in tried if one.factor >= least_factor]
        return min(bearing, key=lambda one: one.material_m3)
