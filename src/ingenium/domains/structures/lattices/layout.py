"""Graded lattices of zigzag lines and upright walls, from fields on their cells.

Lines run across; between two of them every second node has a wall, from the peaks of the lower line
to the valleys of the upper one. With peaks up the cells are hexagons, without peaks bricks, with
peaks down re-entrant bow-ties. The other nodes may have a web, which splits a cell. The first and
the last line are the plates.

Shapes: n designs, x columns and y rows of cells, v nodes, s walls.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.domains.structures.lattices.frame import Frame

DECIMALS = 9  # of a metre
STEEPEST = 0.35  # amplitude of a line over the height of a row


@dataclass(frozen=True)
class Layout:
    """Box of a lattice, its cells, and the limits of wall thickness in print.

    Raises:
        InputError: for fewer than two rows or columns, or lengths that do not fit.
    """

    columns: int = 8  # cells across
    rows: int = 6  # cells upwards
    width_m: Annotated[float, Unit("m", 1e-3, 10.0)] = 0.08  # width of the box
    height_m: Annotated[float, Unit("m", 1e-3, 10.0)] = 0.072  # height of the box
    thinnest_m: Annotated[float, Unit("m", 1e-6, 0.1)] = 0.0004  # thinnest wall that can be printed
    thickest_m: Annotated[float, Unit("m", 1e-6, 0.1)] = 0.003  # thickest wall

    def __post_init__(self) -> None:
        if not (2 <= self.columns <= 64 and 2 <= self.rows <= 64):
            raise InputError(
                "2 to 64 columns and rows", (self.columns, self.rows), "Write columns = 8."
            )
        if not 0 < self.thinnest_m < self.thickest_m < min(self.cell_m) / 2:
            raise InputError(
                f"walls above 0 m and below half a cell ({min(self.cell_m) / 2:g} m)",
                (self.thinnest_m, self.thickest_m),
                "Write thickest_m = 0.003, or fewer columns.",
            )

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.columns, self.rows

    @property
    def cell_m(self) -> tuple[float, float]:
        """Width and height of a cell."""
        return self.width_m / self.columns, self.height_m / self.rows

    @cached_property
    def plan(self) -> "WallPlan":
        """Dependence of nodes and walls of this layout on the cells."""
        return _plan(self)


@dataclass(frozen=True)
class WallPlan:
    """Nodes and walls of a layout, and the cells whose mean determines each."""

    place: Float64[np.ndarray, "v 2"]  # of the nodes in rows and columns, without amplitude
    raised: Float64[np.ndarray, "v cells"]  # +1, -1 or 0 times the mean of the cells around
    wall: Int64[np.ndarray, "s 2"]
    alongside: Float64[np.ndarray, "s cells"]
    web: Bool[np.ndarray, " s"]


def _plan(layout: Layout) -> WallPlan:
    columns, rows = layout.cells
    i, j = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij")
    number = i * (rows + 1) + j
    peak = (i + j) % 2 == 0
    inside = (j > 0) & (j < rows)  # the first and last lines are flat: they are the plates
    around = _mean(columns)[:, None, :, None] * _mean(rows)[None, :, None, :]
    sign = np.where(peak, 1.0, -1.0) * inside
    line = inside[:-1]
    upright = peak[:, :-1]
    ends = [
        np.stack([number[:-1][line], number[1:][line]], 1),
        np.stack([number[:, :-1][upright], number[:, 1:][upright]], 1),
        np.stack([number[:, :-1][~upright], number[:, 1:][~upright]], 1),
    ]
    one_x, one_y = np.eye(columns), np.eye(rows)
    of_line = one_x[:, None, :, None] * _mean(rows)[None, :, None, :]
    of_upright = _mean(columns)[:, None, :, None] * one_y[None, :, None, :]
    alongside = [of_line[line], of_upright[upright], of_upright[~upright]]
    return WallPlan(
        place=np.stack([i, j], 2).reshape(-1, 2).astype(float),
        raised=(sign[..., None, None] * around).reshape(number.size, -1),
        wall=np.concatenate(ends),
        alongside=np.concatenate([b.reshape(len(b), -1) for b in alongside]),
        web=np.repeat([False, False, True], [len(e) for e in ends]),
    )


def _mean(cells: int) -> Float64[np.ndarray, "nodes cells"]:
    """Averaging weights from cells to nodes between them; one cell at the ends."""
    weight = np.zeros((cells + 1, cells))
    weight[np.arange(cells), np.arange(cells)] = 1
    weight[np.arange(1, cells + 1), np.arange(cells)] = 1
    weight /= weight.sum(1, keepdims=True)
    return weight


def nodes(layout: Layout, amplitude: Float64[np.ndarray, "n x y"]) -> Float64[np.ndarray, "n v 2"]:
    """Return the positions of the nodes of each design (m)."""
    plan, cell = layout.plan, np.array(layout.cell_m)
    out = np.broadcast_to(plan.place, (len(amplitude), *plan.place.shape)).copy()
    out[..., 1] += amplitude.reshape(len(amplitude), -1) @ plan.raised.T
    out *= cell
    return out


def thicknesses(
    layout: Layout, wall_m: Float64[np.ndarray, "n x y"], web_m: Float64[np.ndarray, "n x y"]
) -> Float64[np.ndarray, "n s"]:
    """Return the thickness of each wall (m); 0 for webs below half the thinnest printed wall.

    Every other wall is at least as thick as the thinnest, and none thicker than the thickest.
    """
    plan = layout.plan
    wall = wall_m.reshape(len(wall_m), -1) @ plan.alongside.T
    web = web_m.reshape(len(web_m), -1) @ plan.alongside.T
    out = np.where(plan.web, web, wall)
    absent = plan.web & (web < layout.thinnest_m / 2)
    retained: np.ndarray = np.clip(out, layout.thinnest_m, layout.thickest_m)
    return np.where(absent, 0.0, retained)


def relative_density(
    layout: Layout,
    amplitude: Float64[np.ndarray, "n x y"],
    wall_m: Float64[np.ndarray, "n x y"],
    web_m: Float64[np.ndarray, "n x y"],
) -> Float64[np.ndarray, " n"]:
    """Return the area of the walls over the box, like `Frame.relative_density`."""
    place = nodes(layout, amplitude)
    length = np.linalg.norm(
        place[:, layout.plan.wall[:, 1]] - place[:, layout.plan.wall[:, 0]], axis=2
    )
    area: np.ndarray = (thicknesses(layout, wall_m, web_m) * length).sum(1)
    return area / (layout.width_m * layout.height_m)


def frames(
    layout: Layout,
    amplitude: Float64[np.ndarray, "n x y"],
    wall_m: Float64[np.ndarray, "n x y"],
    web_m: Float64[np.ndarray, "n x y"],
) -> list[Frame]:
    """Return the frame of each design, to the nanometre, so that sum order has no effect."""
    place = nodes(layout, amplitude).round(DECIMALS)
    thick = thicknesses(layout, wall_m, web_m).round(DECIMALS)
    out = []
    for node, t in zip(place, thick, strict=True):  # frames differ in their number of walls
        retained = layout.plan.wall[t > 0]
        used, again = np.unique(retained, return_inverse=True)
        wall = again.reshape(retained.shape).astype(np.int64)
        out.append(Frame(node[used], wall, t[t > 0], layout.width_m, layout.height_m))
    return out
