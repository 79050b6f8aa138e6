"""G-code files of columns; every line is compared with the path of the stated column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import lines, number, refusing
from ingenium.domains.structures.toolpath.laying import ColumnNumbers, ColumnPrinter
from ingenium.domains.structures.toolpath.verifier import columns
from ingenium.kits.solids.printing.gcode import read_gcode, write_gcode

NUMBER = re.compile(r"column_(\d+)")
FIGURE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
MOVES = ("G0 ", "G1 ", ";HEIGHT:")  # whose figures are rounded; other lines are the same
NEAR = 2e-4  # mm, and mm³ plus a millionth: tolerance for rounding
NOTE = re.compile(r"; column ([a-z_]+) (.+)")


@dataclass(frozen=True, eq=False)
class ColumnPaths:
    """One G-code file for each column, `column_00012.gcode`.

    Its header states the numbers of the column; its moves must follow from them, to a fifth of a
    micrometre, so that the path of the file is verified.
    """

    printer: ColumnPrinter
    variables: tuple[Variable, ...]
    name: str = "gcode"
    endings: tuple[str, ...] = (".gcode",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write every column below the folder.

        Raises:
            EngineError: where no layer takes a bead.
        """
        paths = {}
        arrays = [torch.from_numpy(designs[v.name].to_numpy()) for v in self.variables]
        index = designs[DESIGN].to_numpy().tolist()
        for i, numbers in zip(index, columns(*arrays), strict=True):
            if numbers is None:
                raise InputError("whole numbers of a column", "NaN")
            paths[i] = folder / f"column_{i:05d}.gcode"
            self.write_one(numbers, paths[i])
        return paths

    def write_one(self, numbers: ColumnNumbers, file: Path) -> None:
        """Write notes and the moves."""
        settings, flat = self.printer.settings, _flat(numbers)
        write_gcode(
            self.printer.column(numbers).path,
            file,
            laid_m_s=settings.laid_m_s,
            travel_m_s=settings.travel_m_s,
            notes=[f"column {v.name} {' '.join(flat[v.name])}" for v in self.variables],
        )

    def read(self, path: Path) -> xr.Dataset:
        """Read the column of a file, or all columns of a folder.

        Raises:
            InputError: for other files, or moves that are not those of the column.
        """
        paths = [path] if path.is_file() else sorted(path.glob("column_*.gcode"))
        if not paths:
            raise InputError("G-code of a column, or a folder of them", str(path), "Name the file.")
        match = [NUMBER.search(p.name) for p in paths]
        index = np.array([int(m.group(1)) if m else i for i, m in enumerate(match)])
        rows = [self.checked(p) for p in paths]
        arrays = tuple(torch.tensor(c, dtype=torch.float64) for c in zip(*rows, strict=True))
        return to_dataset(arrays, self.variables, {"axis": ["x", "y"]}, index=index)

    def checked(self, path: Path) -> ColumnNumbers:
        """Return the column whose path is in the file.

        Raises:
            InputError: for any other file.
        """
        what = "G-code of a column"
        if not path.name.endswith(self.endings[0]):
            raise InputError(f"a file that ends in {self.endings[0]}", path.name)
        with refusing(what, path):
            found = lines(path, what)
            reported = {m[1]: m[2] for m in map(NOTE.fullmatch, found) if m}
            if set(reported) != {v.name for v in self.variables}:
                raise InputError(
                    "a head with the numbers of a column", f"{len(reported)} in {path.name}"
                )
            numbers = self._numbers(reported, path)
            read_gcode(path)  # checks that it is G-code
            with TemporaryDirectory() as folder:
                own = Path(folder) / path.name
                self.write_one(numbers, own)
                due = lines(own, what)
            at = _other(found, due)
            if at is not None:
                raise InputError(
                    "the moves of the column that its head describes, under [setup]",
                    f"other ones from line {at + 1} of {path.name}",
                    "Write the path anew, or give the [setup] that it was written under.",
                )
        return numbers

    def _numbers(self, reported: dict[str, str], path: Path) -> ColumnNumbers:
        rows = []
        for v in self.variables:
            values = [number(word) for word in reported[v.name].split()]
            low, high = float(v.lower or 0.0), float(v.upper or 0.0)
            if len(values) != (2 if v.dims else 1) or not all(low <= x <= high for x in values):
                raise InputError(
                    f"{v.name} from {low:g} to {high:g}", f"{reported[v.name]} in {path.name}"
                )
            rows.append(torch.tensor([values] if v.dims else values, dtype=torch.float64))
        (numbers,) = columns(*rows)
        if numbers is None:
            raise InputError("finite numbers of a column", path.name)
        return numbers


def _flat(numbers: ColumnNumbers) -> dict[str, list[str]]:
    return {
        name: [f"{x:.10g}" for x in (value if isinstance(value, tuple) else (value,))]
        for name, value in numbers._asdict().items()
    }


def _other(found: Sequence[str], due: Sequence[str]) -> int | None:
    """The first line that differs, for moves by more than rounding."""
    for i, (one, other) in enumerate(zip(found, due, strict=False)):
        if one != other:
            moves = one.startswith(MOVES) and other.startswith(MOVES)
            if not moves or FIGURE.sub("#", one[2:]) != FIGURE.sub("#", other[2:]):
                return i
            if one[:2] != other[:2]:
                return i
            a, b = (np.array(FIGURE.findall(x), dtype=np.float64) for x in (one, other))
            if not np.allclose(a, b, 1e-6, NEAR):
                return i
    return None if len(found) == len(due) else min(len(found), len(due))
