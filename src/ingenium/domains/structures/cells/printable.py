"""Repair of cells with a minimum width of walls and gaps.

Shapes: n designs, cells along each axis.
"""

from itertools import product

import torch
from jaxtyping import Bool, Float
from torch import Tensor

ROUNDS = 4  # of thickening walls and gaps alternately
HELD = 2.0  # weight of an existing solid cell, in shares


def printable(
    solid: Bool[Tensor, "n *cells"], share: Float[Tensor, "n *cells"], side: int
) -> Bool[Tensor, "n *cells"]:
    """Widen thin walls and gaps by the fullest, or emptiest, box around each cell.

    Walls and gaps alternate for some rounds; features that are then still too thin remain.
    """
    for _ in range(ROUNDS if side > 1 else 0):
        solid = _thicker(solid, share, side)
        solid = ~_thicker(~solid, 1 - share, side)
    return solid


def _thicker(
    solid: Bool[Tensor, "n *cells"], share: Float[Tensor, "n *cells"], side: int
) -> Bool[Tensor, "n *cells"]:
    dims = tuple(range(1, solid.ndim))
    whole = ~_box(~solid, side, -1)  # first cells of boxes that are full
    thin = solid & ~_box(whole, side, 1)
    total = share + HELD * solid
    for axis in dims:
        total = torch.stack([total.roll(-s, axis) for s in range(side)]).sum(0)
    steps = list(product(range(side), repeat=len(dims)))
    best = torch.stack([total.roll(s, dims) for s in steps]).argmax(0)
    for number, step in enumerate(steps):
        first = (thin & (best == number)).roll([-s for s in step], dims)
        solid = solid | _box(first, side, 1)
    return solid


def _box(solid: Bool[Tensor, "n *cells"], side: int, way: int) -> Bool[Tensor, "n *cells"]:
    """Cells of the boxes that begin at solid cells, or with -1 that end there."""
    for axis in range(1, solid.ndim):
        solid = torch.stack([solid.roll(way * s, axis) for s in range(side)]).any(0)
    return solid
