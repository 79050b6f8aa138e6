"""Pictures of an operation: its trajectory with the decider of each period, and surprises."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.artifact import Drawn
from ingenium.drawing.style import INK, MUTED, OURS, REJECTED, SERIES, SMALL, dress, panels, plane
from ingenium.evaluate.event_scores import spans
from ingenium.operate.artifact import LONG_S, OperationRecord
from ingenium.operate.shell import WHO

COLOURS = (OURS, "#e08214", REJECTED, "#762a83")  # policy, barrier, bypass, person
SHOWN = 4  # readings in a timeline
SMOOTHED = 200  # points of a rate over time, each the mean of the periods since the last one
TWIN = "What was read, and the band in which the policy's twin expected it."
RATES = "Means of the periods before; the line of this policy is what the run was worth."


def figures(stored: OperationRecord) -> list[Drawn]:
    """Draw an operation over time; nothing for a refused policy."""
    if not stored.released:
        return []
    trajectory = stored.trajectory
    worth = (
        [("Worth by the hour", RATES, rates(trajectory, stored.record))]
        if trajectory.sizes["rate"]
        else []
    )
    return [
        ("The run", "", timeline(trajectory, stored.record)),
        *worth,
        *([("Twin and plant", TWIN, twin(trajectory))] if "foreseen" in trajectory.attrs else []),
        ("How surprising readings were", "", surprise(trajectory, stored.record)),
    ]


def timeline(trajectory: xr.Dataset, record: Any) -> Figure:
    """Plot readings with the largest errors, wanted values, faults, and the decider below them."""
    wanted, truth = trajectory["wanted"].to_numpy(), trajectory["truth"].to_numpy()
    q, (time, _) = wanted.shape[1], _time(trajectory)
    names = trajectory["reading"].to_numpy()
    worst = np.argsort(-np.abs(wanted - truth[:, :q]).max(0), kind="stable")[:SHOWN]
    figure = Figure(figsize=(9.6, 1.5 * len(worst) + 1.5), layout="constrained")
    heights = [*([1.0] * len(worst)), 0.55]
    axes = figure.subplots(len(worst) + 1, 1, sharex=True, height_ratios=heights, squeeze=False)[
        :, 0
    ]
    for own, i in zip(axes[:-1], np.sort(worst), strict=True):
        _faults(own, record, trajectory)
        own.plot(time, wanted[:, i], color=MUTED, lw=1.0, label="wanted")
        own.plot(time, truth[:, i], color=INK, lw=0.9, label="happened")
        dress(own, "", str(names[i]))
        if own is not axes[0] and own.get_legend():
            own.get_legend().remove()
    above = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.98), "borderaxespad": 0.0}
    axes[0].legend(ncols=2, frameon=False, fontsize=SMALL, **above)
    _who(axes[-1], trajectory)
    return figure


def _faults(axes: Axes, record: Any, trajectory: xr.Dataset) -> None:
    size = 3600 if _time(trajectory)[1] == "h" else 1
    for fault in record["drill"]["faults"]:
        first, last = fault["at_s"] / size, (fault["at_s"] + fault["for_s"]) / size
        axes.axvspan(first, last, color="#fddbc7", alpha=0.7, lw=0)
        axes.annotate(
            fault["kind"], (first, 1), xycoords=("data", "axes fraction"), fontsize=SMALL - 1,
            color=REJECTED, va="top",
        )  # fmt: skip


def _who(axes: Axes, trajectory: xr.Dataset) -> None:
    who, (_, unit) = trajectory["who"].to_numpy(), _time(trajectory)
    step = float(trajectory.attrs["period_s"]) / (3600 if unit == "h" else 1)
    for i, colour in enumerate(COLOURS):
        bars = [(a * step, max((b - a + 1) * step, 0.1)) for a, b in spans(who == i)]
        axes.broken_barh(bars, (len(WHO) - 1 - i + 0.1, 0.8), color=colour, lw=0)
    axes.set_yticks(np.arange(len(WHO)) + 0.5, WHO[::-1])
    axes.set_ylim(0, len(WHO))
    dress(axes, f"time, {unit}", "")


def surprise(trajectory: xr.Dataset, record: Any) -> Figure:
    """Plot the score of each period and the threshold of the watch."""
    figure, axes = plane(9.6, 2.2)
    _faults(axes, record, trajectory)
    time, unit = _time(trajectory)
    axes.plot(time, np.maximum(trajectory["score"].to_numpy(), 1e-2), color=OURS, lw=0.7)
    axes.axhline(record["watch"]["threshold"], color=REJECTED, lw=1.0)
    axes.set_yscale("log")
    dress(axes, f"time, {unit}", "surprise")
    return figure


def rates(trajectory: xr.Dataset, record: Any) -> Figure:
    """Each rate over time, a moving mean where there are many periods, with those of rivals."""
    time, unit = _time(trajectory)
    names = trajectory["rate"].to_numpy()
    wide = max(1, len(time) // SMOOTHED)
    figure, grid = panels(len(names), 1, (9.6, 1.9))
    own = [("this policy", trajectory["worth"].to_numpy(), OURS)]
    if "alongside" in trajectory:
        both = zip(trajectory["rival"].to_numpy(), trajectory["alongside"].to_numpy(), strict=True)
        own += [
            (str(name), values, colour)
            for (name, values), colour in zip(both, (INK, MUTED, *SERIES[1:]), strict=False)
        ]
    for i, (axes, name) in enumerate(zip(grid[:, 0], names, strict=True)):
        _faults(axes, record, trajectory)
        for label, values, colour in own:
            mean = np.convolve(values[:, i], np.ones(wide) / wide, "valid")
            axes.plot(time[wide - 1 :], mean, color=colour, lw=1.0, label=label)
        last = i == len(names) - 1
        dress(
            axes,
            f"time, {unit}" if last else "",
            f"{name}, {trajectory['rate_unit'].to_numpy()[i]}",
        )
    return figure


def twin(trajectory: xr.Dataset) -> Figure:
    """A reading over time, and the band in which the policy's twin expected it."""
    time, unit = _time(trajectory)
    name, band = str(trajectory.attrs["foreseen"]), trajectory["foreseen"].to_numpy()
    figure, axes = plane(9.6, 2.6)
    axes.fill_between(time, band[:, 0], band[:, 1], color=OURS, alpha=0.3, lw=0, label="twin")
    axes.plot(time, trajectory["seen"].sel(reading=name), color=INK, lw=0.6, label="plant")
    dress(axes, f"time, {unit}", name)
    return figure


def _time(trajectory: xr.Dataset) -> tuple[np.ndarray, str]:
    """Time in seconds, or in hours where there are many."""
    seconds = trajectory["time"].to_numpy()
    long = len(seconds) > 0 and seconds[-1] > LONG_S
    return (seconds / 3600, "h") if long else (seconds, "s")


def counted(rows: Mapping[str, float], what: str) -> Figure:
    """A bar chart of a value by name, such as for shells without a part."""
    figure, grid = panels(1, 1, (6.4, 0.4 * len(rows) + 1.0))
    axes = grid[0, 0]
    at = np.arange(len(rows))[::-1]
    axes.barh(at, list(rows.values()), color=OURS, height=0.6)
    axes.set_yticks(at, list(rows))
    dress(axes, what, "")
    return figure
