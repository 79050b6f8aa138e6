"""Pictures of two measures together, such as the energy of a design and its quality."""

from collections.abc import Mapping
from math import isfinite, log

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.drawing.figures import INK, inked, svg
from ingenium.evaluate.measured import Interval

PLANES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("millijoule", "distance"): ("energy of a design (mJ)", "distance from held-out designs"),
}
FEWEST = 3  # points that are worth a plane
SIDE, HIGH = 3.8, 3.0  # of one plane (inches)
NEAR, CLOSE = 0.5, 0.15  # within which names would meet: e-folds across, share of all heights
POINT = "#7d8791"
Points = dict[str, tuple[Interval, Interval]]


def plane(alongside: Mapping[str, Interval], name: str) -> Markup | None:
    """Draw a plane for each data set, a point for each method; None if no pair was measured."""
    for pair, labels in PLANES.items():
        found = {k: v for k, v in _sets(alongside, pair).items() if len(v) >= FEWEST}
        if found:
            figure = Figure(figsize=(SIDE * len(found), HIGH), layout="constrained")
            grid = figure.subplots(1, len(found), squeeze=False)
            for axes, (title, points) in zip(grid[0], found.items(), strict=True):
                _draw(axes, points, labels)
                axes.set_title(title, loc="left", fontsize=9, color=INK)
            return svg(figure, name)
    return None


def _sets(alongside: Mapping[str, Interval], pair: tuple[str, str]) -> dict[str, Points]:
    """Points of a pair, from names such as `vae.digits.distance`: by data set, then by method."""
    across, up = pair
    sets: dict[str, Points] = {}
    for name, x in alongside.items():
        whose, _, what = name.rpartition(".")
        y = alongside.get(f"{whose}.{up}")
        if what == across and y is not None and x.value > 0 and isfinite(y.value):
            method, _, data = whose.partition(".")
            sets.setdefault(data, {})[method.replace("_", " ")] = (x, y)
    return sets


def _draw(axes: Axes, points: Points, labels: tuple[str, str]) -> None:
    """Draw points with both intervals, and their names next to them."""
    for x, y in points.values():
        for one, other, ends in ((x, y, "x"), (y, x, "y")):
            if isfinite(one.low) and isfinite(one.high):
                span, at = [one.low, one.high], [other.value] * 2
                line = (span, at) if ends == "x" else (at, span)
                axes.plot(*line, color=POINT, linewidth=1.6, solid_capstyle="butt")
        axes.plot([x.value], [y.value], "o", color=POINT, markersize=5)
    for method, (x, y) in points.items():
        axes.annotate(
            method,
            (x.value, y.value),
            xytext=(6, -10 if _below(x.value, y.value, points) else 4),
            textcoords="offset points",
            fontsize=8,
            color=INK,
        )
    axes.set_xscale("log")
    axes.margins(x=0.3, y=0.15)
    axes.set_xlabel(labels[0], fontsize=8, color=INK)
    axes.set_ylabel(labels[1], fontsize=8, color=INK)
    inked(axes)


def _below(x: float, y: float, points: Points) -> bool:
    """True if a point has another close above it, whose label would overlap."""
    heights = [other.value for _, other in points.values()]
    close = CLOSE * (max(heights) - min(heights))
    return any(
        abs(log(x / across.value)) < NEAR and 0 < other.value - y < close
        for across, other in points.values()
    )
