"""Market of a day: its rules, the battery that bids, and scenarios of prices and of activation.

Prices of energy are EPEX's, a user's or declared; those of reserve and its signal are declared.

Shapes: s scenarios, h hours, b blocks of reserve, t quarters of an hour.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float

from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.scenarios import scenario_rng
from ingenium.domains.grid.storage.battery import SiteBattery
from ingenium.domains.grid.storage.prices import HOURS, PriceDay, price_day

KW = 1000.0  # of one MW
BLOCKS, BLOCK_H = 6, 4
QUARTERS = 96
PLANNING, JUDGING = 0, 1
AWAY = 10_000  # numbers before the scenarios for comparisons: lower ones were seen in development
SIGNAL_SD, SIGNAL_PERSISTENCE = 0.1, 0.6  # of activation, as a share of the reserve
RESERVE_SD = 0.35  # of the logarithm of a day's reserve price
RESERVE_SHAPE = (1.1, 1.0, 0.9, 0.8, 1.1, 1.1)  # of the blocks of a day
FIRST_YEAR = 1996  # of the present rule for summer time


@dataclass(frozen=True)
class AuctionRules:
    """Limits and ticks of the auction, and what deviations cost.

    Raises:
        InputError: for limits or ticks that no auction has.
    """

    lowest: float = -500.0  # EUR/MWh, lowest price of a bid
    highest: float = 4000.0  # EUR/MWh, highest price of a bid
    price_tick: float = 0.1  # EUR/MWh, step of prices
    volume_tick: float = 0.1  # MW, step of volumes
    reserve_tick: float = 1.0  # MW, step of reserve
    steps: int = 4  # limit prices of an hour
    spread: float = 10.0  # EUR/MWh, of trades after the auction, on either side of its price
    imbalance: float = 60.0  # EUR/MWh, of what is neither delivered nor traded
    reserve_eur: float = 5.0  # for each MW and hour; 0 without a market for reserve
    recharge: float = 0.25  # power for recharging that reserve needs in addition, as its share
    sustained_h: float = 0.25  # for which full activation must be possible at any time

    def __post_init__(self) -> None:
        if not -10_000 <= self.lowest < self.highest <= 10_000:
            raise InputError("lowest below highest, both in EUR/MWh",
                             f"{self.lowest:g} and {self.highest:g}")  # fmt: skip
        for name, low, high in (
            ("price_tick", 0.01, 1.0),
            ("volume_tick", 0.01, 10.0),
            ("reserve_tick", 0.01, 10.0),
            ("steps", 1, 12),
            ("spread", 0.0, 1000.0),
            ("imbalance", 0.0, 10_000.0),
            ("reserve_eur", 0.0, 1000.0),
            ("recharge", 0.0, 4.0),
            ("sustained_h", 0.0, 4.0),
        ):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} from {low:g} to {high:g}", getattr(self, name))
        if self.imbalance < self.spread:
            raise InputError("an imbalance charge of at least the spread", self.imbalance,
                             f"Write imbalance = {self.spread:g} or more.")  # fmt: skip


def _battery() -> SiteBattery:
    return SiteBattery(power_kw=10_000.0, energy_kwh=20_000.0, efficiency=0.9,
                       eur_per_kwh=150.0)  # fmt: skip


@dataclass(frozen=True)
class BidSettings:
    """The day, its prices, the battery and the rules of the auction."""

    date: str = "2022-07-14"  # day of delivery
    prices: str = "declared"  # "epex_de" with its folder in INGENIUM_EPEX_DE, or a CSV
    scenarios: int = 32  # number of scenarios that judge bids
    planning: int = 32  # that bids are planned on
    wear: float = 25.0  # EUR for each MWh discharged, that the operator counts after the auction
    known: int = 96  # bids that generators learn from
    seed: int = 0  # of the scenarios
    battery: SiteBattery = field(default_factory=_battery)
    auction: AuctionRules = field(default_factory=AuctionRules)

    def __post_init__(self) -> None:
        try:
            date = dt.date.fromisoformat(self.date)
        except ValueError as error:
            raise InputError("a date such as 2022-07-14", self.date) from error
        for name, low, high in (("scenarios", 4, 256), ("planning", 4, 256), ("known", 16, 4096)):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} from {low} to {high}", getattr(self, name))
        if not 0 <= self.wear <= 1000:
            raise InputError("wear from 0 to 1000 EUR/MWh", self.wear)
        hours = hours_of(date)
        if hours != HOURS:
            raise InputError("a day of 24 hours", f"{self.date}, which has {hours}",
                             "Clocks change: its auction has other products.")  # fmt: skip
        if self.battery.power_kw < KW * self.auction.volume_tick:
            raise InputError(f"a battery of at least one tick, {self.auction.volume_tick:g} MW",
                             f"{self.battery.power_kw:g} kW",
                             "power_kw is in kW: a battery of 10 MW has 10000.")  # fmt: skip

    @property
    def power_mw(self) -> float:
        """Power of the battery."""
        return self.battery.power_kw / KW

    @property
    def most_reserve_mw(self) -> float:
        """Reserve that leaves power for recharging; none without a market for it."""
        offered = self.auction.reserve_eur > 0
        return self.power_mw / (1.0 + self.auction.recharge) if offered else 0.0


def offset_h(date: dt.date) -> int:
    """Return the offset of Central European local time from UTC as a day begins."""

    def last_sunday(month: int) -> dt.date:
        end = dt.date(date.year, month, 31)
        return end - dt.timedelta((end.weekday() + 1) % 7)

    summer = date.year >= FIRST_YEAR and last_sunday(3) < date <= last_sunday(10)
    return 2 if summer else 1


def hours_of(date: dt.date) -> int:
    """Return the hours of a day in Central European local time.

    >>> [hours_of(dt.date(2023, month, day)) for month, day in ((3, 25), (3, 26), (10, 29))]
    [24, 23, 25]
    """
    return HOURS + offset_h(date) - offset_h(date + dt.timedelta(1))


@dataclass(frozen=True, eq=False)
class MarketScenarios:
    """Days that bids may meet."""

    price: Float[np.ndarray, "s h"]  # EUR/MWh
    reserve: Float[np.ndarray, "s b"]  # EUR for each MW and hour
    signal: Float[np.ndarray, "s t"]  # share of the reserve that is called; above 0 it discharges

    def some(self, rows: np.ndarray) -> "MarketScenarios":
        """Return some of the scenarios."""
        return MarketScenarios(self.price[rows], self.reserve[rows], self.signal[rows])


@dataclass(frozen=True, eq=False)
class BidMarket:
    """A battery before the auctions of a day."""

    settings: BidSettings
    forecast: Float[np.ndarray, " h"]  # EUR/MWh: mean of the planning scenarios
    planning: MarketScenarios
    judging: MarketScenarios
    fresh: MarketScenarios  # that nothing was chosen by
    day: PriceDay

    @property
    def battery(self) -> SiteBattery:
        """The battery."""
        return self.settings.battery

    @property
    def rules(self) -> AuctionRules:
        """Rules of the auction."""
        return self.settings.auction

    @cached_property
    def short_eur_per_mwh(self) -> float:
        """Cost of charge that is missing at the end: the dearest hour expected."""
        return max(float(self.forecast.max()), 0.0) / self.battery.one_way

    @cached_property
    def digest(self) -> str:
        """Digest of everything that a measurement follows from."""
        both = (self.planning, self.judging)
        arrays = [array_digest(x) for s in both for x in (s.price, s.reserve, s.signal)]
        return digest([arrays, repr(self.settings)])

    def margins_kwh(self, reserve_kw: float, hours: float) -> tuple[float, float]:
        """Return the charge that reserve needs above empty and below full.

        It can then be called in full for some hours, at full power in spite of the limits near
        empty and near full.
        """
        b, share = self.battery, reserve_kw / self.battery.power_kw
        above = reserve_kw * hours / b.one_way + b.droops_at * b.energy_kwh * share
        below = reserve_kw * hours * b.one_way + (1 - b.tapers_at) * b.energy_kwh * share
        return above, below

    @cached_property
    def actual(self) -> MarketScenarios | None:
        """The day as it was, under one declared price of reserve and signal."""
        if self.day.actual is None:
            return None
        own = _sampled(self.settings, self.day, JUDGING, AWAY - 1)
        return MarketScenarios(self.day.actual[None], own[1][None], own[2][None])


Sampled = tuple[Float[np.ndarray, " h"], Float[np.ndarray, " b"], Float[np.ndarray, " t"]]


def _sampled(s: BidSettings, day: PriceDay, half: int, number: int) -> Sampled:
    """Sample a scenario by its number alone."""
    rng = scenario_rng(s.seed + 5, 2 * number + half)
    level = np.exp(RESERVE_SD * rng.standard_normal() - RESERVE_SD**2 / 2)
    reserve = s.auction.reserve_eur * level * np.array(RESERVE_SHAPE)
    signal, now = np.empty(QUARTERS), rng.standard_normal()
    for t in range(QUARTERS):  # an autoregression of order 1
        signal[t] = now
        now = SIGNAL_PERSISTENCE * now + np.sqrt(1 - SIGNAL_PERSISTENCE**2) * rng.standard_normal()
    return day.sample(half, number), reserve, (SIGNAL_SD * signal).clip(-1.0, 1.0)


def open_market(s: BidSettings) -> BidMarket:
    """Read the prices, and sample the scenarios.

    Raises:
        InputError: for prices that do not include the day, or exceed the auction's limits.
    """
    day = price_day(s.prices, s.date, s.seed)

    def some(half: int, first: int, count: int) -> MarketScenarios:
        rows = [_sampled(s, day, half, k) for k in range(first, first + count)]
        price = np.stack([r[0] for r in rows]).clip(s.auction.lowest, s.auction.highest)
        return MarketScenarios(price, *(np.stack([r[i] for r in rows]) for i in (1, 2)))

    planning = some(PLANNING, 0, s.planning)
    for what in (day.forecast, day.actual):
        if what is not None and not s.auction.lowest <= what.min() <= what.max() <= (
            s.auction.highest
        ):
            raise InputError(
                f"prices within the auction's limits, {s.auction.lowest:g} to "
                f"{s.auction.highest:g} EUR/MWh",
                f"{what.min():g} to {what.max():g} on {s.date}",
            )
    judging, fresh = some(JUDGING, 0, s.scenarios), some(JUDGING, s.scenarios + AWAY, s.scenarios)
    return BidMarket(s, planning.price.mean(0), planning, judging, fresh, day)
