"""Programmes of bids: two-stage with recourse, on the point forecast, and with foresight.

They know no losses that grow with power and no limits that depend on charge, and count wear at a
constant cost. With foresight and wear at its least, the optimum is above the profit of all bids in
that scenario.

Shapes: s scenarios, h hours, k limits, l levels (one more), b blocks, t quarters.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from ingenium.domains.grid.bids.clearing import PER_HOUR, least_wear
from ingenium.domains.grid.bids.market import BLOCK_H, BLOCKS, KW, BidMarket, MarketScenarios
from ingenium.domains.grid.bids.recourse import PLANNED_H
from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.prices import HOURS
from ingenium.kits.programmes.highs import ProgrammeBuilder


@dataclass(frozen=True)
class BidRule:
    """Rule by which bids are planned."""

    wear: float = 30.0  # EUR for each MWh discharged
    spread: float = 5.0  # EUR/MWh, that trades after the auction are expected to cost
    reserve: bool = True  # whether reserve is offered


@dataclass(frozen=True, eq=False)
class Bids:
    """Limits, net positions and reserve of a day."""

    limits: Float64[np.ndarray, "*n k h"]  # EUR/MWh, ascending
    net_mw: Float64[np.ndarray, "*n l h"]  # never falling with the price
    reserve_mw: Float64[np.ndarray, "*n b"]


def levels(market: BidMarket, price: Float[np.ndarray, "s h"]) -> Float64[np.ndarray, "k h"]:
    """Return limits between scenarios: quantiles of their prices, on ticks and ascending."""
    rules = market.rules
    share = (np.arange(rules.steps) + 1.0) / (rules.steps + 1.0)
    return on_ticks(np.quantile(price, share, axis=0), rules.price_tick,
                    rules.lowest + rules.price_tick, rules.highest)  # fmt: skip


def on_ticks(
    limits: Float[np.ndarray, "*n k h"], tick: float, lowest: float, highest: float
) -> Float64[np.ndarray, "*n k h"]:
    """Return limits as ascending ticks within the auction's limits."""
    first, last, count = round(lowest / tick), round(highest / tick), limits.shape[-2]
    own = np.round(limits / tick).clip(first, last)
    steps = np.arange(count)[:, None]
    own = np.maximum.accumulate(own - steps, axis=-2) + steps  # at least a tick apart
    return np.asarray(np.minimum(own, last - (count - 1) + steps) * tick)


