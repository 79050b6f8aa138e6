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


def figures(kept: OperationRecord) -> list[Drawn]:
    """Draw an operation over time; nothing for a refused policy."""
    if not kept.released:
        return []
    course = kept.course
    worth = (
        [("Worth by the hour", RATES, rates(course, kept.record))] if course.sizes["rate"] else []
    )
    return [
        ("The run", "", timeline(course, kept.record)),
        *worth,
        *([("Twin and plant", TWIN, twin(course))] if "foreseen" in course.attrs else []),
        ("How surprising readings were", "", surprise(course, kept.record)),
    ]


def timeline(course: xr.Dataset, record: Any) -> Figure:
    """Plot readings with the largest errors, wanted values, faults, and the decider below them."""
    wanted, truth = course["wanted"].to_numpy(), course["truth"].to_numpy()
    q, (time, _) = wanted.shape[1], _time(course)
    names = course["reading"].to_numpy()
    worst = np.argsort(-np.abs(wanted - truth[:, :q]).max(0), kind="stable")[:SHOWN]
    figure = Figure(figsize=(9.6, 1.5 * len(worst) + 1.5), layout="constrained")
    heights = [*([1.0] * len(worst)), 0.55]
    axes = figure.subplots(len(worst) + 1, 1, sharex=True, height_ratios=heights, squeeze=False)[
        :, 0
    ]
    for own, i in zip(axes[:-1], np.sort(worst), strict=True):
        _faults(own, record, course)
        own.plot(time, wanted[:, i], color=MUTED, lw=1.0, label="wanted")
        own.plot(time, truth[:, i], color=INK, lw=0.9, label="happened")
        dress(own, "", str(names[i]))
        if own is not axes[0] and own.get_legend():
            own.get_legend().remove()
    above = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.98), "borderaxespad": 0.0}
    axes[0].legend(ncols=2, frameon=False, fontsize=SMALL, **above)
    _who(axes[-1], course)
    return figure


def _faults(axes: Axes, record: Any, course: xr.Dataset) -> None:
    size = 3600 if _time(course)[1] == "h" else 1
    for fault in record["drill"]["faults"]:
        first, last = fault["at_s"] / size, (fault["at_s"] + fault["for_s"]) / size
        axes.axvspan(first, last, color="#fddbc7", alpha=0.7, lw=0)
        axes.annotate(
            fault["kind"], (first, 1), xycoords=("data", "axes fraction"), fontsize=SMALL - 1,
            color=REJECTED, va="top",
        )  # fmt: skip


def _who(axes: Axes, course: xr.Dataset) -> None:
    who, (_, unit) = course["who"].to_numpy(), _time(course)
    step = float(course.attrs["period_s"]) / (3600 if unit == "h" else 1)
    for i, colour in enumerate(COLOURS):
        bars = [(a * step, max((b - a + 1) * step, 0.1)) for a, b in spans(who == i)]
        axes.broken_barh(bars, (len(WHO) - 1 - i + 0.1, 0.8), color=colour, lw=0)
    axes.set_yticks(np.arange(len(WHO)) + 0.5, WHO[::-1])
    axes.set_ylim(0, len(WHO))
    dress(axes, f"time, {unit}", "")


def surprise(course: xr.Dataset, record: Any) -> Figure:
    """Plot the score of each period and the threshold of the watch."""
    figure, axes = plane(9.6, 2.2)
    _faults(axes, record, course)
    time, unit = _time(course)
    axes.plot(time, np.maximum(course["score"].to_numpy(), 1e-2), color=OURS, lw=0.7)
    axes.axhline(record["watch"]["bar"], color=REJECTED, lw=1.0)
    axes.set_yscale("log")
    dress(axes, f"time, {unit}", "surprise")
    return figure


def rates(course: xr.Dataset, record: Any) -> Figure:
    """Each rate over time, a moving mean where there are many periods, with those of rivals."""
    time, unit = _time(course)
    names = course["rate"].to_numpy()
    wide = max(1, len(time) // SMOOTHED)
    figure, grid = panels(len(names), 1, (9.6, 1.9))
    own = [("this policy", course["worth"].to_numpy(), OURS)]
    if "alongside" in course:
        both = zip(course["rival"].to_numpy(), course["alongside"].to_numpy(), strict=True)
        own += [
            (str(name), values, colour)
            for (name, values), colour in zip(both, (INK, MUTED, *SERIES[1:]), strict=False)
        ]
    for i, (axes, name) in enumerate(zip(grid[:, 0], names, strict=True)):
        _faults(axes, record, course)
        for label, values, colour in own:
            mean = np.convolve(values[:, i], np.ones(wide) / wide, "valid")
            axes.plot(time[wide - 1 :], mean, color=colour, lw=1.0, label=label)
        last = i == len(names) - 1
        dress(axes, f"time, {unit}" if last else "", f"{name}, {course['rate_unit'].to_numpy()[i]}")
    return figure


def twin(course: xr.Dataset) -> Figure:
    """A reading over time, and the band in which the policy's twin expected it."""
    time, unit = _time(course)
    name, band = str(course.attrs["foreseen"]), course["foreseen"].to_numpy()
    figure, axes = plane(9.6, 2.6)
    axes.fill_between(time, band[:, 0], band[:, 1], color=OURS, alpha=0.3, lw=0, label="twin")
    axes.plot(time, course["seen"].sel(reading=name), color=INK, lw=0.6, label="plant")
    dress(axes, f"time, {unit}", name)
    return figure


def _time(course: xr.Dataset) -> tuple[np.ndarray, str]:
    """Time in seconds, or in hours where there are many."""
    seconds = course["time"].to_numpy()
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
