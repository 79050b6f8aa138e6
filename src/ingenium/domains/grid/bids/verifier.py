"""Verifier of bids: rules of the auction, and clearing and delivery in every scenario.

Shapes: n bids, s scenarios, k limits, l levels (one more), h hours, b blocks,
q quantities.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium import __version__
from ingenium.core.quantity import SCENARIOS, Quantity
from ingenium.domains.grid.bids.clearing import (
    DayAccount,
    DeliveredDay,
    account,
    cleared,
    delivered,
)
from ingenium.domains.grid.bids.market import BLOCK_H, KW, BidMarket, MarketScenarios
from ingenium.domains.grid.bids.programme import foresight_eur
from ingenium.domains.grid.storage.battery import STEP_H

LOW = 0.1  # quantile of the profit
QUANTITIES = (
    Quantity("profit", "EUR", "mean profit of the day", error="profit_error"),
    Quantity("profit_error", "EUR", "standard error of the mean profit"),
    Quantity("profit_low", "EUR", "profit that 90 % of the scenarios exceed"),
    Quantity("below_foresight", "EUR", "bound for one who knows the scenario, less the profit"),
    Quantity("auction_income", "EUR", "cleared positions at the price of the auction"),
    Quantity("energy_income", "EUR", "energy that is metered, at the price of the auction"),
    Quantity("reserve_income", "EUR", "reserve that is held, at its declared price"),
    Quantity("trade_cost", "EUR", "spread of trades after the auction"),
    Quantity("imbalance_cost", "EUR", "what is neither delivered nor traded, at its charge"),
    Quantity("wear_cost", "EUR", "capacity that cycles cost, at the cost of a new battery"),
    Quantity("short_cost", "EUR", "charge that is missing at the end"),
    Quantity("sold", "MWh", "energy sold in the auction"),
    Quantity("bought", "MWh", "energy bought in the auction"),
    Quantity("traded", "percent", "energy traded after the auction, of what the auction cleared"),
    Quantity("imbalance", "MWh", "energy that is neither delivered nor traded"),
    Quantity("reserve", "MW", "mean reserve offered"),
    Quantity("reserve_missing", "MW", "most reserve that could not be called in any scenario"),
    Quantity("cycles", "1", "full equivalent cycles by rainflow counting"),
    Quantity("charge_beyond", "MWh", "charge beyond empty or full in any scenario"),
    Quantity("overbid", "MW", "most power that is offered twice, or that the battery has not"),
    Quantity("falling", "MW", "most that a position falls as the price rises"),
    Quantity("outside", "EUR/MWh", "limits beyond those of the auction, or not ascending"),
    Quantity("off_tick", "1", "largest distance from a tick, as a share of it"),
    Quantity(SCENARIOS, "1", "scenarios that judge"),
)  # fmt: skip
NAMES = tuple(q.name for q in QUANTITIES)
RULES = ("overbid", "falling", "outside", "off_tick", "charge_beyond")


@dataclass(frozen=True, eq=False)
class BidVerifier:
    """Measures bids in the judging scenarios of a market."""

    market: BidMarket
    name: ClassVar[str] = "ingenium"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(
        self,
        limits: Float64[Tensor, "n k h"],
        net_mw: Float64[Tensor, "n l h"],
        reserve_mw: Float64[Tensor, "n b"],
    ) -> Float64[Tensor, "n q"]:
        """Measure all quantities; NaN for bids with a value that is no number."""
        parts = (limits, net_mw, reserve_mw)
        finite = torch.stack([x.flatten(1).isfinite().all(1) for x in parts]).all(0)
        own = [torch.where(finite.view(-1, *[1] * (x.ndim - 1)), x, 0.0) for x in parts]
        # Within the battery and not below 0, or nothing could be delivered: `overbid` says it.
        held = own[2].clamp(0.0, self.market.settings.most_reserve_mw)
        day, money = settled(self.market, self.market.judging, own[0], own[1], held)
        found = self._measured(day, money) | faults(self.market, *own)
        found["reserve"] = own[2].mean(1).numpy()
        columns = torch.as_tensor(np.stack([found[name] for name in NAMES], 1))
        return torch.where(finite[:, None], columns, torch.nan)

    def _measured(self, day: DeliveredDay, money: DayAccount) -> dict[str, np.ndarray]:
        profit, count = money.profit, money.profit.shape[1]
        volume = _mwh(day.position_kw.abs())
        traded = _mwh(day.traded_kw.abs())
        full = self.market.battery.energy_kwh
        beyond = torch.maximum(day.energy_kwh - full, -day.energy_kwh).clamp(min=0.0)
        return {
            "profit": profit.mean(1),
            "profit_error": profit.std(1, ddof=1) / np.sqrt(count),
            "profit_low": np.quantile(profit, LOW, axis=1),
            "below_foresight": self.bound_eur.mean() - profit.mean(1),
            "auction_income": money.auction.mean(1),
            "energy_income": money.energy.mean(1),
            "reserve_income": money.reserve.mean(1),
            "trade_cost": money.spread.mean(1),
            "imbalance_cost": money.imbalance.mean(1),
            "wear_cost": money.wear.mean(1),
            "short_cost": money.short.mean(1),
            "sold": _mwh(day.position_kw.clamp(min=0.0)).mean(1),
            "bought": _mwh((-day.position_kw).clamp(min=0.0)).mean(1),
            "traded": 100.0 * traded.sum(1) / np.maximum(volume.sum(1), 1e-9),
            "imbalance": _mwh(day.off_kw.abs()).mean(1),
            "reserve_missing": (day.missing_kw.amax((1, 2)) / KW).numpy(),
            "cycles": money.cycles.mean(1),
            "charge_beyond": (beyond.amax((1, 2)) / KW).numpy(),
            SCENARIOS: np.full(len(profit), float(count)),
        }

    @cached_property
    def bound_eur(self) -> Float[np.ndarray, " s"]:
        """Highest profit of each judging scenario with foresight."""
        return foresight_eur(self.market, self.market.judging)


def _mwh(power_kw: Float64[Tensor, "n s t"]) -> Float[np.ndarray, "n s"]:
    return np.asarray((power_kw.sum(-1) * STEP_H / KW).numpy())


def settled(
    market: BidMarket,
    scenarios: MarketScenarios,
    limits: Float64[Tensor, "n k h"],
    net_mw: Float64[Tensor, "n l h"],
    reserve_mw: Float64[Tensor, "n b"],
    *,
    second_stage: bool = True,
) -> tuple[DeliveredDay, DayAccount]:
    """Clear, deliver and settle bids in some scenarios."""
    position = cleared(limits, net_mw, torch.as_tensor(scenarios.price))
    day = delivered(market, scenarios, position, reserve_mw, second_stage=second_stage)
    return day, account(market, scenarios, day, reserve_mw)


def faults(
    market: BidMarket,
    limits: Float64[Tensor, "n k h"],
    net_mw: Float64[Tensor, "n l h"],
    reserve_mw: Float64[Tensor, "n b"],
) -> dict[str, Float[np.ndarray, " n"]]:
    """Return how far bids break the rules of the auction."""
    rules, power = market.rules, market.settings.power_mw
    held = reserve_mw.repeat_interleave(BLOCK_H, -1)[:, None]
    over = (net_mw.abs() + held - power).amax((1, 2)).clamp(min=0.0)
    most = market.settings.most_reserve_mw
    over = torch.maximum(over, torch.maximum(reserve_mw - most, -reserve_mw).amax(1))
    falling = (net_mw[:, :-1] - net_mw[:, 1:]).amax((1, 2)).clamp(min=0.0)
    first = torch.full_like(limits[:, :1], rules.lowest)
    rises = torch.cat([first, limits], 1).diff(dim=1)
    near = 1e-6 * rules.price_tick
    outside = (rules.price_tick - rises - near).amax((1, 2))
    outside = torch.maximum(outside, (limits - rules.highest).amax((1, 2))).clamp(min=0.0)
    ticks = ((limits, rules.price_tick), (net_mw, rules.volume_tick),
             (reserve_mw, rules.reserve_tick))  # fmt: skip
    off = torch.stack([_off(x, tick) for x, tick in ticks]).amax(0)
    found = {"overbid": over, "falling": falling, "outside": outside, "off_tick": off}
    return {name: x.numpy() for name, x in found.items()}


def _off(values: Tensor, tick: float) -> Float64[Tensor, " n"]:
    share = (values / tick).flatten(1)
    return (share - share.round()).abs().amax(1)


@dataclass(frozen=True, eq=False)
class MeritOrder:
    """Independent cross-check: clearing as an order book, in plain Python numbers."""

    market: BidMarket
    name: ClassVar[str] = "order book in plain Python"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    NAMES: ClassVar[tuple[str, ...]] = ("auction_income", "sold", "bought")

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Energy and income of the auction."""
        return tuple(q for q in QUANTITIES if q.name in self.NAMES)

    def measure(
        self,
        limits: Float64[Tensor, "n k h"],
        net_mw: Float64[Tensor, "n l h"],
        reserve_mw: Float64[Tensor, "n b"],
    ) -> Float64[Tensor, "n q"]:
        """Clear bids hour by hour."""
        rows = [self._cleared(a, b) for a, b in zip(limits.tolist(), net_mw.tolist(), strict=True)]
        return torch.tensor(rows, dtype=torch.float64)

    def _cleared(self, limits: list[list[float]], net: list[list[float]]) -> list[float]:
        income, sold, bought = 0.0, 0.0, 0.0
        prices = self.market.judging.price.tolist()
        for day in prices:
            for hour, price in enumerate(day):
                # All that is bought at any price, and one order to sell for each limit.
                position = net[0][hour]
                for step, own in enumerate(limits):
                    if own[hour] <= price:
                        position += net[step + 1][hour] - net[step][hour]
                income += price * position
                sold, bought = sold + max(position, 0.0), bought + max(-position, 0.0)
        return [x / len(prices) for x in (income, sold, bought)]
