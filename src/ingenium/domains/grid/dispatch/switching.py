"""Commitments as words of an automaton: states on and off, with least times in each.

A unit's state is whether it runs and for how long it has, counted up to its least time. Every
state has a way to the end of the plan, so that walks through it, backward in cost and forward in
choice, meet no dead end.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ingenium.domains.grid.dispatch.system import UnitFleet

FORCED = 100.0  # differences that a forced hour is worth


@dataclass(frozen=True, eq=False)
class UnitAutomaton:
    """Automaton of one unit: `up` states of running and `down` states of rest, in order.

    State k < up has run for k + 1 hours (the last one for at least `up`); state up + k has rested
    for k + 1 hours.
    """

    up: int
    down: int
    start: int
    must_run: bool

    @classmethod
    def of(cls, units: UnitFleet, i: int, hours: int) -> "UnitAutomaton":
        """Return the automaton of a unit; least times beyond the plan end with it."""
        had = int(units.hours_before[i])
        up, down = max(1, int(units.up_min[i])), max(1, int(units.down_min[i]))
        on = bool(units.on_before[i])
        start = min(had, up) - 1 if on else up + min(had, down) - 1
        return cls(up, down, max(start, 0 if on else up), bool(units.must_run[i]))

    def step(self, state: int, on: bool) -> int:
        """Return the next state; -1 where the unit may not switch."""
        running = state < self.up
        if running:
            if on:
                return min(state + 1, self.up - 1)
            return self.up if state == self.up - 1 and not self.must_run else -1
        rest = state - self.up
        if on:
            return 0 if rest == self.down - 1 else -1
        if self.must_run and rest == self.down - 1:
            return -1
        return self.up + min(rest + 1, self.down - 1)

    def to_go(self, cost: Float[np.ndarray, "2 t"]) -> Float[np.ndarray, "more s"]:
        """Least cost from each state at each hour, and after the last; `cost` is of off and on.

        Infinite for no state: one can always stay.
        """
        hours, size = cost.shape[1], self.up + self.down
        value = np.zeros((hours + 1, size))
        for t in range(hours - 1, -1, -1):
            for s in range(size):
                ways = [(self.step(s, bool(on)), cost[on, t]) for on in (0, 1)]
                value[t, s] = min(c + value[t + 1, n] for n, c in ways if n >= 0)
        return value

    def cheapest(self, cost: Float[np.ndarray, "2 t"]) -> Bool[np.ndarray, " t"]:
        """Return the allowed commitment of least cost."""
        value, state = self.to_go(cost), self.start
        found = np.zeros(cost.shape[1], dtype=bool)
        for t in range(len(found)):
            ways = {on: self.step(state, bool(on)) for on in (0, 1)}
            best = min((cost[on, t] + value[t + 1, n], on) for on, n in ways.items() if n >= 0)[1]
            found[t], state = bool(best), ways[best]
        return found

    def walk(
        self, chance: Float[np.ndarray, "2 t"], numbers: Float[np.ndarray, " t"]
    ) -> Bool[np.ndarray, " t"]:
        """Sample hour by hour, by the chance of running after rest (row 0) and after running."""
        found, state = np.zeros(chance.shape[1], dtype=bool), self.start
        for t, number in enumerate(numbers.tolist()):
            ways = {on: self.step(state, on) for on in (False, True)}
            allowed = [on for on, n in ways.items() if n >= 0]
            wants = number < chance[int(state < self.up), t]
            found[t] = wants if wants in allowed else allowed[0]
            state = ways[bool(found[t])]
        return found


def nearest(
    units: UnitFleet, wanted: Bool[np.ndarray, "u t"], forced: Bool[np.ndarray, "u t"] | None = None
) -> Bool[np.ndarray, "u t"]:
    """Return the allowed commitment with the fewest differences; `forced` hours run first.

    Args:
        units: with their rules.
        wanted: what was proposed.
        forced: unit-hours that should run.
    """
    found = np.zeros_like(wanted)
    for i in range(len(wanted)):
        cost = np.stack([wanted[i], ~wanted[i]]).astype(float)
        if forced is not None:
            cost[0] += FORCED * forced[i]
        found[i] = UnitAutomaton.of(units, i, wanted.shape[1]).cheapest(cost)
    return found
