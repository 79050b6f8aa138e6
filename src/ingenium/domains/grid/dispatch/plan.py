"""Plan of a dispatch, and what follows from it at each bus and hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from ingenium.domains.grid.dispatch.system import DispatchSystem

ON = 0.5  # commitments above are on


@dataclass(frozen=True, eq=False)
class DispatchPlan:
    """Commitment and set-points of all hours.

    Shapes: u units, r plants, c controlled buses, s stores, d loads, t hours.
    """

    system: DispatchSystem
    on: Float[np.ndarray, "u t"]
    p: Float[np.ndarray, "u t"]  # MW
    plant: Float[np.ndarray, "r t"]  # MW
    v: Float[np.ndarray, "c t"]  # pu
    store: Float[np.ndarray, "s t"]  # MW
    shed: Float[np.ndarray, "d t"]  # MW

    @classmethod
    def of(cls, system: DispatchSystem, given: Mapping[str, np.ndarray]) -> "DispatchPlan":
        """Build a plan from arrays by the names of the problem's variables."""
        none = np.zeros((0, system.hours))
        plant, store = (given.get(name, none) for name in ("plant_mw", "store_mw"))
        return cls(system, given["on"], given["p_mw"], plant, given["v_pu"], store,
                   given["shed_mw"])  # fmt: skip

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by the names of the problem's variables."""
        return {"on": self.on, "p_mw": self.p, "v_pu": self.v, "shed_mw": self.shed,
                "plant_mw": self.plant, "store_mw": self.store}  # fmt: skip

    @cached_property
    def is_on(self) -> Bool[np.ndarray, "u t"]:
        """Units that run; all power of a unit that is off counts as its excess."""
        return np.asarray(self.on > ON)

    @cached_property
    def p_bus(self) -> Float[np.ndarray, "b t"]:
        """Active power into the network at each bus (MW): plants less loads that are not shed."""
        s = self.system
        made = s.at_buses(np.where(self.is_on, self.p, 0.0), s.units.bus)
        made += s.at_buses(self.plant, s.plants.bus) + s.at_buses(self.store, s.stores.bus)
        made[s.loads] += self.shed
        return np.asarray(made - s.load_mw)

    @cached_property
    def q_load(self) -> Float[np.ndarray, "b t"]:
        """Reactive load (Mvar); shedding takes the same share of it."""
        s = self.system
        found = s.load_mvar.copy()
        load = s.load_mw[s.loads]
        share = np.divide(self.shed, load, out=np.zeros_like(load), where=load > 0)
        found[s.loads] *= 1.0 - share
        return found

    @cached_property
    def controlled(self) -> Bool[np.ndarray, "b t"]:
        """Buses whose voltage a running machine controls."""
        s = self.system
        found = np.repeat(s.always[:, None], s.hours, 1)
        for fleet, runs in ((s.units, self.is_on), (s.plants, s.plants.q_max > 0)):
            found |= s.at_buses(runs.astype(float), fleet.bus) > 0
        return found

    @cached_property
    def q_range(self) -> tuple[Float[np.ndarray, "b t"], Float[np.ndarray, "b t"]]:
        """Least and most reactive power of the running machines at each bus (Mvar)."""
        s, ends = self.system, []
        for i, name in enumerate(("q_min", "q_max")):
            unit = getattr(s.units, name)[:, None] * self.is_on
            found = s.at_buses(unit, s.units.bus) + s.q_always[i][:, None]
            ends.append(found + s.at_buses(getattr(s.plants, name), s.plants.bus))
        return ends[0], ends[1]

    @cached_property
    def room(self) -> tuple[Float[np.ndarray, "b t"], Float[np.ndarray, "b t"]]:
        """Power by which each bus can rise, and fall, after an outage (MW).

        Running units rise and fall; plants of wind and sun only fall, to their least power.
        """
        s, u = self.system, self.system.units
        up = np.where(self.is_on, u.p_max[:, None] - self.p, 0.0).clip(min=0.0)
        down = np.where(self.is_on, self.p - u.p_min[:, None], 0.0).clip(min=0.0)
        spill = (self.plant - s.plants.least).clip(min=0.0)
        falls = s.at_buses(down, u.bus) + s.at_buses(spill, s.plants.bus)
        return s.at_buses(up, u.bus), falls

    @cached_property
    def v_bus(self) -> Float[np.ndarray, "b t"]:
        """Voltage to start from: the set-point where it is controlled, else 1 (pu)."""
        found = np.ones((len(self.system.net.bus), self.system.hours))
        found[self.system.controls] = self.v
        return np.where(self.controlled, found, 1.0)
