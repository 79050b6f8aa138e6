"""`grid.bids`: bid curves and reserve of a battery, cleared and delivered in scenarios of a day."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import to_dataset
from ingenium.core.problem import (
    Projection,
    SearchDefaults,
    Second,
    Section,
)
from ingenium.core.quantity import Condition, Variable
from ingenium.core.recipe import Arrays
from ingenium.core.scenarios import scenario_rng
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.domains.grid.bids import report
from ingenium.domains.grid.bids.formats import BidCsv
from ingenium.domains.grid.bids.market import BLOCK_H, BLOCKS, BidSettings, open_market
from ingenium.domains.grid.bids.programme import BidRule, levels, planned, rounded
from ingenium.domains.grid.bids.verifier import RULES, BidVerifier, MeritOrder
from ingenium.domains.grid.planned import PIECES, PlannedProblem
from ingenium.domains.grid.sizing.hourly import STORAGE
from ingenium.domains.grid.storage.prices import HOURS

MOST_WEAR, MOST_SPREAD = 80.0, 30.0  # EUR/MWh
GROUPS = (6, 12, 16, 24)  # scenarios that known bids are planned on
NEAR = 1e-6
WIDE = 200.0  # EUR/MWh about the forecast, within which models see limits


class MarketBids(PlannedProblem):
    """Bids of a battery in a day's auctions of energy and reserve."""

    name: ClassVar[str] = "grid.bids"
    stored: ClassVar[str] = "market_bids"
    summary: ClassVar[str] = (
        "bid curves and reserve of a battery in the auctions of a day: profit in scenarios of "
        "prices"
    )
    Settings: ClassVar[type] = BidSettings
    judged: ClassVar[str] = (
        "Limits, positions and reserve as the file states them; prices and activation are those of "
        "the judging scenarios."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Effects of the bids on prices: the battery is small in its market.",
        "Block and linked orders, and limits on the number of orders of an exchange.",
        "Prices of reserve, its activation and the spread after the auction as a market has them: "
        "they are declared.",
        "Activation within a quarter of an hour.",
        "How likely a day is that differs from all scenarios.",
    )
    default_family: ClassVar[str] = "gaussian_copula"
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "evolution", objectives=(Objective("profit", "maximise"),)
    )
    validity = RULES
    batch_size = 64

    def __init__(self, settings: BidSettings) -> None:
        """Read the prices, and sample the scenarios.

        Raises:
            MissingExtra: with the line that installs HiGHS.
        """
        STORAGE.package("highspy")  # before any work is done
        self.settings, self.market = settings, open_market(settings)
        self.system = self.market.digest
        reserve = "Prices of reserve and its activation are a declared process, of no market."
        self.notes = (self.market.day.note, reserve)
        self.variables = (
            Variable("limit_eur_per_mwh", ("step", "hour"), "EUR/MWh",
                     "price from which the next position holds"),
            Variable("net_mw", ("level", "hour"), "MW",
                     "position below the first limit and from each on: sold, or bought below 0"),
            Variable("reserve_mw", ("block",), "MW", "reserve in both directions"),
        )  # fmt: skip
        steps = settings.auction.steps
        self.sizes = {"step": steps, "level": steps + 1, "hour": HOURS, "block": BLOCKS}
        self.conditions = (
            Condition("wear_price", "cost of discharged energy that a plan counts as wear",
                      upper=MOST_WEAR, unit="EUR/MWh"),
            Condition("trade_price", "spread that a plan expects of trades after the auction",
                      upper=MOST_SPREAD, unit="EUR/MWh"),
        )  # fmt: skip
        self.limits = (
            *(Limit(name, at_most=NEAR) for name in RULES),
            Limit("reserve_missing", at_most=NEAR, unit="MW"),
            Limit("traded", at_most=75.0, unit="percent"),
            Limit("imbalance", at_most=0.1, unit="MWh"),
        )
        judge = BidVerifier(self.market)
        self.tiers, self._judge = (judge,), judge
        self.second = Second(MeritOrder(self.market), 0.01, most=1)
        form = BidCsv(self.market, self.variables, self.labels())
        self.formats = {form.name: form}
        power, about = settings.power_mw, self.market.forecast
        bounds = [(float(about.min()) - WIDE, float(about.max()) + WIDE), (-power, power)]
        own = [(steps, HOURS), (steps + 1, HOURS), (BLOCKS,)]
        self.codec = Channels.between([*bounds, (0.0, power)], own=own)

    def labels(self) -> dict[str, Any]:
        """Return the starts of hours and blocks."""
        about = {"units": "h", "long_name": "start of delivery after midnight, in local time"}
        return {"hour": ("hour", np.arange(float(HOURS)), about),
                "block": ("block", np.arange(0.0, HOURS, BLOCK_H), about)}  # fmt: skip

    def plans(self, piece: int) -> Arrays:
        """Plan bids on a few planning scenarios each, under sampled wear and spread."""
        market, rows = self.market, []
        for k in range(piece, self.settings.known, PIECES):  # programmes of their own
            rng = scenario_rng(self.settings.seed + 6, k)
            rule = BidRule(rng.uniform(0, MOST_WEAR), rng.uniform(0, MOST_SPREAD))
            size = min(GROUPS[k % len(GROUPS)], self.settings.planning)
            own = market.planning.some(rng.choice(self.settings.planning, size, replace=False))
            found = planned(market, own, rule, levels(market, own.price))
            if found is not None:
                rows.append((found.limits, found.net_mw, found.reserve_mw, rule.wear, rule.spread))
        names = [v.name for v in self.variables] + [c.name for c in self.conditions]
        sizes = [[self.sizes[d] for d in v.dims] for v in self.variables] + [[], []]
        return {name: np.array([r[i] for r in rows]).reshape(-1, *size)
                for i, (name, size) in enumerate(zip(names, sizes, strict=True))}  # fmt: skip

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose the rules of the auction: ticks, ascending limits, positions that never fall."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            own = rounded(self.market, *(a.to(torch.float64).numpy() for a in arrays))
            return tuple(torch.as_tensor(x) for x in (own.limits, own.net_mw, own.reserve_mw))

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report what the bids are worth, their curves, and charge in scenarios."""
        return report.sections(self._judge, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Without bids nothing is cleared, and a constant position is sold in each hour."""
        steps = self.settings.auction.steps
        limits = torch.linspace(0.0, 100.0 * (steps - 1), steps, dtype=torch.float64)
        wanted = round(self.settings.power_mw / 2, 1)
        found = []
        for sold in (0.0, wanted):  # of the same limits
            arrays = (limits[None, :, None].expand(1, steps, HOURS).clone(),
                      torch.full((1, steps + 1, HOURS), sold, dtype=torch.float64),
                      torch.zeros(1, BLOCKS, dtype=torch.float64))  # fmt: skip
            answer = {"auction_income": sold * float(self.market.judging.price.sum(1).mean()),
                      "sold": HOURS * sold, "bought": 0.0, "reserve_missing": 0.0}  # fmt: skip
            found.append((to_dataset(arrays, self.variables, self.labels()), answer, 1e-9))
        return tuple(found)
