"""Policies on plants without a shell: many copies, seeded scenarios, common random numbers.

Shapes: n copies, t periods, p readings, m actions, q wanted values, k rates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ingenium.operate.plant import Plant, Policy

Decide = Callable[[np.ndarray, np.ndarray], np.ndarray]  # readings and proposal to applied action


@dataclass(frozen=True, eq=False)
class Rollout:
    """Readings, actions and states of each period."""

    period_s: float
    truth: Float64[np.ndarray, "t n p"]
    wanted: Float64[np.ndarray, "t n q"]
    action: Float64[np.ndarray, "t n m"]
    worth: Float64[np.ndarray, "t n k"]  # rates by the hour

    @property
    def totals(self) -> Float64[np.ndarray, "n k"]:
        """Integrals of the rates over the whole trajectory."""
        found: np.ndarray = self.worth.sum(0) * self.period_s / 3600
        return found

    @property
    def error(self) -> Float64[np.ndarray, "t n q"]:
        """Errors of the readings that have wanted values."""
        found: np.ndarray = self.wanted - self.truth[..., : self.wanted.shape[-1]]
        return found

    def outside(self, plant: Plant) -> Bool[np.ndarray, "t n"]:
        """Periods in which a reading is beyond its range, or missing."""
        low = np.array([r.low for r in plant.readings])
        high = np.array([r.high for r in plant.readings])
        beyond: np.ndarray = np.any(~((self.truth >= low) & (self.truth <= high)), -1)
        return beyond


@runtime_checkable
class WholeTrajectories(Protocol):
    """A plant that can compute whole trajectories of some policies, equal to stepwise ones."""

    def trajectories(
        self, policy: Policy, scenario: Int64[np.ndarray, " n"], periods: int
    ) -> Rollout | None:
        """Return all periods; None for a policy that must be called in each one."""
        ...


def rollout(
    plant: Plant,
    policy: Policy,
    scenario: Int64[np.ndarray, " n"],
    periods: int,
    *,
    decide: Decide | None = None,
) -> Rollout:
    """Run a copy of the plant for each scenario; actions are clipped to their ranges.

    `decide` may replace a proposed action.
    """
    if decide is None and isinstance(plant, WholeTrajectories):
        whole = plant.trajectories(policy, scenario, periods)
        if whole is not None:
            return whole
    state, memory = plant.begin(scenario), policy.begin(len(scenario))
    low, high = (np.array([getattr(a, end) for a in plant.actions]) for end in ("low", "high"))
    shape = (periods, len(scenario))
    truth = np.empty((*shape, len(plant.readings)))
    wanted = np.empty((*shape, plant.wanted(state).shape[1]))
    action = np.empty((*shape, len(low)))
    worth = np.empty((*shape, len(plant.rates)))
    for k in range(periods):  # one after the other: each begins where the last one ended
        truth[k], wanted[k] = plant.truth(state), plant.wanted(state)
        seen = plant.seen(state, ())
        proposed = policy.act(memory, seen, wanted[k])
        if decide is not None:
            proposed = decide(seen, proposed)
        action[k] = np.clip(proposed, low, high)
        memory = policy.learn(memory, seen, wanted[k], action[k])
        state = plant.step(state, action[k], ())
        worth[k] = plant.worth(state, action[k])
    return Rollout(plant.period_s, truth, wanted, action, worth)
