"""Declarative tables: the declaration of a column decides how it is written, read and attacked."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.formats.clocks import StepClock
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import numbered
from ingenium.core.reading.tables import DataTable, read_table
from ingenium.core.units import convert

Numbers = Float64[np.ndarray, "..."]


@dataclass(frozen=True)
class TableColumn:
    """A column of numbers: its heading, and the unit and digits in which people of the field write.

    A number with more digits is refused when it is read: nobody can set it.
    """

    head: str
    unit: str = ""  # that of its variable, if empty
    digits: int | None = None  # after the point; all digits of a double, if None


@dataclass(frozen=True)
class UnitChange:
    """A change of unit by integer ratios, so that converting back gives the same number."""

    times: float = 1.0
    over: float = 1.0
    plus: float = 0.0

    @classmethod
    def between(cls, own: str, other: str, of: str) -> "UnitChange":
        """Return the change of quantity `of` from one unit to another.

        Raises:
            InputError: if a unit is unknown, or the two measure different things.
        """
        if own == other:
            return cls()
        plus, one = (convert(x, own, other, of=of) for x in (0.0, 1.0))
        plus = float(f"{plus:.12g}")
        ratio = one - plus
        return (
            cls(times=_whole(ratio), plus=plus) if ratio >= 1 else cls(1.0, _whole(1 / ratio), plus)
        )

    def to(self, values: Numbers) -> Numbers:
        """Return numbers in the other unit."""
        return np.asarray(self.times * values / self.over + self.plus)

    def back(self, values: Numbers) -> Numbers:
        """Return numbers in the first unit."""
        return np.asarray((values - self.plus) * self.over / self.times)


@dataclass(frozen=True, eq=False)
class Columns:
    """One CSV file for all designs, a row a design.

    Without `columns` each variable is a column of its own name and unit, to the last digit. A
    variable along further dimensions has a column `HEAD:0`, `HEAD:1`, ... for each place.

    Shapes: n designs.

    >>> pipe = Variable("length_m", (), "m", "length of the pipe")
    >>> form = Columns((pipe,), (TableColumn("length_mm", "mm", digits=1),), file="pipes.csv")
    >>> path = form.write(to_dataset([torch.tensor([1.23456])], (pipe,), {}), Path("."))[0]
    >>> path.read_text().split()
    ['design,length_mm', '0,1234.6']
    >>> form.read(path)["length_m"].to_numpy().tolist()
    [1.2346]
    """

    variables: tuple[Variable, ...]
    columns: tuple[TableColumn, ...] = ()
    file: str = "designs.csv"
    name: str = "csv"
    sizes: Mapping[str, int] = field(default_factory=dict)  # of the variables' dimensions
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write the file; return it for each design."""
        index, path = designs[DESIGN].to_numpy(), folder / self.file
        table = dict[str, Numbers]()
        for v, column in self.declared:
            own = self._change(v, column).to(designs[v.name].to_numpy().astype(np.float64))
            own = own if column.digits is None else own.round(column.digits)
            table |= zip(self.heads[v.name], own.reshape(len(index), -1).T, strict=True)
        frame = pd.DataFrame(table, pd.Index(index, name=DESIGN))
        write_atomic(path, frame.to_csv(lineterminator="\n"))
        return dict.fromkeys(index.tolist(), path)

    def read(self, path: Path) -> xr.Dataset:
        """Read the file, the one in a folder, or one like it.

        Raises:
            InputError: for other columns, cells that are no number, or numbers with too many
                digits.
        """
        file = path / self.file if path.is_dir() else path
        table = read_table(file, f"{self.file} of designs", delimiter=",", exact=True)
        table.expect([DESIGN, *(h for heads in self.heads.values() for h in heads)], ordered=False)
        arrays = []
        for v, column in self.declared:
            values, heads = table.block(self.heads[v.name]), self.heads[v.name]
            for head, own in zip(heads, values, strict=True):
                check_digits(table, head, own, column.digits)
            shape = (len(table), *(self.sizes[d] for d in v.dims))
            own = self._change(v, column).back(values.T.reshape(shape))
            arrays.append(torch.from_numpy(np.ascontiguousarray(own)))
        index = table.numbers(DESIGN)
        odd = index != np.rint(index)
        if odd.any():
            row = int(odd.argmax())
            raise InputError(
                "whole numbers of designs", f"{index[row]:g} in {table.place(row, DESIGN)}"
            )
        return to_dataset(arrays, self.variables, {}, index=index.astype(np.int64))

    def rounded(self, designs: xr.Dataset) -> xr.Dataset:
        """Return designs with the digits of their columns."""
        return rounded(designs, self.declared)

    @cached_property
    def declared(self) -> tuple[tuple[Variable, TableColumn], ...]:
        """Each variable with its column."""
        columns = self.columns or tuple(TableColumn(v.name) for v in self.variables)
        return tuple(zip(self.variables, columns, strict=True))

    @cached_property
    def heads(self) -> dict[str, list[str]]:
        """Headings of each variable."""
        found = {}
        for v, column in self.declared:
            count = math.prod(self.sizes[d] for d in v.dims)
            found[v.name] = (
                [f"{column.head}:{i}" for i in range(count)] if v.dims else [column.head]
            )
        return found

    @staticmethod
    def _change(v: Variable, column: TableColumn) -> UnitChange:
        return change_of(v, column)


