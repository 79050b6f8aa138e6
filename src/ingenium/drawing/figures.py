"""Pictures of a report as inline SVG that follows its light or dark theme."""

import base64
import io
import re
import textwrap
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ingenium.core.spec import Limit
from ingenium.drawing.style import GOOD, MUTED, OURS, REJECTED, SMALL, TEXT

HOLDS, BREAKS = OURS, REJECTED
INK = "#010203"  # placeholder of the report's text colour
LARGEST_SVG = 250_000  # characters; larger pictures become pixels
BINS = 36
WIDE = 52  # characters of a label in a line
PX_PER_INCH = 96  # of reports, so that a text of 9 points has 12 pixels


def histogram(
    values: Float[np.ndarray, " n"],
    broken: Bool[np.ndarray, " n"],
    limits: Sequence[Limit],
    label: str,
) -> Figure:
    """Draw a histogram of a quantity, with its limits and the violating sides coloured."""
    figure = Figure(figsize=(4.2, 2.5), layout="constrained")
    axes = figure.add_subplot()
    bounds = [b for x in limits for b in (x.at_least, x.at_most) if b is not None]
    low, high = _window(values, bounds)
    shown = np.clip(values, low, high)
    whole = bool((values == np.round(values)).all())
    if whole:  # bars are centred on their numbers, and a bound lies next to the last feasible one
        low, high = round(low) - 0.5, round(high) + 0.5
    edges = _whole_edges(low, high) if whole else _edges(low, high, bounds[0] if bounds else low)
    axes.hist(
        [shown[~broken], shown[broken]],
        bins=edges,
        histtype="stepfilled",
        stacked=True,
        color=[HOLDS, BREAKS],
        label=["meets", "violates"],
    )
    for limit in limits:
        if limit.at_least is not None:
            least = np.ceil(limit.at_least) - 0.5 if whole else limit.at_least
            axes.axvline(least, color=INK, linewidth=1.2, linestyle="--")
            axes.axvspan(low, least, color=BREAKS, alpha=0.10, linewidth=0)
        if limit.at_most is not None:
            most = np.floor(limit.at_most) + 0.5 if whole else limit.at_most
            axes.axvline(most, color=INK, linewidth=1.2, linestyle="--")
            axes.axvspan(most, high, color=BREAKS, alpha=0.10, linewidth=0)
    if whole:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(low, high)
    axes.set_xlabel(textwrap.fill(label, WIDE))
    axes.set_ylabel("designs")
    axes.yaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))
    outside = int(((values < low) | (values > high)).sum())
    if outside:
        axes.set_title(f"{outside} beyond the range are drawn at its ends", fontsize=8)
    inked(axes)
    return figure


def course(calls: Sequence[int], values: Sequence[float | None], label: str) -> Figure:
    """Plot a number of a search against the engine calls, with gaps where it is unknown."""
    figure = Figure(figsize=(4.2, 2.5), layout="constrained")
    axes = figure.add_subplot()
    known = [np.nan if v is None else v for v in values]
    few = len(known) < 20
    axes.plot(calls, known, color=HOLDS, linewidth=1.6, marker="o" if few else None, markersize=3.5)
    axes.set_xlim(0, max(calls) * 1.02)
    if not np.nanmax(np.abs(known)):  # none all the way, which is no range of its own
        axes.set_ylim(0, 1)
    axes.set_xlabel("engine calls")
    axes.set_ylabel(label)
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    inked(axes)
    return figure


