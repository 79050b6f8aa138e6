"""Pictures of a monitor: its alarms over time, tags with their bands, and the map of the plant."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.evaluate.event_scores import spans
from ingenium.evaluate.style import GOOD, MUTED, OURS, REJECTED, dress, panels, plane
from ingenium.monitor.keeping import Monitor
from ingenium.monitor.running import RowAlarm
from ingenium.monitor.stream import PlantMap

STRIPS = 4  # tags that are shown
BAND = 3.0  # spreads
LEAST = 1e-6  # of a score on a logarithmic axis


def timeline(kept: Monitor, told: Sequence[RowAlarm], label: np.ndarray | None) -> Figure:
    """Scores by the bar, alarms and, where they are known, events."""
    figure, axes = plane(9.6, 2.6)
    score = np.array([np.nan if t.score is None else t.score for t in told]) / _unit(kept)
    alarm = np.array([t.alarm for t in told])
    axes.plot(score, color=OURS, lw=0.8)
    axes.axhline(kept.rule.bar / _unit(kept), color=REJECTED, lw=1.0)
    top = float(np.nanmax(score, initial=1.0))
    if kept.rule.bar > 0:
        axes.set_yscale("symlog", linthresh=1.0)
    _bars(axes, spans(alarm), REJECTED, top * 1.3, "alarm")
    if label is not None and label.any():
        for first, last in spans(label):
            axes.axvspan(first, last + 1, color=MUTED, alpha=0.3, lw=0)
            hit = np.flatnonzero(alarm[first : last + 1])
            if len(hit):
                axes.plot([first + int(hit[0])], [top * 1.3], marker="v", color=GOOD, ms=5)
    dress(axes, "row of the stream", "score by the bar" if kept.rule.bar > 0 else "score")
    return figure


def strips(
    kept: Monitor, told: Sequence[RowAlarm], values: np.ndarray, label: np.ndarray | None
) -> Figure:
    """The tags that were furthest out under alarm, with bands of three spreads."""
    rung = [t.shares for t in told if t.alarm and t.shares]
    seen = rung or [t.shares for t in told if t.shares] or [(0.0,) * len(kept.tags)]
    shares = np.array(seen)
    most = np.argsort(-shares.mean(0), kind="stable")[:STRIPS]
    alarm = np.array([t.alarm for t in told])
    figure, grid = panels(len(most), 1, (9.6, 1.3))
    for axes, i in zip(grid[:, 0], most.tolist(), strict=True):
        axes.plot(values[:, i], color=OURS, lw=0.8)
        middle, spread = np.nanmean(values[:, i]), np.nanstd(values[:, i])
        axes.axhspan(middle - BAND * spread, middle + BAND * spread, color=OURS, alpha=0.08, lw=0)
        _bars(axes, spans(alarm), REJECTED, float(np.nanmax(values[:, i])), "")
        if label is not None:
            for first, last in spans(label):
                axes.axvspan(first, last + 1, color=MUTED, alpha=0.3, lw=0)
        dress(axes, "", kept.tags[i], grid=True)
    grid[-1, 0].set_xlabel("row of the stream")
    return figure


def plant(layout: PlantMap, tags: Sequence[str], shares: Sequence[float]) -> Figure:
    """The map, its spots coloured by how far their tags are out."""
    figure, axes = plane(6.4, 4.4)
    ends = layout.lines.reshape(-1, 2, 2)
    axes.add_collection(LineCollection(list(ends), colors=MUTED, linewidths=0.6))
    out = dict.fromkeys((name for name, _, _ in layout.spots), 0.0)
    for tag, share in zip(tags, shares, strict=True):
        spot = layout.tags.get(tag)
        if spot is not None:
            out[spot] = max(out[spot], share)
    x, y = (np.array([s[i] for s in layout.spots]) for i in (1, 2))
    far = np.array([out[name] for name, _, _ in layout.spots])
    shown = axes.scatter(
        x,
        y,
        18 + 60 * (far > BAND),
        far,
        cmap="OrRd",
        vmin=0,
        vmax=6,
        edgecolors="k",
        linewidths=0.4,
        zorder=3,
    )
    for (name, a, b), value in zip(layout.spots, far.tolist(), strict=True):
        if value > BAND:
            axes.annotate(name, (a, b), (5, 4), textcoords="offset points", fontsize=8)
    figure.colorbar(shown, label="furthest tag, spreads from its mean", shrink=0.7)
    axes.autoscale()
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def _bars(
    axes: Axes, spans: Sequence[tuple[int, int]], colour: str, high: float, name: str
) -> None:
    for i, (first, last) in enumerate(spans):
        label = name if i == 0 and name else None
        axes.plot(
            [first, last + 1], [high, high], color=colour, lw=4, solid_capstyle="butt", label=label
        )


def _unit(kept: Monitor) -> float:
    """By which scores are shown: the bar, where it is above 0."""
    return kept.rule.bar if kept.rule.bar > 0 else 1.0
