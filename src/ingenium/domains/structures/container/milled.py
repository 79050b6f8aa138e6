"""Conventional corner fittings for welding or milling: a box of plates, with ribs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.container.settings import ContainerSettings
from ingenium.domains.structures.parts.bodies import Body, Cuboid, Cylinder
from ingenium.domains.structures.parts.part import MM, Part, filled

PLAIN_MM = (4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 16.0)  # all plates and ribs equally thick
PLATES_MM = (4.0, 6.0, 8.0)  # post plate and seat plate
WALLS_MM = (0.0, 4.0)
FLANGES_MM = (4.0, 8.0)
RIBS_MM = (4.0, 6.0)
WINDOWS = (False, True)


@dataclass(frozen=True)
class MilledFitting:
    """Thicknesses of one fitting in mm, 0 for absent plates."""

    plate_mm: float  # on the post, and under the seat
    wall_mm: float  # the two outer walls
    flange_mm: float  # the plates that the rails are bolted to
    rib_mm: float  # two ribs that cross on the axis of the post
    window: bool = False  # a round hole that lightens each wall and rib


def drawings() -> tuple[MilledFitting, ...]:
    """Return boxes of one thickness, then all combinations of usual ones."""
    plain = (MilledFitting(t, t, t, t) for t in PLAIN_MM)
    tuned = (MilledFitting(*t) for t in product(PLATES_MM, WALLS_MM, FLANGES_MM, RIBS_MM, WINDOWS))
    return tuple(dict.fromkeys((*plain, *tuned)))


def milled(
    part: Part, settings: ContainerSettings, drawn: Sequence[MilledFitting]
) -> Float64[Tensor, "n e"]:
    """Return the share of each cell that the metal of fittings made of plates fills."""
    return torch.stack([filled(part, *_bodies(settings, one)) for one in drawn])


def _bodies(
    settings: ContainerSettings, one: MilledFitting
) -> tuple[tuple[Body, ...], tuple[Body, ...]]:
    """Plates, and the windows cut into them."""
    x, y, z = settings.size_mm
    px, py = settings.post_mm
    plate, wall, flange, half = one.plate_mm, one.wall_mm, one.flange_mm, one.rib_mm / 2
    bodies = [
        _box((0.0, 0.0, 0.0), (x, y, plate)),
        _box((0.0, 0.0, z - plate), (x, y, z)),
        _box((x - flange, 0.0, 0.0), (x, y, z)),
        _box((0.0, y - flange, 0.0), (x, y, z)),
        _box((px - half, 0.0, 0.0), (px + half, y, z)),
        _box((0.0, py - half, 0.0), (x, py + half, z)),
    ]
    if wall:
        bodies += [_box((0.0, 0.0, 0.0), (wall, y, z)), _box((0.0, 0.0, 0.0), (x, wall, z))]
    cut = _windows(settings) if one.window else ()
    return tuple(bodies), cut


def _windows(settings: ContainerSettings) -> tuple[Body, ...]:
    """Holes through each wall and rib, clear of the flanges, plates and the axis of the post."""
    x, y, z = settings.size_mm
    px, py = settings.post_mm
    high, radius = 0.46 * z * MM, 0.16 * z * MM
    ends = (x - 2 * settings.pad_deep_mm, y - 2 * settings.pad_deep_mm)
    out: list[Body] = []
    for low, end, axis in ((px, ends[0], 1), (py, ends[1], 0)):
        for across in (low / 2, (low + end) / 2 + settings.rail_bolts_mm[0] / 8):
            reach = ends[axis]
            out.append(Cylinder(axis, (across * MM, high), radius, -MM, reach * MM))
    return tuple(out)


def _box(low_mm: tuple[float, float, float], high_mm: tuple[float, float, float]) -> Cuboid:
    low, high = ((a * MM, b * MM, c * MM) for a, b, c in (low_mm, high_mm))
    return Cuboid(low, high)
