"""Quotes as CSV: a row for each, with the numbers that follow from part, process and direction."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import refusing
from ingenium.core.reading.tables import read_table

FILE = "quotes.csv"
NUMBERS = (("price_EUR", 0, 2), ("cycle_h", 1, 2), ("wall_mm", 2, 3), ("powder_kg", 8, 4),
           ("sand_kg", 10, 3), ("binder_kg", 11, 4))  # fmt: skip


@dataclass(frozen=True, eq=False)
class QuoteTable:
    """One CSV of all quotes, `quotes.csv`."""

    variables: tuple[Variable, ...]
    engine: Any  # measures a quote: its numbers are in the table
    name: ClassVar[str] = "quotes-csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write all quotes into one file."""
        path = folder / FILE
        lines = [",".join(["design", *(v.name for v in self.variables), *(n for n, *_ in NUMBERS)])]
        columns = [designs[v.name].to_numpy().astype(np.int64).tolist() for v in self.variables]
        index = designs[DESIGN].to_numpy().tolist()
        for i, *codes in zip(index, *columns, strict=True):
            names = [(v.labels or ())[c] for v, c in zip(self.variables, codes, strict=True)]
            lines.append(",".join([str(i), *names, *self._numbers(codes)]))
        write_atomic(path, ("\n".join(lines) + "\n").encode())
        return dict.fromkeys(index, path)

    def _numbers(self, codes: list[int]) -> list[str]:
        found = self.engine.one(*codes)
        return [f"{(1e3 if name.endswith('_mm') else 1.0) * found[at]:.{digits}f}"
                for name, at, digits in NUMBERS]  # fmt: skip

    def read(self, path: Path) -> xr.Dataset:
        """Read quotes, whose numbers must follow from part, process and direction.

        Raises:
            InputError: for another table, or other numbers.
        """
        what = f"a table of quotes, {FILE}"
        file = path / FILE if path.is_dir() else path
        table = read_table(file, what, delimiter=",", exact=True)
        with refusing(what, file):
            index = np.array(table.numbers("design")).astype(np.int64)
            words = [table.texts(v.name) for v in self.variables]
            stated = [table.numbers(name) for name, *_ in NUMBERS]
        rows = []
        for i, names in enumerate(zip(*words, strict=True)):
            codes = []
            for v, name in zip(self.variables, names, strict=True):
                if name not in (v.labels or ()):
                    raise InputError(f"a {v.name} of the lot", f"{name[:60]!r} in {file.name}")
                codes.append((v.labels or ()).index(name))
            due = self._numbers(codes)
            for (name, *_), column, own in zip(NUMBERS, stated, due, strict=True):
                if float(column[i]) != float(own):
                    raise InputError(f"{name} of {own} for {names[0]}", f"{column[i]:g}",
                                     "Quote anew, under the same [setup] and parts.")  # fmt: skip
            rows.append(codes)
        arrays = tuple(torch.tensor(c, dtype=torch.float64) for c in zip(*rows, strict=True))
        return to_dataset(arrays, self.variables, {}, index=index)
