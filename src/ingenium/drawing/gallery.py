"""Designs side by side, each drawn by its field."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.drawing.style import INK, SMALL, TEXT, panels


def gallery(
    titles: Sequence[str],
    draw: Callable[[Axes, int], None],
    *,
    size: tuple[float, float],
    columns: int = 4,
    rows: Sequence[str] = (),
    key: Mapping[str, str] | None = None,
) -> Figure:
    """Draw items side by side, each by its number, on axes without a frame, under its title.

    Args:
        titles: title of each item.
        draw: function that draws one item.
        size: size of each (inches).
        columns: items in a row.
        rows: labels at the left of each row.
        key: legend of colours, below all.
    """
    columns = max(1, min(columns, len(titles)))
    figure, grid = panels(max(1, -(-len(titles) // columns)), columns, size)
    for axes in grid.flat:
        axes.set_axis_off()
    for i, (axes, title) in enumerate(zip(grid.flat, titles, strict=False)):
        draw(axes, i)
        axes.set_title(title, fontsize=TEXT, color=INK)
    for axes, word in zip(grid[:, 0], rows, strict=False):
        axes.text(
            *(-0.03, 0.5, word),
            transform=axes.transAxes,
            rotation=90,
            va="center",
            ha="right",
            fontsize=TEXT,
            color=INK,
        )
    if key:
        for name, colour in key.items():
            grid[0, 0].plot([], [], color=colour, lw=3, label=name)
        figure.legend(
            *grid[0, 0].get_legend_handles_labels(),
            loc="outside lower center",
            ncols=len(key),
            frameon=False,
            fontsize=SMALL,
        )
    return figure
