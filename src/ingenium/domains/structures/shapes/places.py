"""Positions on a grid: nodes of supports, cells of boxes, forces between nodes.

Shapes: e cells, v nodes, f displacements, p points.
"""

from itertools import product

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError, choose
from ingenium.domains.structures.shapes.settings import FACES, Passive, Point, Support
from ingenium.kits.solids.elastic.grid import RegularGrid

SLACK = 1e-9  # of a cell; rounding of metres that were intended on the border


def point(grid: RegularGrid, at: Point, what: str) -> Float64[Tensor, " dim"]:
    """Return a point in cells from the corner of the box.

    Raises:
        InputError: for a point with another number of coordinates, or outside of the box.
    """
    size = [round(n * grid.cell_m, 9) for n in grid.cells]
    if len(at) != grid.dim:
        raise InputError(
            f"{what} with {grid.dim} coordinates in m",
            list(at) if at else "nothing",
            f"Write it as {what.split()[0]} = {size}, which is the far corner.",
        )
    cells = torch.tensor(at, dtype=torch.float64) / grid.cell_m
    most = torch.tensor(grid.cells, dtype=torch.float64)
    if bool(((cells < -SLACK) | (cells > most + SLACK) | cells.isnan()).any()):
        raise InputError(
            f"{what} inside the box from {[0.0] * grid.dim} to {size} m",
            list(at),
            "Move it into the box, or write more cells.",
        )
    return cells.clamp(min=0.0).minimum(most)


def node_places(grid: RegularGrid) -> Int64[Tensor, "v dim"]:
    """Return the coordinates of each node in cells."""
    axes = [torch.arange(n) for n in grid.nodes]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).flatten(0, -2)


def held(grid: RegularGrid, supports: tuple[Support, ...]) -> Bool[Tensor, " f"]:
    """Return the displacements that are zero.

    Raises:
        InputError: for an unknown face or axis, or a support without a position.
    """
    fixed = torch.zeros(grid.n_nodes, grid.dim, dtype=torch.bool)
    for support in supports:
        axes = support.axes or grid.axes
        own = [grid.axes.index(choose(a, grid.axes, "axis of a support")) for a in axes]
        where = _nodes(grid, support)
        for axis in own:
            fixed[where, axis] = True
    return fixed.flatten()


def _nodes(grid: RegularGrid, support: Support) -> Bool[Tensor, " v"]:
    places = node_places(grid)
    if support.face:
        faces = [name for name, (axis, _) in FACES.items() if axis in grid.axes]
        letter, end = FACES[choose(support.face, faces, "face of a support")]
        axis = grid.axes.index(letter)
        return places[:, axis] == end * grid.cells[axis]
    low = point(grid, support.from_m, "from_m of a support")
    high = point(grid, support.to_m or support.from_m, "to_m of a support")
    low, high = torch.minimum(low, high).round(), torch.maximum(low, high).round()
    return ((places >= low) & (places <= high)).all(1)


def cells_of(grid: RegularGrid, boxes: tuple[Passive, ...], kind: str) -> Bool[Tensor, " e"]:
    """Return cells that are always solid, or always void.

    Raises:
        InputError: for a box without any cell centre.
    """
    axes = [torch.arange(n) + 0.5 for n in grid.cells]
    centres = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).flatten(0, -2)
    inside = torch.zeros(grid.n_cells, dtype=torch.bool)
    for box in boxes:
        if box.kind != kind:
            continue
        a, b = (point(grid, p, "from_m and to_m of a passive box") for p in (box.from_m, box.to_m))
        own = ((centres > torch.minimum(a, b)) & (centres < torch.maximum(a, b))).all(1)
        if not bool(own.any()):
            raise InputError(
                "a passive box with at least one cell",
                f"from {list(box.from_m)} to {list(box.to_m)} m",
                f"A cell is {grid.cell_m:g} m wide, and belongs to a box by its centre.",
            )
        inside |= own
    return inside


def shares(
    grid: RegularGrid, at: Float64[Tensor, "p dim"]
) -> tuple[Int64[Tensor, "p b"], Float64[Tensor, "p b"]]:
    """Return nodes around points (in cells) and their share of a unit force there.

    These are the shape functions of the cell, so force and moment are those of the point.
    """
    most = torch.tensor(grid.cells)
    low = at.floor().to(torch.int64).minimum(most - 1)
    rest = at - low
    strides = torch.tensor([int(np.prod(grid.nodes[a + 1 :])) for a in range(grid.dim)])
    corners = torch.tensor(list(product((0, 1), repeat=grid.dim)))
    nodes = ((low[:, None] + corners) * strides).sum(-1)
    parts = torch.where(corners.to(torch.bool), rest[:, None], 1 - rest[:, None])
    return nodes, parts.prod(-1)


def around(grid: RegularGrid, at: Float64[Tensor, "p dim"]) -> Int64[Tensor, "p b"]:
    """Return cells that touch points (in cells), possibly with duplicates."""
    most = torch.tensor(grid.cells) - 1
    strides = torch.tensor([int(np.prod(grid.cells[a + 1 :])) for a in range(grid.dim)])
    sides = torch.tensor(list(product((-SLACK, SLACK), repeat=grid.dim)), dtype=torch.float64)
    index = (at[:, None] + sides).floor().to(torch.int64).clamp(min=0).minimum(most)
    return (index * strides).sum(-1)


def spread(size: Float64[Tensor, " dim"]) -> Float64[Tensor, "p dim"]:
    """Return points (in cells) that share a force evenly over a box of `size` at the origin."""
    axes = [
        torch.tensor([0.0], dtype=torch.float64)
        if s == 0
        else s * ((torch.arange(m := int(np.ceil(float(s)) * 4)) + 0.5) / m - 0.5).to(torch.float64)
        for s in size
    ]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).flatten(0, -2)
