"""Rivals of schedules: no battery, a rule by hand, programmes, and a rolling programme.

Shapes: s scenarios, t steps.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.domains.grid.storage.opening import SiteScenarios, StorageSite
from ingenium.domains.grid.storage.outcome import (
    SiteOutcome,
    controlled,
    costs,
    exchange,
    follow,
    idle,
    nominated,
)
from ingenium.domains.grid.storage.programme import PlanningRule, foresight_eur, planned

WEAR = (0.0, 0.03, 0.06, 0.1, 0.15)  # EUR/kWh, among which programmes are tuned
EVERY = 4  # steps after which the rolling programme plans again
CHEAP = 16  # steps that the rule by hand charges in, and as many to discharge


@dataclass(frozen=True, eq=False)
class StorageRivals:
    """Costs of rivals in some scenarios, each planned on planning scenarios alone."""

    site: StorageSite
    scenarios: SiteScenarios

    def table(self) -> dict[str, Float[np.ndarray, " s"]]:
        """Return the cost of each rival in each scenario, from the least to the most informed."""
        return {
            "no battery": self.without(),
            "idle battery, shaves peaks": self.scheduled(idle(self.site)),
            "rule by hand": self.scheduled(self.by_hand()),
            "LP on prices alone": self.scheduled(self.price_only()),
            "LP on the point forecast": self.scheduled(self.plan(self.site.forecast)),
            "two-stage LP": self.scheduled(self.plan(self.site.planning)),
            "rolling LP on the point forecast": self.rolling(),
            "foresight (bound)": foresight_eur(self.site, self.scenarios),
        }

    def scheduled(self, power_kw: Float64[Tensor, "1 t"]) -> Float[np.ndarray, " s"]:
        """Return the cost of a schedule."""
        outcome = follow(self.site, self.scenarios, power_kw)
        own = costs(self.site, self.scenarios, outcome, nominated(self.site, power_kw))
        return np.asarray(own.total[0])

    def without(self) -> Float[np.ndarray, " s"]:
        """Return the cost without a battery, and so without its wear."""
        shape = (1, *self.scenarios.price.shape)
        power = torch.zeros(shape, dtype=torch.float64)
        full = torch.full((1, shape[1], shape[2] + 1), self.site.battery.start_kwh)
        outcome = exchange(self.site, self.scenarios, power, full.double())
        own = costs(self.site, self.scenarios, outcome, nominated(self.site, idle(self.site)))
        return np.asarray((own.total - own.wear)[0])

    def by_hand(self) -> Float64[Tensor, "1 t"]:
        """Charge in the cheapest steps of the forecast, and discharge in the dearest."""
        price, battery = self.site.forecast.price[0], self.site.battery
        order, rate = np.argsort(price, kind="stable"), battery.energy_kwh / 2 / (CHEAP / 4)
        power = np.zeros(len(price))
        power[order[:CHEAP]], power[order[-CHEAP:]] = -rate, rate
        return self._possible(power)

    def price_only(self) -> Float64[Tensor, "1 t"]:
        """Plan against the forecast price as though there were no charging points."""
        none = replace(self.site.forecast, demand_kw=0.0 * self.site.forecast.demand_kw)
        return self.plan(none)

    def plan(self, scenarios: SiteScenarios) -> Float64[Tensor, "1 t"]:
        """Plan on scenarios with the tuned cost of wear."""
        found = planned(self.site, scenarios, PlanningRule(self.wear))
        return idle(self.site) if found is None else self._possible(found.power_kw)

    @cached_property
    def wear(self) -> float:
        """Linear cost of wear (EUR/kWh) whose two-stage plan is cheapest on planning scenarios."""
        own, found = StorageRivals(self.site, self.site.planning), []
        for price in WEAR:
            plan = planned(self.site, self.site.planning, PlanningRule(price))
            found.append(np.inf if plan is None else
                         own.scheduled(self._possible(plan.power_kw)).mean())  # fmt: skip
        return WEAR[int(np.argmin(found))]

    def _possible(self, power: Float[np.ndarray, " t"]) -> Float64[Tensor, "1 t"]:
        battery = self.site.battery
        return battery.project(torch.as_tensor(power)[None], battery.least_on_the_way(len(power)))

    def rolling(self) -> Float[np.ndarray, " s"]:
        """Return the cost of programmes that plan again each hour, from the true charge on."""
        first = self.plan(self.site.forecast)
        rows = [self._rolled(k, first) for k in range(len(self.scenarios.price))]
        power, energy = (torch.stack([r[i] for r in rows])[None] for i in range(2))
        outcome: SiteOutcome = exchange(self.site, self.scenarios, power, energy)
        own = costs(self.site, self.scenarios, outcome, nominated(self.site, first))
        return np.asarray(own.total[0])

    def _rolled(self, k: int, first: Float64[Tensor, "1 t"]) -> tuple[Tensor, Tensor]:
        site, ahead = self.site, self.site.forecast
        now = torch.full((1, 1), site.battery.start_kwh, dtype=torch.float64)
        demand, plan = torch.as_tensor(self.scenarios.demand_kw[k]), first[0].numpy()
        power, energy = [], [now[0, 0]]
        for t in range(len(demand)):  # each step depends on the previous one
            if t % EVERY == 0:
                rest = replace(ahead, demand_kw=ahead.demand_kw[:, t:], price=ahead.price[:, t:])
                found = planned(site, rest, PlanningRule(self.wear),
                                first_kwh=float(now), free_end=True)  # fmt: skip
                if found is not None:
                    plan = np.concatenate([np.zeros(t), found.power_kw])
            wanted = now.new_tensor([[plan[t]]])
            p = controlled(site, demand[t : t + 1], wanted, now)
            now = site.battery.step(now, p)
            power.append(p[0, 0])
            energy.append(now[0, 0])
        return torch.stack(power), torch.stack(energy)
