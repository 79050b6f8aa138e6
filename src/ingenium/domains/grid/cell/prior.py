"""Pairs of discharges of known cells, and how much a further cell may differ from them.

Shapes: n pairs, v voltages, d normal numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from scipy import stats
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError, choose
from ingenium.core.quantity import Variable
from ingenium.domains.grid.cell.curves import LABELS, VOLTAGES, KnownCell
from ingenium.domains.grid.cell.settings import BatteryCellSettings
from ingenium.domains.grid.cell.view import RecordView
from ingenium.infer.question import Arrays, Nearby

DIGITS = (4, 4, 4, 5, 2)  # after the point of Ah, Ah, Ah, 1 and K, of files
LEAST_STEP = 2e-4  # Ah between neighbouring voltages
OTHER_CELL = 0.1  # standard deviation of a charge of another cell, of the mean capacity
SMOOTH_V = 0.3  # over which such deviations are alike
SAME_CURRENT = 0.05


@dataclass(frozen=True, eq=False)
class CellPrior:
    """Known cells without the one of the record, which is never learned from."""

    cells: tuple[KnownCell, ...]
    held_out: KnownCell
    sensing: BatteryCellSettings
    age: int
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        cells: Mapping[str, KnownCell],
        record: RecordView | None,
        sensing: BatteryCellSettings,
        age: int,
    ) -> "CellPrior":
        """Leave out the record's own cell, or the last one.

        Raises:
            InputError: for a record at another current, or no pairs of that age.
        """
        same = [] if record is None else [c for c in cells.values() if c.holds(record.whole)]
        if sensing.held_out:
            choose(sensing.held_out, cells, "known cell")
        other = cells[sensing.held_out] if sensing.held_out else list(cells.values())[-1]
        held = same[0] if same else other
        known = tuple(c for c in cells.values() if c is not held)
        for c in (held, *known):
            if not len(c.pairs(age)[0]):
                raise InputError(f"discharges of {c.name} with a complete one {age} earlier",
                                 "none", "Write a smaller reference_age.")  # fmt: skip
        mean = float(np.mean([c.mean_a for c in known]))
        if record is not None and abs(record.record.mean_a / mean - 1) > SAME_CURRENT:
            raise InputError(
                f"a record at the current of the known cells, {mean:.3g} A",
                f"{record.record.mean_a:.3g} A in discharge {record.record.number}",
                "Name cells under [setup] that were discharged at the record's current.",
            )
        return cls(known, held, sensing, age, _notes(record, held, bool(same), known))

    @property
    def mean_a(self) -> float:
        """Mean current of the known cells."""
        return float(np.mean([c.mean_a for c in self.cells]))

    def pairs(self, variables: tuple[Variable, ...]) -> xr.Dataset:
        """Return all pairs, each with a start and a gain of the sensor at random."""
        parts, held = [], []
        for c in (*self.cells, self.held_out):
            before, after, warmer, _ = c.pairs(self.age)
            parts.append((before, after - before, warmer))
            held.append(np.full(len(before), c is self.held_out))
        before, change, warmer = (np.concatenate(p) for p in zip(*parts, strict=True))
        rng = np.random.default_rng([self.sensing.seed, 27])
        n = len(before)
        start = rng.uniform(0.0, 1.0, n) * self.sensing.start_missing * self.sensing.nominal_ah
        gain = 1.0 + self.sensing.current_error * rng.standard_normal(n)
        seen = (before * gain[:, None], change * gain[:, None], start * gain, gain, warmer)
        arrays = _rounded(tuple(map(torch.from_numpy, seen)))
        coords = {"held_out": (DESIGN, np.concatenate(held)), **LABELS}
        return to_dataset(arrays, variables, coords)

    def feasible(self, arrays: Arrays) -> Arrays:
        """Impose charges that rise as the voltage falls, and a start within its bounds."""
        reference, change, start, gain, warmth = arrays
        least = 2 * LEAST_STEP * torch.arange(len(VOLTAGES), dtype=torch.float64)
        before = (reference - least).clamp(min=0.0).cummax(1).values + least
        charge = (before + change - least).clamp(min=0.0).cummax(1).values + least
        most = self.sensing.start_missing * self.sensing.nominal_ah
        change, start = charge - before, start.clamp(0.0, most)
        return _rounded((before, change, start, gain.clamp(0.5, 1.5), warmth))

    @cached_property
    def root(self) -> Float64[Tensor, "v v"]:
        """Root of the covariance of charges between cells (Ah)."""
        distance = (VOLTAGES[:, None] - VOLTAGES) / SMOOTH_V
        capacity = np.mean([c.charge_ah[:, -1].mean() for c in self.cells])
        cov = (OTHER_CELL * capacity) ** 2 * np.exp(-0.5 * distance**2)
        return torch.from_numpy(np.linalg.cholesky(cov + 1e-9 * np.eye(len(VOLTAGES))))

    @cached_property
    def rate_spread(self) -> float:
        """Spread of the logarithm of the rate at which a further cell ages.

        Few cells are known, so the normal spread is that with the 90 % band of Student's prediction
        from theirs.
        """
        lost = [np.polyfit(c.number, c.charge_ah[:, -1], 1)[0] for c in self.cells]
        rate = np.log(np.maximum(-np.array(lost), 1e-6))
        n = len(rate)
        wider = stats.t.ppf(0.95, n - 1) / stats.norm.ppf(0.95) * np.sqrt(1 + 1 / n)
        return float(wider * rate.std(ddof=1))

    def nearby(self) -> Nearby:
        """Return pairs of other cells around those of known ones."""
        return Nearby(len(VOLTAGES) + 1, self.moved)

    def moved(self, arrays: Arrays, z: Float64[Tensor, "n d"]) -> Arrays:
        """Move the earlier curve smoothly, and scale what has changed since."""
        reference, change, start, gain, warmth = arrays
        rate = (self.rate_spread * z[:, -1:]).exp()
        return reference + z[:, :-1] @ self.root.T, change * rate, start, gain, warmth


def _rounded(arrays: Arrays) -> Arrays:
    """Round to what a file holds."""
    return tuple(a.round(decimals=d) for a, d in zip(arrays, DIGITS, strict=True))


def _notes(
    record: RecordView | None, held: KnownCell, own: bool, known: tuple[KnownCell, ...]
) -> tuple[str, ...]:
    names = ", ".join(c.name for c in known)
    why = "whose record is judged" if own else "on which coverage is judged"
    found = [f"Learned from {names}; held out is {held.name}, {why}."]
    if held.name.startswith("declared"):
        found.append("Known cells are a declared process, of no product.")
    if record is None:
        return tuple(found)
    found.append(
        f"Discharge {record.whole.number} at {record.record.mean_a:.3g} A, until "
        f"{record.last_v:.3f} V."
    )
    if record.reference is None:
        found.append("No complete discharge came before it: its cell is known by its kind alone.")
    else:
        found.append(f"Discharge {record.reference.number}, {record.age} before it, was complete.")
    return tuple(found)
