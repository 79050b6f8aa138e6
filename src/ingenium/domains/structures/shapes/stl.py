"""Shapes as closed meshes of their cells, in STL, and back to cells."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ingenium.core.folders import write_atomic
from ingenium.core.reading.documents import json_file
from ingenium.core.reading.files import refusing
from ingenium.domains.structures.shapes.files import Shape, ShapeFile
from ingenium.kits.solids.printing.files import read_mesh, write_stl
from ingenium.kits.solids.printing.surface import solid_2d, surface
from ingenium.kits.solids.printing.voxels import voxels

PART, ASKED = "part.stl", "asked.json"
PARTED = 2  # parts of a cell's edge; so that what one cell holds or opens keeps most of it
FILLED = 0.5  # share of a cell from which it counts as material


class StlShape(ShapeFile):
    """A folder with the part in STL (millimetres), and the conditions beside it in JSON.

    The mesh follows the cells; what is above one half is material, and only its largest piece
    is a part. A plane shape stands as high as it is thick.
    """

    name = "stl"
    suffix = ""

    def is_one(self, path: Path) -> bool:
        return path.is_file() or (path / PART).is_file()

    def write_one(self, path: Path, density: np.ndarray, asked: Mapping[str, float]) -> None:
        grid = self.box.grid
        cells = (density > 0.5).astype(np.float64)
        for axis in range(grid.dim):
            cells = np.repeat(cells, PARTED, axis)
        step = grid.cell_m / PARTED
        if grid.dim == 2:
            mesh = solid_2d(cells, step, grid.thickness_m, level=0.5, fine=1, smooth_m=0.0)
        else:
            mesh = surface(cells, step, level=0.5, fine=1, smooth_m=0.0)
        write_stl(mesh, path / PART)
        write_atomic(path / ASKED, json.dumps(dict(asked), indent=1) + "\n")

    def read_one(self, path: Path) -> Shape:
        grid = self.box.grid
        folder = path.parent if path.is_file() else path
        mesh = read_mesh(path if path.is_file() else path / PART)
        nx, ny, nz = (*grid.cells, 1)[:3]
        if grid.dim == 2:
            mesh = mesh.copy()
            mesh.vertices = mesh.vertices * [1.0, 1.0, grid.cell_m / grid.thickness_m]
        filled = voxels(mesh, (nx, ny, nz), grid.cell_m) > FILLED
        return filled.reshape(grid.cells).astype(np.float64), _asked(folder / ASKED)


def _asked(path: Path) -> dict[str, float]:
    what = f'the conditions of the part in {ASKED} beside it, such as {{"volume_fraction": 0.4}}'
    told = json_file(path, what)
    with refusing(what, path):
        return {str(k): float(v) for k, v in told.items()}
