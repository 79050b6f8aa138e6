"""Linear programmes of a schedule: with foresight, on a forecast, and over several scenarios.

The programme knows no losses that grow with power and no limits that depend on charge, and counts
wear at a constant cost or not at all. With foresight and without wear its optimum is therefore
below the cost of every schedule in that scenario.

Shapes: s scenarios, t steps.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.domains.grid.storage.battery import STEP_H, SiteBattery
from ingenium.domains.grid.storage.opening import SiteScenarios, StorageSite
from ingenium.domains.grid.storage.site import ChargingSite
from ingenium.kits.programmes.highs import ProgrammeBuilder


@dataclass(frozen=True)
class PlanningRule:
    """Rule by which a schedule is planned."""

    wear_eur_per_kwh: float = 0.0  # of discharged energy
    reserve: float = 0.0  # state of charge that is held back for demand


@dataclass(frozen=True, eq=False)
class PlannedSchedule:
    """A schedule, and the cost that its programme finds (EUR)."""

    power_kw: Float[np.ndarray, " t"]
    cost: float


def short_eur_per_kwh(site: StorageSite) -> float:
    """Return the cost of charge that is missing at the end: the day's highest expected import."""
    dearest = float(site.forecast.price.max()) + site.site.fee_eur_per_kwh
    return max(dearest, 0.0) / site.battery.one_way


def programme(
    site: StorageSite,
    scenarios: SiteScenarios,
    rule: PlanningRule,
    *,
    first_kwh: float | None = None,
    free_end: bool = False,
) -> tuple[ProgrammeBuilder, np.ndarray, np.ndarray]:
    """Build the programme of one schedule for all of some scenarios, equally likely.

    Args:
        site: battery and charging points.
        scenarios: their steps, up to the end of the day.
        rule: wear and reserve.
        first_kwh: energy at the first step, if it is not that of the start.
        free_end: let the charge at the end miss its start at a cost, instead of forbidding it.

    Returns:
        The programme, and the numbers of its columns of charging and discharging power.
    """
    battery, steps = site.battery, scenarios.price.shape[1]
    made = ProgrammeBuilder()
    charge = made.columns(steps, 0.0, battery.power_kw)
    out = made.columns(steps, 0.0, battery.power_kw, cost=rule.wear_eur_per_kwh * STEP_H)
    least = min(rule.reserve, battery.start) * battery.energy_kwh
    energy = made.columns(steps, least, battery.energy_kwh)
    short = made.columns(1, 0.0, battery.energy_kwh if free_end else 0.0,
                         cost=short_eur_per_kwh(site))  # fmt: skip
    _recursion(made, battery, (charge, out, energy),
               battery.start_kwh if first_kwh is None else first_kwh)  # fmt: skip
    made.row([energy[-1], short[0]], 1.0, battery.start_kwh, np.inf)
    for demand, price in zip(scenarios.demand_kw, scenarios.price, strict=True):
        _exchange(made, site.site, demand, price, (charge, out), 1.0 / len(scenarios.price))
    return made, charge, out


def _recursion(
    made: ProgrammeBuilder,
    battery: SiteBattery,
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    first: float,
) -> None:
    into, out_of = battery.one_way * STEP_H, STEP_H / battery.one_way
    for t, (c, d, e) in enumerate(zip(*columns, strict=True)):
        if t == 0:
            made.row([e, c, d], [1.0, -into, out_of], battery.left * first, battery.left * first)
        else:
            made.row([e, c, d, columns[2][t - 1]], [1.0, -into, out_of, -battery.left], 0.0, 0.0)


def _exchange(
    made: ProgrammeBuilder,
    site: ChargingSite,
    demand: Float[np.ndarray, " t"],
    price: Float[np.ndarray, " t"],
    columns: tuple[np.ndarray, np.ndarray],
    weight: float,
) -> None:
    """Add imports, exports and missed demand of a scenario."""
    n, each = len(price), weight * STEP_H
    imports = made.columns(n, 0.0, site.connection_kw, cost=each * (price + site.fee_eur_per_kwh))
    exports = made.columns(n, 0.0, site.export_kw, cost=-each * price)
    missed = made.columns(n, 0.0, demand, cost=each * site.missed_eur_per_kwh)
    for c, d, i, x, m, need in zip(*columns, imports, exports, missed, demand, strict=True):
        made.row([i, x, m, c, d], [1.0, -1.0, 1.0, -1.0, 1.0], need, need)


def planned(
    site: StorageSite,
    scenarios: SiteScenarios,
    rule: PlanningRule = PlanningRule(),
    *,
    first_kwh: float | None = None,
    free_end: bool = False,
) -> PlannedSchedule | None:
    """Solve the programme; None where it has no solution."""
    made, charge, out = programme(site, scenarios, rule, first_kwh=first_kwh, free_end=free_end)
    found = made.solve()
    if not found.optimal:
        return None
    return PlannedSchedule(found.values[out] - found.values[charge], found.objective)


def foresight_eur(site: StorageSite, scenarios: SiteScenarios) -> Float[np.ndarray, " s"]:
    """Return the lowest cost of each scenario for one who knew it (EUR), a proved bound."""
    found = []
    for k in range(len(scenarios.price)):
        one = planned(site, scenarios.some(np.array([k])), free_end=True)
        found.append(np.nan if one is None else one.cost)
    return np.array(found)
