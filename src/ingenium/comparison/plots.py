"""Figure of a comparison: a dot and an interval for each family, a panel for each measure."""

import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from ingenium.comparison.scores import Comparison
from ingenium.core.errors import InputError
from ingenium.drawing.style import INK
from ingenium.scores.metrics import Metric

# Distinct with any colour vision (Okabe and Ito, Color Universal Design, 2008), and by the form
# of the mark as well.
BEST, TIED, OTHER, BASELINE = "#D55E00", "#0072B2", "#56B4E9", "#7F7F7F"
GRID, AIM = "#E4E4E4", "#009E73"


def comparison_figure(
    comparison: Comparison, *, metrics: Sequence[Metric] | None = None, columns: int = 4
) -> Figure:
    """Plot a panel for each measure, with the families in the same order in all of them.

    Raises:
        InputError: if nothing was measured.
    """
    shown = comparison.measured if metrics is None else tuple(metrics)
    families = _ordered(comparison)
    if not shown or not families:
        raise InputError("at least one family and one measure", "an empty comparison")
    columns = min(columns, len(shown))
    rows = math.ceil(len(shown) / columns)
    height = 0.9 + 0.2 * len(families)
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(1.6 + 2.5 * columns, 0.7 + height * rows), layout=layout)
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes, metric in zip(grid.flat, shown, strict=False):
        _panel(axes, comparison, metric, families)
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_yticks(range(len(families)), families)
    _legend(figure, comparison)
    return figure


def save_comparison(comparison: Comparison, path: Path, *, dpi: int = 150) -> None:
    """Write `comparison_figure` to a file; the ending chooses PNG, SVG or PDF."""
    comparison_figure(comparison).savefig(path, dpi=dpi)


def _ordered(comparison: Comparison) -> list[str]:
    """Families by the first measure, the best on top (the axis points up), baselines below."""
    if not comparison.measured:
        return []
    first = comparison.measured[0]

    def rank(family: str) -> tuple[bool, float]:
        found = comparison.find(family, first.name)
        return family in comparison.baselines, math.inf if found is None else first.loss(
            found.value
        )

    return sorted(comparison.families, key=rank, reverse=True)


def _panel(axes: Axes, comparison: Comparison, metric: Metric, families: list[str]) -> None:
    best, tied = comparison.best(metric), comparison.tied(metric)
    if metric.aim is not None:
        axes.axvspan(*metric.aim, color=AIM, alpha=0.12, lw=0)
    if metric.target is not None:
        axes.axvline(metric.target, color=AIM, lw=1.2, ls=(0, (4, 2)), zorder=1)
    for y, family in enumerate(families):
        found = comparison.find(family, metric.name)
        if found is None:
            continue
        colour = BEST if family == best else TIED if family in tied else OTHER
        if family in comparison.baselines and family not in tied:
            colour = BASELINE
        marker = "D" if family == best else "s" if family in comparison.baselines else "o"
        if math.isfinite(found.low):
            axes.plot([found.low, found.high], [y, y], color=colour, lw=1.6, zorder=2)
        axes.plot(found.value, y, marker, color=colour, ms=5, mec="white", mew=0.5, zorder=3)
    _dress(axes, metric, len(families))


def _dress(axes: Axes, metric: Metric, families: int) -> None:
    arrow = {"lower": "← lower is better", "higher": "higher is better →"}
    axes.set_title(metric.label, fontsize=8.5, color=INK, loc="left", fontweight="bold")
    axes.set_xlabel(arrow.get(metric.direction, metric.better), fontsize=7, color=INK)
    axes.set_ylim(-0.6, families - 0.4)
    axes.locator_params(axis="x", nbins=4)
    axes.tick_params(labelsize=7, length=0, colors=INK)
    axes.grid(color=GRID, lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)


def _legend(figure: Figure, comparison: Comparison) -> None:
    marks = [
        (BEST, "D", "best mean"),
        (TIED, "o", "not distinguishable from the best"),
        (OTHER, "o", "worse"),
    ]
    if comparison.baselines:
        marks += [(BASELINE, "s", "baseline, worse (square: any baseline)")]
    axes = figure.axes[0]
    handles = [axes.plot([], [], m, color=c, ms=5, ls="", label=text)[0] for c, m, text in marks]
    title = f"bars: {100 * comparison.level:g} % intervals"
    figure.legend(
        handles=handles,
        title=title,
        loc="outside upper center",
        ncols=len(handles),
        fontsize=7.5,
        title_fontsize=7.5,
        frameon=False,
    )
