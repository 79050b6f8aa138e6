"""Printed meshes of a part's designs, their files, and their reading back on the grid."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from scipy import ndimage
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import EngineError, InputError
from ingenium.core.quantity import Variable
from ingenium.domains.structures.parts.part import Part, positions
from ingenium.kits.solids.printing.files import read_mesh, write_3mf, write_stl
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.surface import surface
from ingenium.kits.solids.printing.voxels import voxels

FINE = 2  # cells of the surface along one of the analysis
COLUMNS = 8  # through each cell along x and y when a mesh is read back; 4 lose 0.3 % of the metal
STEPS_CELLS = 0.6  # fairing of an optimiser's steps; meshes that were read back are smooth already
RETAINED_CELLS = 0.3
ROUNDS = 6  # of correction, after which the mesh has the requested shares
SUFFIXES = (".stl", ".3mf")
DISTANCE = 1e-3  # of the mean density, between the two files of a design


@dataclass(frozen=True, eq=False)
class Printer:
    """Mesher of densities, with the round holes and eyes of the part, and reader of meshes."""

    part: Part

    @cached_property
    def _regions(self) -> tuple[Float64[np.ndarray, "x y z"], Float64[np.ndarray, "x y z"]]:
        """Share of each fine cell that must be metal, and share that must be free."""
        fine = [n * FINE for n in self.part.grid.cells]
        step = self.part.grid.cell_m / FINE
        solid, free = self.part.bounds_m(positions(fine, step, 0.5))
        shares = [(0.5 - d / step).clamp(0.0, 1.0).reshape(fine).numpy() for d in (solid, free)]
        return shares[0], shares[1]

    def mesh(self, density: Float64[np.ndarray, "x y z"]) -> Trimesh:
        """Return the closed surface whose cell shares are those of a design.

        The error of each surface is added to the densities of the next one.

        Raises:
            EngineError: if the densities have no surface that closes.
        """
        requested = np.clip(density, 0.0, 1.0)
        mesh = self.faired(requested, RETAINED_CELLS)
        given = requested
        for _ in range(ROUNDS):
            given = np.clip(given + requested - self.read(mesh), 0.0, 1.0)
            mesh = self.faired(given, RETAINED_CELLS)
        return mesh

    def faired(self, density: Float64[np.ndarray, "x y z"], fairing_cells: float) -> Trimesh:
        """Return the smoothed closed surface of densities, of the same volume.

        Raises:
            EngineError: if the densities have no surface that closes.
        """
        solid, free = self._regions
        cell_m = self.part.grid.cell_m
        smooth_m = fairing_cells * cell_m
        return surface(density, cell_m, fine=FINE, smooth_m=smooth_m, solid=solid, void=free)

    def read(self, mesh: Trimesh, finer: int = 1) -> Float64[np.ndarray, "x y z"]:
        """Return the share of each cell inside a mesh, on cells finer by a factor.

        Raises:
            InputError: for a mesh that is not closed or lies outside the space of the part.
        """
        x, y, z = self.part.grid.cells
        size = np.array((x, y, z)) * self.part.grid.cell_m
        low, high = mesh.vertices.min(0), mesh.vertices.max(0)
        slack = self.part.grid.cell_m / 2
        if (low < -slack).any() or (high > size + slack).any():
            raise InputError(
                f"a part inside {' x '.join(f'{1e3 * s:g}' for s in size)} mm, from the origin",
                f"one from {np.round(1e3 * low, 1).tolist()} to {np.round(1e3 * high, 1).tolist()}",
                "Move the mesh into the frame of the problem, in millimetres.",
            )
        fine, columns = (finer * x, finer * y, finer * z), COLUMNS // finer
        return voxels(mesh, fine, self.part.grid.cell_m / finer, fine=columns)

    def printed(self, density: Float64[Tensor, "n e"]) -> Float64[Tensor, "n e"]:
        """Return the share of each cell inside the faired surface; NaN where there is none."""
        rows = density.reshape(-1, *self.part.grid.cells).numpy()
        out = torch.full_like(density, torch.nan)
        for i, one in enumerate(rows):  # surfaces are built one by one
            try:
                out[i] = torch.from_numpy(self.read(self.faired(one, STEPS_CELLS))).flatten()
            except (EngineError, InputError):
                continue  # no closed surface: NaN, which becomes FAILED
        return out


def without_hollows(density: Float64[Tensor, "n x y z"]) -> Float64[Tensor, "n x y z"]:
    """Fill hollows that powder could not leave with metal."""
    solid = (density >= 0.5).numpy()
    whole = np.stack([ndimage.binary_fill_holes(one) for one in solid])  # one by one in scipy
    return density.masked_fill(torch.from_numpy(whole & ~solid), 1.0)


@dataclass(frozen=True, eq=False)
class PartFiles:
    """A folder a design with `part.stl` and `part.3mf`, which contain the same mesh.

    A single STL or 3MF of any origin is read too; its coordinates are those of the part, in mm.
    """

    printer: Printer
    variables: tuple[Variable, ...]
    name: str = "stl+3mf"
    endings: ClassVar[tuple[str, ...]] = SUFFIXES

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a folder for each design."""
        made: dict[int, Path] = {}
        density = designs[self.variables[0].name].to_numpy()
        for index, one in zip(designs[DESIGN].to_numpy().tolist(), density, strict=True):
            own = folder / f"design_{index:04d}"
            own.mkdir(parents=True, exist_ok=True)
            mesh = self.printer.mesh(one)
            write_stl(mesh, own / "part.stl")
            write_3mf(mesh, own / "part.3mf")
            made[index] = own
        return made

    def read(self, path: Path) -> xr.Dataset:
        """Read all designs of a folder, the folder of one design, or one mesh file.

        Raises:
            InputError: for other paths, and for files without exactly one closed part.
        """
        if path.is_file():
            return self._designs([self.printer.read(read_mesh(path))], [number(path.parent)])
        folders = [path] if _meshes(path) else sorted(p for p in path.iterdir() if _meshes(p))
        if not folders:
            raise InputError(
                "a mesh, or a folder of meshes", str(path), "Name an STL or a 3MF, or their folder."
            )
        return self._designs([self._one(own) for own in folders], [number(p) for p in folders])

    def _one(self, folder: Path) -> Float64[np.ndarray, "x y z"]:
        """Shares in the files of one design; they must agree."""
        first, *others = [self.printer.read(read_mesh(path)) for path in _meshes(folder)]
        for other in others:
            distance, whole = float(np.abs(other - first).sum()), float(first.sum())
            if distance > DISTANCE * whole:
                share = distance / max(whole, float(other.sum()))
                raise InputError(
                    f"files of one part in {folder}",
                    f"meshes that differ in {share:.2%} of the volume",
                    "Export both again, or remove one.",
                )
        return first

    def _designs(
        self, rows: Sequence[Float64[np.ndarray, "x y z"]], index: Sequence[int]
    ) -> xr.Dataset:
        array = torch.from_numpy(np.stack(rows))
        return to_dataset([array], self.variables, {}, index=np.asarray(index))


def _meshes(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)


def number(folder: Path) -> int:
    """Return the index in the name of a design's folder; 0 for other names."""
    found = re.fullmatch(r"design_(\d+)", folder.name)
    return int(found[1]) if found else 0
