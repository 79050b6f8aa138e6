"""Site with its battery as a plant to operate: one action a quarter of an hour, worth in EUR.

Shapes: n copies, p readings, t steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float64, Int64

from ingenium import __version__
from ingenium.core.scenarios import scenario_rng
from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.opening import StorageSite, sampled_demand
from ingenium.domains.grid.storage.prices import PriceDay, price_day
from ingenium.domains.grid.storage.site import STEPS
from ingenium.domains.grid.storage.wear import KT_PER_S, cost_of, stress
from ingenium.operate.drill import PlantFault, misread
from ingenium.operate.plant import Barrier, PlantState, Signal, WorthRate

CHARGE, DEMAND, PRICE, HOUR = range(4)
DAYS = 7  # of a scenario, after which it begins again
USUAL_DEPTH = 0.5  # of a cycle, whose wear each discharged kWh counts


@dataclass(frozen=True, eq=False)
class StoragePlant:
    """Copies of a site, each with the demand and the prices of its scenario.

    The action is the power of the battery. What exceeds the connection and the battery is not
    served. Wear counts time, and each discharged kWh as in cycles of half the capacity: rainflow
    counting needs a whole trajectory.
    """

    site: StorageSite
    half: int  # of the days and forecast errors that scenarios are sampled from
    name: str
    period_s: ClassVar[float] = 900.0
    version: ClassVar[str] = __version__
    rates: ClassVar[tuple[WorthRate, ...]] = (
        WorthRate("cost", "EUR/h"),
        WorthRate("missed", "kW"),
        WorthRate("wear", "%/h"),
    )
    faults: ClassVar[Mapping[str, str]] = {
        "demand": "`size` kW more of demand",
        "reading stuck": "a reading stays at `size`",
        "reading off": "`size` is added to a reading",
    }

    @property
    def readings(self) -> tuple[Signal, ...]:
        """Charge, demand, price and hour."""
        most = 20 * self.site.site.connection_kw + self.site.site.peak_kw
        return (
            Signal("charge", "kWh", 0.0, self.site.battery.energy_kwh),
            Signal("demand", "kW", 0.0, most),
            Signal("price", "EUR/MWh", -10_000.0, 10_000.0),
            Signal("hour", "h", 0.0, 24.0),
        )

    @property
    def actions(self) -> tuple[Signal, ...]:
        """Power of the battery."""
        most = self.site.battery.power_kw
        return (Signal("power", "kW", -most, most),)

    @cached_property
    def _day(self) -> PriceDay:
        own = self.site.settings
        return price_day(own.prices, own.date, own.seed)

    @cached_property
    def _weeks(self) -> dict[int, Float64[np.ndarray, "2 t"]]:
        return {}

    def week(self, scenario: int) -> Float64[np.ndarray, "2 t"]:
        """Return demand (kW) and price (EUR/MWh) of each step of a scenario."""
        if scenario not in self._weeks:
            own = self.site.settings
            demand = sampled_demand(own)[0]
            rng = scenario_rng(own.seed + 3, 2 * abs(scenario) + self.half)
            days = [demand(self.half, rng) for _ in range(DAYS)]
            price = [self._day.sample(self.half, DAYS * abs(scenario) + d) for d in range(DAYS)]
            hourly = np.repeat(np.concatenate(price), round(1 / STEP_H))
            self._weeks[scenario] = np.stack([np.concatenate(days), hourly])
        return self._weeks[scenario]

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Return copies at midnight with the charge of the start."""
        charge = np.full((len(scenario), 1), self.site.battery.start_kwh)
        return PlantState(0, np.concatenate([charge, np.zeros((len(scenario), 3))], 1), scenario)

    def now(self, state: PlantState) -> Float64[np.ndarray, "n 2"]:
        """Return demand and price of the period that begins."""
        at = state.period % (DAYS * STEPS)
        return np.stack([self.week(int(s))[:, at] for s in state.scenario])

    def step(
        self, state: PlantState, action: Float64[np.ndarray, "n 1"], faults: Sequence[PlantFault]
    ) -> PlantState:
        """Apply the power as far as the battery allows, for a quarter of an hour.

        The state holds the charge, and cost, missed demand and wear of the past period.
        """
        battery = self.site.battery
        demand, price = self.now(state).T
        demand = demand + sum(f.size for f in faults if f.kind == "demand")
        charge = torch.as_tensor(state.x[:, 0])
        least, most = battery.limits_kw(charge)
        power = torch.minimum(torch.maximum(torch.as_tensor(action[:, 0]), least), most)
        after = battery.step(charge, power).clamp(0.0, battery.energy_kwh).numpy()
        rates = self._rates(demand, price / 1000.0, power.numpy())
        return state.moved(np.column_stack([after, *rates]))

    def _rates(
        self,
        demand: Float64[np.ndarray, " n"],
        price: Float64[np.ndarray, " n"],
        power: Float64[np.ndarray, " n"],
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cost (EUR/h), missed demand (kW) and wear (%/h) of a period."""
        own, battery = self.site.site, self.site.battery
        missed = (demand - power - own.connection_kw).clip(min=0.0)
        taken = demand - missed - power
        imports, exports = taken.clip(min=0.0), (-taken).clip(min=0.0).clip(max=own.export_kw)
        cycle = float(stress(np.array([USUAL_DEPTH]), np.array([USUAL_DEPTH]))[0]) / USUAL_DEPTH
        lost = KT_PER_S * 3600.0 + power.clip(min=0.0) / battery.energy_kwh * cycle
        worn = cost_of(1.0, battery.eur_per_kwh * battery.energy_kwh) * lost
        cost = (price + own.fee_eur_per_kwh) * imports - price * exports
        return cost + own.missed_eur_per_kwh * missed + worn, missed, 100.0 * lost

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n p"]:
        """Return charge, demand, price and hour."""
        hour = np.full(len(state.x), (state.period % STEPS) * STEP_H)
        return np.column_stack([state.x[:, 0], self.now(state), hour])

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> Float64[np.ndarray, "n p"]:
        """Return the readings, as faults of sensors have them."""
        return misread(self.truth(state), faults)

    def wanted(self, state: PlantState) -> Float64[np.ndarray, "n 1"]:
        """Return the charge of the start, from which a day begins."""
        return np.full((len(state.x), 1), self.site.battery.start_kwh)

    def worth(
        self, state: PlantState, action: Float64[np.ndarray, "n 1"]
    ) -> Float64[np.ndarray, "n k"]:
        """Return cost, missed demand and wear of the period that ended in `state`."""
        return np.asarray(state.x[:, 1:])

    def expected(
        self, seen: Float64[np.ndarray, "n p"], action: Float64[np.ndarray, "n 1"]
    ) -> Float64[np.ndarray, "n p"]:
        """Predict the charge by the battery, and demand and price by their forecasts."""
        battery = self.site.battery
        charge = torch.as_tensor(np.clip(seen[:, CHARGE], 0.0, battery.energy_kwh))
        least, most = battery.limits_kw(charge)
        power = torch.minimum(torch.maximum(torch.as_tensor(action[:, 0]), least), most)
        at = self.following(seen)
        ahead = self.site.forecast
        return np.column_stack([
            battery.step(charge, power).numpy(),
            ahead.demand_kw[0, at],
            1000.0 * ahead.price[0, at],
            at * STEP_H,
        ])  # fmt: skip

    def following(self, seen: Float64[np.ndarray, "n p"]) -> Int64[np.ndarray, " n"]:
        """Return the step of the day after that of some readings."""
        hour = np.nan_to_num(seen[:, HOUR])
        return np.asarray((np.rint(hour / STEP_H).astype(np.int64) + 1) % STEPS)

    def barrier(self, seen: Float64[np.ndarray, "n p"]) -> Barrier:
        """Return the limits of the battery, and never charge through a full connection."""
        own, battery = self.site.site, self.site.battery
        charge = torch.as_tensor(np.clip(seen[:, CHARGE], 0.0, battery.energy_kwh))
        least, most = (x.numpy() for x in battery.limits_kw(charge))
        highest = np.minimum(most, seen[:, DEMAND] + own.export_kw).clip(min=0.0)
        lowest = np.minimum(np.maximum(least, seen[:, DEMAND] - own.connection_kw), highest)
        rows = np.broadcast_to(np.array([[1.0], [-1.0]]), (len(seen), 2, 1)).copy()
        return Barrier(rows, np.stack([highest, -lowest], 1), np.zeros(len(seen), dtype=bool))

    def fallback(self, seen: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, "n 1"]:
        """Leave the battery idle, but for peaks above the connection."""
        over = (seen[:, DEMAND] - self.site.site.connection_kw).clip(min=0.0)
        return np.asarray(np.minimum(np.nan_to_num(over), self.site.battery.power_kw)[:, None])


def aged(site: StorageSite) -> StorageSite:
    """Return the site with an aged battery: a tenth of its capacity lost, and more losses."""
    own = site.battery
    old = replace(own, energy_kwh=0.9 * own.energy_kwh, efficiency=0.95 * own.efficiency,
                  loss_at_full=2.0 * own.loss_at_full)  # fmt: skip
    return replace(site, settings=replace(site.settings, battery=old))
