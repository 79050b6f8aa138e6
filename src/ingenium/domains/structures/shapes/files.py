"""File formats of shapes with their conditions: STL, VTK image data, and npz.

Shapes: n designs.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, real_numbers, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import replacing, write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.archives import arrays
from ingenium.core.reading.documents import Element, elements
from ingenium.core.reading.files import number, refusing, text, words
from ingenium.domains.structures.shapes.box import DesignBox

NUMBER = re.compile(r"design_(\d+)")
Shape = tuple[np.ndarray, dict[str, float]]  # densities, and numbers of the conditions


@dataclass(frozen=True, eq=False)
class ShapeFile:
    """One file or folder for each design, which also stores its conditions."""

    box: DesignBox
    variables: tuple[Variable, ...]
    name: ClassVar[str]
    suffix: ClassVar[str]

    @property
    def endings(self) -> tuple[str, ...]:
        """Suffixes of its files."""
        return (self.suffix,)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `design_00012` with the suffix of the format, for each design."""
        paths = {}
        for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):  # files are one by one
            path = folder / f"design_{index:05d}{self.suffix}"
            density, *given = (designs[v.name].to_numpy()[i] for v in self.variables)
            names = (c.name for c in self.box.conditions)
            self.write_one(path, density, dict(zip(names, map(float, given), strict=True)))
            paths[index] = path
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read shapes of a file, or all shapes of a folder.

        Raises:
            InputError: for other files, or another box of cells.
        """
        paths = [path] if self.is_one(path) else sorted(path.glob(f"design_*{self.suffix}"))
        if not paths:
            what = f"a {self.name} file of a shape, or a folder of them"
            raise InputError(what, str(path), f"Name them design_00000{self.suffix}.")
        found = [self._checked(p) for p in paths]
        match = [NUMBER.search(p.name) for p in paths]
        index = [int(m.group(1)) if m else i for i, m in enumerate(match)]
        requested = {c.name: np.array([f[1][c.name] for f in found]) for c in self.box.conditions}
        arrays = [np.stack([f[0] for f in found]), *requested.values()]
        return to_dataset(
            [torch.from_numpy(a) for a in arrays],
            self.variables,
            {k: (DESIGN, v) for k, v in requested.items()},
            index=np.array(index),
        )

    def is_one(self, path: Path) -> bool:
        """Return whether the path is a single shape."""
        return path.is_file()

    @abstractmethod
    def write_one(self, path: Path, density: np.ndarray, requested: Mapping[str, float]) -> None:
        """Write one shape."""

    @abstractmethod
    def read_one(self, path: Path) -> Shape:
        """Read one shape."""

    def _checked(self, path: Path) -> Shape:
        if not path.name.endswith(self.suffix):
            raise InputError(f"a file that ends in {self.suffix}", path.name)
        density, requested = self.read_one(path)
        if density.shape != self.box.grid.cells:
            raise InputError(
                f"a shape of {list(self.box.grid.cells)} cells",
                f"{list(density.shape)} in {path.name}",
                "Write these as cells under [setup].",
            )
        absent = [c.name for c in self.box.conditions if c.name not in requested]
        if absent:
            raise InputError(
                f"the conditions that {path.name} was made for",
                f"no {', '.join(absent)}",
                "Write them into the file as numbers.",
            )
        return np.asarray(density, dtype=np.float64), requested


class NpzShape(ShapeFile):
    """NumPy archive of `density` and the conditions, without loss."""

    name = "npz"
    suffix = ".npz"

    def write_one(self, path: Path, density: np.ndarray, requested: Mapping[str, float]) -> None:
        alongside: dict[str, Any] = {k: np.array(v) for k, v in requested.items()}
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, density=density, **alongside)

    def read_one(self, path: Path) -> Shape:
        what = "an npz archive with `density`"
        retained = arrays(path, what)
        with refusing(what, path):
            density = real_numbers(retained.pop("density"))
            return density, {k: float(real_numbers(v)) for k, v in retained.items()}


class VtkShape(ShapeFile):
    """VTK image data as XML text, for ParaView: cell data `density`, conditions as field data.

    Source: VTK File Formats, Kitware, 2010, section XML File Formats, Serial, ImageData.
    """

    name = "vtk"
    suffix = ".vti"

    def write_one(self, path: Path, density: np.ndarray, requested: Mapping[str, float]) -> None:
        extent, spacing = " ".join(map(str, self._extent)), self._spacing_m
        field = "".join(
            f'<DataArray type="Float64" Name="{k}" NumberOfTuples="1" format="ascii">{v!r}'
            "</DataArray>\n"
            for k, v in requested.items()
        )
        values = " ".join(map(repr, density.ravel(order="F").tolist()))  # x runs fastest
        write_atomic(
            path,
            '<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" '
            f'byte_order="LittleEndian">\n<ImageData WholeExtent="{extent}" Origin="0 0 0" '
            f'Spacing="{" ".join(map(repr, spacing))}">\n<FieldData>\n{field}</FieldData>\n'
            f'<Piece Extent="{extent}">\n<CellData Scalars="density">\n'
            f'<DataArray type="Float64" Name="density" format="ascii">{values}</DataArray>\n'
            "</CellData>\n</Piece>\n</ImageData>\n</VTKFile>\n",
        )

    @property
    def _extent(self) -> list[int]:
        """First and last point along each axis."""
        return [x for n in (*self.box.grid.cells, 1)[:3] for x in (0, n)]

    @property
    def _spacing_m(self) -> list[float]:
        grid = self.box.grid
        return [grid.cell_m] * grid.dim + [grid.thickness_m] * (3 - grid.dim)

    def _check_frame(self, element: Element) -> None:
        """Refuse a size, origin or direction other than the box's, which cells do not show.

        Raises:
            InputError: with the difference.
        """
        due: dict[str, list[int] | list[float]] = {"Origin": [0, 0, 0], "Spacing": self._spacing_m}
        due |= dict.fromkeys(("WholeExtent", "Extent"), self._extent)
        for entry, said in element.attributes.items():
            got = [number(word) for word in words(said)]
            own: list[int] | list[float] = due.get(entry, [])
            if len(got) != len(own) or not np.allclose(got, own, rtol=1e-9, atol=1e-12):
                reported = " ".join(f"{x:g}" for x in own) or "no such entry"
                raise InputError(f"{entry} of the box: {reported}", said[:60], "Use its own setup.")

    def read_one(self, path: Path) -> Shape:
        what = "VTK image data of a shape"
        data = text(path, what).encode()
        with refusing(what, path):
            reported = dict[str, str]()
            frames = list[str]()
            for element in elements(data):
                if element.name in ("ImageData", "Piece"):
                    frames.append(element.name)
                    self._check_frame(element)
                elif element.name == "DataArray":
                    name = element.attributes["Name"]
                    form = [element.attributes.get(k) for k in ("type", "format")]
                    if form != ["Float64", "ascii"]:
                        raise InputError(f"{what} as Float64 in ascii", f"{name} as {form}")
                    if name in reported:
                        raise InputError(f"{what} with each array once", f'"{name}" twice')
                    reported[name] = "".join(element.text)
            if sorted(frames) != ["ImageData", "Piece"]:
                raise InputError(f"{what} in one piece", f"{len(frames)} frames in {path.name}")
            values = [number(word) for word in words(reported.pop("density"))]
            density = np.array(values).reshape(self.box.grid.cells, order="F")
            return density, {k: number(v) for k, v in reported.items()}
