"""Meters of a feeder that are read at some times, from which the state of the day is inferred.

Shapes: n designs, m readings, t steps.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
import xarray as xr
from jaxtyping import Float, Float64, Int64
from matplotlib.axes import Axes
from torch import Tensor

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError, choose
from ingenium.core.given import Input
from ingenium.core.problem import Section
from ingenium.core.quantity import Quantity, Variable
from ingenium.domains.grid.data.dataset import HOURS, STEPS, VARIABLES
from ingenium.domains.grid.feeder.verifier import FeederVerifier
from ingenium.drawing.style import INK, KNOWN, OURS, dress, panels
from ingenium.infer.question import InferenceQuestion, NormalReadings
from ingenium.infer.weights import quantiles

IMPORT = "import"  # the meter at the feeding grid, in kW; others are buses, in pu
METERS = Input(
    "meters",
    "table",
    "readings of meters on one day: power from the feeding grid in kW, voltages of buses in pu",
    columns=(
        Variable("hour", (), "h", "of the day, in quarters", 0.0, 23.75),
        Variable("meter", (), "1", f'"{IMPORT}", or the name of a bus', longest=120),
        Variable("value", (), "1", "kW of the import, pu of a bus"),
    ),
    most=10_000,
)
CLASS = 0.01  # of the largest reading of power: one standard deviation
LEAST_KW = 0.1
VOLTAGE_PU = 0.002
QUANTITIES = (
    Quantity("import_energy", "kWh", "energy taken from the feeding grid"),
    Quantity("import_peak", "kW", "highest power from the feeding grid"),
    Quantity("import_least", "kW", "lowest power from the feeding grid"),
    Quantity("min_voltage", "pu", "lowest voltage"),
    Quantity("max_voltage", "pu", "highest voltage"),
)
STEP_H = 0.25
BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class DayMeters:
    """Readings of meters, and their positions in the power flow of a day."""

    verifier: FeederVerifier
    step: Int64[np.ndarray, " m"]
    bus: Int64[np.ndarray, " m"]  # place among the free buses; -1 for the import
    value: Float64[np.ndarray, " m"]
    name: ClassVar[str] = METERS.name

    @classmethod
    def of(cls, verifier: FeederVerifier, table: pd.DataFrame) -> "DayMeters":
        """Build readings in the order in which they were given.

        Raises:
            InputError: for a meter that the feeder does not have, an hour between steps, or two
                readings of one meter at one time.
        """
        names = {name: i for i, name in enumerate(verifier.network.bus_names)}
        meters = [str(name) for name in table["meter"]]
        for name in meters:
            choose(name, [IMPORT, *names], "meter")
        steps = table["hour"].to_numpy() / STEP_H
        if (off := np.flatnonzero(np.abs(steps - np.rint(steps)) > 1e-6)).size:
            hour = table["hour"].iloc[int(off[0])]
            raise InputError("hours in quarters, such as 6.25", f"{hour:g} in row {off[0] + 1}")
        step = np.rint(steps).astype(np.int64)
        twice = pd.DataFrame({"meter": meters, "step": step}).duplicated()
        if twice.any():
            row = int(np.flatnonzero(twice)[0])
            raise InputError(
                "one reading of each meter at a time",
                f"{meters[row]} twice at {HOURS[step[row]]} h",
            )
        bus = np.array([names.get(name, -1) for name in meters], dtype=np.int64)
        value = table["value"].to_numpy(np.float64)
        wrong = (bus >= 0) & ((value < 0.5) | (value > 1.5))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(
                f"the voltage of {meters[row]} in pu, from 0.5 to 1.5", f"{value[row]:g}"
            )
        return cls(verifier, step, bus, value)

    @property
    def spread(self) -> Float64[Tensor, " m"]:
        """Standard deviations of the meters."""
        power = np.abs(self.value[self.bus < 0])
        kw = max(CLASS * float(power.max(initial=0.0)), LEAST_KW)
        return torch.from_numpy(np.where(self.bus < 0, kw, VOLTAGE_PU))

    def mean(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n m"]:
        """Return the error-free readings of the meters, by exact power flow."""
        trace = self.verifier.trace(*arrays)
        voltage = trace.voltage_pu[:, self.step, np.maximum(self.bus, 0)]
        taken = trace.import_kw[:, self.step]
        return torch.from_numpy(np.where(self.bus < 0, taken, voltage))

    def reported(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n 5"]:
        """Return the reported quantities of days."""
        trace = self.verifier.trace(*arrays)
        taken, voltage = trace.import_kw, trace.voltage_pu
        found = (
            taken.sum(1) * STEP_H,
            taken.max(1),
            taken.min(1),
            voltage.min((1, 2)),
            voltage.max((1, 2)),
        )
        return torch.from_numpy(np.stack(found, 1))

    def question(self) -> InferenceQuestion:
        """Return the inference question of the readings."""
        names = (IMPORT, *self.verifier.network.bus_names)
        labels = tuple(
            f"{names[b + 1]} at {HOURS[s]} h" for b, s in zip(self.bus, self.step, strict=True)
        )
        return InferenceQuestion(
            torch.from_numpy(self.value),
            NormalReadings(labels, self.mean, self.spread),
            QUANTITIES,
            self.reported,
            "mixture",
            pairs=(("import_energy", "import_peak"),),
            sections=self.sections,
        )

    def sections(self, designs: xr.Dataset, weight: Float[np.ndarray, " n"]) -> tuple[Section, ...]:
        """Report the day with its bands, and its readings."""
        trace = self.verifier.trace(*to_arrays(designs, VARIABLES))
        read = sorted(set(self.bus[self.bus >= 0].tolist()))
        shown = read[:2] or [int(trace.voltage_pu.min((0, 1)).argmin())]
        figure, grid = panels(1, 1 + len(shown), (4.6, 3.0))
        self._course(grid[0, 0], trace.import_kw, weight, -1, "power from the feeding grid (kW)")
        for axes, bus in zip(grid[0, 1:], shown, strict=True):
            name = self.verifier.network.bus_names[bus]
            self._course(axes, trace.voltage_pu[:, :, bus], weight, bus, f"voltage, {name} (pu)")
        gaps = STEPS - len(set(self.step[self.bus < 0].tolist()))
        text = (
            f"Points were read; bands cover 50 and 90 % of the posterior, also over the {gaps} "
            "steps in which the import was not read."
        )
        return (Section("State of the day", text, figure),)

    def _course(
        self,
        axes: Axes,
        course: Float[np.ndarray, "n t"],
        weight: Float[np.ndarray, " n"],
        bus: int,
        name: str,
    ) -> None:
        low, quarter, middle, three, high = quantiles(course, weight, BANDS)
        axes.fill_between(HOURS, low, high, color=OURS, alpha=0.2, lw=0)
        axes.fill_between(HOURS, quarter, three, color=OURS, alpha=0.35, lw=0)
        axes.plot(HOURS, middle, color=OURS, lw=1.2)
        own = self.bus == bus
        axes.scatter(HOURS[self.step[own]], self.value[own], 9, KNOWN, zorder=3, linewidths=0)
        axes.set_xlim(0, 24)
        axes.set_xticks(range(0, 25, 6))
        axes.yaxis.label.set_color(INK)
        dress(axes, "hour", name, grid=True)
