"""Smallest wall and gap of periodic cells, by the balls that fit through them."""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float64
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

FINER = 2  # half cells give a wall of any number of cells an exact middle
WIDEST = 6  # cells; upper bound of measured features
WALL_CORNER, GAP_CORNER = 60.0, 45.0  # degrees; corners at least so wide are no thin features


def walls(solid: Bool[Tensor, "n *cells"]) -> Float64[Tensor, " n"]:
    """Return whole cells across the thinnest wall or neck, at most `WIDEST`; 0 for an empty cell.

    It is the diameter of the largest ball that reaches all of the solid, but for its corners, and
    passes every neck: with a larger one the solid would fall apart or lose a wall. As
    `printing.checks.min_feature_m`, across the borders of the cell.

    Source: Serra, Image Analysis and Mathematical Morphology, 1982 (granulometry).
    """
    return _smallest(solid, WALL_CORNER)


def gaps(solid: Bool[Tensor, "n *cells"]) -> Float64[Tensor, " n"]:
    """Return the same for the void."""
    return _smallest(~solid, GAP_CORNER)


def _smallest(room: Bool[Tensor, "n *cells"], corner_deg: float) -> Float64[Tensor, " n"]:
    each = [_rolling(one, corner_deg) for one in room.numpy()]  # distances have no batch
    return torch.tensor(each, dtype=torch.float64)


def _rolling(room: Bool[np.ndarray, "*cells"], corner_deg: float) -> float:
    if room.all():
        return float(WIDEST)
    fine = room
    for axis in range(room.ndim):
        fine = fine.repeat(FINER, axis)
    inner = _away(fine)
    reach = 1 / math.sin(math.radians(corner_deg) / 2) - 1  # of a corner beyond the ball, in radii
    twice = (2,) * room.ndim  # so that a path that is cut along one axis makes one piece more
    whole = _pieces(np.tile(room, twice))
    for radius in range(1, WIDEST + 1):  # in fine cells: as many as the ball is cells wide
        centres = inner >= radius
        if not centres.any() or _pieces(np.tile(centres, twice)) != whole:
            return radius - 1.0
        if (_away(~centres)[fine] - radius).max() > reach * radius + 1:
            return radius - 1.0
    return float(WIDEST)


def _away(solid: Bool[np.ndarray, "*cells"]) -> Float64[np.ndarray, "*cells"]:
    """Distance of each solid cell to the nearest void one on the torus."""
    edge = tuple((min(n, 4 * WIDEST),) * 2 for n in solid.shape)
    wide = ndimage.distance_transform_edt(np.pad(solid, edge, mode="wrap"))
    own: np.ndarray = wide[tuple(slice(low, -high) for low, high in edge)]
    return own


def _pieces(solid: Bool[np.ndarray, "*cells"]) -> int:
    """Number of pieces on the torus, connected by faces, edges and corners."""
    around = np.pad(solid, 1, mode="wrap")
    label, count = ndimage.label(around, np.ones((3,) * solid.ndim))
    own = label[(slice(1, -1),) * solid.ndim]
    same = label[around], np.pad(own, 1, mode="wrap")[around]
    graph = coo_array((np.ones(len(same[0])), same), shape=(count + 1, count + 1))
    return int(connected_components(graph, directed=False)[0]) - 1
