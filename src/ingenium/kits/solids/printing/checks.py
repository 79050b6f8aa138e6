"""Print checks: support below overhangs, and openings that let powder out of hollows.

Checks take a batch of masks and are as exact as their cells.
"""

import math

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage

Masks = Bool[np.ndarray, "n x y z"]
PerDesign = Float64[np.ndarray, " n"]

FACES = ndimage.generate_binary_structure(3, 1)
SEPARATE = np.zeros((3, 3, 3, 3), dtype=bool)  # neighbours by faces, but none in another design
SEPARATE[1] = FACES


def support_m3(mask: Masks, cell_m: float, *, axis: int = 2, upward: bool = True) -> PerDesign:
    """Return the volume of the columns below overhangs, down to the plate or to the part.

    A cell is self-supporting on the plate, or if the cell below it or one of that cell's four
    neighbours is solid: 45 degrees on cubic cells.
    """
    layers = np.moveaxis(mask, axis + 1, 1)
    layers = layers if upward else layers[:, ::-1]
    hanging = np.zeros_like(layers[:, 0])
    volume = np.zeros(len(mask))
    for i in range(layers.shape[1] - 1, -1, -1):  # from the top: support continues downwards
        solid = layers[:, i]
        carried = _spread(layers[:, i - 1]) if i else np.ones_like(solid)
        volume += (hanging & ~solid).sum((1, 2))
        hanging = np.where(solid, ~carried, hanging)
    return volume * cell_m**3


def _spread(layer: Bool[np.ndarray, "n a b"]) -> Bool[np.ndarray, "n a b"]:
    cross = ndimage.generate_binary_structure(2, 1)[None]
    spread: Bool[np.ndarray, "n a b"] = ndimage.binary_dilation(layer, cross)
    return spread


def trapped_m3(mask: Masks, cell_m: float, *, escape_m: float = 0.0) -> PerDesign:
    """Return the volume of void that powder cannot leave.

    Args:
        mask: true for solid cells.
        cell_m: edge of a cell.
        escape_m: width of the narrowest opening that powder runs through; any if 0.
    """
    radius = escape_m / cell_m / 2
    edge = math.ceil(radius) + 1
    room = np.pad(~mask, ((0, 0), *[(edge, edge)] * 3), constant_values=True)
    trapped = room & ~_from_outside(room)
    if radius > 0.5:
        inner = np.stack([ndimage.distance_transform_edt(one) for one in room])
        wide = inner - 0.5 >= radius
        caught = wide & ~_from_outside(wide)
        around = [ndimage.distance_transform_edt(~one) <= radius for one in caught if one.any()]
        trapped[caught.any((1, 2, 3))] |= np.array(around, dtype=bool).reshape(-1, *room.shape[1:])
    return np.asarray(trapped.sum((1, 2, 3)) * cell_m**3, dtype=np.float64)


def _from_outside(room: Masks) -> Masks:
    """Void that is connected by faces to the first cell, which lies outside."""
    number = ndimage.label(room, SEPARATE)[0]
    reached: Masks = room & (number == number[:, :1, :1, :1])
    return reached
