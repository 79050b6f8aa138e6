"""Records of discharges: time, current, voltage and temperature, as in the files of NASA.

Shapes: s samples of a discharge, v voltages.
"""

import gzip
import io
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.core.errors import InputError
from ingenium.core.given import Input
from ingenium.core.reading.files import plain
from ingenium.core.reading.tables import MOST_CSV, DataTable, table_of

RECORD = Input(
    "record",
    "file",
    "discharges of a cell as CSV, perhaps gzipped: cycle_num, Time, Voltage_measured, "
    "Current_measured, Temperature_measured",
)
WHAT = "a CSV of discharges"
GZIP = b"\x1f\x8b"
STEADY = 0.05  # deviation of the current from its median, as a share
LOADED = 0.5  # share of the largest current above which the cell is under load
FEWEST = 20  # samples under load
VOLTS = (1.5, 4.6)  # of a lithium-ion cell
CELSIUS = (-40.0, 90.0)
MOST_AMPERE = 500.0


@dataclass(frozen=True, eq=False)
class CellRecord:
    """One discharge."""

    number: int
    time_s: Float64[np.ndarray, " s"]
    current_a: Float64[np.ndarray, " s"]  # above 0 where the cell gives charge
    voltage_v: Float64[np.ndarray, " s"]
    temperature_c: Float64[np.ndarray, " s"]

    @property
    def loaded(self) -> Bool[np.ndarray, " s"]:
        """True for samples under load."""
        return np.asarray(self.current_a > LOADED * self.current_a.max())

    @property
    def mean_a(self) -> float:
        """Median current under load."""
        return float(np.median(self.current_a[self.loaded]))

    def under_load(self) -> "CellRecord":
        """Return the samples from the first to the last under load."""
        at = np.flatnonzero(self.loaded)
        own = slice(int(at[0]), int(at[-1]) + 1)
        return replace(
            self,
            time_s=self.time_s[own],
            current_a=self.current_a[own],
            voltage_v=self.voltage_v[own],
            temperature_c=self.temperature_c[own],
        )

    def counted_ah(self) -> Float64[np.ndarray, " s"]:
        """Charge given since the first sample, by the trapezoidal rule."""
        middle = (self.current_a[1:] + self.current_a[:-1]) / 2
        return np.concatenate([[0.0], np.cumsum(middle * np.diff(self.time_s))]) / 3600.0

    def at_voltages(self, volts: Float64[np.ndarray, " v"]) -> Float64[np.ndarray, " v"]:
        """Charge given until the voltage first falls to each value; NaN where it does not."""
        return self._until(volts, self.counted_ah())

    def warmth_c(self, volts: Float64[np.ndarray, " v"]) -> Float64[np.ndarray, " v"]:
        """Temperature as the voltage first falls to each value; NaN where it does not."""
        return self._until(volts, self.temperature_c)

    def _until(
        self, volts: Float64[np.ndarray, " v"], values: Float64[np.ndarray, " s"]
    ) -> Float64[np.ndarray, " v"]:
        lowest = np.minimum.accumulate(self.voltage_v)
        found = np.interp(-volts, -lowest, values)
        return np.where((volts <= lowest[0]) & (volts >= lowest[-1]), found, np.nan)

    def until(self, volts: float) -> "CellRecord":
        """Return the part before the voltage first falls below a value."""
        below = self.voltage_v < volts
        end = int(below.argmax()) if below.any() else len(below)
        return self.part(0, end)

    def part(self, start: int, end: int) -> "CellRecord":
        """Return some of the samples."""
        own = slice(start, end)
        return CellRecord(self.number, self.time_s[own], self.current_a[own],
                          self.voltage_v[own], self.temperature_c[own])  # fmt: skip


