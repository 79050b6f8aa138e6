"""Row 27.9: bids on 250 days of 2023, cleared at the prices of EPEX, against rivals and foresight.

Bids are planned on the errors that forecasts made on the 60 days before. Settings were chosen on
days of 2022.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.domains.grid.bids.market import BidMarket, BidSettings, hours_of, open_market
from ingenium.domains.grid.bids.programme import BidRule, foresight_eur, levels, planned
from ingenium.domains.grid.bids.rivals import BidRivals
from ingenium.domains.grid.bids.verifier import settled
from ingenium.domains.grid.storage.prices import EPEX, EPEX_FILE, EPEX_FOLDER
from ingenium.evaluate.intervals import t_interval
from ingenium_book.findings import Commands
from ingenium_book.owned import owned

OWNER = "PostForecasts.jl (Lipiecki et al., 2024)"
FIRST, COUNT = dt.date(2023, 1, 16), 250
WEAR = 60.0  # EUR/MWh, that plans count
PLANNING = 24  # scenarios
WAYS = ("curves", "quantities", "one_stage", "thresholds", "informed", "bound")
MILLION = 1_000_000


def days() -> list[dt.date]:
    """Return the held-out days: those of 24 hours from the middle of January on."""
    every = (FIRST + dt.timedelta(i) for i in range(COUNT + 5))
    return [d for d in every if hours_of(d) == 24][:COUNT]


def opened(date: dt.date) -> BidMarket:
    """Open the market of a day."""
    return open_market(BidSettings(date=str(date), prices=EPEX, wear=WEAR, planning=PLANNING))


def of_day(market: BidMarket) -> dict[str, float]:
    """Return what each way earns on the day as it was, and what its curves violate."""
    actual = market.actual
    assert actual is not None
    here = BidRivals(market, actual)
    own, rule = market.planning, BidRule(WEAR, market.rules.spread)
    curves = planned(market, own, rule, levels(market, own.price))
    bids = here.none if curves is None else curves
    quantities = here.on_forecast(rule)
    informed = BidRivals(replace(market, planning=actual), actual).on_forecast(rule)
    arrays = (torch.as_tensor(x)[None] for x in (bids.limits, bids.net_mw, bids.reserve_mw))
    day, money = settled(market, actual, *arrays)
    return {
        "curves": float(money.profit[0, 0]),
        "quantities": float(here.profit(quantities)[0]),
        "one_stage": float(here.profit(quantities, second_stage=False)[0]),
        "thresholds": float(here.profit(here.thresholds)[0]),
        "informed": float(here.profit(informed)[0]),
        "bound": float(foresight_eur(market, actual)[0]),
        "beyond": _beyond(market, day.energy_kwh),
        "missing": float(day.missing_kw.max()) / 1000.0,
    }


def _beyond(market: BidMarket, energy_kwh: Float64[Tensor, "n s e"]) -> float:
    """Charge beyond empty or full (MWh)."""
    worst = torch.maximum(energy_kwh - market.battery.energy_kwh, -energy_kwh).max()
    return max(0.0, float(worst)) / 1000.0


def held_out_days(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Bid on each held-out day, and deliver a million quarters of an hour."""
    owned(EPEX_FOLDER, [EPEX_FILE], OWNER)
    with one_thread():
        rows = [of_day(opened(date)) for date in days()]
        return summary({key: np.array([r[key] for r in rows]) for key in rows[0]}) | million_steps()


def summary(rows: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return means, paired differences, and worst violations."""
    stages = t_interval(rows["curves"] - rows["one_stage"])
    gain = t_interval(rows["curves"] - rows["quantities"])
    return {
        **{name: float(rows[name].mean()) for name in WAYS},
        "days": len(rows["curves"]),
        "share": 100.0 * float(rows["curves"].mean() / rows["informed"].mean()),
        "share_of_bound": 100.0 * float(rows["curves"].mean() / rows["bound"].mean()),
        "stages": [stages.value, stages.low, stages.high],
        "gain": [gain.value, gain.low, gain.high],
        "above": int((rows["curves"] > rows["bound"]).sum()),
        "beyond_days": float(rows["beyond"].max()),
        "missing": float(rows["missing"].max()),
        "missing_days": int((rows["missing"] > 1e-6).sum()),
        "each": [float(rows[name].mean()) for name in WAYS],
    }


def million_steps() -> dict[str, Any]:
    """Deliver random bids, many of them impossible, for a million quarters of an hour."""
    market = open_market(BidSettings(scenarios=32, planning=4))
    rng, steps = np.random.default_rng(0), market.rules.steps
    done, worst = 0, 0.0
    while done < MILLION:
        shape = (64, steps, 24)
        limits = torch.as_tensor(np.sort(rng.uniform(-50, 250, shape), 1))
        net = torch.as_tensor(np.sort(rng.uniform(-10, 10, (64, steps + 1, 24)), 1))
        held = torch.as_tensor(rng.integers(0, 9, (64, 6)).astype(float))
        day, _ = settled(market, market.judging, limits, net, held)
        done += day.power_kw.numel()
        worst = max(worst, _beyond(market, day.energy_kwh))
    return {"steps": done, "beyond": worst}
