"""States of a grid before and after each single outage, by AC power flow of lightsim2grid.

What an outage unbalances (changed losses, and what its islands took or gave) is shared by all
running units in proportion to the room that each has in that direction. Nothing that the solver
reports is believed: flows, reactive power and the balance of every bus are computed from its
voltages with own admittances.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from ingenium.domains.grid.data.packages import package, use_fastest
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.transmission.net import Transmission

TOLERANCE_PU = 1e-10
MAX_ITERATIONS = 20
SOLVED_MVA = 1e-5  # imbalance of a bus up to which voltages are a solution
LIMIT_MVAR, LIMIT_PU = 1e-4, 1e-7  # beyond which a machine reaches a limit, or returns
SWITCHES = 12  # rounds of machines that reach limits
WIDE = 1e6  # Mvar: the engine applies no limits, which are judged on its results


@dataclass(frozen=True, eq=False)
class HourStates:
    """States of one hour: row 0 before, one more row for each outage.

    Shapes: s states, b buses, l branches.
    """

    outage: Int[np.ndarray, " s"]  # branch, -1 before
    v: Complex[np.ndarray, "s b"]  # pu; 0 in islands
    solved: Bool[np.ndarray, " s"]
    free: Bool[np.ndarray, "s b"]  # machines that control their voltage, at no limit
    flow: Float[np.ndarray, "s l"]  # MVA, the larger of both ends; 0 of the outage
    p_from: Float[np.ndarray, "s l"]  # MW
    change: Float[np.ndarray, "s b"]  # MW by which generation differs from the plan
    q: Float[np.ndarray, "s b"]  # Mvar of the machines
    error: Float[np.ndarray, " s"]  # MVA, largest imbalance of a bus
    lost: Float[np.ndarray, " s"]  # MW of load in islands

    @property
    def live(self) -> Bool[np.ndarray, "s b"]:
        """Buses with voltage."""
        return np.asarray(np.abs(self.v) > 0)


@dataclass(frozen=True, eq=False)
class _Hour:
    """Inputs of one hour."""

    p: Float[np.ndarray, " b"]
    q_load: Float[np.ndarray, " b"]
    load: Float[np.ndarray, " b"]
    controlled: Bool[np.ndarray, " b"]
    v: Float[np.ndarray, " b"]
    up: Float[np.ndarray, " b"]
    down: Float[np.ndarray, " b"]
    q_low: Float[np.ndarray, " b"]
    q_high: Float[np.ndarray, " b"]


def solve_hour(plan: DispatchPlan, t: int, outages: Sequence[int] | None = None) -> HourStates:
    """Solve one hour before and after outages; by default after each branch's."""
    up, down = plan.room
    load = plan.system.load_mw[:, t].copy()
    load[plan.system.loads] -= plan.shed[:, t]
    low, high = plan.q_range
    hour = _Hour(plan.p_bus[:, t], plan.q_load[:, t], load, plan.controlled[:, t],
                 plan.v_bus[:, t], up[:, t], down[:, t], low[:, t], high[:, t])  # fmt: skip
    net = plan.system.net
    listed = list(range(len(net.f))) if outages is None else list(outages)
    return _solve(net, hour, np.array([-1, *listed], dtype=np.int64))


def _solve(net: Transmission, hour: _Hour, outage: Int[np.ndarray, " s"]) -> HourStates:
    """Solve with rising units first, with falling ones where there is a surplus, then limits."""
    shape = (len(outage), len(hour.p))
    v, set_to = np.zeros(shape, complex), np.full(shape, np.nan)
    v[:1] = _voltages(net, hour, hour.up, outage[:1], None)
    rooms = np.repeat(hour.up[None], len(outage), 0)
    if not _measured(net, hour, rooms[:1], outage[:1], v[:1], set_to[:1]).solved[0]:
        return _measured(net, hour, rooms, outage, v, set_to)
    rest = np.arange(1, len(outage))
    if not len(rest):
        return _measured(net, hour, rooms, outage, v, set_to)
    v[rest] = _voltages(net, hour, hour.up, outage[rest], v[0])
    found = _measured(net, hour, rooms, outage, v, set_to)
    again = rest[found.change[rest].sum(1) < 0]
    if len(again):
        rooms[again] = hour.down
        v[again] = _voltages(net, hour, hour.down, outage[again], v[0])
        found = _measured(net, hour, rooms, outage, v, set_to)
    off = np.maximum(found.q - hour.q_high, hour.q_low - found.q)
    off = np.where(found.live & hour.controlled, off, 0.0)
    over = rest[(off[rest] > LIMIT_MVAR).any(1) & found.solved[rest]]
    for direction in (False, True):
        own = [i for i in over.tolist() if (i in again) == direction]
        if own:
            bench = LimitedMachines(net, hour, hour.down if direction else hour.up)
            for i in own:  # each state has machines at limits of its own
                v[i], set_to[i] = bench.solve(int(outage[i]), v[i])
    return _measured(net, hour, rooms, outage, v, set_to) if len(over) else found


