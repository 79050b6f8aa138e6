"""The discharge of a record that is in question, and the complete one before it.

Shapes: v voltages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.domains.grid.cell.curves import UPPER, VOLTAGES
from ingenium.domains.grid.cell.records import CellRecord

FEWEST = 2  # voltages that the record passes


@dataclass(frozen=True, eq=False)
class RecordView:
    """Counted charges of the discharge in question and of the one before; NaN where not passed."""

    record: CellRecord  # cut where the setup says
    whole: CellRecord
    reference: CellRecord | None
    counted: Float64[np.ndarray, " v"]
    before: Float64[np.ndarray, " v"]
    age: int  # discharges since the earlier one; 0 without one

    @property
    def last_v(self) -> float:
        """Lowest voltage of the record."""
        return float(self.record.voltage_v.min())

    @property
    def warmth(self) -> float:
        """Temperature less that of the earlier discharge, at the voltages that both pass.

        A record that begins under way is warmer than one from a rest, so that its first sample
        says nothing; NaN without an earlier discharge.
        """
        if self.reference is None:
            return float("nan")
        upper = VOLTAGES[:UPPER]
        warmer = self.record.warmth_c(upper) - self.reference.warmth_c(upper)
        return float(np.nanmean(warmer))


def chosen(records: Sequence[CellRecord], number: int, until_v: float, age: int) -> RecordView:
    """Choose the discharge with a number (0 for the last), and the last complete one before it.

    Raises:
        InputError: for a number that the record lacks, or a record that passes too few voltages.
    """
    numbers = [r.number for r in records]
    if number and number not in numbers:
        raise InputError("the number of a discharge of the record",
                         f"{number}; it has {min(numbers)} to {max(numbers)}")  # fmt: skip
    at = numbers.index(number) if number else len(records) - 1
    whole = records[at]
    record = whole.until(until_v) if until_v else whole
    passed = record.at_voltages(VOLTAGES) if len(record.time_s) else np.full(len(VOLTAGES), np.nan)
    if np.isfinite(passed).sum() < FEWEST:
        low = f"{record.voltage_v.min():.2f} V" if len(record.time_s) else "none"
        raise InputError(
            f"a record that passes at least {FEWEST} of {VOLTAGES[0]}, {VOLTAGES[1]}, ..., "
            f"{VOLTAGES[-1]} V under load",
            f"{int(np.isfinite(passed).sum())} (lowest {low}) in discharge {whole.number}",
            "Record longer, or write a lower until_v.",
        )
    for earlier in reversed(records[:at]):
        before = earlier.at_voltages(VOLTAGES)
        since = whole.number - earlier.number
        if since >= age and np.isfinite(before).all():
            return RecordView(record, whole, earlier, passed, before, since)
    return RecordView(record, whole, None, passed, np.full(len(VOLTAGES), np.nan), 0)
