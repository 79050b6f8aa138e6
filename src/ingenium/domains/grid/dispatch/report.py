"""Report of plans: the network under all outages, cost against margin and carbon, and the day."""

import numpy as np
import xarray as xr
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.states import solve_hour
from ingenium.domains.grid.dispatch.verifier import DispatchVerifier
from ingenium.domains.grid.transmission.layout import positions
from ingenium.drawing.style import INK, OURS, REJECTED, SMALL

SHOWN = 12  # outages in the table


def sections(
    judge: DispatchVerifier, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Return sections on the cheapest accepted plan, or on the first."""
    if not designs.sizes[DESIGN]:
        return ()
    verdict = verdicts["verdict"].to_numpy()
    cost = np.where(verdict == Verdict.ACCEPTED, verdicts["cost"].to_numpy(), np.inf)
    best = int(cost.argmin())
    arrays = [designs[name].to_numpy()[best] for name in judge.names]
    plan, number = judge.plan(arrays), int(designs[DESIGN].values[best])
    worst = _worst(plan)
    found = [_diagram(plan, number, worst)]
    if judge.system.hours > 1:
        found += [_trade(verdicts, judge.bound()), _day(plan, number)]
    return (*found, _outages(plan, worst)) if worst else tuple(found)


Worst = list[tuple[float, int, int, int]]  # load (%), hour, outage, branch


def _worst(plan: DispatchPlan) -> Worst:
    """Largest load of each branch over all hours and outages."""
    net, found = plan.system.net, dict[int, tuple[float, int, int, int]]()
    outages = None if plan.system.after.outages else ()
    for t in range(plan.system.hours):
        states = solve_hour(plan, t, outages)
        rating = np.where((states.outage < 0)[:, None], net.rating, net.rating_after)
        load = np.where(states.solved[:, None], 100 * states.flow / rating, 0.0)
        for k, i in enumerate(load.argmax(0).tolist()):
            one = (float(load[i, k]), t, int(states.outage[i]), k)
            found[k] = max(found.get(k, one), one)
    return sorted(found.values(), reverse=True)


def _diagram(plan: DispatchPlan, number: int, worst: Worst) -> Section:
    """One-line diagram, each branch by its largest load over all outages and hours."""
    net = plan.system.net
    x = positions(net)
    figure = Figure(figsize=(8.6, 6.2), layout="constrained")
    axes = figure.subplots()
    load = np.zeros(len(net.f))
    for percent, _, _, branch in worst:
        load[branch] = percent
    ends = np.stack([x[net.f], x[net.t]], 1)
    lines = LineCollection(list(ends), cmap="viridis_r", linewidths=1.2 + load / 40, zorder=1)
    lines.set_array(load)
    lines.set_clim(0, 100)
    axes.add_collection(lines)
    made = plan.p_bus + plan.system.load_mw
    energy, need = made.sum(1), plan.system.load_mw.sum(1)
    scale = 260 / max(energy.max(), need.max(), 1.0)
    axes.scatter(x[:, 0], x[:, 1],
                 s=14 + scale * need.clip(min=0), c="#d9dde1", edgecolors=INK, lw=0.5,
                 zorder=2, label="load (area: energy)")  # fmt: skip
    axes.scatter(x[:, 0], x[:, 1],
                 s=scale * energy.clip(min=0), c="#c2452d", alpha=0.75, lw=0, zorder=3,
                 label="generation (area: energy)")  # fmt: skip
    for i, name in enumerate(net.bus.tolist() if len(net.bus) <= 150 else []):
        axes.annotate(str(name), x[i], fontsize=5.5, color=INK, xytext=(3, 3),
                      textcoords="offset points", zorder=4)  # fmt: skip
    axes.autoscale()
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    what = "worst load over all hours and outages" if plan.system.after.outages else "load"
    figure.colorbar(lines, ax=axes, shrink=0.7, label=f"{what} (% of rating)")
    peak, t, outage, branch = worst[0]
    after = "before any outage" if outage < 0 else f"after the outage of {net.label(outage)}"
    text = (
        f"Plan {number}. Branches by their {what}: continuous rating before, emergency rating "
        f"after an outage. The largest is {peak:.1f} % of {net.label(branch)}, in hour {t}, "
        f"{after}."
    )
    return Section("The network under all outages", text, figure)


def _trade(verdicts: xr.Dataset, bound: float) -> Section:
    """Cost against the margin after outages, and against carbon, with the bound."""
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    good = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    cost = verdicts["cost"].to_numpy() / 1e6
    margin = 100 - verdicts["loading_after"].to_numpy()
    carbon = verdicts["co2"].to_numpy() / 1e3
    shown = good if good.any() else np.isfinite(cost)
    for axes, values, label in (
        (left, margin, "free of the emergency rating after the worst outage (%)"),
        (right, carbon, "emissions of the day (kt CO2e, life cycle)"),
    ):
        axes.scatter(values[shown], cost[shown], s=22, c=OURS if good.any() else REJECTED)
        axes.axhline(bound / 1e6, color=INK, lw=1.0, ls="--")
        axes.annotate("bound: no network, no losses", (0.02, bound / 1e6), fontsize=8,
                      xycoords=("axes fraction", "data"), xytext=(0, 3),
                      textcoords="offset points")  # fmt: skip
        axes.set_xlabel(label)
    left.set_ylabel("cost of the day (million USD)")
    gap = verdicts["gap"].to_numpy()[shown]
    text = (
        f"{int(good.sum())} accepted plans. No plan costs less than {bound:,.0f} USD, which HiGHS "
        f"proves without network and losses; the cheapest shown is {np.nanmin(gap):.2%} above it."
    )
    return Section("Cost, margin and carbon", text, figure)


def _day(plan: DispatchPlan, number: int) -> Section:
    """Power by kind over the day, and the units that run."""
    s, hours = plan.system, np.arange(plan.system.hours + 1)
    kinds = _by_kind(plan)
    figure = Figure(figsize=(8.6, 4.6), layout="constrained")
    top, low = figure.subplots(2, 1, height_ratios=(3, 2), sharex=True)
    below = np.zeros(s.hours)
    for i, (kind, power) in enumerate(kinds.items()):
        colour = f"C{i}"
        top.stairs(below + power / 1e3, hours, baseline=below, fill=True, color=colour,
                   alpha=0.85, label=kind)  # fmt: skip
        below = below + power / 1e3
    top.stairs(s.load_mw.sum(0) / 1e3, hours, color=INK, lw=1.4, label="load")
    top.set_ylabel("power (GW)")
    top.legend(frameon=False, fontsize=7, ncols=4, loc="upper left")
    top.set_ylim(0, below.max() * 1.35)
    order = np.argsort(-plan.p.sum(1), kind="stable")
    runs = order[plan.is_on[order].any(1)]
    low.imshow(plan.p[runs] / s.units.p_max[runs][:, None], aspect="auto", cmap="Blues",
               vmin=0, vmax=1, extent=(0, s.hours, len(runs), 0))  # fmt: skip
    low.set_ylabel("units that run")
    names = [s.units.names[i] for i in runs]
    low.set_yticks(np.arange(len(names)) + 0.5, names, fontsize=SMALL if len(names) < 8 else 4)
    low.set_xlabel(f"hour of {s.start}, UTC")
    text = f"Plan {number}: power by kind, and each running unit by its share of full power."
    return Section("The day", text, figure)


def _by_kind(plan: DispatchPlan) -> dict[str, np.ndarray]:
    s, found = plan.system, dict[str, np.ndarray]()
    for names, power in ((s.units.names, plan.p), (s.plants.names, plan.plant)):
        for name, own in zip(names, power, strict=True):
            kind = name.split("_")[1].lower() if "_" in name else "machines"
            found[kind] = found.get(kind, np.zeros(s.hours)) + own
    return {k: v for k, v in found.items() if v.any()}


def _outages(plan: DispatchPlan, worst: Worst) -> Section:
    """Table of the branches with the largest loads."""
    net = plan.system.net
    rows: list[tuple[str, ...]] = [("branch", "load (%)", "hour", "after the outage of")]
    for percent, t, outage, branch in worst[:SHOWN]:
        after = "none" if outage < 0 else net.label(outage)
        rows.append((net.label(branch), f"{percent:.1f}", str(t), after))
    return Section("Largest loads", "Each branch in its worst state.", table=tuple(rows))
