"""Commitment by HiGHS that learns from AC power flow what a DC model does not see.

Each round commits, dispatches and secures a plan; flows above ratings become rows, and voltages
that no set-point brings back become units that must run nearby.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from ingenium.domains.grid.dispatch.commitment import (
    CommitmentModel,
    CommitmentWeights,
    FlowLimit,
)
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.repair import FIRST_LOSSES, SecuredDispatch
from ingenium.domains.grid.dispatch.states import HourStates
from ingenium.domains.grid.dispatch.switching import nearest
from ingenium.domains.grid.dispatch.system import DispatchSystem
from ingenium.domains.grid.dispatch.voltage import beyond

NEAR = 0.5  # units count as near if their voltage moves a bus by this share of its own effect
COMMITTED_GAP, COMMITTED_NODES, COMMITTED_S = 0.01, 20, 900.0  # nodes end a solve, not seconds
ROUNDS = 5
HELPED = 4  # rounds in which units are started where load is shed or voltages are low
LACKING_MW = 0.01
SCREENS = 4  # rounds of the DC model
SCREENED = 0.96  # of a rating, which DC flows may reach
GROUNDED_PU = 0.5  # conductance to ground at each bus, by which effects fade with distance


def faults(plan: DispatchPlan, states: Sequence[HourStates]) -> float:
    """Count states with a violated limit, and shed load (MWh)."""
    net, after, count = plan.system.net, plan.system.after.percent / 100, 0
    for t, own in enumerate(states):
        rating = np.where((own.outage < 0)[:, None], net.rating, after * net.rating_after)
        wrong = (beyond(plan, t, own) > 0).any(1) | (own.flow > rating).any(1) | ~own.solved
        count += int(wrong.sum())
    return count + float(plan.shed.sum())


@dataclass
class SecureCommitment:
    """Commitments of a system, with rows that grow from plan to plan."""

    system: DispatchSystem
    dispatch: SecuredDispatch
    support: dict[tuple[int, int], tuple[tuple[int, ...], int]] = field(default_factory=dict)
    last: Bool[np.ndarray, "u t"] | None = None

    @cached_property
    def effect(self) -> Float[np.ndarray, "b b"]:
        """Size of the effect of reactive power at one bus on the voltage of another."""
        y = self.system.net.admittance.imag
        return np.asarray(np.abs(np.linalg.inv(y - GROUNDED_PU * np.eye(len(y)))))

    def commit(
        self,
        carbon_usd: float = 0.0,
        factor: Float[np.ndarray, " u"] | None = None,
        near: Float[np.ndarray, "u t"] | None = None,
    ) -> Bool[np.ndarray, "u t"] | None:
        """Return the cheapest commitment under all rows so far; None without one.

        Args:
            carbon_usd: price of a t of CO2e.
            factor: on the costs of each unit.
            near: bonus (USD) of each unit-hour that runs, by which a commitment is drawn to one.
        """
        s = self.system
        losses = FIRST_LOSSES * s.load_mw.sum(0)
        weights = CommitmentWeights(carbon_usd, factor, losses, slack_mw=0.5)
        model = CommitmentModel(s, weights)
        model.limit_flows(list(self.dispatch.flows.values()))
        for (t, _), (units, count) in self.support.items():
            model.made.row(model.on[list(units), t], 1.0, count, np.inf)
        if near is not None:
            for column, bonus in zip(model.on.ravel().tolist(), near.ravel().tolist(), strict=True):
                model.made.cost[column] -= bonus
        start = None
        if self.last is not None:
            ready = nearest(s.units, self.last, self.forced(self.last))
            start = (model.on.ravel(), ready.ravel().astype(float))
        found = model.made.solve(
            seconds=COMMITTED_S, gap=COMMITTED_GAP, nodes=COMMITTED_NODES, start=start
        )
        if not found.found:
            return None
        self.last = model.commitment(found)
        return self.last

    def forced(self, on: Bool[np.ndarray, "u t"]) -> Bool[np.ndarray, "u t"]:
        """Units, the cheapest first, that have to run besides some others."""
        units, found = self.system.units, np.zeros_like(on)
        price = units.hourly_cost(units.p_min[:, None])[:, 0]
        for (t, _), (near, count) in self.support.items():
            listed = sorted(near, key=lambda i: (not on[i, t], price[i]))
            found[listed[:count], t] = True
        return found

    def screen(self, rounds: int = SCREENS) -> None:
        """Add rows for outages that overload branches in the DC model of the relaxed programme."""
        s, net = self.system, self.system.net
        ptdf, lodf = self.dispatch.shares.ptdf, np.nan_to_num(self.dispatch.shares.lodf)
        for _ in range(rounds):
            losses = FIRST_LOSSES * s.load_mw.sum(0)
            model = CommitmentModel(s, CommitmentWeights(losses=losses, slack_mw=0.5))
            model.limit_flows(list(self.dispatch.flows.values()))
            found, before = model.made.solve(relaxed=True), len(self.dispatch.flows)
            for t in range(s.hours):
                flow = ptdf @ model.power(found, t)
                after = flow[:, None] + lodf * flow
                self._bound(t, np.argwhere(np.abs(flow) > SCREENED * net.rating), net.rating)
                over = np.argwhere(np.abs(after) > (SCREENED * net.rating_after)[:, None])
                self._bound(t, over[over[:, 0] != over[:, 1]], net.rating_after)
            if len(self.dispatch.flows) == before:
                return

    def _bound(
        self, t: int, pairs: Int[np.ndarray, "k _"], rating: Float[np.ndarray, " l"]
    ) -> None:
        for pair in pairs.tolist():
            branch, outage = pair[0], pair[1] if len(pair) > 1 else -1
            most = SCREENED * float(rating[branch])
            share = self.dispatch.shares.after(branch, outage)
            self.dispatch.flows[(t, branch, outage)] = FlowLimit(t, share, -most, most)

    def plan(
        self,
        carbon_usd: float = 0.0,
        factor: Float[np.ndarray, " u"] | None = None,
        margin: float = 0.0,
        rounds: int = ROUNDS,
    ) -> DispatchPlan | None:
        """Commit, dispatch and secure until no outage violates a limit, or the rounds end."""
        best, least = None, np.inf
        for _ in range(rounds):
            on = self.commit(carbon_usd, factor)
            if on is None:
                return best
            plan = self.secured(on, carbon_usd, margin)
            if plan is None:
                return best
            self.dispatch.starting = plan.v_bus
            count = faults(plan, self.dispatch.states)
            if best is None or count < least:
                best, least = plan, count
            if count == 0 or not self.learn(plan, self.dispatch.states):
                break
        return best

    def lacking_units(
        self, plan: DispatchPlan, states: list[HourStates]
    ) -> Bool[np.ndarray, "u t"]:
        """Unit-hours, off so far, that would help most where load is shed or voltage is low."""
        s, found = self.system, np.zeros_like(plan.is_on)
        for t, own in enumerate(states):
            shed = s.loads[plan.shed[:, t] > LACKING_MW]
            for b in {*shed.tolist(), *self._low(own).tolist()}:
                effect = self.effect[b, s.units.bus] * (s.units.q_max > 0)
                effect = np.where(plan.is_on[:, t] | found[:, t], 0.0, effect)
                if effect.any():
                    found[int(effect.argmax()), t] = True
        return found

    def secured(
        self, on: Bool[np.ndarray, "u t"], carbon_usd: float, margin: float
    ) -> DispatchPlan | None:
        """Dispatch a commitment; start units where load is shed or voltages are low, and repeat."""
        best, least, on = None, np.inf, nearest(self.system.units, on, self.forced(on))
        for _ in range(HELPED):
            plan = self.dispatch.repair(on, carbon_usd=carbon_usd, margin=margin)
            if plan is None:
                return best
            states = self.dispatch.states
            count = faults(plan, states)
            if count < least:
                best, least = plan, count
            more = self.lacking_units(plan, states)
            if count == 0 or not more.any():
                return best
            on = nearest(self.system.units, on | more, on | more)
        return best

    def learn(self, plan: DispatchPlan, states: list[HourStates]) -> int:
        """Add rows from the states of a plan; return the number of new ones."""
        before = len(self.dispatch.flows) + sum(n for _, n in self.support.values())
        self.dispatch.flows |= self.dispatch.limits(plan, states, 0.0)
        for t, own in enumerate(states):
            for b in self._low(own).tolist():
                near = self._near(b)
                count = int(plan.is_on[near, t].sum())
                if len(near) > count:
                    self.support[(t, b)] = (tuple(near.tolist()), count + 1)
        return len(self.dispatch.flows) + sum(n for _, n in self.support.values()) - before

    def _low(self, own: HourStates) -> Int[np.ndarray, " k"]:
        """Buses whose voltage is too low in some state; both ends of an unsolved outage."""
        net, least = self.system.net, np.full(own.v.shape, self.system.after.v_min)
        least[0] = net.v_min
        low = own.live & (np.abs(own.v) < least - 1e-6) & own.solved[:, None]
        for k in own.outage[~own.solved].tolist():
            low[0, [net.f[k], net.t[k]]] = True
        return np.flatnonzero(low.any(0))

    def _near(self, bus: int) -> Int[np.ndarray, " k"]:
        units = self.system.units
        return np.flatnonzero(
            (self.effect[bus, units.bus] >= NEAR * self.effect[bus, bus]) & (units.q_max > 0)
        )
