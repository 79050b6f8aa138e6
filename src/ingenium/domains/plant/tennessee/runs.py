"""Labelled runs of the plant: set-points that move a little, a fault of the benchmark, its tags.

Shapes: n runs, h hours, t rows, k = 53 tags.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.plant.tennessee.core import EXTRA, FLAGS_OF_MODEL, PER_HOUR, eastman
from ingenium.domains.plant.tennessee.machine import DISTURBANCES, FAULTS
from ingenium.domains.plant.tennessee.tags import BASE, FIXED, MEASURED, RATES_PER_HOUR, VALVES

KINDS = ("none", *(f"IDV {i}" for i in range(1, FAULTS + 1)))
TAGS = (*(name for name, _, _ in MEASURED), *VALVES)
MOVED = 3  # set-points that a run moves: reactor pressure, level, temperature
ROWS = 20  # an hour: every three minutes, as the benchmark's data
DECIMALS = 4  # of readings in files
SHOWN = (
    Quantity("cost", "$/h", "mean operating cost"),
    Quantity("product", "m3/h", "mean rate of product"),
    Quantity("pressure", "kPa", "highest pressure of the reactor, as read"),
)


@dataclass(frozen=True)
class EastmanFault:
    """A disturbance of the benchmark that lasts from an hour to the end, at a share of its size."""

    kind: str
    onset_h: float
    size: float
    noise: int  # number that seeds the noise

    def at(self, hour: float) -> Float64[np.ndarray, " 28"]:
        """Disturbances in the row that ends at an hour."""
        found = np.zeros(DISTURBANCES)
        if self.kind != KINDS[0] and hour > self.onset_h:
            found[KINDS.index(self.kind) - 1] = self.size
        return found

    @property
    def seed(self) -> float:
        """Seed of the plant's noise generator, an odd number."""
        return float(2 * (self.noise * 7919 + 104729) + 1)


@dataclass(frozen=True, eq=False)
class EastmanRun:
    """Readings and summary of a run."""

    readings: Float64[np.ndarray, "k t"]
    shown: tuple[float, float, float]
    tripped_h: float  # time of the shutdown; NaN without one


def run(targets: Float64[np.ndarray, "3 h"], fault: EastmanFault) -> EastmanRun | None:
    """Run the compiled loop; None where the plant gave no number."""
    return _run(np.ascontiguousarray(targets).tobytes(), targets.shape[1], fault)


