"""Average daylight factor of rooms: visible sky by patches, then the formula for a room.

Sources: CIE standard overcast sky (Moon and Spencer, 1942); average daylight factor after
Littlefair, Site layout planning for daylight and sunlight (BRE 209), and BS 8206-2:2008.
"""

from functools import cache

import numpy as np
from jaxtyping import Float64

from ingenium.domains.buildings.plan.rectangles import present
from ingenium.domains.buildings.plan.solids import SLAB
from ingenium.domains.buildings.plan.spaces import HEAD, SILL, WALL, BuildingPlan

TRANSMITTANCE = 0.68 * 0.9  # of double glazing, and of dirt
FRAME = 0.8  # share of glass in an opening
REFLECTANCE = 0.5  # of the surfaces of a room, by area
ALTITUDES, AZIMUTHS = 45, 72  # patches of a quarter of the sky sphere seen by a window


@cache
def _patches() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return altitude and azimuth (from the normal of a window) of sky patches, and their light.

    Light is the illuminance on a vertical plane by that on unobstructed level ground.
    """
    altitude = (np.arange(ALTITUDES) + 0.5) / ALTITUDES * np.pi / 2
    azimuth = ((np.arange(AZIMUTHS) + 0.5) / AZIMUTHS - 0.5) * np.pi
    h, a = np.meshgrid(altitude, azimuth, indexing="ij")
    solid = np.cos(h) * (np.pi / 2 / ALTITUDES) * (np.pi / AZIMUTHS)
    luminance = (1 + 2 * np.sin(h)) / 3
    ground = 7 * np.pi / 9  # of the whole sky with a zenith of 1
    return h, a, luminance * np.cos(h) * np.cos(a) * solid / ground


def sky_component(rise: Float64[np.ndarray, " a"] | float) -> float:
    """Return the vertical sky component under obstructions of an altitude by azimuth, in radians.

    Unobstructed it is 39.6 %.
    """
    h, _, light = _patches()
    return float(light[h > np.broadcast_to(rise, (AZIMUTHS,))[None]].sum())


@cache
def _angles() -> tuple[np.ndarray, np.ndarray]:
    """Return sky components of long obstructions, and the angle of sky above them, in degrees."""
    rise = np.linspace(0, 89, 90)
    _, azimuth, _ = _patches()
    light = [sky_component(np.arctan(np.tan(np.radians(r)) * np.cos(azimuth[0]))) for r in rise]
    return np.array(light[::-1]), (90 - rise)[::-1]


def factor(plan: BuildingPlan, i: int, height_mm: int) -> float:
    """Return the average daylight factor of a room in percent.

    `height_mm` is that of a storey. Parts of the building before the window hide sky.
    """
    x0, y0, x1, y1 = (plan.box[i] / 1000).tolist()
    w, d, h = x1 - x0 - WALL / 1000, y1 - y0 - WALL / 1000, (height_mm - SLAB) / 1000
    width = int(plan.window[i, 3])
    if width <= 0 or w <= 0 or d <= 0:
        return 0.0
    glass = FRAME * width * (HEAD - SILL) / 1e6
    surfaces = 2 * (w * d + w * h + d * h)
    angle = sky_angle(plan, i, height_mm)
    return float(TRANSMITTANCE * glass * angle / (surfaces * (1 - REFLECTANCE**2)))


def sky_angle(plan: BuildingPlan, i: int, height_mm: int) -> float:
    """Return the vertical angle of sky that the window of a room sees, in degrees."""
    components, angles = _angles()
    return float(np.interp(sky_component(_rise(plan, i, height_mm)), components, angles))


def _rise(plan: BuildingPlan, i: int, height_mm: int) -> Float64[np.ndarray, " a"]:
    """Return the altitude of the building's own parts before a window, by azimuth."""
    x, y, axis, _ = plan.window[i].tolist()
    b = plan.box[i].tolist()
    outward = -1.0 if (y == b[1] if axis == 0 else x == b[0]) else 1.0
    here = present(plan.box)
    boxes = plan.box[here].astype(np.float64) - np.array([x, y, x, y])
    if axis == 1:
        boxes = boxes[:, [1, 0, 3, 2]]
    ahead = np.sort(boxes[:, [1, 3]] * outward, 1)
    eye = plan.level[i] * height_mm + (SILL + HEAD) / 2
    top = (plan.level[here] + 1) * height_mm - eye
    azimuth = _patches()[1][0]
    with np.errstate(divide="ignore"):
        along = np.sort(boxes[:, [0, 2], None] / np.sin(azimuth), 1)
    entry = np.maximum(along[:, 0], ahead[:, :1] / np.cos(azimuth))
    leave = np.minimum(along[:, 1], ahead[:, 1:] / np.cos(azimuth))
    hit = leave > np.maximum(entry, 0) + 1
    rise = np.arctan2(np.maximum(top, 0)[:, None], np.maximum(entry, 1))
    seen: Float64[np.ndarray, " a"] = np.where(hit, rise, 0.0).max(0)
    return seen
