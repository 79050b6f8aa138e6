"""What a controller is for: a machine with its loop, its bench, its service, and another of it."""

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
    """One machine as all that measures needs it.

    `loop` is the nominal machine of each action, linear; `bench` answers to a step from rest and
    then to loads, `service` to levels that change, and nothing was tuned on `held_out`.
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
    goal: float  # largest wanted value, from where holding takes nothing
    bounds: tuple[tuple[float, float], ...]  # of kp, kd and ki
    linear: bool  # whether the bench is the loop's machine but for its ranges
    drilled: Callable[[float], Drill]  # of seconds: faults and overrides of a run that names none

    @property
    def periods(self) -> int:
        """Of a response with its load."""
        return round(self.response_s / self.wiring.period_s)

    @property
    def load_period(self) -> int:
        """Before which there is no load."""
        return round(self.load_s / self.wiring.period_s)

    @cached_property
    def mains(self) -> Int64[np.ndarray, " m"]:
        """The output that each action answers for."""
        found: np.ndarray = np.abs(self.wiring.first).argmax(1)
        return found
