"""What a forecaster wants to see: forecasts beside what came, calibration, skill."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.grid.consumers.forecasters import LEVELS
from ingenium.domains.grid.consumers.hindsight import Hindsight
from ingenium.domains.grid.data.dataset import HOURS
from ingenium.drawing.style import INK, KNOWN, MUTED, OURS, dress, panels

SHOWN_DAYS, SHOWN_SERIES = 3, 2
RIVALS = {
    "skill_persistence": "the day before",
    "skill_last_week": "the day last week",
    "skill_ridge": "ridge regression",
}


def sections(judge: Hindsight, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """The days of the lowest, middle and highest loss, and all days together."""
    answered = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)
    own, found = designs.isel({DESIGN: answered}), verdicts.isel({DESIGN: answered})
    if not len(answered):
        return ()
    order = np.argsort(found["pinball"].to_numpy(), kind="stable")
    rows = order[np.linspace(0, len(order) - 1, min(SHOWN_DAYS, len(order))).round().astype(int)]
    return (
        Section(
            "The day ahead",
            "Median and bands of 50 % and 90 % in blue, and what came in brown: the days of the "
            "lowest, the middle and the highest loss, for the first series.",
            _days(judge, own.isel({DESIGN: rows})),
        ),
        Section(
            "Calibration and skill",
            "Left: how often the load stayed below each quantile, over all days; on the line it is "
            "as often as said. Right: how much lower the error of each day is than that of others.",
            _calibration(judge, own, found),
        ),
        Section("Scores", "Quantiles over days, and their mean.", None, _table(found)),
    )


def _days(judge: Hindsight, some: xr.Dataset) -> Figure:
    series = some["series"].to_numpy()[:SHOWN_SERIES].tolist()
    figure, grid = panels(len(series), some.sizes[DESIGN], (3.2, 2.2))
    place = judge.series.place(some["forecast_day"].to_numpy())
    happened = judge.happened(place)
    dates = judge.series.dates[judge.series.ahead[place]]
    unit = "of rating" if judge.series.unit == "1" else judge.series.unit
    for s, name in enumerate(series):
        for i, axes in enumerate(grid[s]):
            low, left, middle, right, high = (
                some[f"q{100 * a:02.0f}"].to_numpy()[i, s] for a in LEVELS
            )
            axes.fill_between(HOURS, low, high, color=OURS, alpha=0.15, linewidth=0)
            axes.fill_between(HOURS, left, right, color=OURS, alpha=0.25, linewidth=0)
            axes.plot(HOURS, middle, color=OURS, linewidth=1.2)
            axes.plot(HOURS, happened[i, s], color=KNOWN, linewidth=1.0)
            axes.set_xlim(0, 24)
            axes.set_xticks(range(0, 25, 6), [f"{h:02d}:00" for h in range(0, 25, 6)])
            title = f"{name[:24]}, {np.datetime_as_string(dates[i], unit='D')} ({unit})"
            dress(axes, title=title, grid=True)
    return figure


def _calibration(judge: Hindsight, own: xr.Dataset, found: xr.Dataset) -> Figure:
    figure, grid = panels(1, 2, (4.6, 3.0))
    happened = judge.happened(judge.series.place(own["forecast_day"].to_numpy()))
    quantiles = [own[f"q{100 * a:02.0f}"].to_numpy() for a in LEVELS]
    # where the quantile equals the load, any share from below to at most is as said
    below = [100 * float((happened < q).mean()) for q in quantiles]
    most = [100 * float((happened <= q).mean()) for q in quantiles]
    said = [100 * a for a in LEVELS]
    axes = grid[0, 0]
    axes.plot([0, 100], [0, 100], color=MUTED, linewidth=0.8)
    axes.vlines(said, below, most, color=OURS, linewidth=4, alpha=0.4)
    axes.plot(said, most, "o", color=OURS, markersize=4)
    dress(axes, "quantile (%)", "steps with less load (%)", grid=True)
    axes = grid[0, 1]
    skill = [100 * found[name].to_numpy() for name in RIVALS]
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.boxplot(
        skill,
        orientation="horizontal",
        tick_labels=list(RIVALS.values()),
        flierprops={"markersize": 3},
        medianprops={"color": INK},
    )
    dress(axes, "lower error than (%)", grid=True)
    return figure


def _table(found: xr.Dataset) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [("quantity", "mean", "5 %", "median", "95 %")]
    for name in ("mae", *RIVALS, "coverage_50", "coverage_90", "width_90", "skill_pinball"):
        values = found[name].to_numpy()
        q = np.nanquantile(values, (0.05, 0.5, 0.95))
        about = str(found[name].attrs["long_name"])
        rows.append((about, f"{np.nanmean(values):.3g}", *(f"{x:.3g}" for x in q)))
    return tuple(rows)
