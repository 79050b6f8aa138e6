"""File formats of periodic cells, one file each, in the size of the setup."""

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, real_numbers, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import replacing
from ingenium.core.quantity import Variable
from ingenium.core.reading.archives import arrays
from ingenium.core.reading.files import refusing
from ingenium.domains.structures.cells.printed import CellPrinter
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.kits.solids.printing.files import read_mesh, write_3mf, write_stl
from ingenium.kits.solids.printing.mesh import Trimesh

NUMBER = re.compile(r"cell_(\d+)")
WHOLE = 1e-6  # tolerance by which a share may differ from 0 or 1
DISTANCE = 0.01  # of the body; tolerated difference of a mesh from that of the verified cell


@dataclass(frozen=True, eq=False)
class CellFile:
    """One file for each cell, `cell_00012` with the suffix of the format."""

    variable: Variable
    settings: CellSettings
    name: ClassVar[str]
    suffix: ClassVar[str]

    @property
    def endings(self) -> tuple[str, ...]:
        """Suffixes of its files."""
        return (self.suffix,)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write every design below the folder."""
        paths = {}
        fields = designs[self.variable.name].to_numpy()
        for index, share in zip(designs[DESIGN].to_numpy().tolist(), fields, strict=True):
            paths[index] = folder / f"cell_{index:05d}{self.suffix}"
            self.write_one(paths[index], share)
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read cells of a file, or all cells of a folder.

        Raises:
            InputError: for other files, or another grid.
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
        if not (np.minimum(share, 1 - share) <= WHOLE).all():
            raise InputError(
                "cells that are solid or not, 1 or 0",
                f"shares between in {path.name}",
                "Round them: what is judged are solid cells.",
            )
        return np.round(share)


class NpzCell(CellFile):
    """NumPy archive of `share`: 1 for cells of at least one half, as verified, else 0."""

    name = "npz"
    suffix = ".npz"

    def write_one(self, path: Path, share: np.ndarray) -> None:
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, share=(share >= 0.5).astype(np.float64))

    def read_one(self, path: Path) -> np.ndarray:
        what = "an npz archive with `share`"
        retained = arrays(path, what)
        with refusing(what, path):
            return real_numbers(retained["share"])


@dataclass(frozen=True, eq=False)
class MeshCell(CellFile):
    """Material as a closed mesh, the cell some times along each axis (`Printer`).

    A grid's cell of which more than half lies inside the middle of the mesh is solid; the whole
    mesh must repeat this cell.
    """

    write_mesh: ClassVar[Callable[[Trimesh, Path], None]]

    def write_one(self, path: Path, share: np.ndarray) -> None:
        type(self).write_mesh(CellPrinter(self.settings).mesh(share), path)

    def read_one(self, path: Path) -> np.ndarray:
        printer, mesh = CellPrinter(self.settings), read_mesh(path)
        solid = np.asarray(printer.read(mesh) > 0.5, dtype=np.float64)
        found = printer.shares(mesh)
        own = printer.shares(printer.mesh(solid)) if solid.any() else np.zeros_like(found)
        if not solid.any() or np.abs(found - own).sum() > DISTANCE * own.sum():
            raise InputError(
                f"the same cell {printer.repeated} times along each axis, of whole cells of "
                f"{1e3 * printer.pitch_m:g} mm",
                f"a body that is not that of its middle in {path.name}",
                "Repeat the cell as propose writes it.",
            )
        return solid


class StlCell(MeshCell):
    """Binary STL in millimetres."""

    name = "stl"
    suffix = ".stl"
    write_mesh = write_stl


class ThreeMfCell(MeshCell):
    """3MF in millimetres."""

    name = "3mf"
    suffix = ".3mf"
    write_mesh = write_3mf