class LimitedMachines:
    """Solver of states in which machines stop to control their voltage at a reactive limit.

    A machine beyond a limit gives just that, until its voltage would let it return.
    """

    def __init__(self, net: Transmission, hour: _Hour, room: Float[np.ndarray, " b"]) -> None:
        self.net, self.hour, self.room = net, hour, room
        self.whole = HourGrid(net, hour, room)

    def solve(
        self, branch: int, v: Complex[np.ndarray, " b"]
    ) -> tuple[Complex[np.ndarray, " b"], Float[np.ndarray, " b"]]:
        """Return voltages, and reactive power of machines at a limit (NaN for others)."""
        net, set_to = self.net, np.full(len(v), np.nan)
        if branch in net.split_by or branch in net.cables:
            own = HourGrid(net, self.hour, self.room, branch)
            return self._settled(own, branch, v, set_to), set_to
        self.whole.switch(branch, "deactivate")
        try:
            return self._settled(self.whole, branch, v, set_to), set_to
        finally:
            for b in np.flatnonzero(np.isfinite(set_to)).tolist():
                self.whole.fix(b, np.nan)
            self.whole.switch(branch, "reactivate")

    def _settled(
        self,
        grid: "HourGrid",
        branch: int,
        v: Complex[np.ndarray, " b"],
        set_to: Float[np.ndarray, " b"],
    ) -> Complex[np.ndarray, " b"]:
        """Solve until no machine reaches or leaves a limit; 0 where that does not end."""
        h, y = self.hour, admittance_after(self.net, branch)
        for _ in range(SWITCHES):
            q = (v * np.conj(y @ v)).imag * self.net.base_mva + h.q_load
            change = _switched(h, np.where(np.abs(v) > 0, q, 0.0), np.abs(v), set_to)
            if not len(change):
                return v
            for b in change.tolist():
                grid.fix(b, set_to[b])
            v = grid.solve(np.where(np.abs(v) > 0, v, 1.0))
            if not np.abs(v).any():
                break
        return np.zeros_like(v)


def _switched(
    hour: _Hour,
    q: Float[np.ndarray, " b"],
    size: Float[np.ndarray, " b"],
    set_to: Float[np.ndarray, " b"],
) -> Int[np.ndarray, " k"]:
    """Update which machines are at a limit; return the buses that changed."""
    free = hour.controlled & np.isnan(set_to) & (size > 0)
    over, under = free & (q > hour.q_high + LIMIT_MVAR), free & (q < hour.q_low - LIMIT_MVAR)
    back = (set_to == hour.q_high) & (size > hour.v + LIMIT_PU)
    back |= (set_to == hour.q_low) & (size < hour.v - LIMIT_PU)
    set_to[over], set_to[under] = hour.q_high[over], hour.q_low[under]
    set_to[back] = np.nan
    return np.flatnonzero(over | under | back)


def admittance_after(net: Transmission, outage: int) -> Complex[np.ndarray, "b b"]:
    """Admittance matrix after an outage; -1 is none."""
    y = net.admittance
    if outage < 0:
        return y
    ff, ft, tf, tt = (a[outage] for a in net.two_port)
    i, j = net.f[outage], net.t[outage]
    y = y.copy()
    y[i, i] -= ff
    y[j, j] -= tt
    y[i, j] -= ft
    y[j, i] -= tf
    if outage in net.cables:
        at = net.cables[outage]
        y[at, at] -= net.shunt[at]
    return y


