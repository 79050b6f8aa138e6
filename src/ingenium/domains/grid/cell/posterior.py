"""The likelihood of counted charges at voltages, and what they say of the last sample.

Shapes: n pairs of discharges, v voltages, m readings, q quantities.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.problem import Section
from ingenium.core.quantity import Quantity
from ingenium.domains.grid.cell import report
from ingenium.domains.grid.cell.curves import VOLTAGES
from ingenium.domains.grid.cell.prior import CellPrior
from ingenium.domains.grid.cell.view import RecordView
from ingenium.infer.question import Arrays, InferenceQuestion, NormalReadings

COUNT_AH = 0.003  # standard deviation of a charge at a voltage: samples are 6 mAh apart
WARMTH_K = 0.3
STATES = (
    Quantity("charge", "percent", "state of charge at the last sample"),
    Quantity("health", "percent", "capacity, of the nominal one"),
    Quantity("minutes_left", "min", "time until empty at the same current"),
    Quantity("charge_at_start", "percent", "state of charge as the record began"),
)


@dataclass(frozen=True, eq=False)
class CellReadings:
    """Readings of a record, as functions of a pair of discharges."""

    record: RecordView
    known: CellPrior
    nominal_ah: float

    @cached_property
    def passed(self) -> np.ndarray:
        """Indices of the voltages that the record passes."""
        return np.flatnonzero(np.isfinite(self.record.counted))

    @cached_property
    def before(self) -> np.ndarray:
        """Indices of the voltages of the earlier discharge; none without one."""
        return np.flatnonzero(np.isfinite(self.record.before))

    @property
    def values(self) -> Float64[Tensor, " m"]:
        """Readings: counted charges of both discharges, and the difference of temperature."""
        r = self.record
        warm = [] if r.reference is None else [r.warmth]
        return torch.from_numpy(
            np.concatenate([r.before[self.before], r.counted[self.passed], warm])
        )

    def mean(self, arrays: Arrays) -> Float64[Tensor, "n m"]:
        """Return the readings of pairs without errors."""
        reference, change, start, _, warmth = arrays
        charge = reference + change
        parts = [reference[:, self.before], charge[:, self.passed] - start[:, None]]
        if self.record.reference is not None:
            parts.append(warmth[:, None])
        return torch.cat(parts, 1)

    @property
    def likelihood(self) -> NormalReadings:
        """The readings with their errors."""
        labels = [f"earlier, {VOLTAGES[i]:.2f} V" for i in self.before]
        labels += [f"{VOLTAGES[i]:.2f} V" for i in self.passed]
        spread = [COUNT_AH] * len(labels)
        if self.record.reference is not None:
            labels, spread = [*labels, "temperature"], [*spread, WARMTH_K]
        return NormalReadings(tuple(labels), self.mean, torch.tensor(spread, dtype=torch.float64))

    def given(self, arrays: Arrays) -> Float64[Tensor, " n"]:
        """Return the counted charge from full to the last voltage, by interpolation."""
        charge = arrays[0] + arrays[1]
        place = float(np.interp(-self.record.last_v, -VOLTAGES, np.arange(len(VOLTAGES))))
        low = min(int(place), len(VOLTAGES) - 2)
        return torch.lerp(charge[:, low], charge[:, low + 1], place - low)

    def states(self, arrays: Arrays) -> Float64[Tensor, "n q"]:
        """Return the states of pairs."""
        capacity, given = (arrays[0] + arrays[1])[:, -1], self.given(arrays)
        left = capacity - given
        true_ah, begun = capacity / arrays[3], 100 * (1 - arrays[2] / capacity)
        minutes = 60 * left / self.record.record.mean_a
        return torch.stack(
            [100 * left / capacity, 100 * true_ah / self.nominal_ah, minutes, begun.clamp(max=100)],
            1,
        )

    def question(self) -> InferenceQuestion:
        """Return the inference question of the record."""
        return InferenceQuestion(
            self.values,
            self.likelihood,
            STATES,
            self.states,
            "gaussian",
            pairs=(("charge", "health"),),
            nearby=self.known.nearby(),
            sections=self.sections,
        )

    def sections(self, designs: xr.Dataset, weight: Float[np.ndarray, " n"]) -> tuple[Section, ...]:
        """Report the curve with its bands, and what counting and a Kalman filter say."""
        return report.of_posterior(self, designs, weight)
