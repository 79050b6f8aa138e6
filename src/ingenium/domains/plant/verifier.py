"""Verifier of a week by EPANET: true readings, visibility of the attack, and its harm.

Shapes: n designs, p demand patterns, t hours, k tags.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.plant.attacks import KINDS, NONE, SHOWN, Attack
from ingenium.domains.plant.network import WaterNetwork
from ingenium.domains.plant.scada import DECIMALS, HOUR_S, WeekRun, Works

LEAST = {"level": 0.1, "flow": 2.0, "status": 0.2, "pressure": 1.0}  # spreads, of steady tags
HARM = (
    Quantity("spilled", "m3", "water over the brims of tanks that are controlled"),
    Quantity("short_of_water", "h", "hours below 5 m of pressure, summed over junctions"),
    Quantity("energy", "kWh", "of all pumps"),
)
NUMBERS = ("attack_code", "target_code", "shown_code", "first_h", "duration_h", "offset")


@dataclass(frozen=True)
class PlantVerifier:
    """EPANET simulation of each week with its attack, and of the same week without one."""

    works: Works
    name: ClassVar[str] = "EPANET"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Version of the build."""
        return self.works.toolkit.version

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities: truth of the readings, the attack, its visibility and its harm."""
        stations = tuple(s.name for s in self.works.network.stations)
        return (
            Quantity("reading_error", "1", "largest departure of a reading, in its last digits"),
            Quantity("attack_kind", "1", "what the attack does", labels=KINDS),
            Quantity("attack_target", "1", "station that is attacked", labels=stations),
            Quantity("attack_shown", "1", "what operators are shown of it", labels=SHOWN),
            Quantity(
                "visibility",
                "1",
                "departure (RMS) of the tag that shows most, in spreads, during the attack",
            ),
            *HARM,
            Quantity("extra_energy", "kWh", "beyond the same week without attack"),
        )

    def measure(
        self,
        demand: Float64[Tensor, "n p t"],
        readings: Float64[Tensor, "n k t"],
        *numbers: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n q"]:
        """Measure all quantities of each week; NaN where flows do not balance."""
        attacks = list(attacks_of(numbers))
        rows = [  # a week is a loop of its own over steps
            self._one(
                demand[i].numpy(), readings[i].numpy(), attack, [float(c[i]) for c in numbers[:3]]
            )
            for i, attack in enumerate(attacks)
        ]
        return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(self.quantities))

    def explain(
        self,
        demand: Float64[Tensor, "n p t"],
        readings: Float64[Tensor, "n k t"],
        *numbers: Float64[Tensor, " n"],
    ) -> list[str]:
        """Return what EPANET says of each week without an answer."""
        pairs = enumerate(attacks_of(numbers))
        return [self.works.explain(demand[i].numpy(), attack) for i, attack in pairs]

    def _one(
        self,
        demand: Float64[np.ndarray, "p t"],
        readings: Float64[np.ndarray, "k t"],
        attack: Attack,
        codes: list[float],
    ) -> list[float]:
        run = self.works.run(demand, attack)
        normal = run if attack.kind == NONE else self.works.run(demand, None)
        if run is None or normal is None:
            return [math.nan] * len(self.quantities)
        error = float(np.abs(readings - run.readings).max()) * 10**DECIMALS
        seen = visibility(self.works.network, run, normal, attack)
        extra = run.energy_kwh - normal.energy_kwh
        return [error, *codes, seen, *_harm(run), extra]


@dataclass(frozen=True)
class OtherBuild:
    """Cross-check of the harm of each week by another build of EPANET."""

    works: Works
    name: ClassVar[str] = "EPANET"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = HARM

    @property
    def version(self) -> str:
        """Version of the build."""
        return self.works.toolkit.version

    def measure(
        self,
        demand: Float64[Tensor, "n p t"],
        readings: Float64[Tensor, "n k t"],
        *numbers: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n 3"]:
        """Measure overflow, shortage and energy of each week."""
        found = [
            self.works.run(demand[i].numpy(), attack)
            for i, attack in enumerate(attacks_of(numbers))
        ]
        rows = [[math.nan] * 3 if run is None else _harm(run) for run in found]
        return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), 3)


def attacks_of(numbers: tuple[Float64[Tensor, " n"], ...]) -> Iterator[Attack]:
    """Yield the attack of each design."""
    for code, target, shown, first, duration, offset in zip(
        *(a.tolist() for a in numbers), strict=True
    ):
        yield Attack(KINDS[round(code)], round(target), shown > 0.5, first, duration, offset)


def visibility(network: WaterNetwork, run: WeekRun, normal: WeekRun, attack: Attack) -> float:
    """Largest deviation of a tag from the attack-free week during the attack, in spreads (RMS)."""
    hours = [h for h in range(run.readings.shape[1]) if attack.on(h * HOUR_S)]
    if not hours:
        return 0.0
    least = np.array([LEAST[t.kind] for t in network.tags])
    spread = np.maximum(normal.readings.std(1), least)
    gap = (run.readings - normal.readings)[:, hours] / spread[:, None]
    return float(np.sqrt(np.square(gap).mean(1)).max())


def _harm(run: WeekRun) -> list[float]:
    return [run.spilled_m3, run.short_h, run.energy_kwh]
