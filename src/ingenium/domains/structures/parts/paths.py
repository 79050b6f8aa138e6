"""Designs of a part as toolpaths in G-code, and read back as deposited material."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import EngineError, InputError
from ingenium.core.quantity import Variable
from ingenium.domains.structures.parts.printed import Printer, number
from ingenium.kits.solids.printing.beads import deposited
from ingenium.kits.solids.printing.collisions import Machine, Printhead, trace
from ingenium.kits.solids.printing.deposition import Deposition
from ingenium.kits.solids.printing.gcode import read_gcode, write_gcode
from ingenium.kits.solids.printing.toolpath import Bead, Pattern, Toolpath, everywhere, toolpath

PATH = "part.gcode"
HEAD = Printhead(nozzle_m=0.004, cone_deg=30.0, body_m=0.03, body_above_m=0.03)
MARGIN_M, HIGH_M = 0.05, 0.1  # the head's travel beyond the space of the part, sideways and above
COLUMNS = 6  # through each cell when beads are read back


@dataclass(frozen=True, eq=False)
class PathFiles:
    """A folder a design with `part.gcode`: solid rings of beads, half as high as wide.

    The beads in the file are verified as they are laid. A path on which the head would collide with
    deposited material, or leave its machine, is not written.
    """

    printer: Printer
    variables: tuple[Variable, ...]
    bead_m: float
    name: str = "gcode"
    endings: tuple[str, ...] = (".gcode",)

    @cached_property
    def process(self) -> Deposition:
        """Speeds by wire and arc."""
        return Deposition(Bead(self.bead_m, self.bead_m / 2))

    @cached_property
    def machine(self) -> Machine:
        """A head that reaches the space of the part and a margin around it."""
        grid = self.printer.part.grid
        x, y, z = (n * grid.cell_m for n in grid.cells)
        low = (-MARGIN_M, -MARGIN_M, 0.0)
        return Machine(HEAD, low, (x + MARGIN_M, y + MARGIN_M, z + HIGH_M))

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a folder for each design.

        Raises:
            EngineError: for a path that the head cannot follow.
        """
        made: dict[int, Path] = {}
        process, density = self.process, designs[self.variables[0].name].to_numpy()
        pattern = Pattern(process.bead, hop_m=2 * process.bead.height_m)
        for index, one in zip(designs[DESIGN].to_numpy().tolist(), density, strict=True):
            path = toolpath(self.printer.mesh(one), pattern, everywhere(1.0))
            followed = trace(path, self.machine)
            if bool((followed.collides | followed.outside).any()):
                hits, out = int(followed.collides.sum()), int(followed.outside.sum())
                raise EngineError(
                    f"the path of design {index} collides {hits} and leaves {out} times"
                )
            made[index] = folder / f"design_{index:04d}"
            made[index].mkdir(parents=True, exist_ok=True)
            file, travel = made[index] / PATH, process.travel_m_s
            write_gcode(path, file, laid_m_s=process.laid_m_s, travel_m_s=travel)
        return made

    def read(self, path: Path) -> xr.Dataset:
        """Read all designs of a folder, the folder of one design, or one G-code file.

        Raises:
            InputError: for other paths and files.
        """
        if path.is_file():
            files = [path]
        else:
            own = path / PATH
            files = [own] if own.is_file() else sorted(path.glob(f"design_*/{PATH}"))
        if not files:
            raise InputError(f"{PATH}, or folders that hold one", str(path), "Name the G-code.")
        rows = torch.from_numpy(np.stack([self.laid(read_gcode(file)) for file in files]))
        index = np.array([number(file.parent) for file in files])
        return to_dataset([rows], self.variables, {}, index=index)

    def laid(self, path: Toolpath) -> Float64[np.ndarray, "x y z"]:
        """Return the share of each cell that beads fill."""
        grid = self.printer.part.grid
        x, y, z = grid.cells
        return deposited(path, (x, y, z), grid.cell_m, fine=COLUMNS)