def read_records(data: bytes, path: Path = Path("record.csv")) -> tuple[CellRecord, ...]:
    """Read the discharges of a file, in its order.

    Raises:
        InputError: for time that goes back, currents of another sign or unit, an unsteady current,
            or voltages and temperatures that no cell has.
    """
    table = table_of(_text(data, path), WHAT, path)
    number = table.numbers("cycle_num")
    columns = (
        table.numbers("Time", "s"),
        -table.numbers("Current_measured", "A"),
        table.numbers("Voltage_measured", "V"),
        table.numbers("Temperature_measured", "degC"),
    )
    change = np.flatnonzero(np.diff(number)) + 1
    starts = [0, *change.tolist()]
    if len(np.unique(number)) != len(starts) or (number != np.rint(number)).any():
        raise InputError(
            "a whole cycle_num for each discharge, whose rows follow each other",
            f"{len(starts)} blocks with {len(np.unique(number))} numbers in {path}",
            "Number the discharges in their order.",
        )
    found = []
    for start, end in zip(starts, [*starts[1:], len(number)], strict=True):
        record = CellRecord(int(number[start]), *(c[start:end] for c in columns))
        _check(record, table, start)
        found.append(record.under_load())
    return tuple(found)


def _text(data: bytes, path: Path) -> str:
    """Decompress and decode the file, within its bound."""
    if data.startswith(GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as opened:
                data = opened.read(MOST_CSV + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(WHAT, f"a broken gzip file at {path}: {error}") from error
        if len(data) > MOST_CSV:
            raise InputError(f"{WHAT} of at most {MOST_CSV >> 20} MiB", f"more in {path}")
    try:
        return plain(data.decode("utf-8-sig"), WHAT, str(path), prose=True)
    except UnicodeDecodeError as error:
        raise InputError(f"{WHAT} in UTF-8", f"other bytes in {path}") from error


def _check(record: CellRecord, table: DataTable, start: int) -> None:
    """Refuse what no discharge of a cell is."""
    back = np.flatnonzero(np.diff(record.time_s) <= 0)
    if len(back):
        row = int(back[0]) + 1
        raise InputError(
            f"time that rises within discharge {record.number}",
            f"{record.time_s[row]:g} s after {record.time_s[row - 1]:g} s in "
            f"{table.place(start + row, 'Time')}",
            "A clock that resets begins another discharge: give it a cycle_num of its own.",
        )
    _check_current(record, table, start)
    low, high = float(record.voltage_v.min()), float(record.voltage_v.max())
    if low < VOLTS[0] or high > VOLTS[1]:
        hint = "They are probably mV: write V." if high > 100 * VOLTS[1] else ""
        if 1 < high / VOLTS[1] <= 100:
            hint = "Is it a pack? Divide by the number of cells in series."
        raise InputError(
            f"the voltage of one cell, {VOLTS[0]} to {VOLTS[1]} V",
            f"{low:g} to {high:g} in discharge {record.number}", hint)  # fmt: skip
    cold, hot = float(record.temperature_c.min()), float(record.temperature_c.max())
    if cold < CELSIUS[0] or hot > CELSIUS[1]:
        hint = "They are probably K: subtract 273.15." if cold > 230 and hot < 370 else ""
        raise InputError(f"temperatures from {CELSIUS[0]:g} to {CELSIUS[1]:g} degC",
                         f"{cold:g} to {hot:g} in discharge {record.number}", hint)  # fmt: skip


def _check_current(record: CellRecord, table: DataTable, start: int) -> None:
    most = float(record.current_a.max())
    where = f"discharge {record.number}, from {table.place(start)}"
    if most <= 1e-3:
        raise InputError(
            "discharge currents below 0, as the files of NASA have them",
            f"{-most:g} to {-float(record.current_a.min()):g} A in {where}",
            "Write the current with the other sign, or leave charging out.",
        )
    if most > MOST_AMPERE:
        raise InputError(f"currents of a cell up to {MOST_AMPERE:g} A", f"{most:g} in {where}",
                         "They are probably mA: write A.")  # fmt: skip
    at = np.flatnonzero(record.loaded)
    if len(at) < FEWEST:
        raise InputError(f"at least {FEWEST} samples under load", f"{len(at)} in {where}")
    own = record.current_a[at[0] : at[-1] + 1]
    off = float(np.abs(own / np.median(own) - 1)[1:].max())
    if off > STEADY:
        raise InputError(
            f"a steady current under load, within {100 * STEADY:g} %",
            f"{100 * off:.3g} % off its median in {where}",
            "The voltages of other currents are not known: split the record where it changes.",
        )
