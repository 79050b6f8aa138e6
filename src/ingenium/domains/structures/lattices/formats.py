"""Files of lattices: the verified body, and the cells that it was made from."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.tables import read_table
from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.layout import Layout, frames
from ingenium.domains.structures.lattices.recovered import Fields, recovered
from ingenium.domains.structures.lattices.solid import body_density, solid
from ingenium.kits.solids.printing.files import read_mesh, write_stl

COLUMNS = ("column", "row", "amplitude", "wall_m", "web_m", "wanted_j_kg")
BODY, WALLS = "lattice.stl", "walls.csv"
WHOLE = 5e-3  # relative; tolerated difference between the volumes of a body and of its walls
DEEP = 1e-3  # relative; tolerated difference of the depth of a body
DIGITS = 12  # significant; frames are built to the nanometre

Design = dict[str, np.ndarray]


@dataclass(frozen=True)
class CellTable:
    """A folder a design with `cells.csv`, a row a cell, which the reader uses."""

    layout: Layout
    depth_m: float
    variables: tuple[Variable, ...]
    name: str = "cells"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `lattice_000000/` and so on."""
        i, j = np.meshgrid(*map(np.arange, self.layout.cells), indexing="ij")
        paths = {}
        for index in designs[DESIGN].to_numpy().tolist():  # one folder a design
            one = designs.sel({DESIGN: index})
            path = folder / f"lattice_{index:06d}"
            path.mkdir(parents=True)
            table = {"column": i.ravel(), "row": j.ravel()}
            table |= {k: one[k].to_numpy().ravel() for k in COLUMNS[2:5]}
            table["wanted_j_kg"] = np.full(i.size, float(one["wanted_j_kg"]))
            frame = pd.DataFrame(table)
            frame.to_csv(path / "cells.csv", index=False, float_format=f"%.{DIGITS}g")
            self._build(self._one(path / "cells.csv"), path)
            paths[int(index)] = path
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a folder of one design, its `cells.csv`, or a folder of such folders.

        Raises:
            InputError: for files other than whole tables of this layout.
        """
        if path.is_file():
            files = [path]
        elif (path / "cells.csv").is_file():
            files = [path / "cells.csv"]
        else:
            files = sorted(path.glob("*/cells.csv"))
        for file in files if path.is_dir() else ():
            others = {p.name for p in file.parent.iterdir()} - {file.name, BODY, WALLS}
            if others:
                got = f"{', '.join(sorted(others))} beside it in {file.parent}"
                raise InputError("a folder of one lattice alone", got, "Take them out.")
        if not files:
            raise InputError("a cells.csv of a lattice", f"none in {path}", "Name the file itself.")
        designs = [self._design(file) for file in files]
        stems = [file.parent.name.removeprefix("lattice_") for file in files]
        index = [int(s) if s.isdecimal() else i for i, s in enumerate(stems)]
        data = {
            v.name: (
                (DESIGN, *v.dims),
                np.stack([d[v.name] for d in designs]),
                {"units": v.unit, "long_name": v.long_name},
            )
            for v in self.variables
        }
        return xr.Dataset(data, coords={DESIGN: index})

    def _build(self, design: Design, folder: Path) -> None:
        """Write no further files."""

    def _design(self, file: Path) -> Design:
        """Design in the folder of a table.

        Raises:
            InputError: for a table with a body, since the body is verified.
        """
        if file.with_name(BODY).exists():
            raise InputError("a table of cells alone", f"{BODY} beside it", "Name the folder.")
        return self._one(file)

    def _one(self, file: Path) -> Design:
        table, cells = (
            read_table(file, "a cells.csv of a lattice", delimiter=","),
            self.layout.cells,
        )
        table.expect(COLUMNS, math.prod(cells))
        values = np.stack([table.numbers(name) for name in COLUMNS], 1)
        values = values[np.lexsort(values[:, 1::-1].T)]  # by column, then by row
        each, wanted = np.indices(cells).reshape(2, -1).T, values[:, 5]
        if not np.array_equal(values[:, :2], each) or np.ptp(wanted):
            raise InputError(
                "each column and row once, and one target energy",
                f"others in {file}",
                "Number cells from 0.",
            )
        out: Design = {k: values[:, i].reshape(cells) for i, k in enumerate(COLUMNS[2:5], 2)}
        return out | {"wanted_j_kg": wanted[0]}


@dataclass(frozen=True)
class StlLattice(CellTable):
    """A folder a design: `lattice.stl`, the body; `cells.csv`; `walls.csv`, a row a wall.

    The reader uses the body: its walls are sectioned, and the cells are recovered from them
    (`recovered`). `cells.csv` only supplies the starting point, and the request.
    """

    name: str = "stl"
    endings: ClassVar[tuple[str, ...]] = (".stl",)

    def _build(self, design: Design, folder: Path) -> None:
        amplitude, wall, web = (design[k][None] for k in COLUMNS[2:5])
        (built,) = frames(self.layout, amplitude, wall, web)
        (folder / WALLS).write_text(_walls_text(built), encoding="utf-8")
        write_stl(solid(built, self.depth_m), folder / BODY)

    def _design(self, file: Path) -> Design:
        requested = self._one(file)
        mesh = read_mesh(file.with_name(BODY))
        deep = float(np.ptp(mesh.bounds[:, 2]))
        if abs(deep / self.depth_m - 1) > DEEP:
            raise InputError(
                f"a body {1e3 * self.depth_m:g} mm deep",
                f"{1e3 * deep:.4g} mm in {file.parent}",
                "Set depth_m in the setup as the body has it.",
            )
        names = COLUMNS[2:5]
        found = recovered(
            self.layout, (requested[names[0]], requested[names[1]], requested[names[2]]), mesh
        )
        self._check_volume(found, float(mesh.volume), file.parent)
        self._check_walls(requested, file.with_name(WALLS))
        return requested | dict(zip(names, found, strict=True))

    def _check_walls(self, requested: Design, file: Path) -> None:
        """Check that a list of walls agrees with the cells of its body."""
        if not file.exists():
            return
        amplitude, wall, web = (requested[k][None] for k in COLUMNS[2:5])
        (built,) = frames(self.layout, amplitude, wall, web)
        if file.read_text(encoding="utf-8", errors="replace") != _walls_text(built):
            raise InputError(
                f"a {WALLS} of the walls that {BODY} has", f"another in {file.parent}", "Remove it."
            )

    def _check_volume(self, found: Fields, volume_m3: float, folder: Path) -> None:
        """Check that the recovered walls make up the whole mesh."""
        (frame,) = frames(self.layout, *(field[None] for field in found))
        box = self.layout.width_m * self.layout.height_m * self.depth_m
        own = body_density(frame)
        if abs(volume_m3 / box / own - 1) > WHOLE:
            raise InputError(
                f"a mesh of the walls' own volume, {100 * own:.4g} % of the box",
                f"{100 * volume_m3 / box:.4g} % in {folder}",
                "Export the lattice without anything added to its walls or taken from them.",
            )


def _walls_text(frame: Frame) -> str:
    """Ends and thickness of each wall in mm, as CSV."""
    first, last = 1000 * frame.node_m[frame.wall[:, 0]], 1000 * frame.node_m[frame.wall[:, 1]]
    table = pd.DataFrame(
        {
            "x0_mm": first[:, 0],
            "y0_mm": first[:, 1],
            "x1_mm": last[:, 0],
            "y1_mm": last[:, 1],
            "thickness_mm": 1000 * frame.thickness_m,
        }
    )
    return str(table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
