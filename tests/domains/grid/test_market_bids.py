"""Bids against truth: clearing, delivery, settlement, bounds, attacks and bad input."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.bids.clearing import cleared, least_wear
from ingenium.domains.grid.bids.market import BLOCKS, BidMarket, hours_of, offset_h
from ingenium.domains.grid.bids.problem import MarketBids
from ingenium.domains.grid.bids.programme import BidRule, foresight_eur, on_ticks, rounded
from ingenium.domains.grid.bids.rivals import BidRivals
from ingenium.domains.grid.bids.verifier import faults, settled
from ingenium.domains.grid.storage.rainflow import cycles
from ingenium.domains.grid.storage.wear import cost_of, stress

SMALL = {"scenarios": 4, "planning": 6, "known": 16}
HOURS, STEPS = 24, 4


def opened(**setup: Any) -> MarketBids:
    found = open_problem(Spec(problem="grid.bids", setup=SMALL | setup))
    assert isinstance(found, MarketBids)
    return found


@pytest.fixture(scope="module")
def problem() -> MarketBids:
    return opened()


@pytest.fixture(scope="module")
def market(problem: MarketBids) -> BidMarket:
    return problem.market


def random_bids(market: BidMarket, n: int) -> tuple[torch.Tensor, ...]:
    rng = np.random.default_rng(0)
    own = rounded(
        market,
        np.sort(rng.uniform(-50, 250, (n, STEPS, HOURS)), 1),
        np.sort(rng.uniform(-12, 12, (n, STEPS + 1, HOURS)), 1),
        rng.uniform(0, 4, (n, BLOCKS)),
    )
    return tuple(torch.as_tensor(x) for x in (own.limits, own.net_mw, own.reserve_mw))


def measured(problem: MarketBids, *arrays: torch.Tensor) -> dict[str, np.ndarray]:
    found = problem.verifier.measure(*arrays).numpy()
    return {q.name: found[:, i] for i, q in enumerate(problem.quantities)}


def constant(net: float, reserve: float = 0.0) -> tuple[torch.Tensor, ...]:
    limits = torch.arange(0.0, STEPS, dtype=torch.float64)[None, :, None].expand(1, STEPS, HOURS)
    own = torch.full((1, STEPS + 1, HOURS), net, dtype=torch.float64)
    return limits.clone(), own, torch.full((1, BLOCKS), reserve, dtype=torch.float64)


def test_a_price_at_a_limit_reaches_it() -> None:
    limits = torch.tensor([[[10.0], [20.0]]], dtype=torch.float64)
    net = torch.tensor([[[-3.0], [0.0], [5.0]]], dtype=torch.float64)
    price = torch.tensor([[9.99], [10.0], [19.9], [20.0], [500.0]], dtype=torch.float64)
    assert cleared(limits, net, price).flatten().tolist() == [-3.0, 0.0, 0.0, 5.0, 5.0]


def test_energy_of_every_day_balances(market: BidMarket) -> None:
    day, money = settled(market, market.judging, *random_bids(market, 6))
    battery = market.battery
    last = battery.step(day.energy_kwh[..., :-1], day.power_kw)
    assert float((last - day.energy_kwh[..., 1:]).abs().max()) < 1e-9
    assert float(day.energy_kwh.min()) >= -1e-9
    assert float(day.energy_kwh.max()) <= battery.energy_kwh + 1e-9
    assert float(day.power_kw.abs().max()) <= battery.power_kw + 1e-9
    # Sold less traded is delivered but for activation, so that no energy counts twice.
    held = 1000 * random_bids(market, 6)[2].repeat_interleave(16, -1)[:, None]
    called = torch.as_tensor(market.judging.signal)[None] * held
    rest = day.position_kw - day.traded_kw + called - day.off_kw - day.power_kw
    assert float(rest.abs().max()) < 1e-6
    assert (money.wear >= 0).all()


def test_an_hour_of_arbitrage_earns_what_is_due() -> None:
    """Compute the profit of one purchase and one sale by hand, without losses."""
    small = opened(
        wear=0.0,
        battery={"power_kw": 1000.0, "energy_kwh": 4000.0, "efficiency": 1.0, "loss_at_full": 0.0,
                 "idle_per_day": 0.0, "tapers_at": 0.999, "droops_at": 0.001},
        auction={"reserve_eur": 0.0, "spread": 500.0, "imbalance": 500.0},
    )  # fmt: skip
    limits, net, reserve = constant(0.0)
    net[:, :, 12], net[:, :, 19] = -1.0, 1.0
    found = measured(small, limits, net, reserve)
    price = small.market.judging.price
    assert found["auction_income"][0] == pytest.approx((price[:, 19] - price[:, 12]).mean())
    assert found["energy_income"][0] == pytest.approx(found["auction_income"][0])
    assert found["traded"][0] == pytest.approx(0.0, abs=1e-9)
    assert found["cycles"][0] == pytest.approx(0.25)  # 1 of 4 MWh, once
    assert found["short_cost"][0] == pytest.approx(0.0, abs=1e-9)


def test_no_bids_earn_more_than_foresight(market: BidMarket) -> None:
    bound = foresight_eur(market, market.judging)
    day, money = settled(market, market.judging, *random_bids(market, 6))
    held = (day.missing_kw.amax(-1) == 0).numpy()
    assert held.any()
    assert (money.profit <= bound)[held].all()
    rivals = BidRivals(market, market.judging)
    assert (rivals.profit(rivals.on_forecast(BidRule())) <= bound + 1e-6).all()


def test_wear_of_the_bound_is_below_that_of_any_cycle(market: BidMarket) -> None:
    rng = np.random.default_rng(1)
    value = market.battery.eur_per_kwh * market.battery.energy_kwh
    for _ in range(50):
        charge = np.clip(np.cumsum(rng.normal(0, 0.2, 97)) + 0.5, 0, 1)
        depth, mean, count = np.array(cycles(charge)).T
        wear = cost_of(float((count * stress(depth, mean)).sum()), value)
        moved = np.abs(np.diff(charge)).sum() / 2 * market.battery.energy_kwh / 1000
        assert wear >= least_wear(market) * moved


def test_two_stages_earn_at_least_as_much_as_one(market: BidMarket) -> None:
    bids = random_bids(market, 4)
    with_trades = settled(market, market.fresh, *bids)[1].profit.mean()
    without = settled(market, market.fresh, *bids, second_stage=False)[1].profit.mean()
    assert with_trades > without


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda a: (a[0], a[1] + 20.0, a[2]), "overbid"),  # more than the battery's power
        (lambda a: (a[0], 0 * a[1] + 9.0, 0 * a[2] + 8.0), "overbid"),  # the same power twice
        (lambda a: (a[0], 0 * a[1], 0 * a[2] + 9.0), "overbid"),  # without power to recharge
        (lambda a: (a[0], 0 * a[1], 0 * a[2] - 1.0), "overbid"),  # paid for less than nothing
        (lambda a: (a[0], a[1].flip(1), a[2]), "falling"),
        (lambda a: (a[0].flip(1), a[1], a[2]), "outside"),  # limits that descend
        (lambda a: (0 * a[0], a[1], a[2]), "outside"),  # several at one price
        (lambda a: (a[0] + 4000.0, a[1], a[2]), "outside"),
        (lambda a: (a[0] - 600.0, a[1], a[2]), "outside"),
        (lambda a: (a[0] + 0.04, a[1], a[2]), "off_tick"),
        (lambda a: (a[0], a[1] + 0.01, a[2]), "off_tick"),
        (lambda a: (a[0], 0 * a[1], 0 * a[2] + 0.5), "off_tick"),
    ],
)
def test_bids_against_the_rules_are_noticed(problem: MarketBids, change: Any, broken: str) -> None:
    first = random_bids(problem.market, 1)
    assert float(faults(problem.market, *first)[broken][0]) < 1e-6
    assert float(faults(problem.market, *change(first))[broken][0]) > 1e-6
    assert any(x.quantity == broken for x in problem.limits)


def test_what_the_battery_has_not_is_bought_back_and_not_paid_twice() -> None:
    problem = opened(auction={"reserve_eur": 0.0})
    found = measured(problem, *constant(10.0))
    assert found["sold"][0] == pytest.approx(240.0)
    limit = next(x for x in problem.limits if x.quantity == "traded")
    assert found["traded"][0] > limit.at_most
    most = problem.market.battery.start_kwh / 1000 * problem.market.judging.price.max()
    assert found["profit"][0] < most < found["auction_income"][0]


def test_reserve_that_an_empty_battery_cannot_hold_is_missing() -> None:
    problem = opened(battery={"power_kw": 10_000.0, "energy_kwh": 20_000.0, "start": 0.0})
    found = measured(problem, *constant(0.0, 8.0))
    assert found["reserve_missing"][0] == pytest.approx(8.0)
    assert found["reserve_income"][0] < 8.0 * 24 * problem.market.judging.reserve.mean()


def test_bids_of_no_number_have_failed(problem: MarketBids) -> None:
    arrays = random_bids(problem.market, 2)
    arrays[1][0, 0, 0] = np.nan
    found = measured(problem, *arrays)
    assert np.isnan(found["profit"][0])
    assert np.isfinite(found["profit"][1])


def test_limits_on_ticks_are_a_tick_apart() -> None:
    rng = np.random.default_rng(0)
    wild = rng.uniform(-2000, 9000, (50, 6, 24))
    wild[0] = 3999.99
    own = on_ticks(wild, 0.1, -499.9, 4000.0)
    assert (np.diff(own, axis=1) > 0.0999).all()
    assert own.min() >= -499.9 - 1e-9
    assert own.max() <= 4000.0 + 1e-9
    np.testing.assert_allclose(on_ticks(own, 0.1, -499.9, 4000.0), own, atol=1e-9)


def test_days_of_the_clock() -> None:
    """Compare with the dates on which clocks changed in Germany."""
    odd = [str(d) for i in range(365 * 5 + 1)
           if hours_of(d := dt.date(2019, 1, 1) + dt.timedelta(i)) != HOURS]  # fmt: skip
    assert odd == [
        "2019-03-31", "2019-10-27", "2020-03-29", "2020-10-25", "2021-03-28", "2021-10-31",
        "2022-03-27", "2022-10-30", "2023-03-26", "2023-10-29",
    ]  # fmt: skip
    assert (offset_h(dt.date(2023, 1, 5)), offset_h(dt.date(2023, 7, 5))) == (1, 2)


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"date": "2023-03-26"}, "which has 23"),
        ({"date": "2023-10-29"}, "which has 25"),
        ({"date": "14.07.2022"}, "a date such as"),
        ({"battery": {"power_kw": 10.0, "energy_kwh": 20.0}}, "one tick"),
        ({"battery": {"power_kw": 10_000.0, "energy_kwh": 20.0}}, "in MWh"),
        ({"battery": {"power_kw": 10_000.0, "energy_kwh": 20_000.0, "efficiency": 95.0}}, "0.95"),
        ({"auction": {"lowest": 4000.0, "highest": -500.0}}, "lowest below highest"),
        ({"auction": {"spread": 100.0, "imbalance": 50.0}}, "at least the spread"),
        ({"auction": {"steps": 0}}, "steps from 1 to 12"),
    ],
)
def test_bad_input_says_what_to_write(setup: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        opened(**setup)


def prices(path: Path, change: Any = None) -> str:
    """Write 40 days of hourly prices."""
    rng = np.random.default_rng(0)
    stamps = np.datetime64("2022-06-10T00", "h") + np.arange(40 * 24)
    price = 80 + 40 * np.sin(np.arange(len(stamps)) / 24 * 4 * np.pi) + rng.normal(0, 8, 40 * 24)
    rows = [f"{s}:00,{p:.2f}" for s, p in zip(stamps.astype(str), price, strict=True)]
    rows = change(rows) if change else rows
    path.write_text("\n".join(["time,price_eur_per_mwh", *rows, ""]))
    return str(path)


def test_a_file_of_prices_gives_the_day_as_it_was(tmp_path: Path) -> None:
    own = opened(prices=prices(tmp_path / "prices.csv")).market
    assert own.actual is not None
    rivals = BidRivals(own, own.actual)
    known = rivals.on_forecast(BidRule())
    assert rivals.profit(known)[0] <= foresight_eur(own, own.actual)[0]
    beyond = replace(own.settings, auction=replace(own.rules, highest=60.0))
    with pytest.raises(InputError, match="within the auction's limits"):
        opened(prices=own.settings.prices, auction={"highest": beyond.auction.highest})


def test_a_file_of_prices_with_a_gap_is_refused(tmp_path: Path) -> None:
    path = prices(tmp_path / "prices.csv", lambda rows: rows[:50] + rows[51:])
    with pytest.raises(InputError, match="23 rows of"):
        opened(prices=path)
