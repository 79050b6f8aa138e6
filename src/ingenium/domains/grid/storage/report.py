"""Report of schedules: value between no battery and foresight, trade-offs, charge and feeder."""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.feeder.measurements import Trace
from ingenium.domains.grid.feeder.plan import FeederPlan
from ingenium.domains.grid.feeder.powerflow import power_flow
from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.cell_wear import WearComparison
from ingenium.domains.grid.storage.opening import StorageSite
from ingenium.domains.grid.storage.outcome import SiteOutcome, follow
from ingenium.domains.grid.storage.rivals import StorageRivals
from ingenium.domains.grid.storage.verifier import KW, StorageVerifier
from ingenium.drawing.style import INK, KNOWN, OURS, REJECTED
from ingenium.evaluate.intervals import t_interval

OWN = "cheapest accepted schedule"
AGED = 12  # schedules that PyBaMM simulates, at most
BANDS = (5, 25, 50, 75, 95)  # per cent


@dataclass(frozen=True, eq=False)
class ShownSchedule:
    """The schedule that a report shows, and its outcome in the judging scenarios."""

    site: StorageSite
    number: int
    power: Float[np.ndarray, " t"]
    outcome: SiteOutcome


def sections(
    judge: StorageVerifier, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Return sections on all schedules, and on the cheapest accepted one."""
    accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    if not accepted.any():
        return ()
    cost = np.where(accepted, verdicts["cost"].to_numpy(), np.inf)
    best, site = int(cost.argmin()), judge.site
    power = designs["power_kw"].to_numpy()[best].astype(np.float64)
    outcome = follow(site, site.judging, torch.as_tensor(power)[None])
    shown = ShownSchedule(site, int(designs[DESIGN].values[best]), power, outcome)
    return (_value(shown), _front(verdicts, accepted), _charge(shown), _feeder(shown))


def aged(site: StorageSite, designs: xr.Dataset, verdicts: xr.Dataset, days: int) -> Section:
    """Compare the wear law with PyBaMM on the cheapest accepted schedules."""
    accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    cost = np.where(accepted, verdicts["cost"].to_numpy(), np.inf)
    order = np.argsort(cost)[: min(int(accepted.sum()), AGED)]
    power = torch.as_tensor(designs["power_kw"].to_numpy()[order].astype(np.float64))
    after = site.battery.energy_after(power)
    start = torch.full_like(after[:, :1], site.battery.start_kwh)
    charge = (torch.cat([start, after], 1) / site.battery.energy_kwh).numpy()
    return WearComparison.of(charge, days).section()


def _value(shown: ShownSchedule) -> Section:
    """Value line: costs of the schedule and of its rivals in fresh scenarios."""
    rivals = StorageRivals(shown.site, shown.site.fresh)
    found = rivals.table()
    own = rivals.scheduled(torch.as_tensor(shown.power)[None])
    bound = found.pop("foresight (bound)")
    rows = {**found, OWN: own, "foresight (bound)": bound}
    base = found["idle battery, shaves peaks"].mean()
    reach = base - bound.mean()
    table = [("schedule or policy", "cost (EUR a day)", "less ours, paired, 95 % interval",
              "share of the way from idle to foresight")]  # fmt: skip
    for name, values in rows.items():
        gap = t_interval(values - own)
        paired = "" if name == OWN else f"{gap.value:+.2f} ({gap.low:+.2f} to {gap.high:+.2f})"
        table.append((name, f"{values.mean():.2f}", paired,
                      f"{(base - values.mean()) / reach:.0%}"))  # fmt: skip
    figure = _line(rows)
    return Section("What the schedule is worth", _verdict(found, own), figure, tuple(table))


def _verdict(found: dict[str, np.ndarray], own: np.ndarray) -> str:
    """Say first whether a shortcut beats the schedules."""
    rolled = t_interval(found["rolling LP on the point forecast"] - own)
    best = min(found, key=lambda name: found[name].mean())
    first = (
        "The cheapest accepted schedule beats the rolling programme on the point forecast by "
        f"{rolled.value:.2f} EUR a day."
        if rolled.low > 0
        else "No schedule beats a rolling programme on the point forecast: "
        f"it costs {-rolled.value:.2f} EUR a day less than the cheapest accepted schedule."
        if rolled.high < 0
        else "The cheapest accepted schedule and a rolling programme on the point forecast cost "
        f"the same within their uncertainty ({rolled.value:+.2f} EUR a day)."
    )
    return (
        f"{first} The cheapest rival is: {best}. Costs are means over {len(own)} fresh scenarios, "
        "in which nothing was chosen or tuned; the schedule was chosen in the judging scenarios. "
        "Foresight is a proved bound: no schedule or policy costs less."
    )


def _line(rows: dict[str, np.ndarray]) -> Figure:
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    axes = figure.subplots()
    names = list(rows)
    for i, name in enumerate(names):
        one = t_interval(rows[name])
        colour = OURS if name == OWN else INK
        axes.errorbar(one.value, i, xerr=[[one.value - one.low], [one.high - one.value]],
                      fmt="o", color=colour, capsize=3)  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("cost of the day (EUR), mean and 95 % interval over fresh scenarios")
    return figure


def _front(verdicts: xr.Dataset, accepted: np.ndarray) -> Section:
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    cost = verdicts["cost"].to_numpy()
    for ax, (name, label) in zip(axes, (
        ("capacity_lost", "capacity lost (% a day)"),
        ("service_missed", "demand not served (%)"),
        ("imbalance", "imbalance (kWh)"),
    ), strict=True):  # fmt: skip
        x = verdicts[name].to_numpy()
        ax.scatter(x[~accepted], cost[~accepted], s=14, c=REJECTED, label="not accepted")
        ax.scatter(x[accepted], cost[accepted], s=14, c=OURS, label="accepted")
        ax.set_xlabel(label)
    axes[0].set_ylabel("cost of the day (EUR)")
    if (~accepted).any():
        axes[0].legend(frameon=False, fontsize=8)
    text = "Means over the judging scenarios, a point a schedule."
    return Section("Cost, wear and service", text, figure)


def _charge(shown: ShownSchedule) -> Section:
    site, hours = shown.site, np.arange(len(shown.power) + 1) * STEP_H
    share = 100.0 * shown.outcome.energy_kwh[0].numpy() / site.battery.energy_kwh
    own = site.battery.energy_after(torch.as_tensor(shown.power)).numpy()
    planned = 100.0 * np.concatenate([[site.battery.start_kwh], own]) / site.battery.energy_kwh
    figure = Figure(figsize=(8.6, 6.2), layout="constrained")
    top, middle, low = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
    q = np.percentile(share, BANDS, axis=0)
    top.fill_between(hours, q[0], q[4], color=OURS, alpha=0.2, lw=0, label="90 % of scenarios")
    top.fill_between(hours, q[1], q[3], color=OURS, alpha=0.35, lw=0, label="50 %")
    top.plot(hours, q[2], color=OURS, label="median")
    top.plot(hours, planned, color=INK, ls="--", lw=1.2, label="schedule")
    for limit in (0, 100):
        top.axhline(limit, color=REJECTED, lw=0.8)
    top.set_ylabel("state of charge (%)")
    top.legend(frameon=False, fontsize=8, ncols=4, loc="upper left")
    top.set_ylim(-4, 118)
    middle.stairs(shown.power, hours, color=INK, label="schedule (discharge above 0)")
    demand = np.percentile(site.judging.demand_kw, (50, 95), axis=0)
    middle.stairs(demand[1], hours, color=KNOWN, label="demand, 95 % of scenarios")
    middle.axhline(site.site.connection_kw, color=REJECTED, lw=0.8, label="connection")
    middle.set_ylabel("power (kW)")
    middle.legend(frameon=False, fontsize=8, ncols=3, loc="upper left")
    middle.set_ylim(top=1.5 * max(demand[1].max(), site.site.connection_kw, shown.power.max()))
    price = 1000 * np.percentile(site.judging.price, (5, 50, 95), axis=0)
    low.fill_between(hours[:-1], price[0], price[2], step="post", color=KNOWN, alpha=0.4, lw=0)
    low.stairs(price[1], hours, color=KNOWN)
    low.axhline(0, color=INK, lw=0.6)
    low.set_ylabel("price (EUR/MWh)")
    low.set_xlabel(f"hour of {site.settings.date}, UTC+01:00")
    low.set_xlim(0, hours[-1])
    text = (
        f"Schedule {shown.number} in the {len(share)} judging scenarios. The controller leaves the "
        "schedule where demand exceeds the connection, and returns to it afterwards. Below: price "
        "of the median scenario, and 90 % of them."
    )
    return Section("State of charge", text, figure)


def _feeder(shown: ShownSchedule) -> Section:
    site, network = shown.site, shown.site.feeder.verifier.network
    p, q = site.demand_mw(site.judging.day)
    taken = shown.outcome.import_kw[0].numpy()
    worst = int(taken.max(1).argmax())
    own = p[worst].copy()
    own[:, site.node] += taken[worst] / KW
    trace = Trace.of(network, power_flow(network.circuit, own, q[worst]), len(own))
    text = (
        f"Schedule {shown.number} in the scenario with the largest import of the site at "
        f"{site.bus}: {taken[worst].max():.1f} kW. A diamond is the bus of the feeding grid, a "
        "square a transformer."
    )
    return Section("The feeder", text, FeederPlan(network).drawn(trace, f"design {shown.number}"))
