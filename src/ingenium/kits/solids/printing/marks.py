"""Marks around a part: arrows of forces, double arrows of moments, pins and plates."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from ingenium.core.scene import Mark
from ingenium.kits.solids.printing.mesh import Faces, Vertices

SIDES = 24
Point = Float64[np.ndarray, " 3"]
FORCE = ((0.0, 0.0), (0.0, 0.045), (0.68, 0.045), (0.68, 0.12), (1.0, 0.0))
MOMENT = (
    (0.0, 0.0),
    (0.0, 0.045),
    (0.5, 0.045),
    (0.5, 0.12),
    (0.74, 0.045),
    (0.74, 0.12),
    (1.0, 0.0),
)
PIN = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0))


def force(name: str, tail_m: Point, tip_m: Point, colour: str) -> Mark:
    """Return an arrow."""
    length = float(np.linalg.norm(tip_m - tail_m))
    return Mark(name, *_turned(FORCE, tail_m, tip_m, length), colour)


def moment(name: str, tail_m: Point, tip_m: Point, colour: str) -> Mark:
    """Return an arrow with two heads, about which the moment turns as a right-handed screw does."""
    length = float(np.linalg.norm(tip_m - tail_m))
    return Mark(name, *_turned(MOMENT, tail_m, tip_m, length), colour)


def pin(name: str, start_m: Point, end_m: Point, radius_m: float, colour: str) -> Mark:
    """Return a round bar between two points."""
    return Mark(name, *_turned(PIN, start_m, end_m, radius_m), colour)


def plate(name: str, low_m: Point, high_m: Point, colour: str) -> Mark:
    """Return a box along the axes."""
    bits = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)])
    corners = low_m + bits * (high_m - low_m)
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in sides for t in ((a, b, c), (a, c, d))], dtype=np.int64)
    return Mark(name, corners, faces, colour)


def _turned(
    profile: Sequence[tuple[float, float]], start_m: Point, end_m: Point, radius_m: float
) -> tuple[Vertices, Faces]:
    """A profile of (share of the way, share of the radius) turned about the way; it is closed."""
    way = end_m - start_m
    ahead = way / np.linalg.norm(way)
    aside = np.cross(ahead, np.eye(3)[np.abs(ahead).argmin()])
    aside /= np.linalg.norm(aside)
    angle = 2 * np.pi * np.arange(SIDES) / SIDES
    ring = np.cos(angle)[:, None] * aside + np.sin(angle)[:, None] * np.cross(ahead, aside)
    inner = profile[1:-1]
    rings = [start_m + along * way + across * radius_m * ring for along, across in inner]
    vertices = np.concatenate([start_m[None], *rings, end_m[None]])
    here, there = np.arange(SIDES), np.roll(np.arange(SIDES), -1)
    last = len(vertices) - 1
    faces = [np.stack([np.zeros(SIDES, dtype=int), 1 + there, 1 + here], 1)]
    for k in range(len(inner) - 1):
        low, high = 1 + k * SIDES, 1 + (k + 1) * SIDES
        faces.append(np.stack([low + here, low + there, high + there], 1))
        faces.append(np.stack([low + here, high + there, high + here], 1))
    low = 1 + (len(inner) - 1) * SIDES
    faces.append(np.stack([low + here, low + there, np.full(SIDES, last)], 1))
    return vertices, np.concatenate(faces).astype(np.int64)