@dataclass(frozen=True, eq=False)
class StepColumns:
    """A CSV file a design, a row a step: time, then a column for each series.

    A variable along time alone has a column of its own name; one of several series has a column
    `variable:label` for each, or `label:variable` with `label_first`.

    Shapes: n designs, s columns, t steps.
    """

    variables: tuple[Variable, ...]  # whose last dimension is time
    labels: Mapping[str, Any]  # coordinates of their dimensions
    clock: StepClock
    stem: str  # of the files' names
    label_first: bool = False
    check: Callable[[Float64[np.ndarray, "s t"], Path], None] | None = None  # of the columns
    name: str = "csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `STEM_000000.csv` and so on."""
        index = designs[DESIGN].to_numpy().tolist()
        blocks = [designs[v.name].to_numpy().reshape(len(index), -1, self.steps)
                  for v in self.variables]  # fmt: skip
        begun = [designs[v.name].to_numpy().tolist() for v in self.clock.variables]
        paths = {}
        for i, number in enumerate(index):  # a file a design
            rows = np.stack([blocks[q][i, k] for _, q, k in self._places])
            frame = pd.DataFrame(rows.T, columns=self.heads)
            frame.insert(0, self.clock.head, self.clock.cells(*(x[i] for x in begun)))
            paths[int(number)] = folder / f"{self.stem}_{number:06d}.csv"
            frame.to_csv(paths[int(number)], index=False)
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all that a folder holds.

        Raises:
            InputError: for anything but whole series in this layout.
        """
        files, index = numbered(path, "*.csv", f"a CSV of a {self.stem}")
        begun, rows = zip(*(self._one(file) for file in files), strict=True)
        whole = np.stack(rows)
        arrays = []
        for q, v in enumerate(self.variables):
            own = [at for at, (_, of, _) in enumerate(self._places) if of == q]
            sizes = [len(self.labels[d][1]) for d in v.dims]
            arrays.append(torch.from_numpy(whole[:, own].reshape(len(files), *sizes)))
        arrays += [torch.tensor(x, dtype=torch.float64) for x in zip(*begun, strict=True)]
        variables = (*self.variables, *self.clock.variables)
        return to_dataset(arrays, variables, self.labels, index=np.array(index))

    @property
    def steps(self) -> int:
        """Rows of a file."""
        return len(self.labels[self.variables[0].dims[-1]][1])

    @cached_property
    def heads(self) -> list[str]:
        """All headings but that of the time column."""
        return [head for head, _, _ in self._places]

    @cached_property
    def _places(self) -> list[tuple[str, int, int]]:
        """Heading of each column, its variable, and the place of its label."""
        found = []
        for q, v in enumerate(self.variables):
            labels = np.asarray(self.labels[v.dims[0]][1]).tolist() if len(v.dims) > 1 else [""]
            for k, label in enumerate(labels):
                parts = [str(label), v.name] if self.label_first else [v.name, str(label)]
                found.append((":".join(part for part in parts if part), q, k))
        return sorted(found, key=lambda one: one[2]) if self.label_first else found

    def _one(self, file: Path) -> tuple[tuple[float, ...], Float64[np.ndarray, "s t"]]:
        table = read_table(file, f"a CSV of a {self.stem}", delimiter=",")
        table.expect([self.clock.head, *self.heads], self.steps)
        rows = table.block(self.heads)
        begun = self.clock.read(table)
        if self.check is not None:
            self.check(rows, file)
        return begun, rows


def change_of(v: Variable, column: TableColumn) -> UnitChange:
    """Return the change from the unit of a variable to that of its column."""
    return UnitChange.between(v.unit, column.unit or v.unit, v.name)


def rounded(designs: xr.Dataset, declared: Sequence[tuple[Variable, TableColumn]]) -> xr.Dataset:
    """Return designs whose numbers have the digits of their columns."""
    found = dict[str, xr.Variable]()
    for v, column in declared:
        if v.longest is None and column.digits is not None:
            change, own = change_of(v, column), designs.variables[v.name]
            values = change.to(own.to_numpy().astype(np.float64)).round(column.digits)
            found[v.name] = own.copy(data=change.back(values))
    return designs.assign(found)


def check_digits(table: DataTable, head: str, values: Numbers, digits: int | None) -> None:
    """Refuse a number with more digits than can be written.

    Raises:
        InputError: naming the first.
    """
    if digits is None:
        return
    off = np.isfinite(values) & (values != values.round(digits))
    if off.any():
        row = int(off.argmax())
        raise InputError(
            f"{head} of {digits} decimals, as it can be set",
            f"{float(values[row])!r} in {table.place(row, head)}",
            f"Write {values[row].round(digits):g}.",
        )


def _whole(ratio: float) -> float:
    """Return a ratio that is an integer but for rounding as that integer."""
    return float(round(ratio)) if math.isclose(ratio, round(ratio), rel_tol=1e-9) else ratio
