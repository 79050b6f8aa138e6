"""Policies that need no run: Ricker's set-points, one-knob tuning, and the agent.

Shapes: n copies, k numbers of a memory, p readings, m = 8 set-points.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.domains.plant.tennessee.agent import SelfOptimiser
from ingenium.domains.plant.tennessee.machine import EastmanPlant
from ingenium.domains.plant.tennessee.tags import ACTIONS, BASE
from ingenium.domains.plant.tennessee.twin import UNIT, GainTwin
from ingenium.operate.plant import Policy
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import TEACHING

SHOWN, SHOWN_H = 3, 26.0  # scenarios and hours in which a policy must keep limits to be made
STEP_H = 6.0  # between two steps of a knob


@dataclass(frozen=True, eq=False)
class SteppedSetpoints:
    """From the base case to others, a unit every so many hours; to none it is Ricker's own loops.

    Source: Ricker, J. Process Control 6(4):205, 1996.
    """

    name: str
    goal: Float64[np.ndarray, " 8"]
    per_step: int  # periods

    def begin(self, n: int) -> Float64[np.ndarray, "n 1"]:
        """Periods that are over."""
        return np.zeros((n, 1))

    def act(
        self,
        memory: Float64[np.ndarray, "n 1"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n 8"]:
        """As many units on the way as steps are over."""
        most = np.floor(memory / self.per_step) * UNIT
        found: np.ndarray = BASE + np.clip(self.goal - BASE, -most, most)
        return found

    def learn(
        self,
        memory: Float64[np.ndarray, "n 1"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n 8"],
    ) -> Float64[np.ndarray, "n 1"]:
        """A period more."""
        return memory + 1


def families(plant: EastmanPlant) -> Mapping[str, Callable[[int], Policy]]:
    """By name, each made from a seed and tried where nothing judges it."""
    per_hour = round(3600 / plant.period_s)
    made: dict[str, Callable[[int], Policy]] = {
        "agent": lambda seed: SelfOptimiser(GainTwin.of_bench(), per_hour, seed),
        "ricker": lambda seed: SteppedSetpoints("Ricker's loops", BASE, 1),
        "one_knob": lambda seed: _one_knob(per_hour),
    }
    return {name: partial(_tried, plant, name, make) for name, make in made.items()}


def _one_knob(per_hour: int) -> SteppedSetpoints:
    """The set-point to which the bench's cost is the most sensitive, to the end that lowers it."""
    gain = GainTwin.of_bench().gain
    knob, goal = int(np.abs(gain).argmax()), BASE.copy()
    goal[knob] = ACTIONS[knob].low if gain[knob] > 0 else ACTIONS[knob].high
    return SteppedSetpoints(f"one knob: {ACTIONS[knob].name}", goal, round(STEP_H * per_hour))


def _tried(plant: EastmanPlant, name: str, make: Callable[[int], Policy], seed: int) -> Policy:
    """A policy that keeps the plant's limits where it was made.

    Raises:
        InputError: for one that leaves them.
    """
    policy = make(seed)
    course = rollout(plant, policy, TEACHING.some(SHOWN), round(SHOWN_H * 3600 / plant.period_s))
    left = course.outside(plant).any(0)
    if left.any():
        raise InputError(
            f"a policy that keeps the plant's limits for {SHOWN_H:g} h (constraint in learning)",
            f"{name} with seed {seed}, which leaves them in {int(left.sum())} of {SHOWN} scenarios",
            "Another seed or family may keep them.",
        )
    return policy
