"""Charts of a run and of a search: histograms under their limits, courses, fronts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ingenium.core.spec import Limit
from ingenium.drawing.chart import AxisRange, Chart
from ingenium.drawing.figures import BREAKS, HOLDS, INK, inked
from ingenium.drawing.style import GOOD, MUTED, panels

BINS = 36


@dataclass(frozen=True)
class Histogram:
    """Bars of a quantity over designs, those that violate its limits stacked on the others.

    Values beyond the range are counted at its ends. No bar has values on both sides of the first
    bound.
    """

    low: float
    high: float
    edges: tuple[float, ...]
    meets: Float[np.ndarray, " bin"]
    violates: Float[np.ndarray, " bin"]
    bounds: tuple[float, ...]
    shaded: tuple[tuple[float, float], ...]  # where a limit is violated
    whole: bool  # bars are centred on their numbers, and a bound lies next to the last feasible one
    outside: int  # values beyond the range
    label: str

    @classmethod
    def of(
        cls,
        values: Float[np.ndarray, " n"],
        broken: Bool[np.ndarray, " n"],
        limits: Sequence[Limit],
        label: str,
    ) -> "Histogram":
        """Count values, and those that violate the limits."""
        bounds = _bounds(limits)
        low, high = _window(values, bounds)
        shown = np.clip(values, low, high)
        whole = bool((values == np.round(values)).all())
        if whole:
            low, high = round(low) - 0.5, round(high) + 0.5
        first = bounds[0] if bounds else low
        edges = _whole_edges(low, high) if whole else _edges(low, high, first)
        meets, violates = (np.histogram(x, edges)[0] for x in (shown[~broken], shown[broken]))
        least = [b if not whole else np.ceil(b) - 0.5 for b in _of(limits, "at_least")]
        most = [b if not whole else np.floor(b) + 0.5 for b in _of(limits, "at_most")]
        shaded = [(low, float(b)) for b in least] + [(float(b), high) for b in most]
        outside = int(((values < low) | (values > high)).sum())
        lines = tuple(float(b) for b in (*least, *most))
        counts = meets.astype(np.float64), violates.astype(np.float64)
        return cls(low, high, tuple(edges), *counts, lines, tuple(shaded), whole, outside, label)

    @property
    def note(self) -> str:
        """A sentence on values beyond the range; empty if there are none."""
        return f"{self.outside} beyond the range are drawn at its ends" if self.outside else ""

    def svg(self) -> Markup:
        """Return it as a chart of a report."""
        both = self.meets + self.violates
        x = AxisRange(self.low, self.high, self.label, whole=self.whole)
        y = AxisRange(0.0, 1.05 * max(1.0, float(both.max())), "designs", whole=True, most=6)
        chart = Chart(x, y, note=self.note)
        for low, high in self.shaded:
            chart.shade(low, high, BREAKS)
        chart.bars(self.edges, np.zeros_like(both), self.meets, HOLDS)
        chart.bars(self.edges, self.meets, both, BREAKS)
        for bound in self.bounds:
            chart.rule(bound)
        return chart.svg()

    def figure(self) -> Figure:
        """Return it as a picture of matplotlib, such as for a notebook."""
        figure, grid = panels(1, 1, (4.2, 2.5))
        axes = grid[0, 0]
        both = self.meets + self.violates
        for top, bottom, colour in ((self.meets, 0, HOLDS), (both, self.meets, BREAKS)):
            axes.stairs(top, self.edges, baseline=bottom, fill=True, color=colour)
        for bound in self.bounds:
            axes.axvline(bound, color=INK, linewidth=1.2, linestyle="--")
        for low, high in self.shaded:
            axes.axvspan(low, high, color=BREAKS, alpha=0.10, linewidth=0)
        if self.whole:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlim=(self.low, self.high), xlabel=self.label, ylabel="designs")
        axes.yaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))
        axes.set_title(self.note, fontsize=8)
        inked(axes)
        return figure


def course(calls: Sequence[int], values: Sequence[float | None], label: str) -> Markup:
    """Draw a number of a search against the engine calls, with gaps where it is unknown."""
    known = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    span = (0.0, 1.0) if not np.nanmax(np.abs(known)) else _around(known)
    x = AxisRange(0.0, max(calls) * 1.02, "engine calls")
    chart = Chart(x, AxisRange(*span, label, most=6), grid=True)
    chart.curve(zip(map(float, calls), known.tolist(), strict=True), HOLDS, dots=len(known) < 20)
    return chart.svg()


def attained(
    points: Float[np.ndarray, "n 2"], limits: tuple[Limit, Limit], labels: tuple[str, str]
) -> Markup:
    """Draw designs over two limited quantities, with the violated side of each limit."""
    ends = [_window(p, _bounds([x])) for p, x in zip(points.T, limits, strict=True)]
    x, y = (AxisRange(*span, label) for span, label in zip(ends, labels, strict=True))
    chart = Chart(x, y, height=300.0)
    for limit, (low, high), across in zip(limits, ends, (False, True), strict=True):
        for bound, end in ((limit.at_least, low), (limit.at_most, high)):
            if bound is not None:
                chart.shade(min(bound, end), max(bound, end), BREAKS, across=across)
                chart.rule(bound, across=across)
    chart.dots(map(tuple, points.tolist()), HOLDS, 4.0)
    return chart.svg()


def front(
    points: Float[np.ndarray, "n 2"],
    accepted: Bool[np.ndarray, " n"],
    exported: Bool[np.ndarray, " n"],
    labels: tuple[str, str],
) -> Markup | None:
    """Draw designs over two objectives: feasible or not, and exported; None without numbers."""
    known = np.isfinite(points).all(1)
    if not known.any():
        return None
    x, y = (AxisRange(*_around(p[known]), label) for p, label in zip(points.T, labels, strict=True))
    chart = Chart(x, y, width=640.0, height=380.0)
    for rows, colour, radius, name in (
        (~accepted, MUTED, 2.2, "violates a limit"),
        (accepted & ~exported, HOLDS, 2.7, "meets every limit"),
        (exported, GOOD, 3.6, "exported"),
    ):
        chart.dots(map(tuple, points[rows & known].tolist()), colour, radius, name)
    return chart.svg()


def _of(limits: Sequence[Limit], side: str) -> list[float]:
    return [float(b) for x in limits if (b := getattr(x, side)) is not None]


def _bounds(limits: Sequence[Limit]) -> list[float]:
    return [b for x in limits for b in (x.at_least, x.at_most) if b is not None]


def _around(values: Float[np.ndarray, " n"]) -> tuple[float, float]:
    """A range with a twentieth of room around the known values."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def _edges(low: float, high: float, bound: float) -> list[float]:
    """Edges of bins over a range, one of them at the bound, so that no bin mixes both sides."""
    step = (high - low) / BINS
    first = bound - np.ceil((bound - low) / step) * step
    return [float(first + i * step) for i in range(BINS + 2)]


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
