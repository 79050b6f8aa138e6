"""Clearing of bids at a price, and delivery of what was cleared by the battery, step by step.

Bids of an hour are a net curve: a position for prices below the first limit, and one from each
limit on. A position above 0 is sold, below 0 bought.

Shapes: n bids, s scenarios, k limits, l levels (one more), h hours, b blocks, t quarters, e their
ends and the start.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.domains.grid.bids.market import BLOCK_H, KW, QUARTERS, BidMarket, MarketScenarios
from ingenium.domains.grid.bids.recourse import PLANNED_H, Recourse
from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.rainflow import cycles
from ingenium.domains.grid.storage.wear import cost_of, stress

PER_HOUR = round(1 / STEP_H)


def cleared(
    limits: Float64[Tensor, "n k h"],
    net_mw: Float64[Tensor, "n l h"],
    price: Float64[Tensor, "s h"],
) -> Float64[Tensor, "n s h"]:
    """Return the position of each hour at a price; a price equal to a limit reaches it."""
    level = (price[None, :, None] >= limits[:, None]).sum(2)
    every = net_mw[:, None].expand(-1, len(price), -1, -1)
    return every.gather(2, level[:, :, None])[:, :, 0]


@dataclass(frozen=True, eq=False)
class DeliveredDay:
    """Delivery by a battery, by scenario."""

    position_kw: Float64[Tensor, "n s t"]  # sold in the auction
    traded_kw: Float64[Tensor, "n s t"]  # bought back after the auction
    power_kw: Float64[Tensor, "n s t"]  # of the battery, activation included
    off_kw: Float64[Tensor, "n s t"]  # neither delivered nor traded
    energy_kwh: Float64[Tensor, "n s e"]
    missing_kw: Float64[Tensor, "n s t"]  # reserve that could not have been called in full


def delivered(
    market: BidMarket,
    scenarios: MarketScenarios,
    position_mw: Float64[Tensor, "n s h"],
    reserve_mw: Float64[Tensor, "n b"],
    *,
    second_stage: bool = True,
) -> DeliveredDay:
    """Deliver positions or trade them after the auction, as charge and reserve allow.

    Without the second stage only what cannot be delivered is traded.
    """
    battery = market.battery
    sold = KW * position_mw.repeat_interleave(PER_HOUR, -1)
    recourse = Recourse.of(market, scenarios, position_mw, reserve_mw) if second_stage else None
    wanted = sold[..., 0]
    held = KW * reserve_mw.repeat_interleave(BLOCK_H * PER_HOUR, -1)
    signal = torch.as_tensor(scenarios.signal)
    now = torch.full(sold.shape[:2], battery.start_kwh, dtype=torch.float64)
    rows: list[tuple[Tensor, ...]] = []
    for t in range(QUARTERS):  # each step depends on the previous one
        if recourse is None:
            wanted = sold[..., t]
        elif t % PER_HOUR == 0:
            wanted = KW * recourse.best_mw(t // PER_HOUR, now / KW)
        r = held[:, t, None].expand_as(now)
        after = held[:, min(t + 1, QUARTERS - 1), None].expand_as(now)  # margins as the step ends
        base = _planned(market, now, wanted, r, torch.maximum(r, after))
        due = base + signal[:, t] * r
        low, high = battery.limits_kw(now)
        power = torch.minimum(torch.maximum(due, low), high)
        missing = _missing(market, now, base, r)
        now = battery.step(now, power)
        rows.append((sold[..., t] - base, power, due - power, now, missing))
    traded, power, off, energy, missing = (torch.stack(x, -1) for x in zip(*rows, strict=True))
    first = torch.full_like(energy[..., :1], battery.start_kwh)
    return DeliveredDay(sold, traded, power, off, torch.cat([first, energy], -1), missing)


def _planned(
    market: BidMarket, now: Tensor, wanted: Tensor, held: Tensor, later: Tensor
) -> Float64[Tensor, "n s"]:
    """Return the power nearest to what is wanted that leaves the margins of reserve."""
    battery, hours = market.battery, PLANNED_H * market.rules.sustained_h
    above, below = _margins(market, later, hours)
    low, high = battery.limits_kw(now)
    left = now * battery.left
    most = battery.outside_kw((left - above) / STEP_H)
    least = battery.outside_kw(((left - (battery.energy_kwh - below)) / STEP_H).clamp(
        min=-battery.power_kw))  # fmt: skip
    wanted = torch.minimum(torch.maximum(wanted, torch.minimum(least, most)), most)
    return torch.minimum(torch.maximum(wanted, (low + held).clamp(max=0.0)),
                         (high - held).clamp(min=0.0))  # fmt: skip


def _margins(market: BidMarket, held: Tensor, hours: float) -> tuple[Tensor, Tensor]:
    above, below = market.margins_kwh(1.0, hours)  # linear in the reserve
    return above * held, below * held


def _missing(market: BidMarket, now: Tensor, base: Tensor, held: Tensor) -> Float64[Tensor, "n s"]:
    """Return the reserve that could not be called in full for the time that it must be."""
    b, hours = market.battery, market.rules.sustained_h
    low, high = b.limits_kw(now)
    some = [held - (high - base), held - (base - low)]
    if hours > 0:
        some += [held - now * b.one_way / hours, held - (b.energy_kwh - now) / b.one_way / hours]
    worst = torch.stack(some).amax(0)
    return torch.where(held > 0, torch.minimum(worst.clamp(min=0.0), held), 0.0)


@dataclass(frozen=True, eq=False)
class DayAccount:
    """Money of delivered days, by scenario (EUR)."""

    auction: Float[np.ndarray, "n s"]  # cleared positions at their price
    energy: Float[np.ndarray, "n s"]  # that is metered, at the price of the auction
    spread: Float[np.ndarray, "n s"]  # of trades after the auction
    imbalance: Float[np.ndarray, "n s"]
    reserve: Float[np.ndarray, "n s"]
    wear: Float[np.ndarray, "n s"]  # by cycles; that by time is the same whatever is bid
    short: Float[np.ndarray, "n s"]  # charge missing at the end
    cycles: Float[np.ndarray, "n s"]

    @property
    def profit(self) -> Float[np.ndarray, "n s"]:
        """Profit of the day."""
        spent = self.spread + self.imbalance + self.wear + self.short
        return np.asarray(self.energy + self.reserve - spent)


def account(market: BidMarket, scenarios: MarketScenarios, day: DeliveredDay,
            reserve_mw: Float64[Tensor, "n b"]) -> DayAccount:  # fmt: skip
    """Settle delivered days."""
    rules, battery = market.rules, market.battery
    price = torch.as_tensor(scenarios.price).repeat_interleave(PER_HOUR, -1)
    mwh = STEP_H / KW
    energy = (price * day.power_kw).sum(-1) * mwh
    paid = torch.as_tensor(scenarios.reserve).repeat_interleave(BLOCK_H * PER_HOUR, -1)
    held = reserve_mw.repeat_interleave(BLOCK_H * PER_HOUR, -1)[:, None] - day.missing_kw / KW
    short = (battery.start_kwh - day.energy_kwh[..., -1]).clamp(min=0.0) / KW
    cycles, lost = _worn(battery.energy_kwh, day.energy_kwh)
    value = battery.eur_per_kwh * battery.energy_kwh
    return DayAccount(
        auction=((price * day.position_kw).sum(-1) * mwh).numpy(),
        energy=energy.numpy(),
        spread=(rules.spread * day.traded_kw.abs().sum(-1) * mwh).numpy(),
        imbalance=(rules.imbalance * day.off_kw.abs().sum(-1) * mwh).numpy(),
        reserve=((paid * held).sum(-1) * STEP_H).numpy(),
        wear=cost_of(1.0, value) * lost,
        short=(market.short_eur_per_mwh * short).numpy(),
        cycles=cycles,
    )


def _worn(
    energy_kwh: float, energy: Float64[Tensor, "n s e"]
) -> tuple[Float[np.ndarray, "n s"], Float[np.ndarray, "n s"]]:
    """Return full cycles, and the share of the capacity that cycles cost."""
    charge = (energy / energy_kwh).numpy()
    found = np.full((charge.shape[0] * charge.shape[1], 2), np.nan)
    for i, own in enumerate(charge.reshape(len(found), -1)):  # cycles are counted one by one
        if np.isfinite(own).all():
            depth, mean, count = np.array(cycles(own)).reshape(-1, 3).T
            found[i] = (count * depth).sum(), (count * stress(depth, mean)).sum()
    return found[:, 0].reshape(charge.shape[:2]), found[:, 1].reshape(charge.shape[:2])


def least_wear(market: BidMarket) -> float:
    """Return the least cost of a MWh taken out of the cells by any cycle (EUR).

    A cycle of a depth has a mean charge of at least half of it.
    """
    depth = np.linspace(1e-3, 1.0, 4000)
    least = 0.999 * float((stress(depth, depth / 2) / depth).min())  # between two depths
    return cost_of(least, market.battery.eur_per_kwh * KW)
