"""Files of lattices: the cells as they are judged, and the walls as a printer gets them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.layout import Layout, frames
from ingenium.domains.structures.lattices.solid import solid
from ingenium.domains.structures.printing.files import read_mesh, write_stl

COLUMNS = ("column", "row", "amplitude", "wall_m", "web_m", "wanted_j_kg")
DIGITS = 12  # significant; frames are built to the nanometre


@dataclass(frozen=True)
class CellTable:
    """A folder a design: `cells.csv`, a row a cell; `walls.csv`, a row a wall; `lattice.stl`.

    `cells.csv` is what is read back and measured. Walls and body are made from it as it was read
    back, and the body is read back too, which refuses one that is not closed or in pieces.
    """

    layout: Layout
    depth_m: float
    variables: tuple[Variable, ...]
    name: str = "cells"

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `lattice_000000/` and so on."""
        i, j = np.meshgrid(*map(np.arange, self.layout.cells), indexing="ij")
        paths = {}
        for index in designs[DESIGN].to_numpy().tolist():  # a folder a design
            one = designs.sel({DESIGN: index})
            path = folder / f"lattice_{index:06d}"
            path.mkdir(parents=True)
            table = {"column": i.ravel(), "row": j.ravel()}
            table |= {k: one[k].to_numpy().ravel() for k in COLUMNS[2:5]}
            table["wanted_j_kg"] = np.full(i.size, float(one["wanted_j_kg"]))
            frame = pd.DataFrame(table)
            frame.to_csv(path / "cells.csv", index=False, float_format=f"%.{DIGITS}g")
            built = self._frame(self._one(path / "cells.csv"))
            _walls(built).to_csv(path / "walls.csv", index=False, float_format="%.6f")
            write_stl(solid(built, self.depth_m), path / "lattice.stl")
            read_mesh(path / "lattice.stl")
            paths[int(index)] = path
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a folder of one design, its `cells.csv`, or a folder of such folders.

        Raises:
            InputError: for anything but whole tables of this layout.
        """
        if path.is_file():
            files = [path]
        elif (path / "cells.csv").is_file():
            files = [path / "cells.csv"]
        else:
            files = sorted(path.glob("*/cells.csv"))
        if not files:
            raise InputError("a cells.csv of a lattice", f"none in {path}", "Name the file itself.")
        designs = [self._one(file) for file in files]
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

    def _one(self, file: Path) -> dict[str, np.ndarray]:
        """The arrays of one table."""
        try:
            table = pd.read_csv(file)
        except (OSError, ValueError) as error:
            raise InputError(
                "a cells.csv of a lattice", f"{file}: {error}", "See `show`."
            ) from None
        cells = self.layout.cells
        if tuple(table.columns) != COLUMNS or len(table) != cells[0] * cells[1]:
            raise InputError(
                f"columns {', '.join(COLUMNS)} and a row for each of {cells[0]} x {cells[1]} cells",
                f"{list(table.columns)} and {len(table)} rows in {file}",
                "Set columns and rows in the setup as the lattice has them.",
            )
        table = table.sort_values(["column", "row"])
        out = {k: table[k].to_numpy(np.float64).reshape(cells) for k in COLUMNS[2:5]}
        return out | {"wanted_j_kg": table["wanted_j_kg"].to_numpy(np.float64)[0]}

    def _frame(self, design: dict[str, np.ndarray]) -> Frame:
        """The frame of one design."""
        amplitude, wall, web = (design[k][None] for k in COLUMNS[2:5])
        return frames(self.layout, amplitude, wall, web)[0]


def _walls(frame: Frame) -> pd.DataFrame:
    """Ends and thickness of each wall in mm."""
    first, last = 1000 * frame.node_m[frame.wall[:, 0]], 1000 * frame.node_m[frame.wall[:, 1]]
    return pd.DataFrame(
        {
            "x0_mm": first[:, 0],
            "y0_mm": first[:, 1],
            "x1_mm": last[:, 0],
            "y1_mm": last[:, 1],
            "thickness_mm": 1000 * frame.thickness_m,
        }
    )
