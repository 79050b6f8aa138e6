"""Printed meshes of periodic cells, and the share of a grid's cells inside a mesh."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.surface import solid_2d, surface
from ingenium.kits.solids.printing.voxels import voxels

REPEATED = {2: 3, 3: 2}  # cells along each axis of a mesh; the middle one is read back
PARTED = {2: 1, 3: 2}  # parts of a grid's cell: cut corners would eat bars in space one cell thick
SLACK = 0.01  # of the cell; tolerated excess of a mesh over the repeated cells

Share = Float64[np.ndarray, "*cells"]


@dataclass(frozen=True)
class CellPrinter:
    """Printer that meshes repeated cells at the size of the setup, and reads meshes back.

    The surface follows the grid's cells, with their corners cut. Opposite faces of the body are the
    same, so that copies of it join. The height of a plane cell is in the setup.
    """

    settings: CellSettings

    @property
    def pitch_m(self) -> float:
        """Edge of a grid's cell."""
        return self.settings.cell_m / self.settings.cells[0]

    @property
    def repeated(self) -> int:
        """Number of cells of a mesh along each axis."""
        return REPEATED[len(self.settings.cells)]

    def mesh(self, share: Share) -> Trimesh:
        """Return the body of the cells of at least one half; only its largest piece is a part.

        Raises:
            EngineError: if there is none.
        """
        solid = np.tile((share >= 0.5).astype(np.float64), (self.repeated,) * share.ndim)
        parted = PARTED[solid.ndim]
        for axis in range(solid.ndim):
            solid = solid.repeat(parted, axis)
        step = self.pitch_m / parted
        if solid.ndim == 2:
            height = self.settings.height_m
            return solid_2d(solid, step, height, level=0.5, fine=1, smooth_m=0.0)
        return surface(solid, step, level=0.5, fine=1, smooth_m=0.0)

    def read(self, mesh: Trimesh, finer: int = 1) -> Share:
        """Return the share of each cell of a refined grid inside the middle cell of a mesh.

        Raises:
            InputError: for a mesh of another size.
        """
        self._check_size(mesh)
        cells = tuple(n * finer for n in self.settings.cells)
        skipped = tuple((self.repeated - 1) * n // 2 for n in cells)
        filled = self._filled(mesh, cells, self.pitch_m / finer, skipped)
        return np.roll(filled, skipped, tuple(range(len(cells))))

    def shares(self, mesh: Trimesh) -> Share:
        """Return the share of each cell of the grid, over all repeated cells of a mesh."""
        cells = tuple(n * self.repeated for n in self.settings.cells)
        return self._filled(mesh, cells, self.pitch_m, (0,) * len(cells))

    def _filled(
        self, mesh: Trimesh, cells: tuple[int, ...], pitch_m: float, skipped: tuple[int, ...]
    ) -> Share:
        """Share of each cell of a grid whose origin is shifted by `skipped` cells."""
        flat = len(cells) == 2
        first = [s * pitch_m for s in skipped] + [0.0] * flat
        if flat:
            mesh = mesh.copy()
            mesh.vertices = mesh.vertices * [1.0, 1.0, pitch_m / self.settings.height_m]
        nx, ny, nz = (*cells, 1)[:3]
        return voxels(mesh, (nx, ny, nz), pitch_m, (first[0], first[1], first[2])).reshape(cells)

    def _check_size(self, mesh: Trimesh) -> None:
        sides = [self.repeated * n * self.pitch_m for n in self.settings.cells]
        sides += [self.settings.height_m] * (3 - len(sides))
        slack = SLACK * self.settings.cell_m
        low, high = mesh.bounds
        beyond = (low < -slack).any() or (high > np.array(sides) + slack).any()
        flat = len(self.settings.cells) == 2
        if beyond or (flat and high[2] - low[2] < (1 - SLACK) * self.settings.height_m):
            raise InputError(
                f"a body inside {' x '.join(f'{1e3 * s:g}' for s in sides)} mm from the origin: "
                f"the cell {self.repeated} times along each axis",
                f"one from {np.round(1e3 * low, 2).tolist()} to {np.round(1e3 * high, 2).tolist()}",
                "Set cell_m and height_m in the setup as the mesh has them.",
            )
