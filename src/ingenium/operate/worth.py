"""Worth of runs: rates of plants, integrated over seeded scenarios, compared with other policies.

Shapes: t periods, n copies, k rates, m actions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float64, Int64

from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Interval
from ingenium.operate.drill import Drill
from ingenium.operate.plant import Plant, Policy, Signal, WorthRate
from ingenium.operate.shell import Shell

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


def served(
    policy: Policy, shell: Shell, drill: Drill, scenario: Int64[np.ndarray, " n"], periods: int
) -> Float64[np.ndarray, "t n k"]:
    """Rates of copies in their shells, under the same faults and people as a run."""
    plant, n = shell.plant, len(scenario)
    state, memory, known = plant.begin(scenario), policy.begin(n), shell.begin(n)
    rates = np.empty((periods, n, len(plant.rates)))
    for k in range(periods):  # one after the other: each begins where the last one ended
        now = k * plant.period_s
        faults = tuple(f for f in drill.faults if f.on(now))
        person = next((p for p in drill.persons if p.on(now)), None)
        seen, wanted = plant.seen(state, faults), plant.wanted(state)
        decided = shell.decide(known, seen, policy.act(memory, seen, wanted), person=person)
        memory = policy.learn(memory, seen, wanted, decided.action)
        state, known = plant.step(state, decided.action, faults), decided.memory
        rates[k] = plant.worth(state, decided.action)
    return rates


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
