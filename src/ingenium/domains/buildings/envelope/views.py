"""Body of an envelope that a reader can turn: walls by zone, slabs, glass and overhangs."""

import numpy as np

from ingenium.core.scene import Mark, Scene
from ingenium.domains.buildings.envelope.design import Envelopes
from ingenium.domains.buildings.envelope.epjson import SIDE_M, window_m
from ingenium.domains.buildings.envelope.zones import (
    BAND_M,
    GAP_M,
    SILL_M,
    OuterWall,
    ThermalZones,
)
from ingenium.domains.buildings.plan.axonometry import Box, surface

OUTWARD = (-1.0, 1.0, 1.0, -1.0)  # of facades, along their normal's axis
GLASS, SHADE = "#7db7dd", "#5a5a5a"
THICK_M, PANE_M, PLATE_M = 0.2, 0.05, 0.1
ROOF_M = 0.3


def body(zones: ThermalZones, design: Envelopes, title: str) -> Scene:
    """Return the outer walls and the roof, with glass and overhangs as marks."""
    solid: list[Box] = []
    marks: dict[str, list[Box]] = {GLASS: [], SHADE: []}
    high = zones.height_m
    for zone in zones.zones:
        z = zone.storey * high
        for wall in zone.walls:
            solid.append(_placed(wall, (wall.low, wall.high), (-THICK_M, 0.0), (z, z + high)))
            if wall.windowed <= 0:
                continue
            k = zones.facades.index(wall.facade)
            half, middle = (
                window_m(wall, float(design.window[0, k])) / 2,
                (wall.low + wall.high) / 2,
            )
            low = z + SILL_M
            marks[GLASS].append(_placed(wall, (middle - half, middle + half), (0.0, PANE_M),
                                        (low, low + BAND_M)))  # fmt: skip
            depth = float(design.overhang[0, k])
            if depth > 0:
                top, wide = low + BAND_M + GAP_M, half + SIDE_M
                marks[SHADE].append(_placed(wall, (middle - wide, middle + wide), (0.0, depth),
                                            (top, top + PLATE_M)))  # fmt: skip
        if zone.floor > 0:
            (x, y), wide = zone.corner, zone.wide
            deep = zone.floor / wide
            solid.append(_mm((x, y, z - PLATE_M, x + wide, y + deep, z)))
            if zone.roof > 0:
                top = z + high
                solid.append(_mm((x, y, top, x + wide, y + zone.roof / wide, top + ROOF_M)))
    names = {GLASS: "glass", SHADE: "overhangs"}
    found = tuple(Mark(names[c], *surface(b), c) for c, b in marks.items() if b)
    return Scene(title, *surface(solid), marks=found, marks_are="glass and overhangs")


def _placed(
    wall: OuterWall,
    along: tuple[float, float],
    out: tuple[float, float],
    up: tuple[float, float],
) -> Box:
    """Return a box by its ends along a wall, outward from it, and in height, in mm."""
    way = OUTWARD[wall.facade]
    near, far = sorted(wall.at + way * o for o in out)
    if wall.facade % 2 == 0:
        return _mm((along[0], near, up[0], along[1], far, up[1]))
    return _mm((near, along[0], up[0], far, along[1], up[1]))


def _mm(box: tuple[float, float, float, float, float, float]) -> Box:
    x0, y0, z0, x1, y1, z1 = (1000.0 * np.array(box)).tolist()
    return x0, y0, z0, x1, y1, z1