def _voltages(
    net: Transmission,
    hour: _Hour,
    room: Float[np.ndarray, " b"],
    outage: Int[np.ndarray, " s"],
    start: Complex[np.ndarray, " b"] | None,
) -> Complex[np.ndarray, "s b"]:
    """Voltages of the states; 0 where there is no solution."""
    v = np.zeros((len(outage), len(hour.p)), complex)
    if start is None:
        v[0] = HourGrid(net, hour, room).solve(hour.v.astype(complex))
        return v
    own = [k in net.cables or k in net.split_by for k in outage.tolist()]
    plain = ~np.array(own)
    if plain.any():
        whole = HourGrid(net, hour, room)
        sweep = package("lightsim2grid.lightsim2grid_cpp").ContingencyAnalysisCPP(whole.grid)
        numbers = sorted(whole.number[k] for k in outage[plain].tolist())
        for k in numbers:
            sweep.add_n1(k)
        sweep.compute(start, MAX_ITERATIONS, TOLERANCE_PU)
        rows = dict(zip(numbers, np.asarray(sweep.get_voltages()), strict=True))
        v[plain] = [rows[whole.number[k]] for k in outage[plain].tolist()]
    for i in np.flatnonzero(~plain).tolist():  # reactors of cables, and islands
        v[i] = HourGrid(net, hour, room, int(outage[i])).solve(start)
    return np.where(np.isfinite(v), v, 0.0)


class HourGrid:
    """Engine's model of an hour, if need be of the main part of the network after an outage."""

    def __init__(
        self, net: Transmission, hour: _Hour, room: Float[np.ndarray, " b"], branch: int = -1
    ) -> None:
        self.hour, n = hour, len(net.bus)
        self.main = np.flatnonzero(net.split_by.get(branch, np.ones(n, bool)))
        self.place = np.full(n, -1)
        self.place[self.main] = np.arange(len(self.main))
        inside = (self.place[net.f] >= 0) & (self.place[net.t] >= 0)
        inside &= np.arange(len(net.f)) != branch if branch in net.split_by else True
        shunt = net.shunt.copy()
        if branch in net.cables:
            shunt[net.cables[branch]] = 0.0
        lines = np.flatnonzero(inside)
        order = np.concatenate([lines[net.shift[lines] == 0], lines[net.shift[lines] != 0]])
        self.number = {int(k): i for i, k in enumerate(order)}  # of branches in the engine
        self.plain = int((net.shift[lines] == 0).sum())
        self.machines = np.flatnonzero(hour.controlled[self.main])
        self.grid = engine_grid(net, self, lines, shunt, room)
        if branch >= 0 and branch not in net.split_by:
            self.switch(branch, "deactivate")

    def switch(self, branch: int, act: str) -> None:
        """Take a branch out, or put it back."""
        number = self.number[branch]
        if number < self.plain:
            getattr(self.grid, f"{act}_powerline")(number)
        else:
            getattr(self.grid, f"{act}_trafo")(number - self.plain)

    def solve(self, start: Complex[np.ndarray, " b"]) -> Complex[np.ndarray, " b"]:
        """Voltages of all buses; 0 in islands, and everywhere without a solution."""
        found = np.zeros_like(start)
        v = np.asarray(self.grid.ac_pf(start[self.main], MAX_ITERATIONS, TOLERANCE_PU))
        if len(v) == len(self.main):
            found[self.main] = v
        return found

    def fix(self, b: int, mvar: float) -> None:
        """Fix the reactive power of a machine, or let it control its voltage again (NaN)."""
        number, at = int(np.searchsorted(self.machines, self.place[b])), int(self.place[b])
        load = float(self.hour.q_load[b])
        if np.isfinite(mvar):
            self.grid.deactivate_gen(number)
            self.grid.change_q_load(at, load - float(mvar))
        else:
            self.grid.reactivate_gen(number)
            self.grid.change_q_load(at, load)


