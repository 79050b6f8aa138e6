"""Conversion of densities to parts: the densest cells that make the volume, as one piece.

Shapes: n designs, e cells.
"""

import numpy as np
import torch
from jaxtyping import Float64
from scipy import ndimage
from torch import Tensor

from ingenium.domains.structures.shapes.box import DesignBox


def to_solid(
    box: DesignBox, density: Float64[Tensor, "n e"], volume: Float64[Tensor, " n"]
) -> Float64[Tensor, "n e"]:
    """Return cells that are 1 or 0: the largest whole number of them that the volume allows.

    The densest cells are selected; cells not connected with the largest piece are moved to the
    densest cells along it. Passive cells have their prescribed values.
    """
    count = (volume * box.grid.n_cells + 1e-9).floor().to(torch.int64)
    rank = density + 2.0 * box.solid.double() - 2.0 * box.void.double()
    order = rank.argsort(dim=1, descending=True, stable=True)
    place = torch.empty_like(order)
    place.scatter_(1, order, torch.arange(order.shape[1]).expand_as(order))
    filled = ((place < count[:, None]) & ~box.void) | box.solid
    rows = [_joined(box, f.numpy(), r.numpy()) for f, r in zip(filled, rank, strict=True)]
    return torch.from_numpy(np.stack(rows)).double()


def _joined(box: DesignBox, filled: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """The largest piece, grown along its surface by as many cells as the others had."""
    cells = box.grid.cells
    labels, count = ndimage.label(filled.reshape(cells))
    if count <= 1:
        return filled
    largest = 1 + int(np.bincount(labels.ravel())[1:].argmax())
    solid, void = box.solid.numpy(), box.void.numpy()
    retained = (labels.ravel() == largest) | solid
    missing = int(filled.sum()) - int(retained.sum())
    while missing > 0:
        rim = ndimage.binary_dilation(
            (retained & ~_distance(retained, cells)).reshape(cells)
        ).ravel()
        near = np.flatnonzero(rim & ~retained & ~void)
        if len(near) == 0:
            break
        chosen = near[np.argsort(-rank[near], kind="stable")][
            : max(1, min(missing, len(near) // 4))
        ]
        retained[chosen] = True
        missing -= len(chosen)
    return np.asarray(retained)


def _distance(retained: np.ndarray, cells: tuple[int, ...]) -> np.ndarray:
    """Cells outside of the largest piece, such as isolated passive ones."""
    labels, _ = ndimage.label(retained.reshape(cells))
    largest = 1 + int(np.bincount(labels.ravel())[1:].argmax())
    distance: np.ndarray = retained & (labels.ravel() != largest)
    return distance
