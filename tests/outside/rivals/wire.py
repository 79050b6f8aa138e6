"""The problem: currents and resistances with little drop of voltage, in an isolated environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import digest
from ingenium.core.formats.columns import Columns
from ingenium.core.problem import Problem, Projection
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.trust.environments.environment import Environment

NAMES = ("current_a", "resistance_ohm")


@dataclass(frozen=True)
class Settings:
    """Settings of the wires."""

    known: int = 64


@dataclass(frozen=True)
class Drops:
    """The drop of voltage, by the engine in the isolated environment."""

    name: str = "pandapower"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (Quantity("drop", "V", "drop of voltage"),)
    environment: Environment = field(
        default_factory=lambda: Environment(Path(__file__).parent / "environment", "rivals")
    )

    @cached_property
    def version(self) -> str:
        return self.environment.version

    def measure(self, *arrays: Tensor) -> Tensor:
        requested = {name: array.numpy() for name, array in zip(NAMES, arrays, strict=True)}
        return torch.from_numpy(self.environment.rows("drops", requested, {}, columns=1).values)


def wires(rows: np.ndarray, index: np.ndarray) -> xr.Dataset:
    """Currents and resistances as a Dataset."""
    arrays = {n: (DESIGN, rows[:, i]) for i, n in enumerate(NAMES)}
    return xr.Dataset(arrays, coords={DESIGN: index})


class Wire(Problem):
    """A current in a wire."""

    name: ClassVar[str] = "rivals.wire"
    summary: ClassVar[str] = "currents in wires of little drop"
    Settings: ClassVar[type] = Settings
    default_family: ClassVar[str] = "gaussian_copula"
    licence: ClassVar[str] = "CC0-1.0"
    judged: ClassVar[str] = "The numbers of the table."
    unchecked: ClassVar[tuple[str, ...]] = ("Heat.",)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.system = digest(settings)
        self.sizes: Mapping[str, int] = {}
        self.variables = (
            Variable(NAMES[0], (), "A", "current", lower=0.0),
            Variable(NAMES[1], (), "ohm", "resistance", lower=0.0),
        )
        self.conditions = (Condition("wanted", "wanted drop", lower=0.0, upper=4.0, unit="V"),)
        self.limits = (Limit("drop", at_most=1.0),)
        self.tiers = (Drops(),)
        self.formats = {"csv": Columns(self.variables, file="wires.csv")}
        self.codec = Channels.of(to_arrays(self.data(), self.variables))

    def data(self) -> xr.Dataset:
        """Known wires, sampled uniformly."""
        rows = np.random.default_rng(1).uniform(0.0, 2.0, (self.settings.known, 2))
        found = wires(rows, np.arange(len(rows)))
        held_out = np.arange(len(rows)) % 5 == 4
        return found.assign_coords(wanted=(DESIGN, rows.prod(1)), held_out=(DESIGN, held_out))

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        return lambda arrays: tuple(a.clamp_min(0.0) for a in arrays)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Ohm's law."""
        return ((wires(np.array([[2.0, 0.25]]), np.zeros(1, dtype=int)), {"drop": 0.5}, 1e-12),)
