"""Toolpaths that bear nearly what the solid part does, with the least material that is found."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingenium.core.errors import EngineError
from ingenium.domains.structures.printing.beads import deposited
from ingenium.domains.structures.printing.bearing import (
    Shares,
    Standing,
    fully_stressed,
    pooled,
    sampled,
)
from ingenium.domains.structures.printing.gcode import read_gcode, write_gcode
from ingenium.domains.structures.printing.mesh import Trimesh
from ingenium.domains.structures.printing.toolpath import Pattern, Share, Toolpath, toolpath
from ingenium.domains.structures.printing.voxels import voxels

SCALES = (0.25, 3.0)  # of the shares, between which the least that bears is looked for
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

    def adapted(self, least_factor: float, *, rounds: int = 4) -> Printed:
        """Filled as the stress asks, scaled until the beads bear the factor.

        The stress is that of the solid part, with shares instead of beads, on cells of twice the
        size. The scale is found by halving.

        Raises:
            EngineError: if not even the largest scale bears it.
        """
        coarse = self.part.coarser(2)
        asked = fully_stressed(coarse, pooled(self.solid(), 2))
        low, high = SCALES
        best: Printed | None = None
        for number in range(rounds):
            scale = high if number == 0 else float(np.sqrt(low * high))
            share = sampled(asked, coarse.cell_m, coarse.origin_m, scale)
            found = self.printed(share, f"adapted_{number}")
            if found.factor >= least_factor:
                high = scale
                best = found if best is None or found.material_m3 < best.material_m3 else best
            elif number == 0:
                break
            else:
                low = scale
        if best is None:
            raise EngineError(
                f"even with shares scaled by {high:g} the beads bear {found.factor:.4g} times the "
                f"load and not {least_factor:.4g} times"
            )
        return best