def _energy(
    made: ProgrammeBuilder, market: BidMarket, net: list[tuple[list[int], list[float]]],
    step_h: float, wear: float, weight: float, reserve: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Add a battery whose net power (MW) is a sum of columns; return its columns of energy."""
    b, n = market.battery, len(net)
    power = market.settings.power_mw
    into = made.columns(n, 0.0, power)
    out = made.columns(n, 0.0, power, cost=weight * wear * step_h)
    full = b.energy_kwh / KW
    energy = made.columns(n, 0.0, full)
    short = made.columns(1, 0.0, full, cost=weight * market.short_eur_per_mwh)
    left = (1.0 - b.idle_per_day) ** (step_h / 24.0)
    above, below = market.margins_kwh(1.0, PLANNED_H * market.rules.sustained_h)
    for t, (columns, values) in enumerate(net):
        made.row([out[t], into[t], *columns], [1.0, -1.0, *(-v for v in values)], 0.0, 0.0)
        row = [energy[t], into[t], out[t]], [1.0, -b.one_way * step_h, step_h / b.one_way]
        first = left * b.start_kwh / KW if t == 0 else 0.0
        if t > 0:
            row = [*row[0], energy[t - 1]], [*row[1], -left]
        made.row(*row, first, first)
        if len(reserve):
            block = reserve[t // BLOCK_H]  # hours
            for held in {int(block), int(reserve[min(t + 1, n - 1) // BLOCK_H])}:  # and the next
                made.row([energy[t], held], [1.0, -above], 0.0, np.inf)
                made.row([energy[t], held], [1.0, below], -np.inf, full)
    made.row([energy[-1], short[0]], 1.0, b.start_kwh / KW, np.inf)
    return energy


def planned(
    market: BidMarket, scenarios: MarketScenarios, rule: BidRule, limits: Float64[np.ndarray, "k h"]
) -> Bids | None:
    """Plan net curves for equally likely scenarios, each with trades after the auction.

    Without limits the same position is taken in all scenarios, at any price.
    """
    made, power = ProgrammeBuilder(), market.settings.power_mw
    mean = scenarios.reserve.mean(0)
    most = market.settings.most_reserve_mw if rule.reserve else 0.0
    held = made.columns(BLOCKS, 0.0, most, cost=-BLOCK_H * mean)
    net = np.stack([made.columns(HOURS, -power, power) for _ in range(len(limits) + 1)])
    for h in range(HOURS):
        block = held[h // BLOCK_H]
        for low, high in zip(net[:-1, h], net[1:, h], strict=True):
            made.row([high, low], [1.0, -1.0], 0.0, np.inf)
        made.row([net[-1, h], block], [1.0, 1.0], -np.inf, power)
        made.row([net[0, h], block], [1.0, -1.0], -power, np.inf)
    level = (scenarios.price[:, None] >= limits[None]).sum(1)
    weight = 1.0 / len(level)
    for own, price in zip(level, scenarios.price, strict=True):
        position = net[own, np.arange(HOURS)]
        back = made.columns(HOURS, 0.0, 2 * power, cost=weight * (price + rule.spread))
        again = made.columns(HOURS, 0.0, 2 * power, cost=weight * (rule.spread - price))
        for column, p in zip(position, price, strict=True):
            made.cost[column] -= weight * p
        powers = [([int(q), int(x), int(y)], [1.0, -1.0, 1.0])
                  for q, x, y in zip(position, back, again, strict=True)]  # fmt: skip
        _energy(made, market, powers, 1.0, rule.wear, weight, held if most else held[:0])
    found = made.solve()
    if not found.optimal:
        return None
    return rounded(market, limits, found.values[net], found.values[held])


def rounded(
    market: BidMarket, limits: Float[np.ndarray, "*n k h"], net_mw: Float[np.ndarray, "*n l h"],
    reserve_mw: Float[np.ndarray, "*n b"],
) -> Bids:  # fmt: skip
    """Return bids on ticks, never falling, within the power that reserve leaves."""
    rules, power = market.rules, market.settings.power_mw
    top = market.settings.most_reserve_mw
    some = np.floor(reserve_mw / rules.reserve_tick + 1e-6) * rules.reserve_tick
    held = some.clip(0.0, np.floor(top / rules.reserve_tick + 1e-9) * rules.reserve_tick)
    most = np.floor((power - held) / rules.volume_tick + 1e-9).repeat(BLOCK_H, -1)[..., None, :]
    ticks = np.maximum.accumulate(np.round(net_mw / rules.volume_tick), axis=-2)
    # Divided where a tick is a part of one: tenths are then the nearest doubles, as text is read.
    return Bids(
        _times(on_ticks(limits, rules.price_tick, rules.lowest + rules.price_tick, rules.highest)
               / rules.price_tick, rules.price_tick),
        _times(ticks.clip(-most, most), rules.volume_tick),
        _times(held / rules.reserve_tick, rules.reserve_tick),
    )  # fmt: skip


def _times(count: Float[np.ndarray, "*n"], tick: float) -> Float64[np.ndarray, "*n"]:
    """Return numbers of ticks as the doubles nearest to them."""
    parts = round(1 / tick)
    whole = np.round(count)
    return np.asarray(whole / parts if abs(parts * tick - 1) < 1e-9 else whole * tick) + 0.0


def foresight_eur(market: BidMarket, scenarios: MarketScenarios) -> Float[np.ndarray, " s"]:
    """Return a profit that nobody exceeds in each scenario, even one who knows it."""
    return np.array([
        _foresight(market, *one)
        for one in zip(scenarios.price, scenarios.reserve, scenarios.signal, strict=True)
    ])  # fmt: skip


def _foresight(
    market: BidMarket, price: np.ndarray, reserve: np.ndarray, signal: np.ndarray
) -> float:
    made, power, rules = ProgrammeBuilder(), market.settings.power_mw, market.rules
    called = (price.repeat(PER_HOUR) * signal).reshape(BLOCKS, -1).sum(1) * STEP_H
    held = made.columns(BLOCKS, 0.0, market.settings.most_reserve_mw,
                        cost=-BLOCK_H * reserve - called)  # fmt: skip
    net = made.columns(HOURS, -power, power, cost=-price)
    for h in range(HOURS):
        block = held[h // BLOCK_H]
        made.row([net[h], block], 1.0, -np.inf, power)
        made.row([net[h], block], [1.0, -1.0], -power, np.inf)
    quarters = len(signal)
    each = price.repeat(PER_HOUR)
    back = made.columns(quarters, 0.0, 4 * power, cost=STEP_H * (each + rules.spread))
    again = made.columns(quarters, 0.0, 4 * power, cost=STEP_H * (rules.spread - each))
    powers = [
        ([int(net[t // PER_HOUR]), int(back[t]), int(again[t]),
          int(held[t // (PER_HOUR * BLOCK_H)])], [1.0, -1.0, 1.0, float(signal[t])])
        for t in range(quarters)
    ]  # fmt: skip
    # Cells wear by half of all that their charge moves: what leaves them, and half of its change.
    least, b = least_wear(market), market.battery
    energy = _energy(made, market, powers, STEP_H, least / b.one_way, 1.0, held[:0])
    hours, full = rules.sustained_h, b.energy_kwh / KW
    for t in range(1, quarters):  # what reserve needs as a quarter of an hour begins
        block = held[t // (PER_HOUR * BLOCK_H)]
        made.row([energy[t - 1], block], [1.0, -hours / b.one_way], 0.0, np.inf)
        made.row([energy[t - 1], block], [1.0, hours * b.one_way], -np.inf, full)
    made.cost[energy[-1]] += least / 2
    found = made.solve()
    return least * b.start_kwh / KW / 2 - found.objective if found.optimal else float("nan")
