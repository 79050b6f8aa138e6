"""Report of bids: profit between no bids and foresight, curves, and charge in scenarios."""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.bids.clearing import DeliveredDay
from ingenium.domains.grid.bids.market import BidMarket
from ingenium.domains.grid.bids.programme import Bids
from ingenium.domains.grid.bids.rivals import BOUND, ROLLED, BidRivals
from ingenium.domains.grid.bids.verifier import BidVerifier, settled
from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.prices import HOURS
from ingenium.drawing.style import INK, KNOWN, OURS, REJECTED
from ingenium.evaluate.intervals import t_interval

OWN = "accepted bids of the highest profit"
PRICES = 120  # of the map of curves


@dataclass(frozen=True, eq=False)
class ShownBids:
    """The bids that a report shows, and their delivery in the judging scenarios."""

    market: BidMarket
    number: int
    bids: Bids
    day: DeliveredDay


def sections(judge: BidVerifier, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Return sections on the accepted bids of the highest profit."""
    accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    if not accepted.any():
        return ()
    best = int(np.where(accepted, verdicts["profit"].to_numpy(), -np.inf).argmax())
    names = ("limit_eur_per_mwh", "net_mw", "reserve_mw")
    bids = Bids(*(designs[n].to_numpy()[best].astype(np.float64) for n in names))
    own = (torch.as_tensor(x)[None] for x in (bids.limits, bids.net_mw, bids.reserve_mw))
    day, _ = settled(judge.market, judge.market.judging, *own)
    shown = ShownBids(judge.market, int(designs[DESIGN].values[best]), bids, day)
    return (_value(shown), _curves(shown), _charge(shown))


def _value(shown: ShownBids) -> Section:
    """Profits of the bids and of their rivals in fresh scenarios, and on the day as it was."""
    market = shown.market
    rivals = BidRivals(market, market.fresh)
    found = rivals.table()
    own = rivals.profit(shown.bids)
    bound = found.pop(BOUND)
    rows = {**found, OWN: own, BOUND: bound}
    table = [["bids", "profit (EUR a day)", "ours less theirs, paired, 95 % interval",
              "share of the bound"]]  # fmt: skip
    for name, values in rows.items():
        gap = t_interval(own - values)
        paired = "" if name == OWN else f"{gap.value:+.0f} ({gap.low:+.0f} to {gap.high:+.0f})"
        share = values.mean() / bound.mean()
        table.append([name, f"{values.mean():.0f}", paired, f"{share:.0%}"])
    if market.actual is not None:
        was = BidRivals(market, market.actual)
        real = was.table() | {OWN: was.profit(shown.bids)}
        table[0].append("on the day as it was (EUR)")
        for row in table[1:]:
            row.append(f"{real[row[0]][0]:.0f}")
    figure = Figure(figsize=(8.6, 3.0), layout="constrained")
    axes = figure.subplots()
    for i, (name, values) in enumerate(rows.items()):
        one = t_interval(values)
        axes.errorbar(one.value, i, xerr=[[one.value - one.low], [one.high - one.value]], fmt="o",
                      color=OURS if name == OWN else INK, capsize=3)  # fmt: skip
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set_xlabel("profit of the day (EUR), mean and 95 % interval over fresh scenarios")
    return Section("What the bids are worth", _verdict(found, own), figure,
                   tuple(tuple(row) for row in table))  # fmt: skip


def _verdict(found: dict[str, np.ndarray], own: np.ndarray) -> str:
    """Say first whether the shortcut, quantities of the point forecast, is as good."""
    gap = t_interval(own - found[ROLLED])
    first = (
        f"The bids earn {gap.value:.0f} EUR a day more than quantities planned on the point "
        "forecast."
        if gap.low > 0
        else "Quantities planned on the point forecast earn as much as the bids within the "
        f"uncertainty ({gap.value:+.0f} EUR a day)."
        if gap.high >= 0
        else f"Quantities planned on the point forecast earn {-gap.value:.0f} EUR a day more than "
        "the bids."
    )
    best = max(found, key=lambda name: found[name].mean())
    return (
        f"{first} The best rival is: {best}. Profits are means over {len(own)} fresh scenarios, in "
        "which nothing was chosen or tuned; the bids were chosen in the judging scenarios. In two "
        "stages the operator trades after the auction, whose prices are then known; in one stage "
        "only what cannot be delivered is traded. Foresight is a proved bound for all bids whose "
        "reserve is always held."
    )


def _curves(shown: ShownBids) -> Section:
    market, bids = shown.market, shown.bids
    some = np.concatenate([bids.limits.ravel(), market.judging.price.ravel()])
    price = np.linspace(np.quantile(some, 0.01) - 10, np.quantile(some, 0.99) + 10, PRICES)
    level = (price[:, None, None] >= bids.limits[None]).sum(1)
    net = np.take_along_axis(bids.net_mw, level, 0)
    figure = Figure(figsize=(8.6, 5.2), layout="constrained")
    top, low = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    power = market.settings.power_mw
    drawn = top.imshow(net, origin="lower", aspect="auto", interpolation="nearest", cmap="RdBu",
                       extent=(0, HOURS, price[0], price[-1]), vmin=-power, vmax=power)  # fmt: skip
    figure.colorbar(drawn, ax=top, label="position (MW): sold, or bought below 0")
    hours = np.arange(HOURS + 1)
    for q, style in ((0.05, ":"), (0.5, "-"), (0.95, ":")):
        line = np.quantile(market.judging.price, q, axis=0)
        top.stairs(line, hours, color=INK, ls=style, lw=1.2,
                   label={0.5: "median price", 0.05: "90 % of scenarios"}.get(q))  # fmt: skip
    top.set_ylabel("price (EUR/MWh)")
    top.legend(frameon=True, fontsize=8, loc="upper left")
    low.stairs(bids.reserve_mw, np.linspace(0, HOURS, len(bids.reserve_mw) + 1), color=OURS,
               fill=True, alpha=0.5)  # fmt: skip
    low.set_ylim(0, 1.05 * power)
    low.set_ylabel("reserve (MW)")
    low.set_xlabel(f"hour of {market.settings.date}, local time")
    text = (
        f"Bids {shown.number}: what is sold or bought in each hour at each price, and the reserve "
        "that is offered in both directions."
    )
    return Section("Curves", text, figure)


def _charge(shown: ShownBids) -> Section:
    day, market = shown.day, shown.market
    hours = np.arange(day.energy_kwh.shape[-1]) * STEP_H
    share = 100.0 * day.energy_kwh[0].numpy() / market.battery.energy_kwh
    figure = Figure(figsize=(8.6, 4.6), layout="constrained")
    top, low = figure.subplots(2, 1, sharex=True)
    q = np.percentile(share, (5, 25, 50, 75, 95), axis=0)
    top.fill_between(hours, q[0], q[4], color=OURS, alpha=0.2, lw=0, label="90 % of scenarios")
    top.fill_between(hours, q[1], q[3], color=OURS, alpha=0.35, lw=0, label="50 %")
    top.plot(hours, q[2], color=OURS, label="median")
    for limit in (0, 100):
        top.axhline(limit, color=REJECTED, lw=0.8)
    top.set_ylim(-4, 118)
    top.set_ylabel("state of charge (%)")
    top.legend(frameon=False, fontsize=8, ncols=3, loc="upper left")
    for values, colour, label in ((day.position_kw, KNOWN, "cleared"),
                                  (day.power_kw, OURS, "delivered")):  # fmt: skip
        own = values[0].numpy() / 1000.0
        low.stairs(own.mean(0), hours, color=colour, label=f"{label}, mean")
    low.axhline(0, color=INK, lw=0.6)
    low.set_ylabel("power (MW)")
    low.set_xlabel(f"hour of {market.settings.date}, local time")
    low.set_xlim(0, HOURS)
    low.set_ylim(top=1.4 * market.settings.power_mw)
    low.legend(frameon=False, fontsize=8, ncols=2, loc="upper left")
    text = (
        f"Bids {shown.number} in the {len(share)} judging scenarios: charge, and power that the "
        "auction cleared and that the battery delivers. The difference is traded after the auction."
    )
    return Section("State of charge", text, figure)
