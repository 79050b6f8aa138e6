"""`recipes.csv`: conditions as a chemist sets them, a line a batch."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.tables import csv_file, numbers_of
from ingenium.domains.process.instruments import VARIABLES

COLUMNS = ("temperature_c", "time_min", "equivalents_b", "catalyst_mol_percent", "a_mol_l")
DECIMALS = (1, 0, 2, 2, 2)
ZERO_K, FILE = 273.15, "recipes.csv"


def batches(table: np.ndarray, index: np.ndarray) -> xr.Dataset:
    """Designs of conditions in SI, a column a variable."""
    arrays = {
        v.name: (DESIGN, table[:, i], {"units": v.unit, "long_name": v.long_name})
        for i, v in enumerate(VARIABLES)
    }
    return xr.Dataset(arrays, coords={DESIGN: index})


class Recipes:
    """All batches in one CSV file, in °C, minutes and mol %."""

    name: ClassVar[str] = "recipes-csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write it."""
        t, s, b, c, a = (designs[v.name].to_numpy() for v in VARIABLES)
        index, path = designs[DESIGN].to_numpy(), folder / FILE
        table = pd.DataFrame(dict(zip(COLUMNS, (t - ZERO_K, s / 60, b, 100 * c, a), strict=True)))
        table = table.round(dict(zip(COLUMNS, DECIMALS, strict=True)))
        table.set_index(pd.Index(index, name=DESIGN)).to_csv(path)
        return dict.fromkeys(index.tolist(), path)

    def read(self, path: Path) -> xr.Dataset:
        """Read it, or one like it.

        Raises:
            InputError: for a file that is no such table.
        """
        file = path / FILE if path.is_dir() else path
        head, what = (DESIGN, *COLUMNS), "recipes as CSV"
        table = csv_file(file, what)
        if sorted(table.columns) != sorted(head):
            came = f"{','.join(map(str, table.columns))} in {file}"
            raise InputError(f"a CSV with the columns {','.join(head)}", came, "")
        t, s, b, c, a = columns = [numbers_of(table[name], what, file) for name in COLUMNS]
        for name, values, decimals in zip(COLUMNS, columns, DECIMALS, strict=True):
            off = values[values != values.round(decimals)]
            if np.isfinite(off).any():
                came = f"{off[0]!r} in {file}"
                raise InputError(f"{name} of {decimals} decimals, as it can be set", came, "")
        index = numbers_of(table[DESIGN], what, file)
        if (index != np.rint(index)).any():
            raise InputError("whole numbers of designs", f"others in {file}")
        rows = np.stack([t + ZERO_K, 60 * s, b, c / 100, a], 1)
        return batches(rows, index.astype(np.int64))
