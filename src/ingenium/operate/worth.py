"""Worth of runs: rates of plants, integrated over seeded scenarios, compared with other policies.

Shapes: t periods, n copies, k rates, m actions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float64, Int8, Int64

from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Interval
from ingenium.operate.drill import Drill, PlantFault
from ingenium.operate.plant import (
    Plant,
    PlantState,
    Policy,
    Signal,
    Stoppable,
    Weighed,
    Weighing,
    WorthRate,
    beyond,
)
from ingenium.operate.shell import Decision, Shell

EFFORT = WorthRate("effort", "1")  # 1 is full action: its integral is hours of full action
BY_HOUR, AT_END = "_by_hour", "_at_end"  # suffixes of mean rates: of the run, of its end
LAST = 0.1  # share of a run that counts as its end


def effort(
    actions: Sequence[Signal], action: Float64[np.ndarray, "n m"]
) -> Float64[np.ndarray, "n 1"]:
    """Mean square of actions, each about the middle of its range and over half of its range."""
    low, high = (np.array([getattr(a, e) for a in actions]) for e in ("low", "high"))
    share = (action - (low + high) / 2) / ((high - low) / 2)
    found: np.ndarray = np.square(share).mean(1, keepdims=True)
    return found


def units(plant: Plant) -> dict[str, str]:
    """Quantities of worth with their units: integrals, means by the hour, and of the end alone."""
    totals = {r.name: r.total for r in plant.rates}
    return totals | {r.name + end: r.unit for end in (BY_HOUR, AT_END) for r in plant.rates}


@dataclass(frozen=True, eq=False)
class ServedRuns:
    """Copies of a plant in their shells: rates, violations, deciders, decisions and the end."""

    rates: Float64[np.ndarray, "t n k"]
    outside: Bool[np.ndarray, "t n"]  # periods that began with a true reading out of its range
    who: Int8[np.ndarray, "t n"]
    halted: Bool[np.ndarray, "t n"]  # shut down by the end of the period
    weighed: tuple[tuple[int, Weighing], ...]  # copy and decision, in order of time


def served(
    policy: Policy, shell: Shell, drill: Drill, scenario: Int64[np.ndarray, " n"], periods: int
) -> ServedRuns:
    """Run copies in their shells, under the same faults and people as a run."""
    plant, n = shell.plant, len(scenario)
    state, memory, known = plant.begin(scenario), policy.begin(n), shell.begin(n)
    rates = np.empty((periods, n, len(plant.rates)))
    outside, halted = np.zeros((2, periods, n), dtype=bool)
    who, weighed = np.empty((periods, n), dtype=np.int8), []
    for k in range(periods):  # one after the other: each begins where the last one ended
        now = k * plant.period_s
        faults = tuple(f for f in drill.faults if f.on(now))
        person = next((p for p in drill.persons if p.on(now)), None)
        seen, wanted = plant.seen(state, faults), plant.wanted(state)
        outside[k] = beyond(plant, plant.truth(state))
        if isinstance(policy, Weighed):
            each = (policy.weigh(memory[[i]], seen[[i]], wanted[[i]]) for i in range(n))
            weighed += [(i, own) for i, own in enumerate(each) if own is not None]
        decided = shell.decide(known, seen, policy.act(memory, seen, wanted), person=person)
        memory = policy.learn(memory, seen, wanted, decided.action)
        state = advanced(plant, state, decided, faults)
        known, who[k], rates[k] = decided.memory, decided.who, plant.worth(state, decided.action)
        if isinstance(plant, Stoppable):
            halted[k] = plant.halted(state)
    return ServedRuns(rates, outside, who, halted, tuple(weighed))


def advanced(
    plant: Plant, state: PlantState, decided: Decision, faults: Sequence[PlantFault]
) -> PlantState:
    """Return the state after a period with the shell's decision, shut down where it says so."""
    if isinstance(plant, Stoppable) and decided.shut.any():
        state = plant.shut(state, decided.shut)
    return plant.step(state, decided.action, faults)


def measured(rates: Float64[np.ndarray, "t n k"], plant: Plant) -> dict[str, Interval]:
    """Integrals and means by the hour over scenarios; exact for one scenario alone."""
    totals = rates.sum(0) * plant.period_s / 3600
    last = rates[-max(1, round(LAST * len(rates))) :].mean(0)
    found: dict[str, Interval] = {}
    for end, values in (("", totals), (BY_HOUR, rates.mean(0)), (AT_END, last)):
        found |= {r.name + end: about(values[:, i]) for i, r in enumerate(plant.rates)}
    return found


def about(values: Float64[np.ndarray, " n"]) -> Interval:
    """Mean over scenarios with its interval; NaN if any value is NaN, zero width for one."""
    if len(values) == 1 or not np.isfinite(values).all():
        mean = float(values.mean())
        return Interval(mean, mean, mean)
    return t_interval(values)


@dataclass(frozen=True, eq=False)
class WorthScenarios:
    """Rates of a run and of its other scenarios, and of rivals in the same ones."""

    own: Float64[np.ndarray, "t n k"]
    rivals: Mapping[str, Float64[np.ndarray, "t n k"]]
    weighed: tuple[tuple[int, Weighing], ...] = ()  # of the other scenarios

    def saved(self, plant: Plant) -> dict[str, dict[str, Interval]]:
        """Return the excess of each rival over the run, paired by scenario."""
        return {name: measured(rates - self.own, plant) for name, rates in self.rivals.items()}

    def onto(self, trajectory: xr.Dataset) -> xr.Dataset:
        """Return a trajectory with the rates of rivals in its own scenario."""
        if not self.rivals:
            return trajectory
        rates = np.stack([rates[:, 0] for rates in self.rivals.values()])
        found: xr.Dataset = trajectory.assign(alongside=(("rival", "time", "rate"), rates))
        return found.assign_coords(rival=list(self.rivals))
