"""A table over time: readings at each time, the last part held out.

Shapes: t times, s columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.reading.heads import unit_heads
from ingenium.core.reading.tables import DataTable, read_table

FEWEST, MOST, WIDEST = 8, 5000, 6  # times, and columns besides time
OF_LAWS = "exp log sqrt sin cos asin tanh sq pi c c1 c2 c3 c4 c5 c6 rate"  # in the tables of rates
TAKEN = frozenset((*OF_LAWS.split(), *"EINOQS"))  # and names that SymPy reserves


@dataclass(frozen=True, eq=False)
class MeasuredSeries:
    """Readings above 0 at increasing times; the last `held` times are held out of the fit."""

    clock: str  # name of the column of times
    time_unit: str
    time: Float64[np.ndarray, " t"]
    names: tuple[str, ...]
    units: tuple[str, ...]
    values: Float64[np.ndarray, "t s"]
    held: int

    @property
    def learned(self) -> slice:
        """Times used for the fit."""
        return slice(0, len(self.time) - self.held)

    @property
    def scale(self) -> Float64[np.ndarray, " s"]:
        """Geometric mean of each column over the fitted times."""
        return np.asarray(np.exp(np.log(self.values[self.learned]).mean(0)))

    @property
    def span(self) -> float:
        """Duration of the fitted times."""
        own = self.time[self.learned]
        return float(own[-1] - own[0])

    @classmethod
    def read(cls, path: Path, held_out: float) -> "MeasuredSeries":
        """Read a CSV file whose first column is time, each column with its unit: `hare [thousand]`.

        Raises:
            InputError: for heads without units, times that repeat, gaps or readings not above 0.
        """
        table = read_table(path, "a table over time as CSV", delimiter=",")
        if not 2 <= len(table.heads) <= 1 + WIDEST:
            got = f"{len(table.heads)} columns in {path}"
            raise InputError(f"a column of times and 1 to {WIDEST} of readings", got)
        heads = unit_heads(table.heads, TAKEN, "year [year]", "hare [thousand]")
        names = [name for name, _ in heads]
        if not FEWEST <= len(table) <= MOST:
            raise InputError(f"from {FEWEST} to {MOST} times", f"{len(table)}", "Read more often.")
        numbers = np.column_stack([table.numbers(head) for head in table.heads])
        _check(numbers, names, table)
        held = round(held_out * len(table))
        if len(table) - held < FEWEST - 2:
            raise InputError("more times to learn from", f"{held} of {len(table)} held out")
        units = tuple(u for _, u in heads)
        return cls(names[0], units[0], numbers[:, 0], tuple(names[1:]), units[1:],
                   numbers[:, 1:], held)  # fmt: skip


def _check(numbers: np.ndarray, names: Sequence[str], table: DataTable) -> None:
    """Refuse times that do not increase, and readings that are not above 0 or never vary."""
    step = np.diff(numbers[:, 0])
    if (step <= 0).any():
        at = int(np.argmax(step <= 0))
        got = f"{numbers[at, 0]:g} and then {numbers[at + 1, 0]:g} in {table.place(at + 1)}"
        raise InputError(f"{names[0]} that rises", got, "Keep one row for each time, in order.")
    for name, column in zip(names[1:], numbers[:, 1:].T, strict=True):
        if column.min() <= 0:
            raise InputError(
                f"readings of {name} above 0, whose errors are relative",
                f"{column.min():g} in {table.place(int(column.argmin()), name)}",
                "Leave such times out, or write what was at least there.",
            )
        if np.ptp(column) <= 1e-9 * column.max():
            raise InputError(f"{name} that varies", f"{column[0]:g} at all times", "Leave it out.")
