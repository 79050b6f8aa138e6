"""Synthetic parts with planted faults, whose truth follows from their profile.

A part is a profile of radii and heights around an axis, with the cross-section of a polygon: a cup
with a pocket, perhaps a neck or a flange. It is closed by construction.

Shapes: p points of a profile, v vertices, t triangles.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.kits.solids.printing.mesh import Trimesh, mesh_of

FAULTS = ("thin wall", "undercut", "no draft", "overhang")
SHARE = 0.35  # of parts with each fault


@dataclass(frozen=True, eq=False)
class Planted:
    """A part and its true faults, by name."""

    mesh: Trimesh
    faults: frozenset[str]


def planted(seed: int) -> Planted:
    """Return the part of a seed."""
    rng = np.random.default_rng([seed, 56])
    thin, undercut, straight, overhang = (rng.random(4) < SHARE).tolist()
    wall = rng.uniform(0.3, 0.85) if thin else rng.uniform(1.3, 4.0)
    draft = rng.uniform(0.0, 0.5) if straight else rng.uniform(1.6, 5.0)
    sides = int(rng.integers(5, 33))
    radius, height = rng.uniform(8.0, 25.0), rng.uniform(12.0, 40.0)
    slope = math.tan(math.radians(draft))
    floor = rng.uniform(2.0, 5.0)
    profile = _outside(rng, radius, height, slope, undercut=undercut, overhang=overhang)
    top = profile[-1]
    # The pocket: walls of even thickness at the rim, thicker further down by both drafts.
    across = wall / math.cos(math.pi / sides)
    narrow = min(r for r, _ in profile)
    inner = min(top[0], narrow + 0.0) - across if thin or undercut else top[0] - across
    inner_top = top[0] - across
    deep = min(height - floor, rng.uniform(0.3, 0.8) * height)
    neck = [z for r, z in profile if r < top[0] - 1e-9 and z > 0]
    if undercut or overhang:  # the pocket ends above the narrow part
        deep = min(deep, 0.8 * (height - max(neck, default=0.0)))
    inside = [(inner_top, height), (max(inner_top - deep * slope, 0.3 * inner), height - deep)]
    mesh = _loft(np.array([*profile, *inside]), sides, rng.uniform(0.0, 2 * math.pi))
    truth = {name for name, on in zip(FAULTS, (thin, undercut, straight, overhang), strict=True)
             if on}  # fmt: skip
    return Planted(mesh, frozenset(truth))


def _outside(
    rng: np.random.Generator, radius: float, height: float, slope: float, *,
    undercut: bool, overhang: bool,
) -> list[tuple[float, float]]:  # fmt: skip
    """Return the outer profile from the bottom to the rim, in mm.

    Undercuts are necks below a wide head. A head widens at 55 to 70 degrees to the horizontal, or,
    with an overhang, at 0 to 30. An overhang without an undercut is a foot that is narrow from the
    bottom on.
    """
    if not (undercut or overhang):
        return [(radius, 0.0), (radius - height * slope, height)]
    low, narrow = 0.25 * height, 0.65 * radius
    step = rng.uniform(2.0, 0.3 * radius)
    angle = math.radians(rng.uniform(0.0, 30.0) if overhang else rng.uniform(55.0, 70.0))
    rise = step * math.tan(angle)
    head = low + min(rise, 0.3 * height)
    step = step if rise <= 0.3 * height else 0.3 * height / math.tan(angle)
    wide = narrow + step
    rim = wide - (height - head) * slope
    if undercut:
        foot = 0.15 * height
        return [(wide + 1.0, 0.0), (wide + 1.0 - foot * slope, foot), (narrow, foot),
                (narrow - (low - foot) * slope, low), (wide, head), (rim, height)]  # fmt: skip
    return [(narrow - low * slope, 0.0), (narrow, low), (wide, head), (rim, height)]


def _loft(profile: Float64[np.ndarray, "p 2"], sides: int, turn: float) -> Trimesh:
    """Return the closed surface of a profile in mm, as a mesh in metres."""
    angle = turn + 2 * math.pi * np.arange(sides) / sides
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    vertices = [np.column_stack([r * ring, np.full(sides, z)]) for r, z in profile]
    count = len(profile)
    ends = np.array([[0.0, 0.0, profile[0, 1]], [0.0, 0.0, profile[-1, 1]]])
    a = np.arange(sides)
    b = (a + 1) % sides
    faces = []
    for k in range(count - 1):
        low, high = k * sides, (k + 1) * sides
        faces += [np.column_stack([low + a, low + b, high + b]),
                  np.column_stack([low + a, high + b, high + a])]  # fmt: skip
    bottom, top = count * sides, count * sides + 1
    last = (count - 1) * sides
    faces += [np.column_stack([np.full(sides, bottom), b, a]),
              np.column_stack([np.full(sides, top), last + a, last + b])]  # fmt: skip
    return mesh_of(1e-3 * np.concatenate([*vertices, ends]), np.concatenate(faces).astype(np.int64))
