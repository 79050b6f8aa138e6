"""Switching rule as a policy, which an engineer writes in three lines before any tuning.

Shapes: n copies, p readings (position, rate), k numbers of a memory (none here).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.domains.autonomy.machines import ControlledMachine
from ingenium.operate.memory import NoMemory


@dataclass(frozen=True, eq=False)
class SwitchingRule(NoMemory):
    """Policy of full speed along the braking curve, and a line near the goal.

    It balances spring and friction of the nominal machine, without any load.

    Source: Workman, Kosut and Franklin, Adaptive proximate time-optimal servomechanisms, American
        Control Conference, 1987.
    """

    machine: ControlledMachine
    share: float = 0.8  # of the brake that the curve counts on
    slope: float = 30.0  # of the line
    name: str = "proximate time-optimal rule"

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n 1"],
    ) -> Float64[np.ndarray, "n 1"]:
        """Return the action, within its range."""
        own, wiring = self.machine.loop, self.machine.wiring
        push = float(own.drive[1])
        most = float(wiring.high[0]) - abs(own.holding) * self.machine.goal
        error, rate = wanted[:, 0] - seen[:, 0], seen[:, 1]
        near, damped = most / self.slope, np.sqrt(2 * self.slope / (push * self.share))
        away = np.maximum(np.abs(error), near)
        braking = np.sqrt(2 * push * self.share * most * away) - most / damped
        line = self.slope / damped * error
        speed = np.where(np.abs(error) <= near, line, np.sign(error) * braking)
        balanced = -(seen[:, :2] @ own.dynamics[1]) / push
        requested = np.clip(damped * (speed - rate), -most, most) + balanced
        found: np.ndarray = np.clip(requested, wiring.low, wiring.high)[:, None]
        return found
