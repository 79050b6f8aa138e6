"""Features of a place seen from the ground, of the same kind on every site.

Shapes: n places, c features, k directions.
"""

import math

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.scene import TracedScene

DIRECTIONS = 16  # around a place, from that of the base station on
RISES = (0.0, 0.4)  # of circles of directions, level and to the eaves (rad)
FAR_M, MIDDLE_M = 300.0, 20.0  # beyond which all is open; what models get as 0
FEATURES = 6 + DIRECTIONS * len(RISES)


def surroundings(
    scene: TracedScene,
    frame: SiteFrame,
    east: Float64[Tensor, " n"],
    north: Float64[Tensor, " n"],
) -> Tensor:
    """Return the straight line, whether and where a building blocks it, and distances to walls.

    Directions are relative to that of the base station, so a model of one street applies to another
    orientation.
    """
    length, azimuth, elevation = (x.numpy() for x in frame.straight(east, north))
    place = np.stack([east.numpy(), north.numpy(), np.full(len(east), frame.ue_height_m)], 1)
    back = _direction(azimuth + math.pi, -elevation)
    seen = np.minimum(scene.free(place, back) / length, 1.0)
    line = [
        np.log(length) - 4.6,
        np.sin(azimuth),
        np.cos(azimuth),
        np.sin(2 * azimuth),
        np.where(seen < 1, -1.0, 1.0),
        2 * seen - 1,
    ]
    turn = 2 * math.pi * np.arange(DIRECTIONS) / DIRECTIONS
    around = (azimuth[:, None] + math.pi + turn).ravel()
    start = np.repeat(place, DIRECTIONS, axis=0)
    rings = [
        np.log(np.clip(scene.free(start, _direction(around, rise)), 0.1, FAR_M) / MIDDLE_M)
        for rise in RISES
    ]
    reported = np.concatenate([np.stack(line, 1), *(r.reshape(len(place), -1) for r in rings)], 1)
    return torch.from_numpy(reported).to(torch.float32)


def _direction(azimuth: np.ndarray, elevation: float | np.ndarray) -> Float64[np.ndarray, "n 3"]:
    flat = np.cos(elevation)
    up = np.broadcast_to(np.sin(elevation), azimuth.shape)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), up], 1)
