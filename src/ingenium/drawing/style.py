"""The look of pictures that domains draw: colours, sizes and frames, and panels that fields share.

Colours are told apart with any colour vision, and stand for the same everywhere.
"""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ingenium.core.select import pareto_rank
from ingenium.core.verdict import Verdict

OURS, REJECTED = "#2166ac", "#d6604d"  # proposed (accepted, where verdicts count), and rejected
KNOWN = "#8c510a"  # data, and what others have made
GOOD, MUTED, INK = "#1b7837", "#999999", "#333333"
SERIES = (OURS, "#b35806", GOOD, "#762a83", "#c51b7d")  # cases, loads or points beside each other
MATERIAL = LinearSegmentedColormap.from_list("material", ["#ffffff", "#9fb3c4", "#33475b"])
STRAINED = LinearSegmentedColormap.from_list(  # from rest to the most, ever darker
    "strained", ["#d3dbe1", "#fbd46b", "#f0803c", "#a50f26"]
)
TEXT, SMALL = 9, 8  # points


def panels(
    rows: int,
    columns: int,
    size: tuple[float, float],
    *,
    widths: Sequence[float] | None = None,
    sharey: bool = False,
) -> tuple[Figure, np.ndarray]:
    """A figure, and its axes by row and column; `size` is that of a panel in inches."""
    figure = Figure(figsize=(columns * size[0], rows * size[1]), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, width_ratios=widths, sharey=sharey)


def plane(wide: float = 6.4, high: float = 4.0) -> tuple[Figure, Axes]:
    """A figure with one pair of axes."""
    figure, grid = panels(1, 1, (wide, high))
    axes: Axes = grid[0, 0]
    return figure, axes


def dress(axes: Axes, x: str = "", y: str = "", *, title: str = "", grid: bool = False) -> None:
    """Names with their units, no box around, and a legend where something has a name."""
    axes.set_xlabel(x, fontsize=TEXT)
    axes.set_ylabel(y, fontsize=TEXT)
    axes.set_title(title, fontsize=TEXT, color=INK)
    axes.tick_params(labelsize=SMALL, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    if grid:
        axes.grid(alpha=0.25, linewidth=0.6)
        axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=SMALL)


def named(quantity: xr.DataArray) -> str:
    """What a quantity is called, with its unit."""
    unit = quantity.attrs["units"]
    return str(quantity.attrs["long_name"]) + ("" if unit == "1" else f" ({unit})")


def gallery(
    titles: Sequence[str],
    draw: Callable[[Axes, int], None],
    *,
    size: tuple[float, float],
    columns: int = 4,
) -> Figure:
    """Things side by side, each drawn by its number on axes without a frame, under its title."""
    columns = min(columns, len(titles))
    figure, grid = panels(-(-len(titles) // columns), columns, size)
    for axes in grid.flat:
        axes.set_axis_off()
    for i, (axes, title) in enumerate(zip(grid.flat, titles, strict=False)):
        draw(axes, i)
        axes.set_title(title, fontsize=TEXT, color=INK)
    return figure


def strained(most: float) -> ScalarMappable:
    """Colours of `STRAINED` for values from 0 to the most."""
    return ScalarMappable(Normalize(0.0, most), STRAINED)


def scale_bar(figure: Figure, axes: Axes, scale: ScalarMappable, name: str) -> None:
    """Below some axes, what their colours stand for."""
    bar = figure.colorbar(scale, ax=axes, orientation="horizontal", shrink=0.7, aspect=30)
    bar.set_label(name, fontsize=SMALL, color=INK)
    bar.locator = MaxNLocator(5)
    bar.ax.tick_params(labelsize=SMALL, colors=INK, length=2)
    bar.outline.set_visible(False)


def field(
    axes: Axes, share: Float[np.ndarray, "x y"], extent: tuple[float, float, float, float]
) -> None:
    """A map of how much of each cell is material; the first axis runs to the right."""
    axes.imshow(
        np.asarray(share, dtype=np.float64).T,
        origin="lower",
        extent=extent,
        cmap=MATERIAL,
        vmin=0,
        vmax=1,
        interpolation="nearest",
        zorder=1,
    )


def known_points(axes: Axes, x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> None:
    """Known designs, behind what was proposed."""
    axes.scatter(x, y, 10, KNOWN, alpha=0.5, linewidths=0, label="known")


def by_verdict(
    axes: Axes,
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    verdict: Shaped[np.ndarray, " n"],
) -> None:
    """Rejected and accepted designs."""
    for code, colour in ((Verdict.REJECTED, REJECTED), (Verdict.ACCEPTED, OURS)):
        rows = verdict == code
        if rows.any():
            axes.scatter(x[rows], y[rows], 16, colour, linewidths=0, label=code.value)


def front(axes: Axes, points: Float[np.ndarray, "n 2"]) -> None:
    """The line through the points that no other beats in both, where less is better."""
    if len(points):
        first = points[pareto_rank(points) == 0]
        first = first[first[:, 0].argsort()]
        axes.step(first[:, 0], first[:, 1], where="post", color=OURS, lw=1.2)
