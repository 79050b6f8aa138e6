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
from ingenium.operate.memory import PeriodCount
from ingenium.operate.plant import Policy
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import TEACHING

SHOWN, SHOWN_H = 3, 26.0  # scenarios and hours in which a new policy must satisfy limits
WRONG_WAY, PART_OF_WAY, TREMOR = 0.1, (0.2, 0.9), 0.3  # of a simulated operator
STEP_H = 6.0  # hours between two steps of a knob


@dataclass(frozen=True, eq=False)
class SteppedSetpoints(PeriodCount):
    """A policy that steps set-points from the base case to a goal; Ricker's loops without steps.

    Source: Ricker, J. Process Control 6(4):205, 1996.
    """

    name: str
    goal: Float64[np.ndarray, " 8"]
    per_step: int  # periods

    def act(
        self,
        memory: Float64[np.ndarray, "n 1"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n 8"]:
        """Return the base case, moved towards the goal by a unit for each past step."""
        most = np.floor(memory / self.per_step) * UNIT
        found: np.ndarray = BASE + np.clip(self.goal - BASE, -most, most)
        return found


@dataclass(frozen=True, eq=False)
class SimulatedOperator(PeriodCount):
    """A simulated shift operator: quick and roughly right, with habits and a trembling hand.

    At the start the operator steps to set-points of experience: each on some part of the way to the
    end that lowers the cost, some of them the wrong way. Each hour they are set anew, with an
    error.
    """

    name: str
    goal: Float64[np.ndarray, " 8"]
    seed: int
    per_hour: int

    @classmethod
    def of_seed(cls, seed: int, per_hour: int) -> "SimulatedOperator":
        """Sample a person: how far each set-point is moved, and which ones the wrong way."""
        rng = np.random.default_rng([seed, 29])
        better = -np.sign(GainTwin.of_bench().gain)
        way = np.where(rng.uniform(size=8) < WRONG_WAY, -better, better)
        ends = np.where(way > 0, [a.high for a in ACTIONS], [a.low for a in ACTIONS])
        goal = BASE + rng.uniform(*PART_OF_WAY, 8) * (ends - BASE)
        return cls(f"simulated operator {seed}", goal, seed, per_hour)

    def act(
        self,
        memory: Float64[np.ndarray, "n 1"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n 8"]:
        """Return the set-points of experience, as they are set in this hour."""
        hours = (memory[:, 0] // self.per_hour).astype(np.int64).tolist()
        off = {h: np.random.default_rng([self.seed, 31, h]).standard_normal(8) for h in set(hours)}
        found: np.ndarray = self.goal + TREMOR * UNIT * np.stack([off[h] for h in hours])
        return found


def families(plant: EastmanPlant) -> Mapping[str, Callable[[int], Policy]]:
    """Policies by name, built from a seed and tried in scenarios that no judgement uses."""
    per_hour = round(3600 / plant.period_s)
    made: dict[str, Callable[[int], Policy]] = {
        "agent": lambda seed: SelfOptimiser(GainTwin.of_bench(), per_hour, seed),
        "ricker": lambda seed: SteppedSetpoints("Ricker's loops", BASE, 1),
        "one_knob": lambda seed: _one_knob(per_hour),
        "operator": lambda seed: SimulatedOperator.of_seed(seed, per_hour),
    }
    return {name: partial(_tried, plant, name, make) for name, make in made.items()}


def _one_knob(per_hour: int) -> SteppedSetpoints:
    """Step the set-point with the largest gain of the bench to the end that lowers the cost."""
    gain = GainTwin.of_bench().gain
    knob, goal = int(np.abs(gain).argmax()), BASE.copy()
    goal[knob] = ACTIONS[knob].low if gain[knob] > 0 else ACTIONS[knob].high
    return SteppedSetpoints(f"one knob: {ACTIONS[knob].name}", goal, round(STEP_H * per_hour))


def _tried(plant: EastmanPlant, name: str, make: Callable[[int], Policy], seed: int) -> Policy:
    """Build a policy, and check that it satisfies the plant's limits.

    Raises:
        InputError: for one that violates them.
    """
    policy = make(seed)
    trajectory = rollout(
        plant, policy, TEACHING.some(SHOWN), round(SHOWN_H * 3600 / plant.period_s)
    )
    left = trajectory.outside(plant).any(0)
    if left.any():
        raise InputError(
            f"a policy that keeps the plant's limits for {SHOWN_H:g} h (constraint in learning)",
            f"{name} with seed {seed}, which leaves them in {int(left.sum())} of {SHOWN} scenarios",
            "Another seed or family may keep them.",
        )
    return policy
