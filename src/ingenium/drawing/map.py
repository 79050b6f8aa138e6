"""Maps: a field over the plane, places in it, and their links."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ingenium.core.shown import headed
from ingenium.drawing.axis import Marks
from ingenium.drawing.style import INK, MUTED, TEXT, colour_bar, dress


@dataclass(frozen=True, eq=False)
class MapField:
    """Values over a rectangle.

    Shapes: x cells to the right, y cells upwards. NaN stays empty.
    """

    values: Float[np.ndarray, "x y"]
    extent: tuple[float, float, float, float]  # left, right, bottom, top
    colours: str = "viridis"
    ends: tuple[float | None, float | None] = (None, None)  # of the colours
    name: str = ""  # of the values, by a bar of colours; no bar if empty
    unit: str = "1"

    def draw(self, axes: Axes, *, equal: bool) -> None:
        """Draw the field, with its colour bar."""
        image = axes.imshow(
            self.values.T,
            origin="lower",
            extent=self.extent,
            cmap=self.colours,
            vmin=self.ends[0],
            vmax=self.ends[1],
            aspect="equal" if equal else "auto",
            interpolation="nearest",
            zorder=0,
        )
        if self.name:
            colour_bar(axes, image, headed(self.name, self.unit))


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """Places of a plane, their links, and a field below them; also a matrix of names.

    Shapes: k links of two ends.
    """

    places: Sequence[Marks] = ()
    links: Float[np.ndarray, "k 2 2"] | None = None
    field: MapField | None = None
    x: str = ""  # without words the axes have no frame
    y: str = ""
    title: str = ""
    equal: bool = True  # whether both axes have one scale
    names: Sequence[str] = ()  # of the cells of a square field, along both axes

    def draw(self, axes: Axes) -> None:
        """Draw the field below the links, places on top."""
        if self.field is not None:
            self.field.draw(axes, equal=self.equal)
        if self.links is not None:
            axes.add_collection(LineCollection(list(self.links), colors=MUTED, linewidths=0.6))
        for one in self.places:
            one.draw(axes)
        if self.links is not None or self.places:
            axes.autoscale()
        if self.equal:
            axes.set_aspect("equal")
        if self.names:
            at = np.arange(len(self.names)) + 0.5
            axes.set_xticks(at, self.names, rotation=90)
            axes.set_yticks(at, self.names)
        if self.x or self.y or self.names:
            dress(axes, self.x, self.y, title=self.title)
        else:
            axes.set_axis_off()
            axes.set_title(self.title, fontsize=TEXT, color=INK)
