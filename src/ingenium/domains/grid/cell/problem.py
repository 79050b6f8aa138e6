"""`grid.cell`: pairs of discharges of a cell, and the state behind a record of some."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import torch
import xarray as xr
from jaxtyping import Float64
from torch import Tensor

from ingenium import __version__
from ingenium.core.codecs import Channels
from ingenium.core.designs import to_arrays, to_dataset
from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.formats.columns import Columns, TableColumn
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, Section
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.spec import Limit
from ingenium.domains.grid.cell import report
from ingenium.domains.grid.cell.bpx import CellBpx
from ingenium.domains.grid.cell.curves import LABELS, VOLTAGES, known_cells
from ingenium.domains.grid.cell.posterior import CellReadings
from ingenium.domains.grid.cell.prior import DIGITS, LEAST_STEP, CellPrior
from ingenium.domains.grid.cell.records import RECORD, read_records
from ingenium.domains.grid.cell.settings import BatteryCellSettings
from ingenium.domains.grid.cell.view import RecordView, chosen
from ingenium.infer.question import InferenceQuestion

WARMTH = 15.0  # K, at most between two discharges
VARIABLES = (
    Variable("reference", ("volts",), "A h", "counted charge at each voltage, earlier discharge"),
    Variable("change", ("volts",), "A h", "counted charge at each voltage, less the earlier one"),
    Variable("start", (), "A h", "counted charge that was missing as the record began", 0.0),
    Variable("gain", (), "1", "counted charge, of the true one", 0.5, 1.5),
    Variable("warmth", (), "K", "temperature less that of the earlier discharge",
             -WARMTH, WARMTH),
)  # fmt: skip
QUANTITIES = (
    Quantity("capacity", "A h", "charge from full to the lowest voltage"),
    Quantity("health", "percent", "capacity, of the nominal one"),
    Quantity("fade", "percent", "capacity lost since the earlier discharge"),
    Quantity("energy", "W h", "energy between the highest and the lowest voltage"),
    Quantity("middle_voltage", "V", "mean voltage over the charge"),
    Quantity("missing", "percent", "charge missing as the record began, of the capacity"),
    Quantity("least_step", "A h", "smallest charge between neighbouring voltages",
             rounding=1e-12),
)  # fmt: skip


UNSIGNED = "Which of two discharges was the warmer one: up to 15 K are taken as they are."
SMALL = "Whether less charge at a single voltage is a change of the cell, or noise of its sensor."


@dataclass(frozen=True, eq=False)
class BatteryCellVerifier:
    """Capacity, health and energy of pairs of discharges, from their curves.

    Shapes: n pairs, v voltages, k quantities.
    """

    nominal_ah: float
    name: ClassVar[str] = "ingenium"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(
        self,
        reference: Float64[Tensor, "n v"],
        change: Float64[Tensor, "n v"],
        start: Float64[Tensor, " n"],
        gain: Float64[Tensor, " n"],
        warmth: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n k"]:
        """Measure all quantities; NaN for a curve without charge, or numbers that are none."""
        before, charge = reference / gain[:, None], (reference + change) / gain[:, None]
        capacity, step = charge[:, -1], torch.cat([before.diff(dim=1), charge.diff(dim=1)], 1)
        volts = torch.from_numpy(VOLTAGES)
        energy = ((volts[1:] + volts[:-1]) / 2 * charge.diff(dim=1)).sum(1)
        span = charge[:, -1] - charge[:, 0]
        found = torch.stack(
            [capacity, 100 * capacity / self.nominal_ah, 100 * (1 - capacity / before[:, -1]),
             energy, energy / span, 100 * start / gain / capacity, step.amin(1)], 1)  # fmt: skip
        whole = torch.isfinite(torch.cat([charge, torch.stack([start, gain, warmth], 1)], 1))
        valid = whole.all(1) & (capacity > 0) & (before[:, -1] > 0) & (span > 0)
        return torch.where(valid[:, None], found, torch.nan)


class Cell(Problem):
    """A pair of discharges of a cell, of which a record reveals some."""

    name: ClassVar[str] = "grid.cell"
    summary: ClassVar[str] = (
        "state of charge and health of a lithium-ion cell from a record (verb infer), and pairs "
        "of its discharges"
    )
    Settings: ClassVar[type] = BatteryCellSettings
    inputs: ClassVar[tuple[Input, ...]] = (RECORD,)
    observed: ClassVar[str] = RECORD.name
    judged: ClassVar[str] = "The two curves of the file; the nominal capacity is the setup's."
    unchecked: ClassVar[tuple[str, ...]] = (
        "Other currents than the known cells' steady one, and other ambient temperatures.",
        "Relaxation after a rest: a record that begins under way must be under load before.",
        "Whether the record's cell is of the known cells' kind.",
        UNSIGNED,
        SMALL,
    )
    default_family: ClassVar[str] = "gaussian_copula"
    validity = ("least_step",)
    licence: str = ""

    def __init__(self, settings: BatteryCellSettings, given: Given = NOTHING) -> None:
        """Read the known cells, and the record if there is one."""
        self.settings, self.given = settings, given
        cells = known_cells(settings.cells, settings.seed)
        self.record: RecordView | None = None
        self.age = settings.reference_age
        if RECORD.name in given:
            records = read_records(given[RECORD.name], Path("the record"))
            self.record = chosen(records, settings.discharge, settings.until_v, self.age)
            self.age = self.record.age or self.age
        self.known = CellPrior.of(cells, self.record, settings, self.age)
        self.notes = self.known.notes
        self.variables = VARIABLES
        self.sizes = {"volts": len(VOLTAGES)}
        self.conditions = ()
        self.limits = (
            Limit("least_step", at_least=LEAST_STEP),
            Limit("health", at_least=20.0, at_most=130.0, unit="percent"),
            Limit("missing", at_least=0.0, at_most=95.0, unit="percent"),
            Limit("fade", at_least=-15.0, at_most=40.0, unit="percent"),
        )
        self.tiers = (BatteryCellVerifier(settings.nominal_ah),)
        self.system = digest([repr(settings), *(array_digest(c.charge_ah) for c in cells.values())])
        self.formats = {
            "csv": Columns(
                VARIABLES,
                tuple(
                    TableColumn(v.name, digits=d) for v, d in zip(VARIABLES, DIGITS, strict=True)
                ),
                file="cells.csv",
                sizes=self.sizes,
            ),
            "bpx": CellBpx(VARIABLES, settings.nominal_ah, self.known.mean_a),
        }
        self.codec = Channels.of(to_arrays(self._pairs, VARIABLES))

    @cached_property
    def _pairs(self) -> xr.Dataset:
        return self.known.pairs(VARIABLES)

    def data(self) -> xr.Dataset:
        """Return pairs of discharges; one cell is held out."""
        return self._pairs

    def labels(self) -> dict[str, object]:
        """Return the voltages."""
        return dict(LABELS)

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Impose charges that rise as the voltage falls, and a start from full down."""
        return self.known.feasible(arrays)

    def question(self) -> InferenceQuestion:
        """Return the question about the record's last sample.

        Raises:
            InputError: without a record.
        """
        if self.record is None:
            raise InputError("a record as a file", "nothing", "Write --given record.csv.gz.")
        return CellReadings(self.record, self.known, self.settings.nominal_ah).question()

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report curves of both discharges, and fade against capacity."""
        return report.sections(designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Charge in proportion to the fall of the voltage: energy is that of the middle voltage."""
        share = torch.from_numpy((VOLTAGES[0] - VOLTAGES) / (VOLTAGES[0] - VOLTAGES[-1]))
        zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
        arrays = (2.0 * share[None], -0.5 * share[None], zero, one, zero)
        middle = float(VOLTAGES[0] + VOLTAGES[-1]) / 2
        truth = {"capacity": 1.5, "health": 150.0 / self.settings.nominal_ah, "fade": 25.0,
                 "missing": 0.0,
                 "energy": 1.5 * middle, "middle_voltage": middle}  # fmt: skip
        return ((to_dataset(arrays, VARIABLES, self.labels()), truth, 1e-9),)
