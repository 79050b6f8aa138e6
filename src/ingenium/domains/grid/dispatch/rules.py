"""Rules of a plan without its network: times up and down, ramps, reserve, energy, and costs.

Source: Knueven, Ostrowski and Watson, 2020; MODEL.pdf of PGLib-UC, equations 3 to 21.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.system import UnitFleet

Hours = Float[np.ndarray, "u t"]


def before(units: UnitFleet, on: Bool[np.ndarray, "u t"]) -> Bool[np.ndarray, "u t"]:
    """State of each unit in the hour before; of the first hour the state that it comes with."""
    return np.concatenate([units.on_before[:, None], on[:, :-1]], 1)


def hours_in_state(units: UnitFleet, on: Bool[np.ndarray, "u t"]) -> Int[np.ndarray, "u t"]:
    """Hours for which each unit had been in its state when an hour begins."""
    found = np.zeros(on.shape, dtype=np.int64)
    state, count = units.on_before.copy(), units.hours_before.copy()
    for t in range(on.shape[1]):
        found[:, t] = count
        count = np.where(on[:, t] == state, count + 1, 1)
        state = on[:, t]
    return found


def switching_faults(plan: DispatchPlan) -> int:
    """Count unit-hours that are neither on nor off, switch too early, or are off by force."""
    units, on = plan.system.units, plan.is_on
    odd = (plan.on != 0) & (plan.on != 1)
    was, hours = before(units, on), hours_in_state(units, on)
    early = was & ~on & (hours < units.up_min[:, None])
    early |= ~was & on & (hours < units.down_min[:, None])
    return int((odd | early | (units.must_run[:, None] & ~on)).sum())


def ceilings(plan: DispatchPlan) -> Hours:
    """Most power of each unit that is on, in its first and last hours less (MW)."""
    units, on = plan.system.units, plan.is_on
    was = before(units, on)
    last = np.concatenate([on[:, 1:], on[:, -1:]], 1)  # what follows the plan is not known
    most = np.where(on, units.p_max[:, None], 0.0)
    most = np.where(on & ~was, np.minimum(most, units.ramp_start[:, None]), most)
    return np.where(on & ~last, np.minimum(most, units.ramp_stop[:, None]), most)


def above(plan: DispatchPlan) -> tuple[Hours, Hours]:
    """Power above the least one, in each hour and the hour before (MW)."""
    units, on = plan.system.units, plan.is_on
    own = np.where(on, plan.p - units.p_min[:, None], 0.0)
    first = np.where(units.on_before, units.p_before - units.p_min, 0.0)
    return own, np.concatenate([first[:, None], own[:, :-1]], 1)


def output_excess(plan: DispatchPlan) -> float:
    """Largest power beyond the limits of a unit; all of it if the unit is off (MW)."""
    units = plan.system.units
    low = np.where(plan.is_on, units.p_min[:, None], 0.0)
    return float(np.maximum(plan.p - ceilings(plan), low - plan.p).max(initial=0.0))


def ramp_excess(plan: DispatchPlan) -> float:
    """Largest change beyond a ramp limit, from the hour before the plan on (MW)."""
    units = plan.system.units
    own, last = above(plan)
    found = np.maximum(own - last - units.ramp_up[:, None], last - own - units.ramp_down[:, None])
    stopped = units.on_before & ~plan.is_on[:, 0]
    found[:, 0] = np.maximum(
        found[:, 0], np.where(stopped, units.p_before - units.ramp_stop, -np.inf)
    )
    return float(found.max(initial=0.0))


def reserve(plan: DispatchPlan) -> Hours:
    """Spinning reserve of each unit: power by which it could be higher in that hour (MW)."""
    units = plan.system.units
    own, last = above(plan)
    room = np.minimum(ceilings(plan) - plan.p, units.ramp_up[:, None] + last - own)
    return np.where(plan.is_on, room, 0.0).clip(min=0.0)


def plant_excess(plan: DispatchPlan) -> float:
    """Largest power of a plant beyond what wind, sun or water give in that hour (MW)."""
    plants = plan.system.plants
    beyond = np.maximum(plan.plant - plants.most, plants.least - plan.plant)
    return float(beyond.max(initial=0.0))


def store_excess(plan: DispatchPlan) -> float:
    """Largest power or energy beyond a store, or energy missing at the end (MW or MWh)."""
    stores = plan.system.stores
    level = stores.levels(plan.store)
    found = [np.abs(plan.store) - stores.power[:, None], -level, level - stores.energy[:, None]]
    found.append((stores.first - level[:, -1])[:, None])
    return max(float(f.max(initial=0.0)) for f in found)


def shed_excess(plan: DispatchPlan) -> float:
    """Largest shedding beyond the load of a bus, or below 0 (MW)."""
    load = plan.system.load_mw[plan.system.loads]
    return float(np.maximum(plan.shed - load, -plan.shed).max(initial=0.0))


def production_cost(plan: DispatchPlan) -> float:
    """Cost of fuel and of being on (USD)."""
    found = plan.system.units.hourly_cost(plan.p.copy())
    return float(np.where(plan.is_on, found, 0.0).sum())


def start_costs(plan: DispatchPlan) -> float:
    """Cost of all starts, by the hours that each unit was off before (USD)."""
    units, on = plan.system.units, plan.is_on
    started = on & ~before(units, on)
    hours = hours_in_state(units, on)
    return float(sum(units.start_cost(hours[i, started[i]], i).sum() for i in range(len(on))))


def emissions(plan: DispatchPlan) -> float:
    """Emissions of running units over the life of their fuel (t CO2e)."""
    return float((np.where(plan.is_on, plan.p, 0.0).sum(1) * plan.system.units.t_per_mwh).sum())
