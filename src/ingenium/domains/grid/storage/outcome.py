"""Outcome of schedules in scenarios: what the controller at the site makes of them, and costs.

Shapes: n schedules, s scenarios, t steps, e their ends and the start.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.opening import SiteScenarios, StorageSite
from ingenium.domains.grid.storage.programme import short_eur_per_kwh
from ingenium.domains.grid.storage.wear import CellWear, cost_of


@dataclass(frozen=True, eq=False)
class SiteOutcome:
    """Power of the battery and exchange of the site, step by step."""

    power_kw: Float64[Tensor, "n s t"]
    energy_kwh: Float64[Tensor, "n s e"]
    missed_kw: Float64[Tensor, "n s t"]
    import_kw: Float64[Tensor, "n s t"]  # below 0 it exports


def follow(
    site: StorageSite, scenarios: SiteScenarios, plan_kw: Float64[Tensor, "n t"]
) -> SiteOutcome:
    """Run schedules in scenarios under the controller of the site.

    It follows the schedule, brings the charge back to that of the schedule with `restore_kw` at
    most, discharges where demand exceeds the connection, never charges through a full connection,
    and never leaves the limits of the battery. What is still missing is not served.
    """
    battery, own = site.battery, site.site
    demand = torch.as_tensor(scenarios.demand_kw)
    nominal = battery.energy_after(plan_kw)
    before = torch.cat([torch.full_like(nominal[:, :1], battery.start_kwh), nominal], 1)
    now = torch.full((len(plan_kw), len(demand)), battery.start_kwh, dtype=torch.float64)
    power, energy = [], [now]
    for t in range(plan_kw.shape[1]):  # each step depends on the previous one
        back = ((before[:, t, None] - now) / STEP_H).clamp(-own.restore_kw, own.restore_kw)
        p = controlled(site, demand[:, t], plan_kw[:, t, None] - back, now)
        now = battery.step(now, p)
        power.append(p)
        energy.append(now)
    return exchange(site, scenarios, torch.stack(power, -1), torch.stack(energy, -1))


def controlled(
    site: StorageSite,
    demand_kw: Float64[Tensor, " s"],
    wanted_kw: Float64[Tensor, "n s"],
    energy_kwh: Float64[Tensor, "n s"],
) -> Float64[Tensor, "n s"]:
    """Return the power of a step: as wanted, within the connection and then the battery."""
    own = site.site
    low, high = demand_kw - own.connection_kw, demand_kw + own.export_kw
    wanted = torch.minimum(torch.maximum(wanted_kw, low), high)
    least, most = site.battery.limits_kw(energy_kwh)
    return torch.minimum(torch.maximum(wanted, least), most)


def exchange(
    site: StorageSite,
    scenarios: SiteScenarios,
    power_kw: Float64[Tensor, "n s t"],
    energy_kwh: Float64[Tensor, "n s e"],
) -> SiteOutcome:
    """Return what a site exchanges and misses under the power of its battery."""
    demand = torch.as_tensor(scenarios.demand_kw)
    missed = (demand - power_kw - site.site.connection_kw).clamp(min=0.0)
    return SiteOutcome(power_kw, energy_kwh, missed, demand - missed - power_kw)


@dataclass(frozen=True, eq=False)
class SiteCosts:
    """Costs and services of outcomes, by scenario."""

    energy: Float[np.ndarray, "n s"]  # EUR: imports less exports, and charge missing at the end
    imbalance: Float[np.ndarray, "n s"]  # EUR
    missed: Float[np.ndarray, "n s"]  # EUR
    wear: Float[np.ndarray, "n s"]  # EUR
    imbalance_kwh: Float[np.ndarray, "n s"]
    missed_kwh: Float[np.ndarray, "n s"]
    end_kwh: Float[np.ndarray, "n s"]
    full_cycles: Float[np.ndarray, "n s"]
    deepest: Float[np.ndarray, "n s"]
    lost: Float[np.ndarray, "n s"]  # share of the capacity

    @property
    def total(self) -> Float[np.ndarray, "n s"]:
        """Cost of the day (EUR)."""
        return np.asarray(self.energy + self.imbalance + self.missed + self.wear)


def costs(
    site: StorageSite,
    scenarios: SiteScenarios,
    found: SiteOutcome,
    nominated_kw: Float64[Tensor, "n t"],
) -> SiteCosts:
    """Price outcomes; `nominated_kw` is the exchange that was announced."""
    energy, off, missed = charges(site, scenarios, found, nominated_kw)
    own, battery = site.site, site.battery
    worn = wear(site, found)
    value = battery.eur_per_kwh * battery.energy_kwh
    return SiteCosts(
        energy=energy.numpy(),
        imbalance=(own.imbalance_eur_per_kwh * off).numpy(),
        missed=(own.missed_eur_per_kwh * missed).numpy(),
        wear=cost_of(1.0, value) * worn[2],
        imbalance_kwh=off.numpy(),
        missed_kwh=missed.numpy(),
        end_kwh=found.energy_kwh[..., -1].numpy(),
        full_cycles=worn[0],
        deepest=worn[1],
        lost=worn[2],
    )


def charges(
    site: StorageSite,
    scenarios: SiteScenarios,
    found: SiteOutcome,
    nominated_kw: Float64[Tensor, "n t"],
) -> tuple[Float64[Tensor, "n s"], Float64[Tensor, "n s"], Float64[Tensor, "n s"]]:
    """Return the cost of energy (EUR), the imbalance and the missed demand (kWh); differentiable.

    Charge that is missing at the end counts as energy.
    """
    own, battery = site.site, site.battery
    price = torch.as_tensor(scenarios.price)
    imports, exports = found.import_kw.clamp(min=0.0), (-found.import_kw).clamp(min=0.0)
    energy = ((price + own.fee_eur_per_kwh) * imports - price * exports).sum(-1) * STEP_H
    short = (battery.start_kwh - found.energy_kwh[..., -1]).clamp(min=0.0)
    off = (found.import_kw - nominated_kw[:, None]).abs().sum(-1) * STEP_H
    missed = found.missed_kw.sum(-1) * STEP_H
    return energy + short_eur_per_kwh(site) * short, off, missed


def wear(site: StorageSite, found: SiteOutcome) -> Float[np.ndarray, "3 n s"]:
    """Return full cycles, the deepest cycle and the lost capacity of each outcome."""
    charge = (found.energy_kwh / site.battery.energy_kwh).numpy()
    hours = (charge.shape[-1] - 1) * STEP_H
    rows = np.full((charge.shape[0] * charge.shape[1], 3), np.nan)
    for i, own in enumerate(charge.reshape(len(rows), -1)):  # cycles are counted one by one
        if np.isfinite(own).all():
            one = CellWear.of(own, hours)
            rows[i] = one.full_cycles, one.deepest, one.lost
    return np.moveaxis(rows.reshape(*charge.shape[:2], 3), -1, 0)


def nominated(site: StorageSite, plan_kw: Float64[Tensor, "n t"]) -> Float64[Tensor, "n t"]:
    """Return the exchange announced with a schedule, from the point forecast of demand."""
    own = site.site
    wanted = torch.as_tensor(site.forecast.demand_kw[0]) - plan_kw
    return wanted.clamp(-own.export_kw, own.connection_kw)


def idle(site: StorageSite) -> Float64[Tensor, "1 t"]:
    """Return the schedule that does nothing."""
    return torch.zeros(1, site.forecast.price.shape[1], dtype=torch.float64)