@lru_cache(maxsize=64)
def _run(targets: bytes, hours: int, fault: EastmanFault) -> EastmanRun | None:
    own = np.frombuffer(targets).reshape(MOVED, hours)
    core, steps = eastman(), PER_HOUR // ROWS
    x = core.begin(fault.seed)
    core.part(x, "target")[0] = np.concatenate([BASE, FIXED])
    rate = np.concatenate([RATES_PER_HOUR, np.zeros(4)]) / PER_HOUR
    rows, costs, tripped = [], [], math.nan
    for k in range(hours * ROWS):
        wanted = np.concatenate([own[:, k // ROWS], BASE[MOVED:], FIXED])[None]
        x = core.run(x, steps, wanted, rate, fault.at((k + 1) / ROWS)[None])
        rows.append(np.concatenate([core.part(x, "seen")[0], core.part(x, "valve")[0]]))
        costs.append(core.part(x, "meter")[0, 0])
        if math.isnan(tripped) and core.part(x, "tripped")[0, 0] > 0:
            tripped = (k + 1) / ROWS
    readings = np.stack(rows, 1)
    if not np.isfinite(readings).all():
        return None
    shown = float(np.mean(costs)), float(readings[16].mean()), float(readings[6].max())
    return EastmanRun(np.round(readings, DECIMALS), shown, tripped)


@dataclass(frozen=True)
class EastmanVerifier:
    """Verifier that repeats each run from its set-points and its fault."""

    name: ClassVar[str] = "Tennessee Eastman, compiled loop"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("reading_error", "1", "largest departure of a reading, in its last digits"),
        Quantity("fault_kind", "1", "disturbance of the benchmark", labels=KINDS),
        *SHOWN,
        Quantity("tripped", "h", "of the run in which the plant was shut down"),
    )

    @property
    def version(self) -> str:
        """Version of the package that contains the plant."""
        return EXTRA.release_of("tep-studio")

    def measure(
        self,
        targets: Float64[Tensor, "n 3 h"],
        readings: Float64[Tensor, "n k t"],
        *numbers: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n 6"]:
        """Measure all quantities of each run; NaN where the plant gave no number."""
        rows = [
            self._one(targets[i].numpy(), readings[i].numpy(), fault)
            for i, fault in enumerate(faults_of(numbers))
        ]
        return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(self.quantities))

    def _one(self, targets: np.ndarray, readings: np.ndarray, fault: EastmanFault) -> list[float]:
        found = run(targets, fault)
        if found is None:
            return [math.nan] * len(self.quantities)
        error = float(np.abs(readings - found.readings).max()) * 10**DECIMALS
        hours = targets.shape[1]
        tripped = 0.0 if math.isnan(found.tripped_h) else hours - found.tripped_h
        return [error, float(KINDS.index(fault.kind)), *found.shown, tripped]


@dataclass(frozen=True)
class PackageLoop:
    """The package's own closed loop in Python, with the same set-points, fault and noise."""

    name: ClassVar[str] = "tep-studio's closed loop"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = SHOWN

    @property
    def version(self) -> str:
        """Version of the package."""
        return EXTRA.release_of("tep-studio")

    def measure(
        self,
        targets: Float64[Tensor, "n 3 h"],
        readings: Float64[Tensor, "n k t"],
        *numbers: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n 3"]:
        """Measure cost, product and highest pressure; NaN where the loop trips and ends."""
        rows = [self._one(targets[i].numpy(), fault) for i, fault in enumerate(faults_of(numbers))]
        return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), 3)

    def _one(self, targets: Float64[np.ndarray, "3 h"], fault: EastmanFault) -> list[float]:
        control = EXTRA.package("tep_studio.control")
        core = EXTRA.package("tep_studio.simulation.core")
        step, hours = 1 / PER_HOUR, targets.shape[1]
        wanted = RampedTargets(targets, control.ControllerSetpoints)
        plant = core.TennesseeEastmanProcess(ms_flag=FLAGS_OF_MODEL)
        loop = control.ClosedLoopSimulation(simulator=plant, control_interval=step, horizon=hours)
        found = loop.run(
            seed=fault.seed,
            setpoint_schedule=wanted,
            disturbance_schedule=lambda t: fault.at(
                (math.floor(round(t * PER_HOUR) / (PER_HOUR // ROWS)) + 1) / ROWS
            ),
        )
        if found.terminated:
            return [math.nan] * 3
        cost = [r.objective_terms["production_cost_measured_per_hour"] for r in found.results]
        own = np.stack([r.measurements for r in found.results])[
            PER_HOUR // ROWS - 1 :: PER_HOUR // ROWS
        ]
        return [float(np.mean(cost)), float(own[:, 16].mean()), float(own[:, 6].max())]


class RampedTargets:
    """Set-points of the package's controllers, which move to those of the hour at limited rates."""

    def __init__(self, targets: Float64[np.ndarray, "3 h"], make: Any) -> None:
        self.targets, self.make, self.now = targets, make, BASE.copy()

    def __call__(self, time: float) -> Any:
        """Return the set-points of the step that begins."""
        hour = min(int(round(time * PER_HOUR) // PER_HOUR), self.targets.shape[1] - 1)
        goal = np.concatenate([self.targets[:, hour], BASE[MOVED:]])
        most = RATES_PER_HOUR / PER_HOUR
        up, down = np.minimum(goal, self.now + most), np.maximum(goal, self.now - most)
        self.now = np.where(goal >= self.now, up, down)
        pressure, level, temperature, ya, yac = self.now[:5].tolist()
        separator, stripper, product, pct_g = FIXED.tolist()
        return self.make(
            reactor_level=level, reactor_pressure=pressure, reactor_temperature=temperature,
            separator_level=separator, stripper_level=stripper, pct_g=pct_g,
            production_rate=product, ya=ya, yac=yac,
        )  # fmt: skip


def faults_of(numbers: tuple[Float64[Tensor, " n"], ...]) -> Iterator[EastmanFault]:
    """The fault of each run."""
    for kind, onset, size, noise in zip(*(a.tolist() for a in numbers), strict=True):
        yield EastmanFault(KINDS[round(kind)], onset, size, round(noise))
