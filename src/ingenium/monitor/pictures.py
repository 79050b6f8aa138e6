"""Pictures of a monitor: its alarms over time, tags with their bands, and the map of the plant."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ingenium.core.artifact import Drawn
from ingenium.drawing.style import GOOD, MUTED, OURS, REJECTED, dress, panels, plane
from ingenium.evaluate.event_scores import spans
from ingenium.monitor.artifact import HELD_OUT, Monitor
from ingenium.monitor.running import Memory, RowAlarm, Watcher
from ingenium.monitor.stream import PlantMap

STRIPS_HEADING = "Tags that were furthest out"
LINE, MOST_LINES = 2000, 8  # rows of the stream in a line of the picture
STRIPS, STRIP = 4, 336  # tags that are shown, and their rows
BAND = 3.0  # spreads
NAMED = 3  # spots at least that the map names
LEAST = 1e-6  # of a score on a logarithmic axis


def figures(stored: Monitor) -> list[Drawn]:
    """Draw the held-out weeks."""
    frame = pd.read_csv(stored.folder / HELD_OUT)
    values = frame[list(stored.tags)].to_numpy(np.float64)
    watcher = Watcher(stored, Memory(stored.record["evidence"]["model"]))
    stamps = frame["DATETIME"].to_numpy().astype("datetime64[s]")
    rows = [watcher.feed(s, v) for s, v in zip(stamps, values, strict=True)]
    label = frame["ATT_FLAG"].to_numpy() == 1
    return [
        ("Weeks that it never saw", "", timeline(stored, rows, label)),
        (STRIPS_HEADING, "", strips(stored, rows, values, label)),
    ]


def of_run(
    stored: Monitor, rows: Sequence[RowAlarm], values: np.ndarray, label: np.ndarray | None
) -> list[Drawn]:
    """Draw a stream under a monitor, and the plant at the largest deviation."""
    found = [
        ("Alarms over time", "", timeline(stored, rows, label)),
        (STRIPS_HEADING, "", strips(stored, rows, values, label)),
    ]
    shown = [t for t in rows if t.shares]
    if stored.layout is not None and shown:
        rung = [t for t in shown if t.alarm and t.score is not None] or shown
        worst = max(rung, key=lambda t: -np.inf if t.score is None else t.score)
        heading = f"The plant at {worst.stamp}"
        found.append((heading, "", plant(stored.layout, stored.tags, worst.shares)))
    return found


def timeline(stored: Monitor, reported: Sequence[RowAlarm], label: np.ndarray | None) -> Figure:
    """Scores against the threshold, alarms and known events; long streams in several lines.

    Green marks show where an alarm first detects an event.
    """
    score = np.array([np.nan if t.score is None else t.score for t in reported]) / _unit(stored)
    alarm = np.array([t.alarm for t in reported])
    count = min(max(math.ceil(len(reported) / LINE), 1), MOST_LINES)
    ends = np.linspace(0, len(reported), count + 1).astype(int)
    top = 1.5 * float(np.nanmax(score, initial=1.0))
    figure, grid = panels(count, 1, (9.6, 2.4 if count == 1 else 1.3))
    for axes, first, after in zip(grid[:, 0], ends, ends[1:], strict=False):
        axes.plot(np.arange(first, after), score[first:after], color=OURS, lw=0.8)
        axes.axhline(stored.rule.threshold / _unit(stored), color=REJECTED, lw=1.0)
        if stored.rule.threshold > 0:
            axes.set_yscale("symlog", linthresh=1.0)
        axes.set_xlim(first, max(after, first + 1))
        _bars(axes, spans(alarm), REJECTED, top)
        _events(axes, label)
        for a, b in spans(label) if label is not None else ():
            hit = np.flatnonzero(alarm[a : b + 1])
            if len(hit) and first <= a < after:
                axes.plot([a + int(hit[0])], [top], marker="v", color=GOOD, ms=5, clip_on=False)
        dress(axes, "", "")
    figure.supylabel(
        "score by the bar" if stored.rule.threshold > 0 else "score", fontsize="medium"
    )
    grid[-1, 0].set_xlabel("row of the stream")
    mark = Line2D([], [], color=GOOD, marker="v", ls="", label="first alarm")
    _key(grid[0, 0], label, mark)
    return figure


def strips(
    stored: Monitor, reported: Sequence[RowAlarm], values: np.ndarray, label: np.ndarray | None
) -> Figure:
    """The tags that deviate most around the highest alarm, with bands of three spreads.

    Bands come from rows without an alarm and without an event.
    """
    alarm = np.array([t.alarm for t in reported])
    score = np.array([-np.inf if t.score is None else t.score for t in reported])
    peak = int(np.argmax(np.where(alarm, score, -np.inf))) if alarm.any() else int(score.argmax())
    first = min(max(peak - STRIP // 2, 0), max(len(reported) - STRIP, 0))
    after = min(first + STRIP, len(reported))
    seen = [t.shares for t in reported[first:after] if t.alarm and t.shares]
    shares = np.array(
        seen or [t.shares for t in reported if t.shares] or [(0.0,) * len(stored.tags)]
    )
    most = np.argsort(-shares.mean(0), kind="stable")[:STRIPS]
    quiet = ~alarm if label is None else ~alarm & ~label
    normal = values[quiet] if quiet.any() else values
    figure, grid = panels(len(most), 1, (9.6, 1.3))
    for axes, i in zip(grid[:, 0], most.tolist(), strict=True):
        axes.plot(np.arange(first, after), values[first:after, i], color=OURS, lw=0.9)
        middle, spread = np.nanmean(normal[:, i]), np.nanstd(normal[:, i])
        axes.axhspan(middle - BAND * spread, middle + BAND * spread, color=OURS, alpha=0.08, lw=0)
        axes.set_xlim(first, max(after, first + 1))
        _bars(axes, spans(alarm), REJECTED, float(np.nanmax(values[first:after, i])))
        _events(axes, label)
        dress(axes, "", stored.tags[i], grid=True)
    grid[-1, 0].set_xlabel("row of the stream")
    band = Patch(color=OURS, alpha=0.08, label=f"{BAND:g} spreads of calm rows")
    _key(grid[0, 0], label, band)
    return figure


def plant(layout: PlantMap, tags: Sequence[str], shares: Sequence[float]) -> Figure:
    """The map of the plant, its spots coloured by the deviation of their tags."""
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
    least = min(BAND, float(np.sort(far)[-min(NAMED, len(far))]))
    for (name, a, b), value in zip(layout.spots, far.tolist(), strict=True):
        if value >= least > 0:
            axes.annotate(name, (a, b), (5, 4), textcoords="offset points", fontsize=8)
    figure.colorbar(shown, label="furthest tag, spreads from its mean", shrink=0.7)
    axes.autoscale()
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def _bars(axes: Axes, spans: Sequence[tuple[int, int]], colour: str, high: float) -> None:
    for first, last in spans:
        axes.plot([first, last + 1], [high, high], color=colour, lw=4, solid_capstyle="butt")


def _events(axes: Axes, label: np.ndarray | None) -> None:
    for first, last in spans(label) if label is not None else ():
        axes.axvspan(first, last + 1, color=MUTED, alpha=0.3, lw=0)


def _key(axes: Axes, label: np.ndarray | None, more: Artist) -> None:
    """Draw the legend above the first line."""
    key: list[Artist] = [Line2D([], [], color=REJECTED, lw=4, label="alarm"), more]
    if label is not None and label.any():
        key.append(Patch(color=MUTED, alpha=0.3, label="event"))
    axes.legend(handles=key, loc="lower right", bbox_to_anchor=(1, 1.02), ncols=3, frameon=False)


def _unit(stored: Monitor) -> float:
    """Unit of the scores shown: the threshold, where it is above 0."""
    return stored.rule.threshold if stored.rule.threshold > 0 else 1.0
