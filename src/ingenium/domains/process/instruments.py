"""Instruments of a simulated laboratory: noisy readings, costs, and failed runs.

Shapes: n designs, v variables, k quantities.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64, Int64
from scipy import stats
from torch import Tensor

from ingenium.core.quantity import Quantity, Variable
from ingenium.domains.process.kinetics import ReactionNetwork

VARIABLES = (
    Variable("temperature_k", (), "K", "temperature of the batch", lower=303.15, upper=403.15),
    Variable(
        "time_s", (), "s", "time until it is quenched", lower=600.0, upper=43200.0, shown="min"
    ),
    Variable("equivalents", (), "1", "mol of B to one of A", lower=0.8, upper=3.0),
    Variable("catalyst", (), "1", "mol of catalyst to one of A", lower=0.001, upper=0.05),
    Variable("concentration", (), "mol/L", "of A in the beginning", lower=0.05, upper=1.0),
)
SETTABLE = (0.1, 60.0, 0.01, 0.0001, 0.01)  # steps in which the instruments can be set
ZERO_K = 273.15  # 0 °C
OFFSET_K = 0.05  # 303.15 is 30 °C, which can be set
PRICES = (4.0, 6.0, 900.0)  # EUR for a mol of A, B and catalyst
SOLVENT, HOUR, HEAT = 1.2, 9.0, 0.02  # EUR for a litre, an hour of the reactor, and a kelvin of it
VOLUME_L, ROOM_K = 1.0, 293.15
LEVEL = 0.95
QUANTITIES = (
    Quantity("reading", "1", "mean of the measured yields of the repeats"),
    Quantity("reading_low", "1", "lower end of its one-sided 95 % interval (Student)"),
    Quantity("side_product", "1", "mol of side product to one of A, read with the same noise"),
    Quantity("cost", "EUR", "chemicals and reactor for a mol of product that was read"),
    Quantity("expense", "EUR", "what the repeats cost the laboratory"),
    Quantity("true_yield", "1", "of the kinetic model; no laboratory knows it", rounding=1e-9),
)


@dataclass(frozen=True)
class Instruments:
    """Repeated noisy readings of one batch; some batches never give an answer.

    Noise and failures are sampled from the settings and the conditions alone, so that a batch
    measured again, alone or among others, gives the same readings.
    """

    network: ReactionNetwork
    noise: float  # standard deviation of a reading of a yield
    failing: float  # share of batches on which the instruments give no answer
    repeats: int
    seed: int
    name: ClassVar[str] = "batch kinetics by Runge-Kutta, with instruments"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(self, *arrays: Float64[Tensor, " n"]) -> Float64[Tensor, "n 6"]:
        """Measure all quantities; NaN for a batch on which an instrument failed."""
        start = started(arrays)
        temperature, time, _, catalyst, concentration = arrays
        worked = self.network.worked(temperature, time, catalyst * concentration)
        end = self.network.after(start, temperature, worked)
        true, side = end[:, 2] / concentration, end[:, 3] / concentration
        drawn = [self._drawn(row) for row in settings_of(arrays).tolist()]  # a generator each
        off = torch.tensor(np.array([o for o, _ in drawn]), dtype=torch.float64)
        off = off.reshape(len(true), self.repeats + 1)
        read = true[:, None] + self.noise * off[:, 1:]
        mean, spread = read.mean(1), read.std(1, correction=1)
        factor = float(stats.t.ppf(LEVEL, self.repeats - 1)) / math.sqrt(self.repeats)
        expense = spent(arrays)
        found = torch.stack(
            [
                mean,
                mean - factor * spread,
                (side + self.noise * off[:, 0]).clamp_min(0.0),
                expense / (concentration * VOLUME_L * mean.clamp_min(1e-3)),
                self.repeats * expense,
                true,
            ],
            1,
        )
        out = torch.tensor([failed for _, failed in drawn], dtype=torch.bool)
        return found.masked_fill(out[:, None], math.nan)

    def _drawn(self, settings: list[int]) -> tuple[np.ndarray, bool]:
        """Sample the deviations of one batch's readings, and whether an instrument fails on it."""
        rng = np.random.default_rng([self.seed, *settings])
        return rng.standard_normal(self.repeats + 1), bool(rng.uniform() < self.failing)


@dataclass(frozen=True)
class Integrator:
    """Independent cross-check of the yield: another integrator in other coordinates."""

    network: ReactionNetwork
    name: ClassVar[str] = "scipy LSODA"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (QUANTITIES[-1],)

    def measure(self, *arrays: Float64[Tensor, " n"]) -> Float64[Tensor, "n 1"]:
        """Return the yield of each batch; scipy integrates one batch at a time."""
        temperature, time, _, catalyst, concentration = arrays
        start, dose = started(arrays).numpy(), catalyst * concentration
        ends = [
            self.network.by_scipy(start[i], float(temperature[i]), float(time[i]), float(dose[i]))
            for i in range(len(start))
        ]
        product = torch.tensor(np.array(ends).reshape(-1, 4)[:, 2], dtype=torch.float64)
        return (product / concentration)[:, None]


def started(arrays: tuple[Float64[Tensor, " n"], ...]) -> Float64[Tensor, "n 4"]:
    """Initial concentrations."""
    _, _, equivalents, _, concentration = arrays
    none = torch.zeros_like(concentration)
    return torch.stack([concentration, equivalents * concentration, none, none], 1)


def spent(arrays: tuple[Float64[Tensor, " n"], ...]) -> Float64[Tensor, " n"]:
    """Cost of one batch of a litre, in EUR."""
    temperature, time, equivalents, catalyst, concentration = arrays
    a, b, c = PRICES
    chemicals = VOLUME_L * (concentration * (a + b * equivalents + c * catalyst) + SOLVENT)
    hours = time / 3600
    return chemicals + hours * (HOUR + HEAT * (temperature - ROOM_K).clamp_min(0.0))


def settings_of(arrays: tuple[Float64[Tensor, " n"], ...]) -> Int64[Tensor, "n 5"]:
    """Return the settings of the instruments, in whole steps."""
    both = zip((arrays[0] - OFFSET_K, *arrays[1:]), SETTABLE, strict=True)
    return torch.stack([(a / step).round() for a, step in both], 1).to(torch.int64)


def settable(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the nearest conditions within their ranges that the instruments can be set to."""
    found = []
    offsets = (OFFSET_K, 0.0, 0.0, 0.0, 0.0)
    for a, v, step, offset in zip(arrays, VARIABLES, SETTABLE, offsets, strict=True):
        inside = a.to(torch.float64).clamp(v.lower, v.upper)
        whole = ((inside - offset) / step).round()
        found.append((whole * step + offset).clamp(v.lower, v.upper))
    return tuple(found)
