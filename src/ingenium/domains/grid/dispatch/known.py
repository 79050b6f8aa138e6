"""Known plans of a system: committed by HiGHS, secured by AC power flow, and stored.

With them are stored the bound of the cost and the rows that commitments learned, which repairs of
new plans start from.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool

from ingenium.core.problem import Watch, silent
from ingenium.core.recipe import Arrays, Recipe
from ingenium.domains.grid.data.packages import release_of
from ingenium.domains.grid.dispatch.commitment import CostBound, FlowLimit
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.repair import SecuredDispatch
from ingenium.domains.grid.dispatch.secure import SecureCommitment
from ingenium.domains.grid.dispatch.snapshot import optimal_snapshot
from ingenium.domains.grid.dispatch.system import DispatchSystem
from ingenium.domains.grid.transmission.sensitivity import FlowShares

CARBON = (0.0, 20.0, 0.0, 40.0)  # USD/t of the known plans, in turn
FIRST_ROUNDS, LATER_ROUNDS = 2, 1  # of commitments: the first plan learns the most rows
SPREAD = 0.1  # of the logarithm of the factors on costs, from the third plan on
FIXED = ("flow_at", "flow_share", "flow_ends", "support_at", "support_units", "voltages", "bound")
VARIANTS = ((1.0, 0.0), (1.0, 0.05), (0.0, 0.1))  # of a commitment: of its price, and margins


@dataclass(frozen=True, eq=False)
class KnownPlans:
    """Known plans, the bound, and the repair that starts from them."""

    grid: DispatchSystem
    count: int

    @cached_property
    def _recipe(self) -> Recipe:
        under = [self.grid.digest, self.count, release_of("lightsim2grid")]
        return Recipe("secure_plans", under, lambda _: self._made())

    def prepare(self, watch: Watch = silent) -> None:
        """Compute everything that is stored."""
        self._recipe.complete(watch)

    def complete(self) -> dict[str, np.ndarray]:
        """Return arrays of the known plans, and prices of carbon and margins, by name."""
        return {k: v for k, v in self._stored.items() if k not in FIXED}

    @cached_property
    def _stored(self) -> dict[str, np.ndarray]:
        return dict(self._recipe.complete())

    @property
    def bound_usd(self) -> float:
        """Bound of the cost of any plan (USD)."""
        return float(self._stored["bound"][0])

    @cached_property
    def security(self) -> SecureCommitment:
        """Commitment with all rows that were learned."""
        dispatch = SecuredDispatch(self.grid, FlowShares(self.grid.net))
        own = SecureCommitment(self.grid, dispatch)
        x = self._stored
        for at, share, ends in zip(x["flow_at"], x["flow_share"], x["flow_ends"], strict=True):
            t, branch, outage = at.tolist()
            dispatch.flows[(t, branch, outage)] = FlowLimit(t, share, *ends.tolist())
        for at, units in zip(x["support_at"], x["support_units"], strict=True):
            t, bus, count = at.tolist()
            own.support[(t, bus)] = (tuple(np.flatnonzero(units).tolist()), count)
        dispatch.starting = x["voltages"]
        return own

    def repaired(
        self, wanted: Bool[np.ndarray, "u t"], carbon_usd: float, margin: float
    ) -> DispatchPlan | None:
        """Return a secured plan near a commitment; None if it cannot be dispatched."""
        if self.grid.snapshot:
            return optimal_snapshot(self.grid)
        return self.security.secured(wanted, float(carbon_usd), float(margin))

    def _made(self) -> Arrays:
        if self.grid.snapshot:
            return self._snapshots()
        dispatch = SecuredDispatch(self.grid, FlowShares(self.grid.net))
        own = SecureCommitment(self.grid, dispatch)
        own.screen()
        rng = np.random.default_rng(0)
        plans, reported = [], []
        for k in range(self.count):
            price = CARBON[k % len(CARBON)]
            factor = np.exp(SPREAD * rng.standard_normal(len(self.grid.units.names)))
            rounds = LATER_ROUNDS if k else FIRST_ROUNDS
            plan = own.plan(price, factor if k > 1 else None, rounds=rounds)
            for share, margin in VARIANTS if plan is not None else ():
                on = plan.is_on  # type: ignore[union-attr]
                other = own.secured(on, share * price, margin)
                if other is not None:
                    plans.append(other)
                    reported.append((share * price, 100 * margin))
        return {**self._arrays(plans, reported), **_rows(own), **self._bound()}

    def _snapshots(self) -> Arrays:
        """Optimal power flow of a single hour, twice: every commitment is the same."""
        plan = optimal_snapshot(self.grid)
        own = SecureCommitment(self.grid, SecuredDispatch(self.grid, FlowShares(self.grid.net)))
        count = self.count * len(VARIANTS)
        found = self._arrays([plan] * count, [(0.0, 0.0)] * count) | _rows(own)
        return found | {"bound": np.array([np.nan])}

    def _bound(self) -> Arrays:
        return {"bound": np.array([CostBound(self.grid).usd])}

    def _arrays(
        self, plans: list[DispatchPlan], reported: list[tuple[float, float]]
    ) -> dict[str, Any]:
        arrays = [plan.arrays() for plan in plans]
        found = {name: np.stack([a[name] for a in arrays]) for name in arrays[0]}
        carbon, margin = np.array(reported).T
        found |= {"carbon_price": carbon, "rating_left": margin}
        return found | {"voltages": plans[0].v_bus}


def _rows(own: SecureCommitment) -> dict[str, np.ndarray]:
    """Rows of flows and of units that support voltages, as arrays."""
    flows, net = own.dispatch.flows, own.system.net
    units = len(own.system.units.names)
    chosen = np.zeros((len(own.support), units))
    for i, (near, _) in enumerate(own.support.values()):
        chosen[i, list(near)] = 1.0
    at = [(t, bus, count) for (t, bus), (_, count) in own.support.items()]
    return {
        "flow_at": np.array(list(flows), dtype=np.int64).reshape(-1, 3),
        "flow_share": np.array([f.share for f in flows.values()]).reshape(-1, len(net.bus)),
        "flow_ends": np.array([(f.low, f.high) for f in flows.values()]).reshape(-1, 2),
        "support_at": np.array(at, dtype=np.int64).reshape(-1, 3),
        "support_units": chosen,
    }
