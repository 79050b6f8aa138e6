"""Verifier of plans: their rules, and AC power flow of each hour before and after every outage."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.grid.data.packages import release_of
from ingenium.domains.grid.dispatch import rules
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.states import HourStates, solve_hour
from ingenium.domains.grid.dispatch.system import DispatchSystem

AFTER = ("unsolved", "loading_after", "worst_outage", "worst_hour", "v_min_after", "v_max_after",
         "reactive_excess_after", "pickup_excess", "violated", "lost_load")  # fmt: skip


def quantities(system: DispatchSystem) -> tuple[Quantity, ...]:
    """Return all quantities; places of worst outages are labelled by their branches."""
    none = ("before any outage", *system.net.labels)
    at = ("worst_outage", "worst_hour")
    listed = (
        Quantity("cost", "USD", "fuel, starts and shed load, without a price of carbon"),
        Quantity("start_cost", "USD", "starts"),
        Quantity("co2", "t", "CO2e of the fuel over its life"),
        Quantity("shed", "MWh", "load that is shed by plan"),
        Quantity("curtailed", "MWh", "wind, sun and water that is not used"),
        Quantity("gap", "1", "cost above the bound without network and losses, relative to it"),
        Quantity("switching_faults", "1", "unit-hours not on or off, or switched too early"),
        Quantity("output_excess", "MW", "power of a unit beyond its limits, or while it is off"),
        Quantity("ramp_excess", "MW", "change beyond a ramp limit, from the hour before on"),
        Quantity("reserve_short", "MW", "spinning reserve that is missing in the worst hour"),
        Quantity("plant_excess", "MW", "power of a plant beyond wind, sun and water"),
        Quantity("store_excess", "MW", "power or energy beyond a store, or missing at its end"),
        Quantity("shed_excess", "MW", "shedding beyond a load"),
        Quantity("mismatch", "MW", "generation less load and losses, in the worst hour"),
        Quantity("loss", "MWh", "losses of the network"),
        Quantity("loading", "%", "largest load of a branch before outages, of its rating"),
        Quantity("v_min", "pu", "lowest voltage before outages"),
        Quantity("v_max", "pu", "highest voltage before outages"),
        Quantity("voltage_excess", "pu", "voltage beyond the limits of its bus before outages"),
        Quantity("angle_excess", "deg", "angle across a branch beyond its limits"),
        Quantity("reactive_excess", "Mvar", "reactive power beyond machines, before outages"),
        Quantity("unsolved", "1", "outages without a solution, over all hours"),
        Quantity("loading_after", "%", "largest load after an outage, of the emergency rating",
                 where=at),
        Quantity("worst_outage", "1", "outage with that load", labels=none),
        Quantity("worst_hour", "1", "hour with that load, from 0"),
        Quantity("v_min_after", "pu", "lowest voltage after an outage"),
        Quantity("v_max_after", "pu", "highest voltage after an outage"),
        Quantity("reactive_excess_after", "Mvar", "reactive power beyond machines after an outage"),
        Quantity("pickup_excess", "MW", "power that no unit has room for after an outage"),
        Quantity("violated", "1", "outages, over all hours, after which a limit is violated"),
        Quantity("lost_load", "MW", "load in the largest island that an outage makes"),
        Quantity("states", "1", "states that were solved: hours, before and after outages"),
    )  # fmt: skip
    absent = set() if system.after.outages else set(AFTER)
    absent |= {"gap"} if system.snapshot else set()
    return tuple(q for q in listed if q.name not in absent)


@dataclass(frozen=True)
class Extremes:
    """Extremes of one hour's states."""

    values: dict[str, float]
    violated: int
    worst: tuple[float, int]  # load after an outage (%), and its branch


