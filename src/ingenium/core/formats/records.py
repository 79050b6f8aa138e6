"""Declarative records: a JSON object a design, with entries declared like columns."""

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.formats.columns import TableColumn, change_of, rounded
from ingenium.core.quantity import Variable
from ingenium.core.reading.documents import json_text
from ingenium.core.reading.files import text
from ingenium.core.text import codes

MOST_BYTES = 1 << 28
INSTEAD = "Write what propose writes."


@dataclass(frozen=True, eq=False)
class Records:
    """One file for all designs, an object of JSON a line: its number, and an entry a variable.

    Texts are written by `shown` and read by `taken`; numbers as declared by their column.
    """

    variables: tuple[Variable, ...]
    columns: tuple[TableColumn, ...] = ()  # one for each variable; by default its own name
    file: str = "designs.jsonl"
    name: str = "jsonl"
    shown: Callable[[str], str] = str
    taken: Callable[[str], str] = str
    endings: ClassVar[tuple[str, ...]] = (".jsonl",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write the file; return it for each design."""
        index, path = designs[DESIGN].to_numpy().tolist(), folder / self.file
        entries = {c.head: self._shown(designs[v.name].to_numpy(), v, c) for v, c in self.declared}
        rows = zip(index, *entries.values(), strict=True)
        reported = [json.dumps(dict(zip((DESIGN, *entries), row, strict=True))) for row in rows]
        path.write_text("\n".join(reported) + "\n", encoding="utf-8")
        return dict.fromkeys(index, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read the file, the one in a folder, or one like it.

        Raises:
            InputError: for any other file, naming the line.
        """
        file = path / self.file if path.is_dir() else path
        what = f"{self.file}, an object of JSON a line"
        found = text(file, what, most=MOST_BYTES, prose=True).splitlines()
        rows = [json_text(row, what, f"line {i} of {file}") for i, row in enumerate(found, 1)]
        heads = (DESIGN, *(column.head for _, column in self.declared))
        for i, row in enumerate(rows, 1):
            absent = [h for h in heads if h not in row] if isinstance(row, dict) else heads
            if absent:
                raise InputError(
                    f"{what} with {', '.join(heads)}",
                    f"no {absent[0]} in line {i} of {file}",
                    INSTEAD,
                )
        try:
            index = [int(np.int64(operator.index(row[DESIGN]))) for row in rows]
            arrays = [self._taken([row[c.head] for row in rows], v, c) for v, c in self.declared]
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(what, f"{file} ({error})", INSTEAD) from None
        designs = to_dataset(arrays, self.variables, {}, index=np.array(index, dtype=np.int64))
        texts = [v.name for v in self.variables if v.longest is not None]
        return designs.assign({name: designs[name].astype(object) for name in texts})

    def rounded(self, designs: xr.Dataset) -> xr.Dataset:
        """Return designs with the digits of their columns."""
        return rounded(designs, self.declared)

    @cached_property
    def declared(self) -> tuple[tuple[Variable, TableColumn], ...]:
        """Each variable with its column."""
        columns = self.columns or tuple(TableColumn(v.name) for v in self.variables)
        return tuple(zip(self.variables, columns, strict=True))

    def _shown(self, values: np.ndarray, v: Variable, column: TableColumn) -> list[Any]:
        if v.longest is not None:
            return [self.shown(str(value)) for value in values]
        own = change_of(v, column).to(values.astype(np.float64))
        return list((own if column.digits is None else own.round(column.digits)).tolist())

    def _taken(self, values: list[Any], v: Variable, column: TableColumn) -> Tensor:
        if v.longest is not None:
            if not all(isinstance(value, str) for value in values):
                raise TypeError(f"{column.head} is no text")
            return codes([self.taken(value) for value in values], v.longest, name=v.name)
        found = np.array(values)
        if found.dtype.kind not in "iuf":
            raise TypeError(f"{column.head} is no number")
        own = found.astype(np.float64)
        due = own if column.digits is None else own.round(column.digits)
        if not np.array_equal(own, due, equal_nan=True):
            raise ValueError(f"{column.head} of more than {column.digits} decimals")
        return torch.from_numpy(change_of(v, column).back(own))
