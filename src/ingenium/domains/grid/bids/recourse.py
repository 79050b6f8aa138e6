"""Second stage: trades after the auction, by dynamic programming over the charge.

Once the auction has cleared, prices and positions of the day are known. An operator then delivers
or trades the difference, whichever is worth more until the end of the day.

Shapes: n bids, s scenarios, h hours, b blocks, g charges of a grid, e charges,
o options.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.domains.grid.bids.market import BLOCK_H, KW, BidMarket, MarketScenarios

CHARGES = 33
PLANNED_H = 2.0  # times the time that reserve must be sustained, which a plan leaves as a margin
NEVER = -1e12  # EUR, of what is impossible


@dataclass(frozen=True, eq=False)
class Recourse:
    """Worth of each charge after each hour, and the best power from any charge."""

    market: BidMarket
    price: Float64[Tensor, "s h"]
    position_mw: Float64[Tensor, "n s h"]
    reserve_mw: Float64[Tensor, "n h"]
    grid_mwh: Float64[Tensor, " g"]
    worth: tuple[Float64[Tensor, "n s g"], ...]  # before each hour, and after the last

    @classmethod
    def of(
        cls,
        market: BidMarket,
        scenarios: MarketScenarios,
        position_mw: Float64[Tensor, "n s h"],
        reserve_mw: Float64[Tensor, "n b"],
    ) -> "Recourse":
        """Find the worth of all charges, from the end of the day backwards."""
        full = market.battery.energy_kwh / KW
        grid = torch.linspace(0.0, full, CHARGES, dtype=torch.float64)
        held = reserve_mw.repeat_interleave(BLOCK_H, -1)
        price = torch.as_tensor(scenarios.price)
        short = (market.battery.start_kwh / KW - grid).clamp(min=0.0)
        last = (-market.short_eur_per_mwh * short).expand(*position_mw.shape[:2], -1)
        made = cls(market, price, position_mw, held, grid, ())
        worth = [last]
        for h in reversed(range(position_mw.shape[-1])):
            every = grid.expand(*position_mw.shape[:2], -1)
            worth.insert(0, made._options(h, every, worth[0])[0].amax(-1))
        return cls(market, price, position_mw, held, grid, tuple(worth))

    def best_mw(self, hour: int, energy_mwh: Float64[Tensor, "n s"]) -> Float64[Tensor, "n s"]:
        """Return the best power of an hour from a charge; the position where nothing is allowed."""
        value, power = self._options(hour, energy_mwh[..., None], self.worth[hour + 1])
        most, at = value[..., 0, :].max(-1, keepdim=True)
        chosen = power[..., 0, :].gather(-1, at)[..., 0]
        return torch.where(most[..., 0] > NEVER / 2, chosen, self.position_mw[..., hour])

    def _options(
        self, hour: int, energy: Float64[Tensor, "n s e"], after: Float64[Tensor, "n s g"]
    ) -> tuple[Float64[Tensor, "n s e o"], Float64[Tensor, "n s e o"]]:
        """Return worth and power of delivering as sold, and of moving to each charge."""
        b, rules = self.market.battery, self.market.rules
        sold, price = self.position_mw[..., hour, None], self.price[:, hour, None, None]
        left = energy * (1.0 - b.idle_per_day) ** (1.0 / 24.0)
        gone = left[..., None] - self.grid_mwh
        power = torch.where(gone > 0, gone * b.one_way, gone / b.one_way)
        ends = left - torch.where(sold > 0, sold / b.one_way, sold * b.one_way)
        step = float(self.grid_mwh[1])
        at = (ends / step).floor().clamp(0, CHARGES - 2)
        low = after.gather(-1, at.long())
        own = low + (ends / step - at) * (after.gather(-1, at.long() + 1) - low)
        power = torch.cat([sold[..., None].expand(*ends.shape, 1), power], -1)
        ends = torch.cat([ends[..., None], self.grid_mwh.expand(*ends.shape, -1)], -1)
        worth = torch.cat([own[..., None], after[..., None, :].expand(*own.shape, -1)], -1)
        moved = (sold[..., None] - power).abs()
        value = price * power - rules.spread * moved + worth
        value = value - self.market.settings.wear * power.clamp(min=0.0)
        return torch.where(self._allowed(hour, ends, power), value, NEVER), power

    def _allowed(
        self, hour: int, ends: Float64[Tensor, "n s e o"], power: Float64[Tensor, "n s e o"]
    ) -> Bool[Tensor, "n s e o"]:
        """Return what leaves the margins of reserve, in power and at the end in charge."""
        held = self.reserve_mw[:, hour, None, None, None]
        later = self.reserve_mw[:, min(hour + 1, self.reserve_mw.shape[1] - 1), None, None, None]
        most, hours = torch.maximum(held, later), PLANNED_H * self.market.rules.sustained_h
        above, below = self.market.margins_kwh(1.0, hours)
        full, near = float(self.grid_mwh[-1]), 1e-9
        inside = (ends >= above * most - near) & (ends <= full - below * most + near)
        return inside & (power.abs() <= self.market.settings.power_mw - held + near)
