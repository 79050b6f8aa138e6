"""Frames as printable bodies: every wall with its thickness, extruded to the depth."""

import math
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from ingenium.domains.structures.lattices.frame import Frame
from ingenium.kits.solids.printing.surface import solid_2d

if TYPE_CHECKING:
    from trimesh import Trimesh

PER_WALL = 6  # dots across the thinnest wall
RAMP = 2  # dots from void to metal across a wall's side: nearer ones would move a slanting side
MOST = 400  # dots along the longer side


def solid(frame: Frame, depth_m: float) -> "Trimesh":
    """Build a closed mesh of the frame, from z = 0 to its depth; walls end in half circles.

    It has the frame's position, so walls along its sides extend beyond the box by half their
    thickness.

    Raises:
        EngineError: if the walls are not connected.
    """
    longest = max(frame.width_m, frame.height_m)
    dot = max(float(frame.thickness_m.min()) / PER_WALL, longest / MOST)
    margin = _margin(frame, dot)
    mesh = solid_2d(_covered(frame, dot, margin), dot, depth_m, level=0.5, fine=1, smooth_m=0.0)
    mesh.apply_translation([-margin * dot, -margin * dot, 0.0])
    return mesh


def body_density(frame: Frame) -> float:
    """Return the body's volume over the box's: joints count once, round ends extend beyond."""
    depth_m = frame.height_m  # the body is extruded, so any depth would do
    return float(solid(frame, depth_m).volume) / (frame.width_m * frame.height_m * depth_m)


def _margin(frame: Frame, dot_m: float) -> int:
    """Dots outside the box for half a wall."""
    return math.ceil(float(frame.thickness_m.max()) / 2 / dot_m) + 2


def _covered(frame: Frame, dot_m: float, margin: int) -> Float64[np.ndarray, "x y"]:
    """Share of each dot that lies in a wall."""
    box = np.array([frame.width_m, frame.height_m])
    shape = np.ceil(box / dot_m).astype(int) + 2 * margin
    out = np.zeros(shape)
    node = frame.node_m / dot_m + margin - 0.5  # in dots, from the middle of the first one
    for (a, b), thickness in zip(frame.wall, frame.thickness_m / dot_m, strict=True):  # few walls
        reach = thickness / 2 + 2
        low = np.floor(np.minimum(node[a], node[b]) - reach).astype(int).clip(0)
        high = np.ceil(np.maximum(node[a], node[b]) + reach).astype(int) + 1
        at = np.stack(np.meshgrid(*map(np.arange, low, np.minimum(high, shape)), indexing="ij"), 2)
        along, way = node[b] - node[a], at - node[a]
        share = ((way @ along) / (along @ along)).clip(0, 1)
        far = np.linalg.norm(way - share[..., None] * along, axis=2)
        here = np.s_[low[0] : high[0], low[1] : high[1]]
        out[here] = np.maximum(out[here], ((thickness / 2 - far) / RAMP + 0.5).clip(0, 1))
    return out
