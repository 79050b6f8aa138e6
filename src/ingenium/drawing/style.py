"""The look of pictures that domains draw: colours, sizes and frames.

Colours are distinguishable with any colour vision, and mean the same everywhere.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

OURS, REJECTED = "#2166ac", "#d6604d"  # proposed (accepted, where verdicts count), and rejected
KNOWN = "#8c510a"  # data, and designs of others
GOOD, MUTED, INK = "#1b7837", "#999999", "#333333"
SERIES = (OURS, "#b35806", GOOD, "#762a83", "#c51b7d")  # cases, loads or points next to each other
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
    """Set labels with units, remove the box, and add a legend where something has a name."""
    axes.set_xlabel(x, fontsize=TEXT)
    axes.set_ylabel(y, fontsize=TEXT)
    axes.set_title(title, fontsize=TEXT, color=INK)
    axes.tick_params(labelsize=SMALL, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    if grid:
        axes.grid(alpha=0.25, linewidth=0.6)
        axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=SMALL, facecolor="white", framealpha=0.75, edgecolor="none")


def strained(most: float) -> ScalarMappable:
    """Map values from 0 to the most to the colours of `STRAINED`."""
    return ScalarMappable(Normalize(0.0, most), STRAINED)


def scale_bar(figure: Figure, axes: Axes, scale: ScalarMappable, name: str) -> None:
    """Add a colour bar below some axes."""
    bar = figure.colorbar(scale, ax=axes, orientation="horizontal", shrink=0.7, aspect=30)
    bar.set_label(name, fontsize=SMALL, color=INK)
    bar.locator = MaxNLocator(5)
    bar.ax.tick_params(labelsize=SMALL, colors=INK, length=2)
    bar.outline.set_visible(False)


def colour_bar(axes: Axes, values: ScalarMappable, name: str) -> None:
    """Add a colour bar at the right of some axes."""
    bar = axes.figure.colorbar(values, ax=axes, shrink=0.9)
    bar.set_label(name, fontsize=TEXT, color=INK)
    bar.ax.tick_params(labelsize=SMALL, colors=INK)
    bar.ax.yaxis.get_offset_text().set_fontsize(SMALL)


def field(
    axes: Axes, share: Float[np.ndarray, "x y"], extent: tuple[float, float, float, float]
) -> None:
    """Draw a map of each cell's share of material; the first axis runs to the right."""
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
