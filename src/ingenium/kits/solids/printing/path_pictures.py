"""Pictures of toolpaths: beads as wide as they are, and where the nozzle hops."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ingenium.evaluate.style import gallery
from ingenium.kits.solids.printing.pictures import MM
from ingenium.kits.solids.printing.toolpath import Toolpath

ORDER = LinearSegmentedColormap.from_list("order", ["#1d3557", "#3f7cac", "#95c4d9", "#f2b880"])
HOP = "#c8553d"
GAP = 0.92  # of a bead's width that is drawn, so that neighbours are told apart


def layers(path: Toolpath, heights_m: Sequence[float], *, columns: int = 3) -> Figure:
    """The layers nearest to some heights, from the first bead (dark) to the last (light)."""
    every = path.layers_m
    chosen = [float(every[np.abs(every - h).argmin()]) for h in heights_m]
    low, high = (f(path.corner_m[path.laid, :2], axis=0) * MM for f in (np.min, np.max))
    edge = float((high - low).max()) * 0.05
    wide = 9.5 / min(columns, len(chosen))

    def draw(axes: Axes, i: int) -> None:
        _layer(axes, path, chosen[i])
        axes.set_xlim(low[0] - edge, high[0] + edge)
        axes.set_ylim(low[1] - edge, high[1] + edge)
        axes.set_aspect("equal")

    size = (wide, wide * float((high[1] - low[1]) / (high[0] - low[0])) + 0.35)
    titles = [f"z = {height * MM:.4g} mm" for height in chosen]
    return gallery(titles, draw, size=size, columns=columns)


def _layer(axes: Axes, path: Toolpath, height_m: float) -> None:
    of = np.flatnonzero(path.laid & (np.abs(path.corner_m[:, 2] - height_m) < 1e-9))
    width = path.volume_m3[of] / (path.length_m[of] * path.height_m[of])
    start, end = path.corner_m[of - 1, :2] * MM, path.corner_m[of, :2] * MM
    colours = ORDER(np.linspace(0, 1, len(of)))
    boxes = _boxes(start, end, width * MM * GAP)
    axes.add_collection(PolyCollection(list(boxes), facecolors=colours, linewidths=0))
    joints = np.flatnonzero(np.diff(of, prepend=-2) == 1)
    round_m = width[joints] * MM * GAP
    axes.add_collection(
        EllipseCollection(
            round_m,
            round_m,
            0 * round_m,
            units="xy",
            offsets=start[joints],
            offset_transform=axes.transData,
            facecolors=colours[joints],
            linewidths=0,
        )
    )
    begins = np.flatnonzero(np.diff(of, prepend=-2) > 1)
    for a, b in zip(end[begins[1:] - 1], start[begins[1:]], strict=True):
        axes.plot(*np.stack([a, b], 1), color=HOP, lw=0.6, ls=(0, (4, 3)))
    axes.plot(*start[0], "o", color=HOP, ms=3)


def _boxes(
    start: Float64[np.ndarray, "q 2"], end: Float64[np.ndarray, "q 2"], width: np.ndarray
) -> Float64[np.ndarray, "q 4 2"]:
    """Rectangles along segments."""
    along = (end - start) / np.linalg.norm(end - start, axis=1, keepdims=True)
    aside = np.stack([-along[:, 1], along[:, 0]], 1) * width[:, None] / 2
    return np.stack([start + aside, end + aside, end - aside, start - aside], 1)
