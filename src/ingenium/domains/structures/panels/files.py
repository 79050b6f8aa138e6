"""CSV files of cores as lists of struts, for CAD programs."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import numbered
from ingenium.core.reading.tables import read_table
from ingenium.core.text import codes
from ingenium.domains.structures.panels.layout import TOPOLOGIES, CoreLayout

COLUMNS = ("x0_mm", "y0_mm", "x1_mm", "y1_mm", "thickness_mm")
NEAR_MM = 2e-4  # tolerance of a position or a thickness, from rounding in files
STEM, STRUTS = "core_", "a list of struts as CSV"


@dataclass(frozen=True)
class StrutTable:
    """Ends and thickness of each strut in mm, to a tenth of a micrometre.

    The reader uses the struts: those of each row must be the struts of a topology.
    """

    layout: CoreLayout
    variables: tuple[Variable, ...]
    name: ClassVar[str] = "struts"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `core_000000.csv` and so on."""
        letters, row_m = to_arrays(designs, self.variables)
        thick = 1e3 * self.layout.thickness_m(letters, row_m).numpy()
        plan, paths = self.layout.plan, {}
        for own, index in zip(thick, designs[DESIGN].to_numpy().tolist(), strict=True):
            there = own > 0
            ends = 1e3 * plan.node_m[plan.strut[there]].reshape(-1, 4)
            table = pd.DataFrame(np.column_stack([ends, own[there]]), columns=list(COLUMNS))
            paths[int(index)] = folder / f"{STEM}{index:06d}.csv"
            table.to_csv(paths[int(index)], index=False, float_format="%.4f")
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or a folder of such files.

        Raises:
            InputError: for files other than the struts of this layout.
        """
        files, index = numbered(path, "*.csv", STRUTS)
        found = [self._one(file) for file in files]
        text = codes([letters for letters, _ in found], self.layout.rows, name="topology")
        rows = torch.from_numpy(np.stack([row_m for _, row_m in found]))
        return to_dataset((text, rows), self.variables, {}, index=np.array(index))

    def _one(self, file: Path) -> tuple[str, np.ndarray]:
        table = read_table(file, STRUTS, delimiter=",")
        table.expect(COLUMNS)
        thick = self._placed(table.block(COLUMNS).T, file)
        plan = self.layout.plan
        rows = plan.alongside.numpy()
        letters, row_mm = [], []
        for row in range(self.layout.rows):
            own = (rows[:, row] == 1) & ~plan.line.numpy()
            letters.append(self._letter(own, thick > 0, row, file))
            row_mm.append(np.median(thick[own & (thick > 0)]))
        again = torch.tensor([[ord(x) for x in letters]], dtype=torch.float64)
        one = torch.tensor([row_mm], dtype=torch.float64)
        built = self.layout.thickness_m(again, one)[0].numpy()
        if np.abs(built - thick).max() > NEAR_MM:
            raise InputError(
                "struts of one thickness in each row, and lines of the mean of two",
                f"others in {file}",
                "Export the core without changing single struts.",
            )
        return "".join(letters), np.array(row_mm) / 1e3

    def _placed(self, values: np.ndarray, file: Path) -> np.ndarray:
        """Thickness (mm) of each strut of the layout, 0 for absent ones."""
        plan = self.layout.plan
        ends = 1e3 * plan.node_m[plan.strut].reshape(-1, 4)
        out = np.zeros(len(ends))
        for *place, thick in values:  # each is assigned to its strut
            turned = [*place[2:], *place[:2]]
            gaps = np.minimum(*(np.abs(ends - np.array(p)).max(1) for p in (place, turned)))
            at = int(gaps.argmin())
            if not gaps[at] <= NEAR_MM or out[at] > 0 or not 0 < thick < np.inf:
                raise InputError(
                    "struts between neighbouring nodes of this layout, each once",
                    f"one from {place[:2]} to {place[2:]} mm, {thick} mm thick, in {file}",
                    "Set the layout in the setup as the core has it.",
                )
            out[at] = thick
        return out

    def _letter(self, own: np.ndarray, there: np.ndarray, row: int, file: Path) -> str:
        """The topology with exactly these struts."""
        for k, letter in enumerate(TOPOLOGIES):
            if np.array_equal(self.layout.plan.there[k, :, row].numpy()[own] > 0, there[own]):
                return letter
        raise InputError(
            f"a row of one of {', '.join(TOPOLOGIES)}",
            f"other struts in row {row + 1} of {file}",
            "Take out what no topology has, and add what is missing.",
        )
