"""What a planner wants to see of annual profiles, beside weeks that are held out."""

from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.consumers.year_judge import WeekStatistics
from ingenium.drawing.style import KNOWN, MUTED, OURS, dress, panels

if TYPE_CHECKING:
    from ingenium.domains.grid.consumers.profile_year import ProfileYear

SHOWN = 200  # neighbourhoods in the pictures
KINDS = ("Workday", "Saturday", "Sunday or holiday")
MONTHS = tuple("JFMAMJJASOND")
SIZES = ("energy", "peak", "load_factor", "coincidence")


def sections(
    problem: "ProfileYear", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """The course of the year and of its days, and how consumers go together."""
    rows = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)
    rows = rows[np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(int)]
    load = torch.from_numpy(designs["load"].to_numpy()[rows])
    own = problem.judge.statistics(load)
    return (
        Section(
            "Load duration and mean days",
            f"{len(rows)} proposed neighbourhoods in blue (median, and the band of 90 %), on the "
            "weeks of the year that are held out of the data; in brown those weeks as they were. "
            "All relative to the mean load.",
            _shapes(own, problem.judge.real, problem.steps),
        ),
        Section(
            "The year",
            "Energy of a month, mean of consumers: proposed in blue, and in brown the years of "
            "real weeks that were learned from. On the right the first neighbourhood, all its "
            "consumers together, in the week of its highest load.",
            _course(problem, load),
        ),
        Section(
            "How consumers go together",
            "Correlations of loads over all steps of the held-out weeks.",
            _together(own, problem),
        ),
        Section(
            "Errors against held-out weeks",
            "Each neighbourhood against real weeks that nothing was learned from; beside it years "
            "of real weeks (bootstrap), which differ from them by chance alone. The last column "
            "is the error relative to theirs.",
            None,
            _errors(problem, verdicts),
        ),
        Section("Energies and peaks", "Quantiles over neighbourhoods.", None, _table(verdicts)),
    )


def _band(axes: Axes, x: np.ndarray, values: Tensor, colour: str, label: str) -> None:
    low, middle, high = np.quantile(values.numpy(), (0.05, 0.5, 0.95), axis=0)
    axes.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)
    axes.plot(x, middle, color=colour, linewidth=1.4, label=label)


def _shapes(own: WeekStatistics, real: WeekStatistics, steps: int) -> Figure:
    figure, grid = panels(1, 1 + len(KINDS), (2.7, 2.6))
    share = np.linspace(0, 100, own.duration.shape[1])
    _band(grid[0, 0], share, own.duration, OURS, "proposed")
    grid[0, 0].plot(share, real.duration[0], color=KNOWN, linewidth=1.2, label="held out")
    dress(grid[0, 0], "share of time (%)", title="Load duration", grid=True)
    hours = np.arange(steps) * 24 / steps
    ours, theirs = (torch.cat([x.workday[:, None], x.weekend], 1) for x in (own, real))
    top = 1.15 * float(max(ours.quantile(0.97), theirs.max()))
    for i, (axes, kind) in enumerate(zip(grid[0, 1:], KINDS, strict=True)):
        _band(axes, hours, ours[:, i], OURS, "")
        axes.plot(hours, theirs[0, i], color=KNOWN, linewidth=1.2)
        axes.set_ylim(0, top)
        axes.set_xticks(range(0, 25, 6))
        dress(axes, "hour", title=kind, grid=True)
    return figure


def _course(problem: "ProfileYear", load: Tensor) -> Figure:
    figure, grid = panels(1, 2, (5.4, 2.6))
    known = problem.data()
    real = torch.from_numpy(known["load"].to_numpy()[~known["held_out"].to_numpy()])
    x = np.arange(len(MONTHS))
    for values, colour, label in ((load, OURS, "proposed"), (real, KNOWN, "real weeks")):
        _band(grid[0, 0], x, _monthly(problem, values), colour, label)
    grid[0, 0].set_xticks(x, MONTHS)
    grid[0, 0].set_ylim(bottom=0)
    dress(grid[0, 0], title="Energy of a month (kWh)", grid=True)
    together = load[0].sum(0).numpy()
    day = int(together.argmax()) // problem.steps
    monday = max(day - int(problem.calendar.weekday[day]), 0) * problem.steps
    week = together[monday : monday + 7 * problem.steps]
    grid[0, 1].plot(np.arange(len(week)) / problem.steps, week, color=OURS, linewidth=0.9)
    first = problem.calendar.dates[monday // problem.steps]
    dress(grid[0, 1], f"days from {first}", title="Load of a neighbourhood (kW)", grid=True)
    return figure


def _monthly(problem: "ProfileYear", load: Tensor) -> Float64[Tensor, "n 12"]:
    """Energy of each month (kWh), mean of consumers."""
    month = problem.calendar.dates.astype("datetime64[M]").astype(int) % 12
    daily = load.mean(1).unflatten(1, (-1, problem.steps)).sum(2) * (24 / problem.steps)
    return torch.stack([daily[:, torch.from_numpy(month == m)].sum(1) for m in range(12)], 1)


def _together(own: WeekStatistics, problem: "ProfileYear") -> Figure:
    figure, grid = panels(1, 3, (3.4, 2.9))
    h = len(problem.consumers)
    real = problem.judge.real.correlation[0]
    mean = own.correlation.mean(0)
    top = float(max(real.abs().max(), mean.abs().max(), torch.tensor(0.1)))
    for axes, values, title in ((grid[0, 0], real, "held out"), (grid[0, 1], mean, "proposed")):
        table = torch.full((h, h), float("nan"), dtype=torch.float64)
        above, right = torch.triu_indices(h, h, 1)
        table[above, right] = table[right, above] = values
        drawn = axes.imshow(table.numpy(), vmin=0, vmax=top, cmap="Blues")
        axes.set_xticks(range(h), problem.consumers, rotation=90)
        axes.set_yticks(range(h), problem.consumers)
        dress(axes, title=f"Correlation, {title}")
    figure.colorbar(drawn, ax=grid[0, 1], shrink=0.8)
    low, middle, high = own.correlation.quantile(
        torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64), dim=0
    )
    axes = grid[0, 2]
    axes.plot([0, top], [0, top], color=MUTED, linewidth=0.8)
    axes.errorbar(
        real, middle, torch.stack([middle - low, high - middle]), fmt="o", ms=3, color=OURS, lw=0.8
    )
    dress(axes, "held out", "proposed, and 90 % of them", title="Pairs of consumers", grid=True)
    return figure


def _errors(problem: "ProfileYear", verdicts: xr.Dataset) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [("error", "5 %", "median", "95 %", "real weeks", "relative")]
    means = {q.name: x for q, x in zip(problem.quantities, problem.real.mean(0), strict=True)}
    for name, real in means.items():
        if not name.endswith(("_error", "_jump")):
            continue
        low, middle, high = np.nanquantile(verdicts[name].to_numpy(), (0.05, 0.5, 0.95))
        told = f"{name}: {verdicts[name].attrs['long_name']}"
        numbers = (f"{x:.3g}" for x in (low, middle, high, real))
        rows.append((told, *numbers, f"{middle / real:.2f}"))
    return tuple(rows)


def _table(verdicts: xr.Dataset) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [("quantity", "5 %", "median", "95 %", "unit")]
    for name in SIZES:
        q = np.nanquantile(verdicts[name].to_numpy(), (0.05, 0.5, 0.95))
        told = str(verdicts[name].attrs["long_name"]), str(verdicts[name].attrs["units"])
        rows.append((told[0], *(f"{x:.4g}" for x in q), told[1]))
    return tuple(rows)
