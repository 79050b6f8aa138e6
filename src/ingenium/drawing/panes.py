"""Elements of a report side by side in one figure."""

from typing import Protocol, runtime_checkable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.drawing.style import panels


@runtime_checkable
class Pane(Protocol):
    """An element of a report that takes one pair of axes."""

    def draw(self, axes: Axes) -> None:
        """Draw everything, with the labels and units of the axes."""
        ...


def figure_of(
    *pieces: Pane,
    size: tuple[float, float] = (6.4, 4.0),
    columns: int = 0,
    sharey: bool = False,
) -> Figure:
    """Draw one figure of some elements, row by row.

    Args:
        pieces: elements from left to right.
        size: size of each element (inches).
        columns: elements in a row; all in one if 0.
        sharey: whether all share one vertical range.
    """
    columns = min(columns or len(pieces), len(pieces))
    figure, grid = panels(-(-len(pieces) // columns), columns, size, sharey=sharey)
    for axes in grid.flat[len(pieces) :]:
        axes.set_axis_off()
    for axes, piece in zip(grid.flat, pieces, strict=False):
        piece.draw(axes)
    return figure
