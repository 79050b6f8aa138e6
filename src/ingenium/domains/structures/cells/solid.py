"""Conversion of shares to solid cells: the fullest ones that make the volume, in one piece.

Shapes: n designs, cells along each axis.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.domains.structures.cells.topology import connection

NEAR = 0.5  # weight of the mean around a cell; cells that are solid or void already do not change


def fullest(
    share: Float[Tensor, "n *cells"], wanted: Float[Tensor, " n"], near: float = NEAR
) -> Bool[Tensor, "n *cells"]:
    """Select the fullest cells up to the target share; `near` weighs the mean around each."""
    return _fullest(share + near * _around(share), _count(share, wanted))


def to_solid(
    share: Float[Tensor, "n *cells"], wanted: Float[Tensor, " n"], near: float = NEAR
) -> Bool[Tensor, "n *cells"]:
    """Like `fullest`, but without loose pieces.

    Their volume goes to the next fullest cells once; pieces that are then still loose become void.
    """
    count = _count(share, wanted)
    key = share + near * _around(share)
    solid = _fullest(key, count)
    main, _, _ = connection(solid)
    key = key.masked_fill(solid & ~main, -torch.inf)
    refilled, _, _ = connection(_fullest(key, count))
    return refilled


def _count(share: Tensor, wanted: Tensor) -> Tensor:
    return (wanted * share[0].numel()).round().clamp(min=1).to(torch.int64)


def _fullest(key: Float[Tensor, "n *cells"], count: Tensor) -> Bool[Tensor, "n *cells"]:
    order = key.flatten(1).argsort(dim=1, descending=True, stable=True)
    place = torch.empty_like(order)
    place.scatter_(1, order, torch.arange(order.shape[1]).expand_as(order))
    return (place < count[:, None]).view_as(key)


def _around(share: Float[Tensor, "n *cells"]) -> Float[Tensor, "n *cells"]:
    """Mean over the box of three cells around each, across the borders."""
    for axis in range(1, share.ndim):
        share = (share + share.roll(1, axis) + share.roll(-1, axis)) / 3
    return share
