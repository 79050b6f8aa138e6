"""Pictures of a model: its trajectory with bands over the held-out times, and its constants.

Shapes: n samples, t times, s columns.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ingenium.core.artifact import Drawn
from ingenium.drawing.style import INK, KNOWN, MUTED, OURS, SERIES, SMALL, dress, panels
from ingenium.model.finished import AHEAD, NewModel
from ingenium.model.posterior import ModelPosterior
from ingenium.model.series import MeasuredSeries

BANDS = ((0.05, 0.95, 0.18), (0.25, 0.75, 0.3))  # of readings, and how dark


def figures(made: NewModel) -> list[Drawn]:
    """Figures of a new model: its forecast, its residuals, and its constants."""
    record, series = made.stored.record, made.series
    return [
        (
            "Forecast",
            f"{record['plain']} Left of the dashed line the model was fitted.",
            forecast(series, made.time, made.trajectories, made.readings),
        ),
        (
            "What the model leaves",
            "Readings over the model, as ratios; a pattern is what the model does not know.",
            residuals(series, made.trajectories[:, ::AHEAD]),
        ),
        (
            "Constants",
            "Posteriors by the no-U-turn sampler; the line is what was taken for possible before.",
            constants(made.found, list(record["constants"])),
        ),
    ]


def forecast(
    series: MeasuredSeries,
    time: Float64[np.ndarray, " u"],
    trajectories: Float64[np.ndarray, "n u s"],
    readings: Float64[np.ndarray, "n u s"],
) -> Figure:
    """Plot readings, the trajectory of the model, and bands of expected readings."""
    figure, grid = panels(len(series.names), 1, (7.4, 2.1))
    border = series.time[series.learned][-1]
    for column, axes in enumerate(grid[:, 0]):
        for low, high, dark in BANDS:
            ends = np.quantile(readings[:, :, column], [low, high], axis=0)
            name = f"{high - low:.0%} of readings" if not column else None
            axes.fill_between(time, *ends, color=OURS, alpha=dark, lw=0, label=name)
        axes.plot(time, np.median(trajectories[:, :, column], 0), color=OURS, lw=1.3)
        own = series.learned
        reported = ("learned from", "held out") if not column else (None, None)
        axes.plot(series.time[own], series.values[own, column], "o", ms=4, color=KNOWN,
                  label=reported[0])  # fmt: skip
        axes.plot(series.time[own.stop :], series.values[own.stop :, column], "o", ms=5,
                  mfc="white", mec=KNOWN, mew=1.4, label=reported[1])  # fmt: skip
        axes.axvline(border, color=MUTED, lw=0.8, ls="--")
        axes.set_ylim(bottom=0)
        unit = series.units[column]
        dress(axes, y=series.names[column] + ("" if unit == "1" else f" ({unit})"), grid=True)
        if not column:
            axes.legend(
                frameon=False, fontsize=SMALL, ncols=4, loc="lower left", bbox_to_anchor=(0, 1)
            )
        _times(axes, series, 8)
    grid[-1, 0].set_xlabel(_clock(series), fontsize=9)
    return figure


def _clock(series: MeasuredSeries) -> str:
    """Label of the time axis, with its unit unless that is its name."""
    unit = series.time_unit
    return series.clock if unit in (series.clock, "1") else f"{series.clock} ({unit})"


def _times(axes: Axes, series: MeasuredSeries, most: int) -> None:
    """Set at most `most` ticks, at whole numbers if all times are whole."""
    whole = bool((series.time == np.rint(series.time)).all())
    axes.xaxis.set_major_locator(MaxNLocator(most, integer=whole))


def residuals(series: MeasuredSeries, trajectories: Float64[np.ndarray, "n t s"]) -> Figure:
    """Plot readings over the median trajectory, as ratios, at all times."""
    figure, grid = panels(1, len(series.names), (3.6, 2.1))
    middle = np.median(trajectories, 0)
    for column, axes in enumerate(grid[0]):
        ratio = series.values[:, column] / middle[:, column]
        own = series.learned
        axes.plot(series.time[own], ratio[own], "o", ms=4, color=KNOWN)
        axes.plot(series.time[own.stop :], ratio[own.stop :], "o", ms=5, mfc="white", mec=KNOWN)
        axes.axhline(1, color=MUTED, lw=0.8)
        axes.set_yscale("log")
        axes.set_yticks([0.5, 1, 2], ["0.5", "1", "2"])
        axes.minorticks_off()
        dress(axes, _clock(series), "reading / model", title=series.names[column])
        _times(axes, series, 5)
    return figure


def constants(found: ModelPosterior, shown: Sequence[str]) -> Figure:
    """Plot posteriors of the constants over their priors."""
    density = found.fitted.density
    count = len(shown)
    figure, grid = panels(-(-count // 4), min(4, count), (1.9, 1.6))
    for axes in grid.flat:
        axes.set_axis_off()
    for i, (axes, name) in enumerate(zip(grid.flat, shown, strict=False)):
        axes.set_axis_on()
        sampled = np.exp(found.numbers[:, i])
        low, high = np.quantile(sampled, [0.002, 0.998])
        edges = np.geomspace(low, high, 25)
        axes.hist(sampled, edges, color=SERIES[0], alpha=0.7, density=True)
        x = np.geomspace(low, high, 100)
        off = (np.log(x) - density.middle[i]) / density.spread[i]
        prior = np.exp(-0.5 * off**2) / (x * density.spread[i] * np.sqrt(2 * np.pi))
        axes.plot(x, prior, color=MUTED, lw=1.0)
        axes.set_yticks([])
        unit = density.model.unit(name)
        dress(axes, name + ("" if unit == "1" else f" ({unit})"))
        axes.spines["left"].set_visible(False)
        axes.title.set_color(INK)
        axes.locator_params(axis="x", nbins=3)
    return figure
