"""Shapes as closed STL meshes of their cells, and back to cells."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.reading.documents import json_file
from ingenium.core.reading.files import refusing
from ingenium.domains.structures.shapes.files import Shape, ShapeFile
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.printing.files import read_mesh, write_stl
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.surface import solid_2d, surface
from ingenium.kits.solids.printing.voxels import voxels

PART, REQUESTED = "part.stl", "requested.json"
PARTED = 2  # parts of a cell's edge; so that smoothing changes single cells and holes little
FILLED = 0.5  # share of a cell from which it counts as material
COLUMNS = 4  # through a cell along x and y
SLACK = 1e-3  # of a cell; tolerated excess beyond the box, or of a plane part's thickness
DISTANCE = 0.01  # of the part; tolerated difference of its mesh from that of the verified cells


class StlShape(ShapeFile):
    """A folder with the part in STL (millimetres), and its conditions in JSON.

    The mesh follows the cells; cells above one half are material, and only the largest piece is a
    part. A plane shape is extruded to its thickness. The reader uses the cells that are at least
    half full, and the mesh must be that of these cells: in the box, of the setup's thickness, and
    without other bodies.
    """

    name = "stl"
    suffix = ""
    endings = (".stl",)

    def is_one(self, path: Path) -> bool:
        return path.is_file() or (path / PART).is_file()

    def write_one(self, path: Path, density: np.ndarray, requested: Mapping[str, float]) -> None:
        write_stl(body(self.box.grid, density), path / PART)
        write_atomic(path / REQUESTED, json.dumps(dict(requested), indent=1) + "\n")

    def read_one(self, path: Path) -> Shape:
        folder = path.parent if path.is_file() else path
        own = path if path.is_file() else folder / PART
        others = {p.name for p in folder.glob("*.[sS][tT][lL]")} - {own.name}
        if path.is_dir() and others:
            got = f"{', '.join(sorted(others))} beside {PART}"
            raise InputError("one part in a folder", got, "Give each part a folder.")
        mesh = read_mesh(own)
        self._check_place(mesh, own)
        share = self._shares(mesh)
        filled = (share > FILLED).astype(np.float64)
        if filled.any():
            distance = (
                np.abs(share - self._shares(body(self.box.grid, filled))).sum() / filled.sum()
            )
        if not filled.any() or distance > DISTANCE:
            raise InputError(
                f"a part of whole cells of {1e3 * self.box.grid.cell_m:g} mm",
                f"{own.name}, which lies aside of them",
                "Let its surface follow the cells of the setup, as propose writes it.",
            )
        return filled, _requested(folder / REQUESTED)

    def _shares(self, mesh: Trimesh) -> np.ndarray:
        """Share of each cell that lies inside a mesh."""
        grid = self.box.grid
        nx, ny, nz = (*grid.cells, 1)[:3]
        if grid.dim == 2:
            mesh = mesh.copy()
            mesh.vertices = mesh.vertices * [1.0, 1.0, grid.cell_m / grid.thickness_m]
        share = voxels(mesh, (nx, ny, nz), grid.cell_m, fine=COLUMNS)
        return share.reshape(grid.cells)

    def _check_place(self, mesh: Trimesh, path: Path) -> None:
        """Check that a mesh is inside the box, and a plane shape as high as its thickness."""
        grid = self.box.grid
        sides = [n * grid.cell_m for n in grid.cells] + [grid.thickness_m] * (3 - grid.dim)
        low, high = mesh.bounds
        slack = SLACK * grid.cell_m
        beyond = (low < -slack).any() or (high > np.array(sides) + slack).any()
        thin = grid.dim == 2 and high[2] - low[2] < (1 - SLACK) * grid.thickness_m
        if beyond or thin:
            raise InputError(
                f"a part in a box of {' x '.join(f'{1e3 * s:g}' for s in sides)} mm from the "
                f"origin{', as thick as that' if grid.dim == 2 else ''}",
                f"one from {np.round(1e3 * low, 2).tolist()} to "
                f"{np.round(1e3 * high, 2).tolist()} mm in {path.name}",
                "Set cells, cell_m and thickness_m in the setup as the part has them.",
            )


def body(grid: RegularGrid, density: np.ndarray) -> Trimesh:
    """Return the surface of the cells above one half."""
    cells = (density > 0.5).astype(np.float64)
    for axis in range(grid.dim):
        cells = np.repeat(cells, PARTED, axis)
    step = grid.cell_m / PARTED
    if grid.dim == 2:
        return solid_2d(cells, step, grid.thickness_m, level=0.5, fine=1, smooth_m=0.0)
    return surface(cells, step, level=0.5, fine=1, smooth_m=0.0)


def _requested(path: Path) -> dict[str, float]:
    what = (
        f'the conditions of the part in {REQUESTED} beside it, such as {{"volume_fraction": 0.4}}'
    )
    reported = json_file(path, what)
    with refusing(what, path):
        return {str(k): float(v) for k, v in reported.items()}
