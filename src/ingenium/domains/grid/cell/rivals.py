"""Coulomb counting and an extended Kalman filter, as battery management systems use them.

Shapes: s samples.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.domains.grid.cell.curves import VOLTAGES
from ingenium.domains.grid.cell.records import CellRecord

FIRST_SD = 0.1  # of the assumed state of charge
DRIFT = 1e-6  # variance of the state of charge that a sample adds
VOLT_SD = 0.02  # of the voltage of the earlier curve


@dataclass(frozen=True, eq=False)
class Rivals:
    """Estimates that take the earlier discharge as the cell's, and begin full."""

    charge_ah: Float64[np.ndarray, " v"]  # counted until each voltage, earlier discharge

    @property
    def capacity_ah(self) -> float:
        """Capacity of the earlier discharge."""
        return float(self.charge_ah[-1])

    def counting(self, record: CellRecord) -> float:
        """State of charge at the last sample, by coulomb counting from full."""
        return 1.0 - float(record.counted_ah()[-1]) / self.capacity_ah

    def kalman(self, record: CellRecord) -> float:
        """State of charge at the last sample, by an extended Kalman filter.

        The voltage under load is that of the earlier discharge at the same state of charge; the
        state is corrected by its slope.

        Source: Plett, J. Power Sources 134, 2004, part 3.
        """
        share = 1.0 - self.charge_ah[::-1] / self.capacity_ah  # rises
        volts = VOLTAGES[::-1]
        share = share + 1e-9 * np.arange(len(share))
        state, variance = 1.0, FIRST_SD**2
        drop = np.diff(record.counted_ah(), prepend=0.0) / self.capacity_ah
        for k, given in enumerate(drop):  # a filter is recursive
            state, variance = state - given, variance + DRIFT
            if not volts[0] <= record.voltage_v[k] <= volts[-1]:
                continue
            at = float(np.clip(state, share[0], share[-1]))
            i = int(np.clip(np.searchsorted(share, at) - 1, 0, len(share) - 2))
            slope = (volts[i + 1] - volts[i]) / (share[i + 1] - share[i])
            modelled = volts[i] + slope * (state - share[i])
            gain = variance * slope / (slope**2 * variance + VOLT_SD**2)
            state = state + gain * (record.voltage_v[k] - modelled)
            variance = (1 - gain * slope) * variance
        return float(state)
