"""File formats of periodic cells, a file each, in the size that a setup gives."""

import re
import zipfile
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import replacing
from ingenium.core.quantity import Variable
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.printing.files import read_mesh, write_stl
from ingenium.domains.structures.printing.surface import solid_2d, surface
from ingenium.domains.structures.printing.voxels import voxels

TILES = 3  # cells along each axis of a mesh; the middle one is read back
PARTED = 2  # parts of the edge of a grid's cell, so that slanting corners cost little
NUMBER = re.compile(r"cell_(\d+)")


@dataclass(frozen=True, eq=False)
class CellFile:
    """One file for each cell, `cell_00012` with the suffix of the format."""

    variable: Variable
    settings: CellSettings
    name: ClassVar[str]
    suffix: ClassVar[str]

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write every design below the folder."""
        paths = {}
        fields = designs[self.variable.name].to_numpy()
        for index, share in zip(designs[DESIGN].to_numpy().tolist(), fields, strict=True):
            paths[index] = folder / f"cell_{index:05d}{self.suffix}"
            self.write_one(paths[index], share)
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Cells of a file, or of all that a folder holds.

        Raises:
            InputError: for what is no such file, or one of another grid.
        """
        paths = [path] if path.is_file() else sorted(path.glob(f"cell_*{self.suffix}"))
        if not paths:
            what = f"a {self.name} file of a cell, or a folder of them"
            raise InputError(what, str(path), f"Name them cell_00000{self.suffix}.")
        match = [NUMBER.search(p.name) for p in paths]
        index = np.array([int(m.group(1)) if m else i for i, m in enumerate(match)])
        fields = torch.from_numpy(np.stack([self._checked(p) for p in paths]))
        return to_dataset([fields], [self.variable], {}, index=index)

    @abstractmethod
    def write_one(self, path: Path, share: np.ndarray) -> None:
        """Write one cell."""

    @abstractmethod
    def read_one(self, path: Path) -> np.ndarray:
        """Read one cell."""

    def _checked(self, path: Path) -> np.ndarray:
        if not path.name.endswith(self.suffix):
            raise InputError(f"a file that ends in {self.suffix}", path.name)
        share = np.asarray(self.read_one(path), dtype=np.float64)
        cells = self.settings.cells
        if share.shape != cells:
            raise InputError(
                f"a cell of {list(cells)} cells",
                f"{list(share.shape)} in {path.name}",
                "Write these as cells under [setup].",
            )
        if not ((share >= 0) & (share <= 1)).all():
            raise InputError("shares between 0 and 1", f"others in {path.name}")
        return share


class NpzCell(CellFile):
    """NumPy archive of `share`, without loss."""

    name = "npz"
    suffix = ".npz"

    def write_one(self, path: Path, share: np.ndarray) -> None:
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, share=share)

    def read_one(self, path: Path) -> np.ndarray:
        try:
            with np.load(path, allow_pickle=False) as kept:
                return np.array(kept["share"], dtype=np.float64)
        except (OSError, ValueError, TypeError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise InputError("an npz archive with `share`", f"{path.name} ({error})") from error


class StlCell(CellFile):
    """The material in STL (millimetres): the cell three times along each axis, as it is printed.

    A plane cell stands as high as the setup says. Only the largest piece is a part, and the
    middle cell is read back: a grid's cell of which more than half is filled is solid.
    """

    name = "stl"
    suffix = ".stl"

    @property
    def pitch_m(self) -> float:
        """Edge of a grid's cell."""
        return self.settings.cell_m / self.settings.cells[0]

    def write_one(self, path: Path, share: np.ndarray) -> None:
        solid = np.tile((share >= 0.5).astype(np.float64), (TILES,) * share.ndim)
        for axis in range(solid.ndim):
            solid = np.repeat(solid, PARTED, axis)
        step = self.pitch_m / PARTED
        if solid.ndim == 2:
            height = self.settings.height_m
            mesh = solid_2d(solid, step, height, level=0.5, fine=1, smooth_m=0.0)
        else:
            mesh = surface(solid, step, level=0.5, fine=1, smooth_m=0.0)
        write_stl(mesh, path)

    def read_one(self, path: Path) -> np.ndarray:
        mesh, cells, pitch = read_mesh(path).copy(), self.settings.cells, self.pitch_m
        nx, ny, nz = (*cells, 1)[:3]
        first = (nx * pitch, ny * pitch, nz * pitch if len(cells) == 3 else 0.0)
        if len(cells) == 2:
            mesh.vertices = mesh.vertices * [1.0, 1.0, pitch / self.settings.height_m]
        filled = voxels(mesh, (nx, ny, nz), pitch, first) > 0.5
        return np.asarray(filled.reshape(cells), dtype=np.float64)