def attained(
    points: Float[np.ndarray, "n 2"], limits: tuple[Limit, Limit], labels: tuple[str, str]
) -> Figure:
    """Plot designs over two limited quantities, with the violated side of each limit."""
    figure = Figure(figsize=(4.2, 3.0), layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(points[:, 0], points[:, 1], color=HOLDS, s=22, zorder=3)
    ends = [
        _window(column, [b for b in (x.at_least, x.at_most) if b is not None])
        for column, x in zip(points.T, limits, strict=True)
    ]
    for (low, high), limit, line, span in (
        (ends[0], limits[0], axes.axvline, axes.axvspan),
        (ends[1], limits[1], axes.axhline, axes.axhspan),
    ):
        if limit.at_least is not None:
            line(limit.at_least, color=INK, linewidth=1.2, linestyle="--")
            span(low, limit.at_least, color=BREAKS, alpha=0.10, linewidth=0)
        if limit.at_most is not None:
            line(limit.at_most, color=INK, linewidth=1.2, linestyle="--")
            span(limit.at_most, high, color=BREAKS, alpha=0.10, linewidth=0)
    axes.set_xlim(*ends[0])
    axes.set_ylim(*ends[1])
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    inked(axes)
    return figure


def front(
    points: Float[np.ndarray, "n 2"],
    accepted: Bool[np.ndarray, " n"],
    exported: Bool[np.ndarray, " n"],
    labels: tuple[str, str],
) -> Figure:
    """Plot designs over two objectives: feasible or not, and exported."""
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    known = np.isfinite(points).all(1)
    for rows, colour, size, label in (
        (~accepted, MUTED, 10, "violates a limit"),
        (accepted & ~exported, HOLDS, 14, "meets every limit"),
        (exported, GOOD, 26, "exported"),
    ):
        rows = rows & known
        if rows.any():
            x, y = points[rows].T
            axes.scatter(x, y, size, colour, linewidths=0, label=label)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.legend(frameon=False, fontsize=SMALL, labelcolor=INK)
    inked(axes)
    return figure


def _edges(low: float, high: float, bound: float) -> list[float]:
    """Edges of bins over a range, one of them at the bound, so that no bin mixes both sides."""
    step = (high - low) / BINS
    first = bound - np.ceil((bound - low) / step) * step
    return [first + i * step for i in range(BINS + 2)]


def _whole_edges(low: float, high: float) -> list[float]:
    """Edges between whole numbers; if there are many, some numbers share a bar."""
    step = max(1, round((high - low) / BINS))
    return [low + i * step for i in range(int(np.ceil((high - low) / step)) + 1)]


def _window(values: Float[np.ndarray, " n"], bounds: list[float]) -> tuple[float, float]:
    """A range that shows 99 % of the values and every bound."""
    low, high = (float(x) for x in np.quantile(values, (0.005, 0.995)))
    low, high = min([low, *bounds]), max([high, *bounds])
    room = 0.04 * (high - low) or 0.5 * abs(high) or 1.0
    return low - room, high + room


def inked(axes: Axes) -> None:
    """Style axes in the report's text colour, without a box."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(INK)
    axes.tick_params(colors=INK, labelsize=SMALL)
    for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
        text.set_color(INK)
    axes.xaxis.label.set_fontsize(TEXT)
    axes.yaxis.label.set_fontsize(TEXT)
    axes.patch.set_alpha(0.0)


def svg(figure: Figure, name: str) -> Markup:
    """Render a figure of this module as inline SVG; its identifiers start with `name`."""
    figure.patch.set_alpha(0.0)
    return Markup(_text(figure, name).replace(INK, "currentColor"))


def picture(figure: Figure, name: str) -> Markup:
    """Render any figure unchanged, on its own background: SVG, or pixels where that is smaller.

    Its width makes its texts legible, whatever the width of the report.
    """
    width = f"width: {PX_PER_INCH * figure.get_figwidth():.0f}px"
    text = _text(figure, name)
    if len(text) <= LARGEST_SVG:
        return Markup(text.replace("<svg ", f'<svg style="{width}" ', 1))
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=1.5 * PX_PER_INCH)
        data = base64.b64encode(file.getvalue()).decode()
    return Markup('<img alt="" style="{}" src="data:image/png;base64,{}">').format(width, data)


def _text(figure: Figure, name: str) -> str:
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the layout is done; matplotlib would do it twice more
    with io.StringIO() as file:
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*pt"', r"\1", text, count=1)
    return re.sub(r'(<svg[^>]*?) height="[^"]*pt"', r"\1", text, count=1)
