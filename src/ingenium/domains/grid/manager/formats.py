"""File of a table: a row for each combination of layers, with its action, as CSV."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import numbered
from ingenium.core.reading.tables import read_table
from ingenium.domains.grid.manager.engine import ACTIONS, SHAPE
from ingenium.domains.grid.manager.home import CHARGES, PERIOD_H, PERIODS

BALANCE = ("large deficit", "deficit", "surplus", "large surplus")
PRICE = ("low", "middle", "high")
CHARGE = tuple(f"{100 * i // CHARGES}-{100 * (i + 1) // CHARGES} %" for i in range(CHARGES))
PERIOD = tuple(f"{PERIOD_H * i:02d}-{PERIOD_H * (i + 1):02d} h" for i in range(PERIODS))
HEADS = ("balance", "price", "charge", "period", "purchase")
CSV = "a CSV of a table of actions"


@dataclass(frozen=True, eq=False)
class TableCsv:
    """A CSV file of a table, for the manager of a battery."""

    variable: Variable
    labels: dict[str, Any]
    name: str = "csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `table_000000.csv` and so on."""
        paths, layers = {}, list(zip(*product(BALANCE, PRICE, CHARGE, PERIOD), strict=True))
        actions = designs[self.variable.name].to_numpy().astype(np.float64)
        for number, own in zip(designs[DESIGN].to_numpy().tolist(), actions, strict=True):
            whole = [int(a) if float(a).is_integer() else float(a) for a in own.ravel()]
            frame = pd.DataFrame(dict(zip(HEADS, (*layers, whole), strict=True)), dtype=object)
            paths[number] = folder / f"table_{number:06d}.csv"  # a file a table
            frame.to_csv(paths[number], index=False, lineterminator="\n")
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all of a folder.

        Raises:
            InputError: for other layers, or an action that there is not.
        """
        files, index = numbered(path, "*.csv", CSV)
        own = torch.as_tensor(np.stack([self._one(file) for file in files]))
        return to_dataset((own,), (self.variable,), self.labels, index=np.array(index))

    def _one(self, file: Path) -> np.ndarray:
        rows = list(product(BALANCE, PRICE, CHARGE, PERIOD))
        table = read_table(file, CSV, delimiter=",", exact=True)
        table.expect(list(HEADS), len(rows))
        found = list(zip(*(table.texts(head) for head in HEADS[:4]), strict=True))
        if found != rows:
            at = next(i for i, (a, b) in enumerate(zip(found, rows, strict=True)) if a != b)
            raise InputError(f"layers {', '.join(rows[at])}", f"{', '.join(found[at])} in "
                             f"{table.place(at)}", "Keep the rows in order.")  # fmt: skip
        known = {str(a): float(a) for a in range(ACTIONS)}
        texts = table.texts(HEADS[4])
        odd = next((i for i, t in enumerate(texts) if t not in known), None)
        if odd is not None:
            raise InputError("a purchase of 0, 1, 2 or 3", f"{texts[odd]!r} in {table.place(odd)}",
                             "0 is none; with 1 the grid serves, 2 and 3 charge.")  # fmt: skip
        return np.array([known[t] for t in texts]).reshape(SHAPE)
