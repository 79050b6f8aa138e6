"""Controlled machine: its linear loop, test bench, service, and a held-out variant."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int64

from ingenium.domains.autonomy.law import Wiring
from ingenium.domains.autonomy.linear import LinearMachine
from ingenium.operate.drill import Drill
from ingenium.operate.plant import Plant

NOMINAL = -1  # a scenario without noise and load; those below it are corners of the box


@dataclass(frozen=True, eq=False)
class ControlledMachine:
    """Machine with everything that a measurement needs.

    `loop` is the linear nominal machine of each action; `bench` simulates a step from rest and then
    loads, `service` changing levels, and nothing was tuned on `held_out`.
    """

    name: str
    loop: LinearMachine
    wiring: Wiring
    bench: Plant
    service: Plant
    held_out: Plant
    corners: int  # scenarios of the bench below the nominal one
    response_s: float  # of a step
    load_s: float  # from which the bench bears a load
    goal: float  # largest target, from where the holding action is 0
    bounds: tuple[tuple[float, float], ...]  # of kp, kd and ki
    linear: bool  # whether the bench is the loop's machine but for its ranges
    drilled: Callable[[float], Drill]  # of seconds: faults and overrides of a run that names none

    @property
    def periods(self) -> int:
        """Number of periods of a response with its load."""
        return round(self.response_s / self.wiring.period_s)

    @property
    def load_period(self) -> int:
        """First period with a load."""
        return round(self.load_s / self.wiring.period_s)

    @cached_property
    def mains(self) -> Int64[np.ndarray, " m"]:
        """Index of the main output of each action."""
        found: np.ndarray = np.abs(self.wiring.first).argmax(1)
        return found
