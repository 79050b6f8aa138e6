"""Rivals of bids: none, fixed thresholds, the point forecast in one stage and two, and foresight.

Shapes: s scenarios, h hours, k limits, l levels, b blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import torch
from jaxtyping import Float

from ingenium.domains.grid.bids.market import BLOCKS, BidMarket, MarketScenarios
from ingenium.domains.grid.bids.programme import (
    BidRule,
    Bids,
    foresight_eur,
    levels,
    planned,
    rounded,
)
from ingenium.domains.grid.bids.verifier import settled
from ingenium.domains.grid.storage.prices import HOURS

WEAR = (10.0, 25.0, 40.0, 60.0)  # EUR/MWh, among which programmes are tuned
CHEAP, DEAR = (0.1, 0.2, 0.3), (0.7, 0.8, 0.9)  # quantiles of the forecast, of the thresholds
BOUND = "foresight (bound)"
SINGLE, ROLLED = "point forecast, one stage", "point forecast, two stages"
CURVES = "curves of the two-stage programme"


@dataclass(frozen=True, eq=False)
class BidRivals:
    """Profits of rivals in some scenarios, each tuned on planning scenarios alone."""

    market: BidMarket
    scenarios: MarketScenarios

    def table(self) -> dict[str, Float[np.ndarray, " s"]]:
        """Return the profit of each rival in each scenario."""
        return {
            "no bids, trades after the auction": self.profit(self.none),
            "fixed thresholds": self.profit(self.thresholds),
            SINGLE: self.profit(self.point(second_stage=False), second_stage=False),
            ROLLED: self.profit(self.point(second_stage=True)),
            CURVES: self.profit(self.curves),
            BOUND: foresight_eur(self.market, self.scenarios),
        }

    def profit(self, bids: Bids, *, second_stage: bool = True) -> Float[np.ndarray, " s"]:
        """Return the profit of bids in each scenario."""
        own = (torch.as_tensor(x)[None] for x in (bids.limits, bids.net_mw, bids.reserve_mw))
        _, money = settled(self.market, self.scenarios, *own, second_stage=second_stage)
        return np.asarray(money.profit[0])

    @cached_property
    def none(self) -> Bids:
        """Neither energy nor reserve."""
        return self._quantities(np.zeros(HOURS), np.zeros(BLOCKS))

    def _quantities(
        self, net_mw: Float[np.ndarray, " h"], reserve_mw: Float[np.ndarray, " b"]
    ) -> Bids:
        """Return bids of the same positions at any price."""
        limits = levels(self.market, self.market.planning.price)
        net = np.broadcast_to(net_mw, (len(limits) + 1, HOURS))
        return rounded(self.market, limits, net, reserve_mw)

    @cached_property
    def curves(self) -> Bids:
        """Return the two-stage programme on planning scenarios, with its tuned wear."""
        limits = levels(self.market, self.market.planning.price)
        spread = self.market.rules.spread
        some = (planned(self.market, self.market.planning, BidRule(w, spread), limits)
                for w in WEAR)  # fmt: skip
        return self._best(some, second_stage=True)

    def point(self, *, second_stage: bool) -> Bids:
        """Return the programme on the point forecast, with its tuned wear."""
        some = (self.on_forecast(BidRule(w, self.market.rules.spread)) for w in WEAR)
        return self._best(some, second_stage=second_stage)

    def on_forecast(self, rule: BidRule) -> Bids:
        """Return quantities at any price, planned on the point forecast."""
        own = self.market.planning
        mean = MarketScenarios(own.price.mean(0)[None], own.reserve.mean(0)[None], own.signal[:1])
        found = planned(self.market, mean, rule, np.zeros((0, HOURS)))
        return self.none if found is None else self._quantities(found.net_mw[0], found.reserve_mw)

    @cached_property
    def thresholds(self) -> Bids:
        """Buy below one price and sell above another, the same in all hours."""
        price, rules = self.market.forecast, self.market.rules
        power = self.market.settings.power_mw

        def at(cheap: float, dear: float) -> Bids:
            low, high = np.quantile(price, cheap), np.quantile(price, dear)
            first = np.linspace(low, high, max(2, rules.steps))[: rules.steps]
            net = np.where(np.arange(len(first) + 1) == 0, -power, 0.0)
            net[-1] = power if len(first) > 1 else 0.0
            net = np.broadcast_to(net[:, None], (len(net), HOURS))
            limits = np.broadcast_to(first[:, None], (len(first), HOURS))
            return rounded(self.market, limits, net, np.zeros(BLOCKS))

        return self._best((at(a, b) for a, b in product(CHEAP, DEAR)), second_stage=True)

    def _best(self, some: Iterator[Bids | None], *, second_stage: bool) -> Bids:
        """Return the bids of the highest profit on planning scenarios."""
        found = [b for b in some if b is not None]
        if not found:
            return self.none
        parts = (
            [b.limits for b in found],
            [b.net_mw for b in found],
            [b.reserve_mw for b in found],
        )
        own = (torch.as_tensor(np.stack(p)) for p in parts)
        _, money = settled(self.market, self.market.planning, *own, second_stage=second_stage)
        return found[int(money.profit.mean(1).argmax())]
