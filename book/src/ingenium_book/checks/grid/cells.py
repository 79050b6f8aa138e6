"""Row 27.16: each cell of NASA judged by a posterior that learned from the three others.

Every discharge is read with a current that is 1 % too high or too low, and an unknown start.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.seeds import one_thread
from ingenium.domains.grid.cell.curves import NASA, NASA_FOLDER, VOLTAGES, KnownCell
from ingenium.domains.grid.cell.posterior import CellReadings
from ingenium.domains.grid.cell.problem import Cell
from ingenium.domains.grid.cell.records import CellRecord
from ingenium.domains.grid.cell.rivals import Rivals
from ingenium.domains.grid.cell.settings import BatteryCellSettings
from ingenium.domains.grid.cell.view import RecordView
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.infer.methods.method import Answer, InferenceTask
from ingenium.infer.methods.table import named
from ingenium.infer.prior import Prior
from ingenium.infer.spec import InferSpec
from ingenium.infer.weights import quantiles
from ingenium.runs.loop import training
from ingenium_book.findings import Commands
from ingenium_book.owned import owned

CELLS = ("B0005", "B0006", "B0007", "B0018")
OWNER = "the Battery Data Set of NASA Ames"
BIAS = 0.01  # of the current
MISSING = 0.15  # largest share of the nominal charge missing at the start
SAMPLES, ROWS = 400, 1024
UNTIL_V = 3.5
LATER = 5  # discharges
FEWEST = 2  # samples of a record
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A cell, and a generator that learned from the others."""

    cell: KnownCell
    problem: Cell
    prior: Prior

    @classmethod
    def of(cls, name: str, age: int) -> "LeftOut":
        """Fit the generator to pairs of the other cells."""
        problem = Cell(BatteryCellSettings(cells=NASA, held_out=name, reference_age=age))
        known = training(problem)
        spec = resolve(InferSpec("grid.cell").spec, problem)
        made = fitted.fit(problem, known, spec.generator, watch=silent)
        generator = Generator(problem, made.family, spec, known)
        prior = Prior.of(generator, ROWS, 0, problem.known.nearby())
        return cls(problem.known.held_out, problem, prior)

    def views(self, until_v: float, *, bias: float, missing: bool) -> Iterator["Seen"]:
        """Return each discharge as a sensor shows it, with its truths."""
        cell, s = self.cell, self.problem.settings
        at = {int(n): i for i, n in enumerate(cell.number)}
        rng = np.random.default_rng(27)
        for number, i in at.items():
            lost = rng.uniform(0.0, MISSING) * s.nominal_ah if missing else 0.0
            gain = 1.0 + bias * rng.choice([-1.0, 1.0])
            if number - s.reference_age not in at:
                continue
            whole, before = cell.records[i], cell.records[at[number - s.reference_age]]
            record = seen(whole.until(until_v), gain, lost)
            if len(record.time_s) < FEWEST:
                continue
            counted = record.at_voltages(VOLTAGES)
            if np.isfinite(counted).sum() < 2:
                continue
            reference = seen(before, gain, 0.0)
            view = RecordView(record, whole, reference, counted,
                              reference.at_voltages(VOLTAGES), s.reference_age)  # fmt: skip
            capacity = float(cell.charge_ah[i, -1])
            given = float(np.interp(-view.last_v, -VOLTAGES, cell.charge_ah[i]))
            yield Seen(view, 100 * (1 - given / capacity), 100 * capacity / s.nominal_ah)


@dataclass(frozen=True, eq=False)
class Seen:
    """A record, and the true charge and health at its last sample (per cent)."""

    view: RecordView
    charge: float
    health: float


def trial(
    name: str, until_v: float, *, age: int = 1, bias: float = BIAS, missing: bool = True
) -> dict[str, float]:
    """Judge a cell by the other three: errors, coverage, and the rivals' errors (per cent)."""
    own = LeftOut.of(name, age)
    answers: dict[tuple[int, ...], tuple[CellReadings, Answer]] = {}
    rows = []
    rng = torch.Generator().manual_seed(7)
    for one in own.views(until_v, bias=bias, missing=missing):
        passed = tuple(np.flatnonzero(np.isfinite(one.view.counted)).tolist())
        readings = CellReadings(one.view, own.problem.known, own.problem.settings.nominal_ah)
        with one_thread():
            if passed not in answers:
                task = InferenceTask(own.prior, readings.likelihood, readings.states, SAMPLES)
                answers[passed] = (readings, named("gaussian").prepared(task, rng))
            found = answers[passed][1](readings.values, rng)
        low, middle, high = quantiles(readings.states(found.arrays).numpy(), found.weight, BAND)
        rivals = Rivals(one.view.before)
        rows.append(
            {
                "charge": middle[0] - one.charge,
                "health": middle[1] - one.health,
                "charge_in": low[0] <= one.charge <= high[0],
                "health_in": low[1] <= one.health <= high[1],
                "counting": 100 * rivals.counting(one.view.record) - one.charge,
                "kalman": 100 * rivals.kalman(one.view.record) - one.charge,
                "last_health": 100 * rivals.capacity_ah / own.problem.settings.nominal_ah
                - one.health,
                "mean_health": one.health,
            }
        )
    return _summary({k: np.array([float(r[k]) for r in rows]) for k in rows[0]})


def _summary(found: Mapping[str, np.ndarray]) -> dict[str, float]:
    def rms(x: np.ndarray) -> float:
        return float(np.sqrt(np.square(x).mean()))

    mean = float(found["mean_health"].mean()) / 100
    return {
        "discharges": float(len(found["charge"])),
        **{f"{k}_error": rms(found[k]) for k in ("charge", "counting", "kalman")},
        **{f"{k}_error": rms(found[k]) / mean for k in ("health", "last_health")},
        "charge_covered": 100 * float(found["charge_in"].mean()),
        "health_covered": 100 * float(found["health_in"].mean()),
    }


def held_out_cells(commands: Commands, values: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Judge each of the four cells, from records down to 3.5 V."""
    return _judged(1)


def aged_cells(commands: Commands, values: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Judge them where the last complete discharge was five discharges ago."""
    return _judged(LATER)


def _judged(age: int) -> dict[str, dict[str, float]]:
    owned(NASA_FOLDER, [f"{name}_discharge.csv.gz" for name in CELLS], OWNER)
    return {name: trial(name, UNTIL_V, age=age) for name in CELLS}


def seen(record: CellRecord, gain: float, missing_ah: float) -> CellRecord:
    """Return a record under way: with a current that is off, and without its first part."""
    first = int(np.searchsorted(record.counted_ah(), missing_ah))
    left = record.part(first, len(record.time_s))
    return replace(left, current_a=gain * left.current_a)
