"""Cuts of a mesh, and how far points of a plane lie inside them."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import no_type_check

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.tiles import compiled
from ingenium.kits.solids.printing.mesh import Trimesh

Segments = Float64[np.ndarray, "s 2 2"]
MOST = 20_000_000  # points of a raster; more are refused


@dataclass(frozen=True)
class Raster:
    """Points of a plane grid that all layers share.

    Raises:
        InputError: for a pitch that is not positive, or too many points.
    """

    low_m: tuple[float, float]
    pitch_m: float
    counts: tuple[int, int]

    def __post_init__(self) -> None:
        if not (self.pitch_m > 0 and math.isfinite(self.pitch_m)) or min(self.counts) < 2:
            raise InputError("a pitch above 0 m, and at least two points along each axis", self)
        if math.prod(self.counts) > MOST:
            raise InputError(
                f"at most {MOST} points",
                f"{self.counts[0]} x {self.counts[1]}",
                "Take a wider bead, or a smaller part.",
            )

    @cached_property
    def x_m(self) -> Float64[np.ndarray, " a"]:
        """Along the first axis."""
        return self.low_m[0] + np.arange(self.counts[0]) * self.pitch_m

    @cached_property
    def y_m(self) -> Float64[np.ndarray, " b"]:
        """Along the second axis."""
        return self.low_m[1] + np.arange(self.counts[1]) * self.pitch_m

    @staticmethod
    def around(mesh: Trimesh, pitch_m: float, margin_m: float) -> "Raster":
        """That of a mesh, with a margin."""
        low, high = mesh.bounds[0][:2] - margin_m, mesh.bounds[1][:2] + margin_m
        nx, ny = (int(n) for n in np.ceil((high - low) / pitch_m) + 1)
        return Raster((float(low[0]), float(low[1])), pitch_m, (nx, ny))


def section(mesh: Trimesh, z_m: float) -> Segments:
    """Where a closed mesh meets a plane across z; what touches it lies above.

    The rule for corners on the plane is the same for all faces, so the segments close.
    """
    corners = np.asarray(mesh.vertices[mesh.faces], dtype=np.float64)
    height = corners[:, :, 2] - z_m
    above = height >= 0
    cut = above.any(1) & ~above.all(1)
    corners, height, above = corners[cut], height[cut], above[cut]
    lone = np.where(above.sum(1) == 1, above.argmax(1), (~above).argmax(1))
    row = np.arange(len(corners))
    ends = []
    for other in ((lone + 1) % 3, (lone + 2) % 3):
        lower = np.where(above[row, lone], other, lone)  # both faces of an edge compute the same
        upper = np.where(above[row, lone], lone, other)
        share = height[row, lower] / (height[row, lower] - height[row, upper])
        start = corners[row, lower, :2]
        ends.append(start + share[:, None] * (corners[row, upper, :2] - start))
    return np.stack(ends, 1)


def depth_m(segments: Segments, raster: Raster) -> Float64[np.ndarray, "a b"]:
    """Distance of each point from the outline: above 0 inside, below 0 outside."""
    out = np.full(raster.counts, -np.inf)
    if len(segments):
        _depths(np.ascontiguousarray(segments), raster.x_m, raster.y_m, out)
    return out


@no_type_check
@compiled
def _depths(segments, xs, ys, out):
    for i in range(len(xs)):
        for j in range(len(ys)):
            x, y = xs[i], ys[j]
            nearest, inside = np.inf, False
            for s in range(len(segments)):
                ax, ay = segments[s, 0, 0], segments[s, 0, 1]
                bx, by = segments[s, 1, 0], segments[s, 1, 1]
                dx, dy = bx - ax, by - ay
                square = dx * dx + dy * dy
                along = 0.0
                if square > 0:
                    along = min(max(((x - ax) * dx + (y - ay) * dy) / square, 0.0), 1.0)
                px, py = ax + along * dx - x, ay + along * dy - y
                nearest = min(nearest, px * px + py * py)
                if (ay > y) != (by > y) and x < ax + (y - ay) * dx / dy:
                    inside = not inside
            out[i, j] = np.sqrt(nearest) if inside else -np.sqrt(nearest)