def extremes(plan: DispatchPlan, t: int, found: HourStates) -> Extremes:
    """Measure the states of an hour."""
    s, net = plan.system, plan.system.net
    low, high = (q[:, t] for q in plan.q_range)
    beyond = np.where(found.live, np.maximum(found.q - high, low - found.q), 0.0).clip(min=0.0)
    magnitude = np.abs(found.v)
    least = np.where(found.live, magnitude, np.inf).min(1)
    up, down = (r[:, t] for r in plan.room)
    pickup = np.maximum(found.change - up, -found.change - down)
    pickup = np.where(plan.controlled[:, t] & found.live, pickup, 0.0).max(1).clip(min=0.0)
    angle = np.angle(found.v[0, net.f] * np.conj(found.v[0, net.t]))
    twisted = np.maximum(angle - net.angle_max, net.angle_min - angle).max()
    volts = np.maximum(magnitude[0] - net.v_max, net.v_min - magnitude[0]).max()
    values = {
        "mismatch": abs(float(found.change[0].sum())),
        "loss": float(plan.p_bus[:, t].sum() + found.change[0].sum()),
        "loading": float((100 * found.flow[0] / net.rating).max()),
        "v_min": float(least[0]),
        "v_max": float(magnitude[0].max()),
        "voltage_excess": max(0.0, float(volts)),
        "angle_excess": max(0.0, float(np.rad2deg(twisted))),
        "reactive_excess": float(beyond[0].max()),
        "states": float(len(found.v)),
    }
    if len(found.v) == 1:
        return Extremes(values, 0, (0.0, -1))
    ok = found.solved[1:]
    load = np.where(ok, (100 * found.flow[1:] / net.rating_after).max(1), np.nan)
    peak, after = magnitude[1:].max(1), s.after
    wrong = ~ok | (load > after.percent + 1e-4) | (least[1:] < after.v_min) | (peak > after.v_max)
    wrong |= (beyond[1:].max(1) > NEAR_MVA) | (pickup[1:] > PICKUP_MW)
    at = int(np.nanargmax(load)) if ok.any() else 0
    values |= {
        "unsolved": float((~ok).sum()),
        "v_min_after": float(np.min(least[1:], where=ok, initial=np.inf)),
        "v_max_after": float(np.max(peak, where=ok, initial=0.0)),
        "reactive_excess_after": float(np.max(beyond[1:].max(1), where=ok, initial=0.0)),
        "pickup_excess": float(np.max(pickup[1:], where=ok, initial=0.0)),
        "lost_load": float(found.lost.max()),
    }
    return Extremes(values, int(wrong.sum()), (float(load[at]), int(found.outage[1 + at])))


NEAR_MVA = 1e-3  # up to which power is not beyond a limit: rounding of files
PICKUP_MW = 0.05  # the same of what units pick up, since losses can turn from more to less
SUMMED = ("loss", "unsolved", "states")
LEAST = ("v_min", "v_min_after")


@dataclass(frozen=True, eq=False)
class DispatchVerifier:
    """Measures the rules of a plan, and all its states by exact AC power flow.

    Without a solution before outages in some hour all is NaN. An outage without a solution counts
    as `unsolved`.

    Shapes: n designs.
    """

    system: DispatchSystem
    bound: Callable[[], float]  # of the cost of any plan (USD), computed when it is needed
    names: tuple[str, ...]  # of the variables, in order
    name: ClassVar[str] = "lightsim2grid"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Version of the power flow."""
        return release_of("lightsim2grid").split()[1]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Columns of `measure`."""
        return quantities(self.system)

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each plan."""
        names = [q.name for q in self.quantities]
        rows = []
        for i in range(len(arrays[0])):  # plans have states of their own
            found = self.measure_plan(self.plan([a[i].numpy() for a in arrays]))
            rows.append([found.get(name, math.nan) for name in names])
        return torch.tensor(rows, dtype=torch.float64)

    def plan(self, arrays: list[np.ndarray]) -> DispatchPlan:
        """Return the plan of one design's arrays, in the order of the variables."""
        given = dict(zip(self.names, (a.astype(np.float64) for a in arrays), strict=True))
        return DispatchPlan.of(self.system, given)

    def measure_plan(self, plan: DispatchPlan) -> dict[str, float]:
        """Measure one plan; an empty table without a solution before outages."""
        outages = None if self.system.after.outages else ()
        hours = []
        for t in range(self.system.hours):
            found = solve_hour(plan, t, outages)
            if not found.solved[0]:
                return {}
            hours.append(extremes(plan, t, found))
        return by_rules(plan, math.nan if plan.system.snapshot else self.bound()) | _of_day(hours)


def by_rules(plan: DispatchPlan, bound: float) -> dict[str, float]:
    """Measure what needs no power flow."""
    starts, shed = rules.start_costs(plan), float(plan.shed.sum())
    cost = rules.production_cost(plan) + starts + plan.system.lost_load_usd * shed
    short = plan.system.reserve_mw - rules.reserve(plan).sum(0)
    return {
        "cost": cost,
        "start_cost": starts,
        "co2": rules.emissions(plan),
        "shed": shed,
        "curtailed": float((plan.system.plants.most - plan.plant).sum()),
        "gap": cost / bound - 1.0 if bound > 0 else math.nan,
        "switching_faults": float(rules.switching_faults(plan)),
        "output_excess": rules.output_excess(plan),
        "ramp_excess": rules.ramp_excess(plan),
        "reserve_short": float(short.max(initial=0.0)),
        "plant_excess": rules.plant_excess(plan),
        "store_excess": rules.store_excess(plan),
        "shed_excess": rules.shed_excess(plan),
    }


def _of_day(hours: list[Extremes]) -> dict[str, float]:
    """Combine the extremes of all hours."""
    found = dict[str, float]()
    for name in hours[0].values:
        values = [h.values[name] for h in hours]
        join = sum if name in SUMMED else min if name in LEAST else max
        found[name] = float(join(values))
    worst = max(range(len(hours)), key=lambda t: np.nan_to_num(hours[t].worst[0]))
    load, branch = hours[worst].worst
    found |= {"loading_after": load, "worst_outage": branch + 1.0, "worst_hour": float(worst)}
    found["violated"] = float(sum(h.violated for h in hours))
    return found
