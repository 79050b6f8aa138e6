"""Path of one column, and the cells that its beads fill."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ingenium.domains.structures.toolpath.settings import ColumnSettings
from ingenium.kits.solids.printing.beads import deposited
from ingenium.kits.solids.printing.bearing import Shares, Standing
from ingenium.kits.solids.printing.columns import Column
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.toolpath import Pattern, Toolpath, toolpath

DIRECTIONS_DEG = (0.0, 90.0)  # of lines, from layer to layer
EACH = 4  # numbers of cells across are multiples of it, for the solver and for larger cells
CACHED = 256  # columns whose path is cached


class ColumnNumbers(NamedTuple):
    """One column, in the order of the variables."""

    half_m: tuple[float, float]
    power: float
    taper: float
    swell: float
    turn_deg: float
    rings: int
    infill_foot: float
    infill_head: float


@dataclass(frozen=True, eq=False)
class LaidColumn:
    """One column as it is printed.

    Raises:
        EngineError: where no layer takes a bead.
    """

    settings: ColumnSettings
    numbers: ColumnNumbers

    @cached_property
    def mesh(self) -> Trimesh:
        """Nominal surface."""
        own, s = self.numbers, self.settings
        shape = (own.half_m, own.power, own.taper, own.swell, own.turn_deg)
        return Column(s.height_m, *shape).mesh()

    @cached_property
    def path(self) -> Toolpath:
        """Rings, and lines whose share changes from foot to head."""
        own, s = self.numbers, self.settings
        pattern = Pattern(s.bead, own.rings, DIRECTIONS_DEG, s.hop_m)

        def share(height_m: float) -> float:
            return own.infill_foot + (own.infill_head - own.infill_foot) * height_m / s.height_m

        return toolpath(self.mesh, pattern, share)

    @cached_property
    def standing(self) -> Standing:
        """Grid around the column."""
        s = self.settings
        wide = np.abs(self.mesh.bounds[:, :2]).max(0) / s.cell_m
        half = [EACH // 2 * math.ceil(w / (EACH // 2) - 1e-6) for w in wide.tolist()]
        cells = (2 * half[0], 2 * half[1], round(s.height_m / s.cell_m))
        origin = (-half[0] * s.cell_m, -half[1] * s.cell_m, 0.0)
        return Standing(cells, s.cell_m, origin, s.material, s.strength, s.head, s.clear_m)

    @cached_property
    def laid(self) -> Shares:
        """Share of each cell that beads fill."""
        part = self.standing
        return deposited(self.path, part.cells, part.cell_m, part.origin_m)


class ColumnPrinter:
    """Columns of one setup; recent ones are cached for the files and the engine."""

    def __init__(self, settings: ColumnSettings) -> None:
        self.settings = settings
        self._retained: dict[ColumnNumbers, LaidColumn] = {}

    def column(self, numbers: ColumnNumbers) -> LaidColumn:
        """Return the printed column, cached."""
        if numbers not in self._retained:
            if len(self._retained) >= CACHED:
                self._retained.pop(next(iter(self._retained)))
            self._retained[numbers] = LaidColumn(self.settings, numbers)
        return self._retained[numbers]
