"""Set-points of voltages by a linear programme around the states of an hour."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.states import HourStates, admittance_after
from ingenium.domains.grid.transmission.sensitivity import voltage_shares
from ingenium.kits.programmes.highs import ProgrammeBuilder

STEP_PU = 0.02  # of a set-point in one repair
KEEP_PU, KEEP_MVAR = 0.001, 15.0  # distance from limits that a repair aims at
NEAR_MVA = 1e-3  # up to which power is not beyond a limit
MOST_STATES = 8  # that enter a programme, besides the one before outages
NEAR_PU = 0.03  # voltages farther from their limits are left out
VOLT_PRICE = 10.0  # of a violation of 1 pu, beside 1 for that of the base power
MOVE_USD = 1e-3  # small price of a change, beside that of a violation


def beyond(plan: DispatchPlan, t: int, found: HourStates) -> Float[np.ndarray, "s b"]:
    """Return violations of voltage and reactive power at each bus; 0 if there is none."""
    low, high = (q[:, t] for q in plan.q_range)
    after, net = plan.system.after, plan.system.net
    size = np.abs(found.v)
    v_low = np.full(found.v.shape, after.v_min)
    v_high = np.full(found.v.shape, after.v_max)
    v_low[0], v_high[0] = net.v_min, net.v_max
    volts = np.where(found.live, np.maximum(size - v_high, v_low - size), 0.0).clip(min=0.0)
    mvar = np.where(found.live, np.maximum(found.q - high, low - found.q), 0.0).clip(min=0.0)
    mvar = np.where(mvar > NEAR_MVA, mvar, 0.0)
    total = volts * VOLT_PRICE + mvar / net.base_mva
    return np.where(found.solved[:, None], total, 1.0)


def better_voltages(plan: DispatchPlan, t: int, found: HourStates) -> Float[np.ndarray, " b"]:
    """Return set-points of all buses that bring the worst states of an hour within limits."""
    net, controlled = plan.system.net, plan.controlled[:, t]
    excess = beyond(plan, t, found)
    states = [0, *_worst(np.where(found.solved[:, None], excess, 0.0))]
    at = np.flatnonzero(controlled)
    now = plan.v_bus[at, t]
    made = ProgrammeBuilder()
    low = np.maximum(-STEP_PU, net.v_min[at] - now)
    rise = made.columns(len(at), 0.0, np.clip(net.v_max[at] - now, 0, STEP_PU), cost=MOVE_USD)
    fall = made.columns(len(at), 0.0, np.clip(-low, 0, STEP_PU), cost=MOVE_USD)
    for i in states:
        _add_state(made, plan, t, found, i, np.concatenate([rise, fall]))
    best = made.solve()
    result = plan.v_bus[:, t].copy()
    if best.found:
        result[at] = now + best.values[rise] - best.values[fall]
    return result


def _worst(excess: Float[np.ndarray, "s b"]) -> list[int]:
    """Choose the states after outages that are worst for some bus, the worst ones first."""
    if len(excess) == 1:
        return []
    at = excess[1:].argmax(0) + 1
    size = excess[at, np.arange(excess.shape[1])]
    order = np.argsort(-size, kind="stable")
    listed = [int(at[b]) for b in order.tolist() if size[b] > 0]
    return list(dict.fromkeys(listed))[:MOST_STATES]


def _add_state(
    made: ProgrammeBuilder,
    plan: DispatchPlan,
    t: int,
    found: HourStates,
    i: int,
    moves: Int[np.ndarray, " k"],
) -> None:
    """Add rows of voltages and reactive power of a state, each with a price of its violation."""
    net, after, controlled = plan.system.net, plan.system.after, found.free[i]
    y = admittance_after(net, int(found.outage[i]))
    shares = voltage_shares(y, found.v[i], controlled, net.base_mva)
    moves = moves.reshape(2, -1)[:, controlled[plan.controlled[:, t]]].ravel()
    live, size = found.live[i], np.abs(found.v[i])
    base = i == 0
    v_low = net.v_min if base else np.full(len(size), after.v_min)
    v_high = net.v_max if base else np.full(len(size), after.v_max)
    q_low, q_high = (q[:, t] for q in plan.q_range)
    groups = [
        (live & ~controlled, size, v_low, v_high, shares.volts, KEEP_PU, NEAR_PU, VOLT_PRICE),
        (live & controlled, found.q[i], q_low, q_high, shares.mvar, KEEP_MVAR, np.inf,
         1.0 / net.base_mva),
    ][: 2 if base else 1]  # fmt: skip  # after an outage machines may reach their limits
    for which, value, low, high, share, keep, near, price in groups:
        inner = np.minimum(keep, 0.3 * (high - low))
        least, most = low + inner, high - inner
        close = which & ((value - least < near) | (most - value < near))
        for b in np.flatnonzero(close).tolist():
            slack = made.columns(2, 0.0, np.inf, cost=price)
            row = np.concatenate([share[b], -share[b], [1.0, -1.0]])
            columns = np.concatenate([moves, slack])
            used = np.abs(row) > 1e-7
            made.row(columns[used], row[used], least[b] - value[b], most[b] - value[b])


def with_voltages(plan: DispatchPlan, v_bus: Float[np.ndarray, "b t"]) -> DispatchPlan:
    """Return the plan with other set-points; 1 pu where nothing controls the voltage."""
    own = np.where(plan.controlled, v_bus, 1.0)[plan.system.controls]
    return replace(plan, v=own)
