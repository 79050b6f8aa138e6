"""Policies of a site's battery: idle, a rule by hand, and a rolling linear programme.

Shapes: n copies, p readings, k numbers of a memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from ingenium.domains.grid.storage.machine import CHARGE, DEMAND, PRICE, StoragePlant
from ingenium.domains.grid.storage.opening import SiteScenarios, StorageSite
from ingenium.domains.grid.storage.programme import PlanningRule, planned
from ingenium.domains.grid.storage.rivals import CHEAP, EVERY, StorageRivals
from ingenium.domains.grid.storage.site import STEPS
from ingenium.operate.plant import Policy

SAVED = 4096  # plans in memory


@dataclass(frozen=True, eq=False)
class ShavingPolicy:
    """Peaks above the connection alone; with `by_hand`, a schedule in the cheap and dear hours."""

    plant: StoragePlant
    name: str
    by_hand: Float64[np.ndarray, " t"]  # kW by the step of the day

    def begin(self, n: int) -> Float64[np.ndarray, "n 1"]:
        """Return an empty memory."""
        return np.zeros((n, 1))

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n 1"]:
        """Return the power of the schedule, within the connection."""
        at = (self.plant.following(seen) - 1) % STEPS
        return within(self.plant.site, seen, self.by_hand[at])

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n 1"],
    ) -> Float64[np.ndarray, "n k"]:
        """Return the memory, unchanged."""
        return memory


@dataclass(frozen=True, eq=False)
class RollingProgramme:
    """A linear programme over the next day on the point forecast, planned again each hour.

    It starts from the charge that it reads, and knows demand and price of the present quarter.
    """

    plant: StoragePlant
    wear_eur_per_kwh: float
    name: str = "rolling LP on the point forecast"
    _plans: dict[bytes, Float64[np.ndarray, " k"]] = field(default_factory=dict)

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return the steps since the last plan, 0, and the powers of that plan."""
        return np.zeros((n, 1 + EVERY))

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n 1"]:
        """Return the planned power of this step, within the connection."""
        step = memory[:, 0].astype(np.int64) % EVERY
        plans = self._current(memory, seen)
        return within(self.plant.site, seen, plans[np.arange(len(plans)), step])

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n 1"],
    ) -> Float64[np.ndarray, "n k"]:
        """Store the plan, and count the step."""
        return np.concatenate([memory[:, :1] + 1.0, self._current(memory, seen)], 1)

    def _current(
        self, memory: Float64[np.ndarray, "n k"], seen: Float64[np.ndarray, "n p"]
    ) -> Float64[np.ndarray, "n e"]:
        found = memory[:, 1:].copy()
        for i in np.flatnonzero(memory[:, 0] % EVERY == 0):  # programmes of their own
            found[i] = self._plan(seen[i])
        return found

    def _plan(self, seen: Float64[np.ndarray, " p"]) -> Float64[np.ndarray, " e"]:
        key = seen.tobytes()
        if key not in self._plans:
            if len(self._plans) >= SAVED:
                self._plans.clear()
            self._plans[key] = self._planned(seen)
        return self._plans[key]

    def _planned(self, seen: Float64[np.ndarray, " p"]) -> Float64[np.ndarray, " e"]:
        site = self.plant.site
        if not np.isfinite(seen).all():
            return np.full(EVERY, np.nan)
        at = (int(self.plant.following(seen[None])[0]) - 1 + np.arange(STEPS)) % STEPS
        demand, price = site.forecast.demand_kw[:, at].copy(), site.forecast.price[:, at].copy()
        demand[0, 0] = min(max(seen[DEMAND], 0.0), site.site.connection_kw + site.battery.power_kw)
        price[0, 0] = seen[PRICE] / 1000.0
        first = float(np.clip(seen[CHARGE], 0.0, site.battery.energy_kwh))
        ahead = SiteScenarios(demand, price, site.forecast.day)
        rule = PlanningRule(self.wear_eur_per_kwh)
        found = planned(site, ahead, rule, first_kwh=first, free_end=True)
        return np.zeros(EVERY) if found is None else found.power_kw[:EVERY]


def within(
    site: StorageSite, seen: Float64[np.ndarray, "n p"], power: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, "n 1"]:
    """Return powers that keep the exchange of the site within its connection."""
    demand, own = seen[:, DEMAND], site.site
    low, high = demand - own.connection_kw, demand + own.export_kw
    return np.asarray(np.clip(power, low, high)[:, None])


def families(plant: StoragePlant) -> Mapping[str, Callable[[int], Policy]]:
    """Return policies by name; none of them needs a seed."""
    rivals = StorageRivals(plant.site, plant.site.planning)
    return {
        "mpc": lambda seed: RollingProgramme(plant, rivals.wear),
        "rule": lambda seed: ShavingPolicy(
            plant, f"{CHEAP // 4} cheap and dear hours", rivals.by_hand()[0].numpy()
        ),
        "idle": lambda seed: ShavingPolicy(plant, "peaks alone", np.zeros(STEPS)),
    }