def engine_grid(
    net: Transmission,
    of: HourGrid,
    lines: Int[np.ndarray, " l"],
    shunt: Complex[np.ndarray, " b"],
    room: Float[np.ndarray, " b"],
) -> Any:
    """Build lightsim2grid's model: net power at each bus, and a machine where it is controlled."""
    core, hour, main = package("lightsim2grid.lightsim2grid_cpp"), of.hour, of.main
    none, nowhere, n = np.zeros(0), np.zeros(0, np.int32), len(main)
    plain, turned = lines[net.shift[lines] == 0], lines[net.shift[lines] != 0]
    ends = [of.place[e[plain]].astype(np.int32) for e in (net.f, net.t)]
    others = [of.place[e[turned]].astype(np.int32) for e in (net.f, net.t)]
    grid = core.LSGrid()
    grid.set_sn_mva(net.base_mva)
    grid.init_bus(n, 1, net.base_kv[main].copy(), len(lines), 0)
    ff, ft, tf, tt = (a[plain] for a in net.two_port)
    series = -1.0 / ft
    grid.init_powerlines_full(series.real.copy(), series.imag.copy(), ff + ft, tt + tf, *ends)
    shunts = np.flatnonzero(shunt[main])
    power = np.conj(shunt[main][shunts]) * net.base_mva
    grid.init_shunt(power.real.copy(), power.imag.copy(), shunts.astype(np.int32))
    grid.init_trafo(
        *(net.r[turned].copy(), net.x[turned].copy(), 1j * net.charging[turned]),
        *(net.tap[turned].copy(), np.rad2deg(net.shift[turned]), [True] * len(turned)),
        *(*others, False),
    )
    grid.init_loads(-hour.p[main], hour.q_load[main].copy(), np.arange(n, dtype=np.int32))
    grid.init_sgens(none, none, none, none, none, none, nowhere)
    grid.init_storages(none, none, nowhere)
    at = main[of.machines]
    wide = np.full(len(at), WIDE)
    grid.init_generators(
        np.zeros(len(at)), hour.v[at].copy(), -wide, wide, of.machines.astype(np.int32)
    )
    shares = np.where(room[at] > 0, room[at], 0.0)
    if not shares.any():
        shares = np.ones(len(at))
    for i in np.flatnonzero(shares).tolist():
        grid.add_gen_slackbus(i, float(shares[i]))
    use_fastest(grid)
    return grid


def _measured(
    net: Transmission,
    hour: _Hour,
    room: Float[np.ndarray, "s b"],
    outage: Int[np.ndarray, " s"],
    v: Complex[np.ndarray, "s b"],
    set_to: Float[np.ndarray, "s b"],
) -> HourStates:
    """Compute flows, machines and balances of states from their voltages.

    Machines that are `set_to` a limit must be on the side of it that keeps them there.
    """
    live, size = np.abs(v) > 0, np.abs(v)
    controlled = hour.controlled & np.isnan(set_to)
    out = np.flatnonzero(outage >= 0)
    into_from, into_to = net.flows(v)
    into_from[out, outage[out]] = 0.0
    into_to[out, outage[out]] = 0.0
    at_from, at_to = net.incidence
    shunt = np.repeat(net.shunt[None], len(v), 0)
    whole = np.ones((len(v), len(hour.p)), bool)
    for i, branch in zip(out.tolist(), outage[out].tolist(), strict=True):
        if branch in net.cables:
            shunt[i, net.cables[branch]] = 0.0
        whole[i] = net.split_by.get(branch, True)
    power = into_from @ at_from + into_to @ at_to
    power += np.square(np.abs(v)) * np.conj(shunt) * net.base_mva
    change = np.where(live, power.real - hour.p, 0.0)
    shares = np.where(controlled & live, room, 0.0)
    shares = np.where(shares.sum(1, keepdims=True) == 0, controlled & live, shares)
    shares = shares / shares.sum(1, keepdims=True).clip(min=1e-12)
    rest = change - shares * change.sum(1, keepdims=True)
    q = np.where(live, power.imag + hour.q_load, 0.0)
    due = np.nan_to_num(set_to)
    error = np.abs(rest).max(1)
    error = np.maximum(error, np.abs(np.where(live & ~controlled, q - due, 0.0)).max(1))
    off = np.where(live & controlled, size - hour.v, 0.0)
    off += np.where(live & (set_to == hour.q_high), (size - hour.v - LIMIT_PU).clip(min=0.0), 0.0)
    off += np.where(live & (set_to == hour.q_low), (hour.v - size - LIMIT_PU).clip(min=0.0), 0.0)
    error = np.maximum(error, np.abs(off).max(1) * net.base_mva)
    return HourStates(
        outage=outage.copy(),
        v=v.copy(),
        solved=(error < SOLVED_MVA) & (live == whole).all(1),
        free=controlled & live,
        flow=np.maximum(np.abs(into_from), np.abs(into_to)),
        p_from=into_from.real.copy(),
        change=change,
        q=np.where(hour.controlled, q, 0.0),
        error=error,
        lost=np.where(whole, 0.0, hour.load).sum(1),
    )
