"""System of a dispatch: its network, units, plants, stores, load and reserve of each hour."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from ingenium.core.digest import array_digest, digest
from ingenium.domains.grid.transmission.net import Transmission


@dataclass(frozen=True, eq=False)
class UnitFleet:
    """Thermal units: limits, times, state before the first hour, costs and emissions.

    Costs follow the polynomial and, where `points` of a unit are not empty, its straight pieces.

    Shapes: u units.
    """

    names: tuple[str, ...]
    bus: Int[np.ndarray, " u"]  # positions in the network
    p_min: Float[np.ndarray, " u"]  # MW
    p_max: Float[np.ndarray, " u"]
    q_min: Float[np.ndarray, " u"]  # Mvar
    q_max: Float[np.ndarray, " u"]
    ramp_up: Float[np.ndarray, " u"]  # MW/h
    ramp_down: Float[np.ndarray, " u"]
    ramp_start: Float[np.ndarray, " u"]  # MW
    ramp_stop: Float[np.ndarray, " u"]
    up_min: Int[np.ndarray, " u"]  # h
    down_min: Int[np.ndarray, " u"]
    on_before: Bool[np.ndarray, " u"]
    hours_before: Int[np.ndarray, " u"]
    p_before: Float[np.ndarray, " u"]
    must_run: Bool[np.ndarray, " u"]
    starts: tuple[tuple[tuple[int, float], ...], ...]
    points: tuple[tuple[tuple[float, float], ...], ...]
    polynomial: Float[np.ndarray, "u 3"]  # USD/h by MW: square, slope, constant
    t_per_mwh: Float[np.ndarray, " u"]  # CO2e

    def hourly_cost(self, p: Float[np.ndarray, "... u t"]) -> Float[np.ndarray, "... u t"]:
        """Cost of an hour of each unit that is on (USD)."""
        square, slope, constant = (self.polynomial[:, i, None] for i in range(3))
        cost = (square * p + slope) * p + constant
        for i, points in enumerate(self.points):  # each unit has its own corners
            if points:
                mw, usd = np.array(points).T
                cost[..., i, :] = np.interp(p[..., i, :], mw, usd)
        return np.asarray(cost)

    def start_cost(self, hours_off: Int[np.ndarray, " n"], unit: int) -> Float[np.ndarray, " n"]:
        """Cost of starts of a unit after some hours off (USD)."""
        lags, costs = (np.array(x) for x in zip(*self.starts[unit], strict=True))
        at = np.searchsorted(lags, hours_off, side="right") - 1
        return np.asarray(costs[at.clip(min=0)], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class PlantFleet:
    """Renewable plants, with the least and most power of each hour.

    Shapes: r plants, t hours.
    """

    names: tuple[str, ...]
    bus: Int[np.ndarray, " r"]
    least: Float[np.ndarray, "r t"]  # MW
    most: Float[np.ndarray, "r t"]
    q_max: Float[np.ndarray, "r t"]  # Mvar, of hours in which the plant controls its voltage
    q_min: Float[np.ndarray, "r t"]


@dataclass(frozen=True, eq=False)
class Stores:
    """Stores of energy, such as pumped water; discharging is positive.

    Shapes: s stores.
    """

    names: tuple[str, ...] = ()
    bus: Int[np.ndarray, " s"] = field(default_factory=lambda: np.zeros(0, np.int64))
    power: Float[np.ndarray, " s"] = field(default_factory=lambda: np.zeros(0))  # MW
    energy: Float[np.ndarray, " s"] = field(default_factory=lambda: np.zeros(0))  # MWh
    first: Float[np.ndarray, " s"] = field(default_factory=lambda: np.zeros(0))  # MWh at the start
    efficiency: Float[np.ndarray, " s"] = field(default_factory=lambda: np.zeros(0))  # of a cycle

    def levels(self, mw: Float[np.ndarray, "s t"]) -> Float[np.ndarray, "s t"]:
        """Energy at the end of each hour (MWh); all losses are those of charging."""
        change = np.where(mw > 0, -mw, -mw * self.efficiency[:, None])
        return np.asarray(self.first[:, None] + np.cumsum(change, -1))


@dataclass(frozen=True, eq=False)
class AfterLimits:
    """Limits after an outage, and the choice of outages."""

    outages: bool  # each branch in service, one at a time
    v_min: float  # pu
    v_max: float
    percent: float  # of the long-time emergency rating


@dataclass(frozen=True, eq=False)
class DispatchSystem:
    """A power system over the hours of a plan.

    Shapes: b buses, t hours.
    """

    net: Transmission
    units: UnitFleet
    plants: PlantFleet
    stores: Stores
    load_mw: Float[np.ndarray, "b t"]
    load_mvar: Float[np.ndarray, "b t"]
    reserve_mw: Float[np.ndarray, " t"]
    always: Bool[np.ndarray, " b"]  # buses with a condenser, whose voltage is always controlled
    q_always: Float[np.ndarray, "2 b"]  # least and most Mvar of condensers
    after: AfterLimits
    start: str  # first hour, as a date
    lost_load_usd: float  # cost of a MWh that is shed
    notes: tuple[str, ...] = ()

    @property
    def hours(self) -> int:
        """Number of hours."""
        return int(self.load_mw.shape[1])

    @property
    def snapshot(self) -> bool:
        """True for a single hour of a case file: an optimal power flow."""
        return self.hours == 1 and not self.reserve_mw.any()

    @cached_property
    def loads(self) -> Int[np.ndarray, " d"]:
        """Buses with a load in some hour."""
        return np.flatnonzero((self.load_mw > 0).any(1))

    @cached_property
    def controls(self) -> Int[np.ndarray, " c"]:
        """Buses whose voltage some machine can control."""
        found = self.always.copy()
        found[self.units.bus] = True
        found[self.plants.bus[(self.plants.q_max > 0).any(1)]] = True
        return np.flatnonzero(found)

    @cached_property
    def digest(self) -> str:
        """Digest of the system."""
        parts: list[object] = [self.net.digest, self.start, self.lost_load_usd]
        for group in (self.units, self.plants, self.stores, self.after, self):
            for value in vars(group).values():
                if isinstance(value, np.ndarray):
                    parts.append(array_digest(value))
                elif isinstance(value, str | float | bool | tuple):
                    parts.append(repr(value))
        return digest(parts)

    def at_buses(
        self, values: Float[np.ndarray, "k t"], bus: Int[np.ndarray, " k"]
    ) -> Float[np.ndarray, "b t"]:
        """Sum values of elements at their buses."""
        found = np.zeros((len(self.net.bus), values.shape[1]))
        np.add.at(found, bus, values)
        return found
