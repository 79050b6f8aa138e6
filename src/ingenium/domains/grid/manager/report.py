"""Report of tables: cost between rule and optimum, the table itself, and a week."""

import numpy as np
import xarray as xr
from jaxtyping import Int64
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.manager.engine import ACTIONS, optimum, rule, run
from ingenium.domains.grid.manager.formats import BALANCE, CHARGE, PERIOD, PRICE
from ingenium.domains.grid.manager.home import UNITS, ManagedHome
from ingenium.domains.grid.manager.tables import voted
from ingenium.drawing.style import INK, KNOWN, OURS
from ingenium.evaluate.intervals import t_interval

COLOURS = ("#f2f2f2", "#c9c9c9", "#7fb2d9", "#2f6f9f")
MEANS = ("rule alone", "grid serves, battery waits", "grid charges, half", "grid charges, full")
DAYS = 3  # of the week that is drawn


def sections(home: ManagedHome, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Return sections on the accepted table of the least cost."""
    accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    if not accepted.any():
        return ()
    cost = np.where(accepted, verdicts["cost"].to_numpy(), np.inf)
    best = int(cost.argmin())
    table = designs["purchase"].to_numpy()[best].astype(np.int64)
    number = int(designs[DESIGN].values[best])
    return (_value(home, table), _table(table, number), _week(home, table, number))


def _value(home: ManagedHome, table: Int64[np.ndarray, "b p c d"]) -> Section:
    weeks, votes = home.judging, voted(home, home.planning)
    found = {
        "no battery": _without(home),
        "rule that never purchases": run(home, weeks, rule()).cost[0],
        "votes of optima of planning weeks": run(home, weeks, votes[None]).cost[0],
        "accepted table of the least cost": run(home, weeks, table[None]).cost[0],
        "optimum of each week": optimum(home, weeks).cost,
    }  # fmt: skip
    plain, least = found["rule that never purchases"], found["optimum of each week"]
    own = found["accepted table of the least cost"]
    rows = [("table", "cost (EUR a week)", "less ours, paired, 95 % interval",
             "share of the way from rule to optimum")]  # fmt: skip
    for name, values in found.items():
        gap = t_interval(values - own)
        paired = f"{gap.value:+.2f} ({gap.low:+.2f} to {gap.high:+.2f})"
        share = (plain.mean() - values.mean()) / max(plain.mean() - least.mean(), 1e-12)
        rows.append((name, f"{values.mean():.2f}", paired if values is not own else "",
                     f"{share:.0%}"))  # fmt: skip
    text = (
        f"Means over {len(own)} weeks that nothing was planned on; the table was chosen by them. "
        "The optimum knows each week beforehand, so that no table costs less."
    )
    return Section("Cost between rule and optimum", text, None, tuple(rows))


def _without(home: ManagedHome) -> np.ndarray:
    s, weeks = home.settings, home.judging
    need = np.maximum(-weeks.surplus_kw, 0.0) * weeks.price
    return np.asarray((need - s.feed_in_eur * np.maximum(weeks.surplus_kw, 0.0)).sum(1))


def _table(table: Int64[np.ndarray, "b p c d"], number: int) -> Section:
    figure = Figure(figsize=(8.6, 4.6), layout="constrained")
    axes = figure.subplots(len(PRICE), len(PERIOD), sharex=True, sharey=True)
    colours = ListedColormap(COLOURS)
    for i, price in enumerate(PRICE):
        for j, period in enumerate(PERIOD):
            ax = axes[i, j]
            ax.imshow(table[:, i, :, j].T, origin="lower", aspect="auto", cmap=colours,
                      vmin=-0.5, vmax=ACTIONS - 0.5)  # fmt: skip
            ax.set_xticks(range(len(BALANCE)), ["-- ", "-", "+", "++"])
            ax.set_yticks(range(len(CHARGE)), CHARGE, fontsize=7)
            if i == 0:
                ax.set_title(period, fontsize=9)
            if j == 0:
                ax.set_ylabel(f"{price} price\ncharge", fontsize=8)
    for ax in axes[-1]:
        ax.set_xlabel("deficit to surplus", fontsize=8)
    marks = [figure.axes[0].scatter([], [], marker="s", s=60, c=c, edgecolors=INK, linewidths=0.4)
             for c in COLOURS]  # fmt: skip
    figure.legend(marks, MEANS, loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    text = (
        f"Table {number}: its purchases by layers. Without one, surplus is stored and deficits are "
        "served."
    )
    return Section("The table", text, figure)


def _week(home: ManagedHome, table: Int64[np.ndarray, "b p c d"], number: int) -> Section:
    weeks = home.judging
    found, best = run(home, weeks, table[None]), optimum(home, weeks)
    at, hours = len(weeks.price) // 2, 24 * DAYS
    x = np.arange(hours + 1)
    figure = Figure(figsize=(8.6, 4.8), layout="constrained")
    top, low = figure.subplots(2, 1, sharex=True)
    for units, colour, label in ((found.units[0, at], OURS, f"table {number}"),
                                 (best.units[at], INK, "optimum")):  # fmt: skip
        top.plot(x[:-1], 100 * units[:hours] / UNITS, color=colour, label=label)
    top.set_ylabel("state of charge (%)")
    top.set_ylim(-4, 125)
    top.legend(frameon=False, fontsize=8, ncols=2, loc="upper left")
    low.stairs(weeks.surplus_kw[at, :hours], x, color=KNOWN, label="surplus, deficit below 0")
    low.axhline(0, color=INK, lw=0.6)
    low.set_ylabel("surplus (kW)")
    low.set_ylim(top=1.4 * max(1.0, float(weeks.surplus_kw[at, :hours].max())))
    low.legend(frameon=False, fontsize=8, loc="upper left")
    twin = low.twinx()
    twin.stairs(100 * weeks.price[at, :hours], x, color=INK, ls=":")
    twin.set_ylabel("price (ct/kWh), dotted")
    low.set_xlabel("hour of the week")
    low.set_xlim(0, hours)
    text = f"The first {DAYS} days of a judging week: charge under the table and under the optimum."
    return Section("A week", text, figure)
