"""Pictures of an operation: its trajectory with the decider of each period, and surprises."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.artifact import Drawn
from ingenium.drawing.style import INK, MUTED, OURS, REJECTED, SMALL, dress, panels, plane
from ingenium.evaluate.event_scores import spans
from ingenium.operate.artifact import OperationRecord
from ingenium.operate.shell import WHO

COLOURS = (OURS, "#e08214", REJECTED, "#762a83")  # policy, barrier, bypass, person
SHOWN = 4  # readings in a timeline


def figures(kept: OperationRecord) -> list[Drawn]:
    """Draw an operation over time; nothing for a refused policy."""
    if not kept.released:
        return []
    course = kept.course
    return [
        ("The run", "", timeline(course, kept.record)),
        ("How surprising readings were", "", surprise(course, kept.record)),
    ]


def timeline(course: xr.Dataset, record: Any) -> Figure:
    """Plot readings with the largest errors, wanted values, faults, and the decider below them."""
    wanted, truth = course["wanted"].to_numpy(), course["truth"].to_numpy()
    q, time = wanted.shape[1], course["time"].to_numpy()
    names = course["reading"].to_numpy()
    worst = np.argsort(-np.abs(wanted - truth[:, :q]).max(0), kind="stable")[:SHOWN]
    figure = Figure(figsize=(9.6, 1.5 * len(worst) + 1.5), layout="constrained")
    heights = [*([1.0] * len(worst)), 0.55]
    axes = figure.subplots(len(worst) + 1, 1, sharex=True, height_ratios=heights, squeeze=False)[
        :, 0
    ]
    for own, i in zip(axes[:-1], np.sort(worst), strict=True):
        _faults(own, record)
        own.plot(time, wanted[:, i], color=MUTED, lw=1.0, label="wanted")
        own.plot(time, truth[:, i], color=INK, lw=0.9, label="happened")
        dress(own, "", str(names[i]))
        if own is not axes[0] and own.get_legend():
            own.get_legend().remove()
    above = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.98), "borderaxespad": 0.0}
    axes[0].legend(ncols=2, frameon=False, fontsize=SMALL, **above)
    _who(axes[-1], course)
    return figure


def _faults(axes: Axes, record: Any) -> None:
    for fault in record["drill"]["faults"]:
        first, last = fault["at_s"], fault["at_s"] + fault["for_s"]
        axes.axvspan(first, last, color="#fddbc7", alpha=0.7, lw=0)
        axes.annotate(
            fault["kind"], (first, 1), xycoords=("data", "axes fraction"), fontsize=SMALL - 1,
            color=REJECTED, va="top",
        )  # fmt: skip


def _who(axes: Axes, course: xr.Dataset) -> None:
    who, step = course["who"].to_numpy(), float(course.attrs["period_s"])
    for i, colour in enumerate(COLOURS):
        bars = [(a * step, max((b - a + 1) * step, 0.1)) for a, b in spans(who == i)]
        axes.broken_barh(bars, (len(WHO) - 1 - i + 0.1, 0.8), color=colour, lw=0)
    axes.set_yticks(np.arange(len(WHO)) + 0.5, WHO[::-1])
    axes.set_ylim(0, len(WHO))
    dress(axes, "time, s", "")


def surprise(course: xr.Dataset, record: Any) -> Figure:
    """Plot the score of each period and the threshold of the watch."""
    figure, axes = plane(9.6, 2.2)
    _faults(axes, record)
    axes.plot(course["time"], np.maximum(course["score"].to_numpy(), 1e-2), color=OURS, lw=0.7)
    axes.axhline(record["watch"]["bar"], color=REJECTED, lw=1.0)
    axes.set_yscale("log")
    dress(axes, "time, s", "surprise")
    return figure


def counted(rows: Mapping[str, float], what: str) -> Figure:
    """A bar chart of a value by name, such as for shells without a part."""
    figure, grid = panels(1, 1, (6.4, 0.4 * len(rows) + 1.0))
    axes = grid[0, 0]
    at = np.arange(len(rows))[::-1]
    axes.barh(at, list(rows.values()), color=OURS, height=0.6)
    axes.set_yticks(at, list(rows))
    dress(axes, what, "")
    return figure
