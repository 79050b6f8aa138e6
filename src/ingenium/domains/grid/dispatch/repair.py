"""Repair of a plan: exact dispatch of its commitment, secured outage by outage.

In turns: a linear programme dispatches all hours, with a row for each flow that AC power flow
finds above its rating, before or after an outage; another sets voltages of each hour; at last
what is left of the balance is given to units with room. Rows follow the state by DC sensitivities
and start from its AC flow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float

from ingenium.domains.grid.dispatch import rules
from ingenium.domains.grid.dispatch.commitment import (
    CommitmentModel,
    CommitmentWeights,
    FlowLimit,
)
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.states import HourStates, solve_hour
from ingenium.domains.grid.dispatch.system import DispatchSystem
from ingenium.domains.grid.dispatch.voltage import better_voltages, beyond, with_voltages
from ingenium.domains.grid.transmission.sensitivity import FlowShares
from ingenium.kits.programmes.highs import ProgrammeSolution

TURNS = 5
VOLTAGE_TURNS = 3  # programmes of voltages in each turn
WATCHED = 0.97  # of a rating, from which a flow gets a row
KEEP = 0.003  # of a rating, by which flows stay below it
LEAST_ACTIVE = 0.85  # of a rating that active power may use, whatever the reactive power
SETTLING_MW = 2.0  # balance of an hour, before what is left is given to units
SETTLED_MW = 1e-6  # balance of an hour
SLACK_MW = 0.2  # room that the programme leaves for the balance
FIRST_LOSSES = 0.025  # of the load


@dataclass
class SecuredDispatch:
    """Dispatch of commitments on one system; rows of flows are shared by all its plans."""

    system: DispatchSystem
    shares: FlowShares
    turns: int = TURNS
    flows: dict[tuple[int, int, int], FlowLimit] = field(default_factory=dict)  # seen to bind
    starting: Float[np.ndarray, "b t"] | None = None  # voltages of a plan that was repaired
    states: list[HourStates] = field(default_factory=list)  # of the last plan
    seen: int = 0  # states solved

    def repair(
        self,
        on: Bool[np.ndarray, "u t"],
        *,
        carbon_usd: float = 0.0,
        margin: float = 0.0,
        factor: Float[np.ndarray, " u"] | None = None,
    ) -> DispatchPlan | None:
        """Return a plan with this commitment; None if it breaks a rule.

        Args:
            on: units that run.
            carbon_usd: price of a t of CO2e.
            margin: share of ratings after outages that stays free.
            factor: on the costs of each unit.
        """
        s = self.system
        losses = FIRST_LOSSES * s.load_mw.sum(0)
        limits = dict(self.flows) if margin == 0 else {}
        plan: DispatchPlan | None = None
        v = self.starting
        for _ in range(self.turns):
            weights = CommitmentWeights(carbon_usd, factor, losses, slack_mw=SLACK_MW)
            made = dispatch(s, on, weights, list(limits.values()))
            if made is None:
                return plan
            p, plants, stores, shed = made
            first = np.full((len(s.net.bus), s.hours), 1.02) if v is None else v
            plan = DispatchPlan(s, on.astype(float), p, plants, first[s.controls], stores, shed)
            plan, states = self._voltages(with_voltages(plan, first))
            v, self.states = plan.v_bus, states
            losses = np.array([f.change[0].sum() for f in states]) + plan.p_bus.sum(0)
            found = self.limits(plan, states, margin)
            settled = max(abs(f.change[0].sum()) for f in states) < SETTLING_MW
            if settled and not self._overloaded(states, margin):
                break
            limits |= found
        return None if plan is None else self.balanced(plan)

    def _voltages(self, plan: DispatchPlan) -> tuple[DispatchPlan, list[HourStates]]:
        """Set voltages hour by hour, by the states that violate a limit; solve all states once."""
        states, v = [], plan.v_bus.copy()
        outages = None if self.system.after.outages else ()
        for t in range(self.system.hours):
            found = self._solved(plan, t, outages)
            wrong = found.solved[0] and beyond(plan, t, found).any()
            own = plan
            part = found
            for _ in range(VOLTAGE_TURNS if wrong else 0):
                listed = part.outage[beyond(own, t, part).any(1)]
                if not len(listed):
                    break
                v[:, t] = better_voltages(own, t, part)
                own = with_voltages(plan, v)
                part = self._solved(own, t, listed[listed >= 0].tolist())
            states.append(self._solved(own, t, outages) if wrong else found)
        return with_voltages(plan, v), states

    def _solved(self, plan: DispatchPlan, t: int, outages: Sequence[int] | None) -> HourStates:
        found = solve_hour(plan, t, outages)
        self.seen += len(found.v)
        return found

    def limits(
        self, plan: DispatchPlan, states: Sequence[HourStates], margin: float
    ) -> dict[tuple[int, int, int], FlowLimit]:
        """Rows for all flows near their rating, before and after outages."""
        net = self.system.net
        gives = plan.p_bus + self.system.load_mw
        found = {}
        for t, own in enumerate(states):
            after = self.system.after.percent / 100 * (1.0 - margin)
            rating = np.where((own.outage < 0)[:, None], net.rating, after * net.rating_after)
            for i, k in np.argwhere(own.solved[:, None] & (own.flow > WATCHED * rating)):
                outage = int(own.outage[i])
                share = self.shares.after(int(k), outage)
                flow = own.p_from[i, k]
                reactive = np.sqrt(max(0.0, own.flow[i, k] ** 2 - flow**2))
                most = (1.0 - KEEP) * rating[i, k]
                room = np.sqrt(max(most**2 - reactive**2, (LEAST_ACTIVE * most) ** 2))
                rest = flow - share @ gives[:, t]
                limit = FlowLimit(t, share, -room - rest, room - rest)
                found[(t, int(k), outage)] = limit
        return found

    def _overloaded(self, states: Sequence[HourStates], margin: float) -> bool:
        net, after = self.system.net, self.system.after.percent / 100 * (1.0 - margin)
        for own in states:
            rating = np.where((own.outage < 0)[:, None], net.rating, after * net.rating_after)
            if (own.flow > rating).any():
                return True
        return False

    def balanced(self, plan: DispatchPlan) -> DispatchPlan:
        """Give what is left of the balance of each hour to units and plants with room."""
        for _ in range(6):
            states = [solve_hour(plan, t, ()) for t in range(self.system.hours)]
            left = np.array([f.change[0].sum() for f in states])
            if np.abs(left).max() < SETTLED_MW:
                break
            plan = shifted(plan, left)
        return plan


def dispatch(
    system: DispatchSystem,
    on: Bool[np.ndarray, "u t"],
    weights: CommitmentWeights,
    limits: Sequence[FlowLimit],
) -> tuple[np.ndarray, ...] | None:
    """Return the cheapest set-points of a commitment; None if there are none."""
    model = CommitmentModel(system, weights)
    at = model.on.ravel()
    for column, value in zip(at.tolist(), on.ravel().astype(float).tolist(), strict=True):
        if not model.made.low[column] <= value <= model.made.high[column]:
            return None
        model.made.low[column] = model.made.high[column] = value
    model.limit_flows(limits)
    found: ProgrammeSolution = model.made.solve(relaxed=True)
    return model.set_points(found) if found.found else None


def shifted(plan: DispatchPlan, mw: Float[np.ndarray, " t"]) -> DispatchPlan:
    """Change the power of the element with the most room of each hour."""
    s, u = plan.system, plan.system.units
    p, plants = plan.p.copy(), plan.plant.copy()
    own, last = rules.above(plan)
    following = np.concatenate([own[:, 1:], own[:, -1:]], 1)
    up = np.minimum(rules.ceilings(plan) - p, u.ramp_up[:, None] + last - own)
    up = np.minimum(up, u.ramp_down[:, None] + following - own)
    down = np.minimum(p - u.p_min[:, None], own - last + u.ramp_down[:, None])
    down = np.minimum(down, own - following + u.ramp_up[:, None])
    room = np.where(plan.is_on, np.minimum(up, down), -np.inf)
    spare = np.minimum(s.plants.most - plants, plants - s.plants.least)
    for t in np.flatnonzero(mw).tolist():
        i = int(room[:, t].argmax())
        if len(spare) and spare[:, t].max() > room[i, t]:
            plants[int(spare[:, t].argmax()), t] += mw[t]
        elif room[i, t] > abs(mw[t]):
            p[i, t] += mw[t]
        else:
            one_way = np.where(plan.is_on, up if mw[t] > 0 else down, -np.inf)[:, t]
            p[int(one_way.argmax()), t] += mw[t]
    return replace(plan, p=p, plant=plants)
