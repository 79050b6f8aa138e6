"""A table over time: what was read at each time, and the last part that is held out.

Shapes: t times, s columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.reading.heads import unit_heads
from ingenium.core.reading.tables import csv_file

FEWEST, MOST, WIDEST = 8, 5000, 6  # times, and columns besides time
OF_LAWS = "exp log sqrt sin cos asin tanh sq pi c c1 c2 c3 c4 c5 c6 rate"  # in the tables of rates
TAKEN = frozenset((*OF_LAWS.split(), *"EINOQS"))  # and names that SymPy has for itself


@dataclass(frozen=True, eq=False)
class MeasuredSeries:
    """Readings above 0 at rising times; the last `held` times are not learned from."""

    clock: str  # name of the column of times
    clock_unit: str
    time: Float64[np.ndarray, " t"]
    names: tuple[str, ...]
    units: tuple[str, ...]
    values: Float64[np.ndarray, "t s"]
    held: int

    @property
    def learned(self) -> slice:
        """Times that are learned from."""
        return slice(0, len(self.time) - self.held)

    @property
    def scale(self) -> Float64[np.ndarray, " s"]:
        """The geometric mean of each column, of what is learned from."""
        return np.asarray(np.exp(np.log(self.values[self.learned]).mean(0)))

    @property
    def span(self) -> float:
        """How long the times last that are learned from."""
        own = self.time[self.learned]
        return float(own[-1] - own[0])

    @classmethod
    def read(cls, path: Path, held_out: float) -> "MeasuredSeries":
        """A CSV file whose first column is time, each column with its unit: `hare [thousand]`.

        Raises:
            InputError: for heads without units, times that repeat, gaps or readings not above 0.
        """
        frame = csv_file(path, "a table over time as CSV")
        if not 2 <= len(frame.columns) <= 1 + WIDEST:
            came = f"{len(frame.columns)} columns in {path}"
            raise InputError(f"a column of times and 1 to {WIDEST} of readings", came)
        heads = unit_heads(map(str, frame), TAKEN, "year [year]", "hare [thousand]")
        names = [name for name, _ in heads]
        if not FEWEST <= len(frame) <= MOST:
            raise InputError(f"from {FEWEST} to {MOST} times", f"{len(frame)}", "Read more often.")
        numbers = _numbers(frame, names)
        held = round(held_out * len(frame))
        if len(frame) - held < FEWEST - 2:
            raise InputError("more times to learn from", f"{held} of {len(frame)} held out")
        units = tuple(u for _, u in heads)
        return cls(names[0], units[0], numbers[:, 0], tuple(names[1:]), units[1:],
                   numbers[:, 1:], held)  # fmt: skip


def _numbers(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Rising times and readings above 0."""
    for column, name in zip(frame, names, strict=True):
        if frame[column].dtype.kind not in "iuf" or not np.isfinite(frame[column]).all():
            raise InputError(
                f"finite numbers in {name}", "gaps or texts", "Leave times with gaps out."
            )
    numbers = frame.to_numpy(dtype=np.float64)
    step = np.diff(numbers[:, 0])
    if (step <= 0).any():
        at = int(np.argmax(step <= 0))
        came = f"{numbers[at, 0]:g} and then {numbers[at + 1, 0]:g} in rows {at + 2} and {at + 3}"
        raise InputError(f"{names[0]} that rises", came, "Keep one row for each time, in order.")
    for name, column in zip(names[1:], numbers[:, 1:].T, strict=True):
        if column.min() <= 0:
            raise InputError(
                f"readings of {name} above 0, whose errors are told by their ratio",
                f"{column.min():g}",
                "Leave such times out, or write what was at least there.",
            )
        if np.ptp(column) <= 1e-9 * column.max():
            raise InputError(f"{name} that varies", f"{column[0]:g} at all times", "Leave it out.")
    return numbers
