"""Tables of actions run through weeks in whole units, and the least cost of a week.

On a surplus the battery charges from it; on a deficit it discharges, unless the action purchases:
0 purchases nothing, 1 lets the grid serve the deficit while the battery waits, 2 and 3 charge from
the grid as well, at half and at full power.

Shapes: n tables, w weeks, h hours, u units of charge from 0 to full.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.domains.grid.manager.home import (
    BALANCES,
    CHARGES,
    PERIODS,
    PRICES,
    UNITS,
    HomeSettings,
    HomeWeeks,
    ManagedHome,
    charge_layer,
)

ACTIONS = 4
START = UNITS // 2
SHAPE = (BALANCES, PRICES, CHARGES, PERIODS)
NEAR = 1e-9


def moved(
    s: HomeSettings,
    surplus_kw: Float64[np.ndarray, "*n"],
    units: Int64[np.ndarray, "*n"],
    action: Int64[np.ndarray, "*n"],
) -> Int64[np.ndarray, "*n"]:
    """Return the units that an hour puts into the cells, below 0 where they are taken out."""
    room = np.minimum(UNITS - units, s.most)
    own = np.minimum(np.floor(np.maximum(surplus_kw, 0.0) * s.way / s.unit_kwh + NEAR), room)
    need = np.floor(np.maximum(-surplus_kw, 0.0) / (s.way * s.unit_kwh) + NEAR)
    served = np.minimum(np.minimum(need, units), s.most)
    bought = np.where(action == 2, np.minimum((s.most + 1) // 2, room), room)
    charged = np.where(action >= 2, np.maximum(own, bought), own)
    discharged = np.where(action == 0, -served, np.where(action == 1, 0, bought))
    return np.asarray(np.where(surplus_kw > 0, charged, discharged).astype(np.int64))


def cost_eur(
    s: HomeSettings,
    surplus_kw: Float64[np.ndarray, "*n"],
    price: Float64[np.ndarray, "*n"],
    move: Int64[np.ndarray, "*n"],
) -> Float64[np.ndarray, "*n"]:
    """Return the cost of an hour: imports, less exports, and wear."""
    into, out = np.maximum(move, 0) * s.unit_kwh, np.maximum(-move, 0) * s.unit_kwh
    grid = into / s.way - out * s.way - surplus_kw
    imports, exports = np.maximum(grid, 0.0), np.maximum(-grid, 0.0)
    return np.asarray(price * imports - s.feed_in_eur * exports + s.wear_eur * out)


@dataclass(frozen=True, eq=False)
class ManagedWeeks:
    """Costs and moves of tables in weeks."""

    cost: Float64[np.ndarray, "n w"]  # EUR, with the worth of charge that the end has gained
    moves: Int64[np.ndarray, "n w h"]
    units: Int64[np.ndarray, "n w h"]  # before each hour
    imports: Float64[np.ndarray, "n w"]  # kWh


def run(
    home: ManagedHome, weeks: HomeWeeks, tables: Int64[np.ndarray, "n b p c d"]
) -> ManagedWeeks:
    """Run tables through weeks."""
    s = home.settings
    balance, price, period = home.layers(weeks)
    n, count = len(tables), len(weeks.price)
    now = np.full((n, count), START)
    rows, cost, imports = [], np.zeros((n, count)), np.zeros((n, count))
    which = np.arange(n)[:, None]
    for h in range(weeks.price.shape[1]):  # each hour depends on the previous one
        at = (balance[:, h], price[:, h], charge_layer(now), period[:, h])
        action = tables[which, at[0][None], at[1][None], at[2], at[3][None]]
        surplus = np.broadcast_to(weeks.surplus_kw[:, h], now.shape)
        tariff = np.broadcast_to(weeks.price[:, h], now.shape)
        move = moved(s, surplus, now, action)
        cost += cost_eur(s, surplus, tariff, move)
        grid = np.where(move > 0, move * s.unit_kwh / s.way, move * s.unit_kwh * s.way) - surplus
        imports += np.maximum(grid, 0.0)
        rows.append((move, now))
        now = now + move
    moves, units = (np.stack([r[i] for r in rows], -1) for i in range(2))
    return ManagedWeeks(cost - home.end_eur * (now - START), moves, units, imports)


def rule() -> Int64[np.ndarray, "1 b p c d"]:
    """Return the table that never purchases."""
    return np.zeros((1, *SHAPE), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Optimum:
    """Least cost of each week for one who knows it, and its moves."""

    cost: Float64[np.ndarray, " w"]
    moves: Int64[np.ndarray, "w h"]
    units: Int64[np.ndarray, "w h"]  # before each hour


def optimum(home: ManagedHome, weeks: HomeWeeks) -> Optimum:
    """Find the least cost by dynamic programming over all charges and moves.

    Moves never discharge on a surplus nor beyond a deficit, so that those of every table are
    among them.
    """
    s, count = home.settings, len(weeks.price)
    every = np.arange(UNITS + 1)
    move = every[None, :] - every[:, None]  # from a charge to another
    worth = np.tile(-home.end_eur * (every - START), (count, 1))
    chosen = []
    for h in reversed(range(weeks.price.shape[1])):  # from the end backwards
        surplus, price = weeks.surplus_kw[:, h, None, None], weeks.price[:, h, None, None]
        need = np.floor(np.maximum(-surplus, 0.0) / (s.way * s.unit_kwh) + NEAR)
        allowed = (move <= s.most) & (-move <= np.minimum(need, s.most))
        shape = (count, *move.shape)
        wide = [np.broadcast_to(x, shape) for x in (surplus, price, move)]
        own = cost_eur(s, wide[0], wide[1], wide[2])
        total = np.where(allowed, own + worth[:, None, :], np.inf)
        chosen.append(total.argmin(-1))
        worth = total.min(-1)
    now, rows = np.full(count, START), []
    for best in reversed(chosen):
        after = best[np.arange(count), now]
        rows.append((after - now, now))
        now = after
    moves, units = (np.stack([r[i] for r in rows], -1) for i in range(2))
    return Optimum(worth[:, START], moves, units)


def wrong_way(home: ManagedHome, tables: Int64[np.ndarray, "n b p c d"]) -> Int64[np.ndarray, " n"]:
    """Count states in which a table acts against its rules, among all that there are.

    Every charge is visited with surpluses of all layers, in every price layer and period. On a
    surplus that fills a unit the battery must charge unless it is full, and never discharge; on a
    deficit it must discharge unless it is empty or the action purchases, and never charge without
    a purchase.
    """
    s = home.settings
    least = s.unit_kwh / s.way * (1 + 1e-6)  # kWh that fill a unit, or that one serves
    most = 2 * max(s.large_kw, s.power_kw)
    some = np.unique([least, s.large_kw, s.large_kw * (1 + 1e-6), 2 * s.large_kw, most])
    surplus = np.concatenate([-some[::-1], some])
    layer = np.searchsorted([-s.large_kw, 0.0, s.large_kw], surplus)
    found = np.zeros(len(tables), dtype=np.int64)
    units, x = (m.ravel() for m in np.meshgrid(np.arange(UNITS + 1), surplus, indexing="ij"))
    at = np.searchsorted(surplus, x)
    for price, period in product(range(PRICES), range(PERIODS)):
        for i, table in enumerate(tables):
            action = table[layer[at], price, charge_layer(units), period]
            move = moved(s, x, units, action)
            charges = np.where(units < UNITS, move > 0, move == 0)
            gives = np.where(units > 0, move < 0, move == 0)
            right = np.where(x > 0, charges, np.where(action == 0, gives, move >= 0))
            beyond = (units + move < 0) | (units + move > UNITS)
            found[i] += int((~right | beyond).sum())
    return found
