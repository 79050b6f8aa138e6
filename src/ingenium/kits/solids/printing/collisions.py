"""Collisions of a printer's head with deposited material."""

import math
from dataclasses import dataclass
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.tiles import compiled
from ingenium.kits.solids.printing.toolpath import Toolpath

FINER = 4  # cells of the height map along the narrowest bead
SLACK = 1e-6  # of a layer, for rounding
CLEAR = 0.25  # of a layer: a nozzle that travels lower than this above material drags on it
MOST = 50_000_000  # cells of a height map; more are refused


@dataclass(frozen=True)
class Printhead:
    """A round nozzle that widens as a cone up to the body of the head.

    Raises:
        InputError: for lengths that are impossible for such a head.
    """

    nozzle_m: float  # radius of the flat tip
    cone_deg: float  # between the side of the cone and the axis
    body_m: float  # radius of the body
    body_above_m: float  # how far its underside is above the tip

    def __post_init__(self) -> None:
        if not (0 < self.nozzle_m <= self.body_m and self.body_above_m > 0):
            raise InputError("a body at least as wide as the nozzle, above its tip", self)
        if not 0 <= self.cone_deg < 90:
            raise InputError("a cone of less than 90 degrees beside its axis", self.cone_deg)

    def underside_m(self, away_m: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
        """Return the height of the head above its tip by distance from the axis; inf outside."""
        beyond = np.maximum(away_m - self.nozzle_m, 0.0)
        slope = math.tan(math.radians(self.cone_deg))
        cone = np.where(beyond > 0, beyond / slope if slope > 0 else math.inf, 0.0)
        low = np.minimum(cone, self.body_above_m)
        return np.asarray(np.where(away_m <= self.body_m, low, math.inf))


@dataclass(frozen=True)
class Machine:
    """A printhead and the box that its tip can reach."""

    head: Printhead
    low_m: tuple[float, float, float]
    high_m: tuple[float, float, float]


class HeadPath(NamedTuple):
    """Collisions and reach on the way to each corner of a toolpath.

    Shapes: p corners.
    """

    collides: Bool[np.ndarray, " p"]
    depth_m: Float64[np.ndarray, " p"]  # depth of the head within material
    outside: Bool[np.ndarray, " p"]  # corners that the machine does not reach


def trace(path: Toolpath, machine: Machine) -> HeadPath:
    """Follow the path move by move over a map of the height of deposited material.

    A depositing move may touch, with its tip, material as high as its own bead; a travel near or
    over material must stay clear of it. Vertical moves are exempt.

    Raises:
        InputError: for a path too large for a map.
    """
    length, laid = path.length_m, path.laid
    width = np.zeros(len(length))
    width[laid] = path.volume_m3[laid] / (length[laid] * path.height_m[laid])
    pitch = float(width[laid].min()) / FINER
    edge = machine.head.body_m + float(width.max())
    low = path.corner_m[:, :2].min(0) - edge
    counts = np.ceil((path.corner_m[:, :2].max(0) + edge - low) / pitch).astype(int) + 1
    if math.prod(counts) > MOST:
        raise InputError(f"a map of at most {MOST} cells", counts.tolist(), "Take a wider bead.")
    reach = math.ceil(machine.head.body_m / pitch)
    alongside = np.indices((2 * reach + 1,) * 2) - reach
    under = machine.head.underside_m(np.hypot(*alongside) * pitch)
    place = np.column_stack([(path.corner_m[:, :2] - low) / pitch, path.corner_m[:, 2]])
    depth = np.full(len(place), -np.inf)
    _follow(place, laid, width / pitch, path.height_m, under, np.zeros(counts) - np.inf, depth)
    reachable = (path.corner_m >= machine.low_m) & (path.corner_m <= machine.high_m)
    return HeadPath(
        depth > SLACK * path.height_m, np.maximum(depth, 0.0), np.asarray(~reachable.all(1))
    )


@no_type_check
@compiled
def _follow(place, laid, width, height, under, top, depth):
    """Depths of the head in material; `place` has x and y in cells, `top` is the map."""
    for move in range(1, len(place)):
        x, y, z = place[move - 1]
        dx, dy, dz = place[move] - place[move - 1]
        flat = np.sqrt(dx * dx + dy * dy)
        clear = 0.0 if laid[move] or flat < 1e-9 else CLEAR * height[move]
        steps = max(1, int(np.ceil(flat)))
        for step in range(steps + 1):
            share = step / steps
            here = _within(top, under, x + share * dx, y + share * dy, z + share * dz - clear)
            depth[move] = max(depth[move], here)
        if laid[move]:
            _lay(top, x, y, dx, dy, width[move] / 2, place[move - 1, 2], dz)


@no_type_check
@compiled
def _within(top, under, x, y, z):
    """Depth of the head below the highest material that it covers."""
    reach = len(under) // 2
    worst = -np.inf
    column, row = int(np.rint(x)), int(np.rint(y))
    for i in range(max(0, column - reach), min(len(top), column + reach + 1)):
        for j in range(max(0, row - reach), min(top.shape[1], row + reach + 1)):
            worst = max(worst, top[i, j] - z - under[i - column + reach, j - row + reach])
    return worst


@no_type_check
@compiled
def _lay(top, x, y, dx, dy, half, z, dz):
    """Raise the map below a bead."""
    square = dx * dx + dy * dy
    for i in range(int(min(x, x + dx) - half), int(max(x, x + dx) + half) + 2):
        for j in range(int(min(y, y + dy) - half), int(max(y, y + dy) + half) + 2):
            along = ((i - x) * dx + (j - y) * dy) / square if square > 0 else 0.0
            along = min(max(along, 0.0), 1.0)
            if (x + along * dx - i) ** 2 + (y + along * dy - j) ** 2 <= half * half:
                top[i, j] = max(top[i, j], z + along * dz)
