"""Sun, sky and shading of vertical and horizontal planes, hour by hour.

Values of an hour are those of its middle. Shapes: h hours, f planes.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.domains.buildings.envelope.use import HOURS

ALBEDO = 0.2  # of the ground
SOLAR_CONSTANT = 1361.0
_BINS = np.array([1.065, 1.23, 1.5, 1.95, 2.8, 4.5, 6.2])  # of the sky's clearness
# Perez et al., Modeling daylight availability and irradiance components from direct and global
# irradiance, Solar Energy 44(5), 1990, table 6: circumsolar (3) and horizon (3) brightness.
_PEREZ = np.array(
    [
        [-0.0083117, 0.5877285, -0.0620636, -0.0596012, 0.0721249, -0.0220216],
        [0.1299457, 0.6825954, -0.1513752, -0.0189325, 0.0659650, -0.0288748],
        [0.3296958, 0.4868735, -0.2210958, 0.0554140, -0.0639588, -0.0260542],
        [0.5682053, 0.1874525, -0.2951290, 0.1088631, -0.1519229, -0.0139754],
        [0.8730280, -0.3920403, -0.3616149, 0.2255647, -0.4620442, 0.0012448],
        [1.1326077, -1.2367284, -0.4118494, 0.2877813, -0.8230357, 0.0558651],
        [1.0601591, -1.5999137, -0.3589221, 0.2642124, -1.1272340, 0.1310694],
        [0.6777470, -0.3272588, -0.2504286, 0.1561313, -1.3765031, 0.2506212],
    ]
)


class SunPath(NamedTuple):
    """Sine of the sun's altitude, its azimuth from north in radians, and whether it is up."""

    sine: Float64[np.ndarray, " h"]
    azimuth: Float64[np.ndarray, " h"]
    up: Bool[np.ndarray, " h"]


def position(latitude: float, longitude: float, zone_h: float) -> SunPath:
    """Return the path of the sun over a year.

    Source: Spencer, Fourier series representation of the position of the sun, Search 2(5), 1971.
    """
    hour = np.arange(HOURS) + 0.5
    a = 2 * np.pi * (hour / 24) / 365
    tilt = (
        0.006918 - 0.399912 * np.cos(a) + 0.070257 * np.sin(a) - 0.006758 * np.cos(2 * a)
        + 0.000907 * np.sin(2 * a) - 0.002697 * np.cos(3 * a) + 0.00148 * np.sin(3 * a)
    )  # fmt: skip
    equation = 229.18 * (
        0.000075 + 0.001868 * np.cos(a) - 0.032077 * np.sin(a) - 0.014615 * np.cos(2 * a)
        - 0.040849 * np.sin(2 * a)
    )  # fmt: skip
    solar = hour % 24 + (4 * (longitude - 15 * zone_h) + equation) / 60
    angle = np.radians(15 * (solar - 12))
    phi = np.radians(latitude)
    sine = np.sin(phi) * np.sin(tilt) + np.cos(phi) * np.cos(tilt) * np.cos(angle)
    east = -np.cos(tilt) * np.sin(angle)
    north = np.cos(phi) * np.sin(tilt) - np.sin(phi) * np.cos(tilt) * np.cos(angle)
    return SunPath(sine, np.arctan2(east, north), sine > 0)


def extraterrestrial() -> Float64[np.ndarray, " h"]:
    """Return the normal irradiance outside the atmosphere."""
    day = np.arange(HOURS) // 24
    found: Float64[np.ndarray, " h"] = SOLAR_CONSTANT * (
        1 + 0.033 * np.cos(2 * np.pi * (day + 1) / 365)
    )
    return found


def erbs(clearness: Float64[np.ndarray, " h"]) -> Float64[np.ndarray, " h"]:
    """Return the diffuse share of global irradiance.

    Source: Erbs, Klein and Duffie, Solar Energy 28(4), 1982.
    """
    k = clearness
    middle = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    found: Float64[np.ndarray, " h"] = np.where(
        k <= 0.22,
        1 - 0.09 * k,
        np.where(k > 0.8, 0.165, middle),
    )
    return found


@dataclass(frozen=True, eq=False)
class Irradiance:
    """Irradiance of vertical planes and of the roof in W/m2, and angles for shading.

    Shapes: f planes, h hours.
    """

    beam: Float64[np.ndarray, "f h"]
    sky: Float64[np.ndarray, "f h"]
    ground: Float64[np.ndarray, " h"]  # reflected onto each vertical plane
    cosine: Float64[np.ndarray, "f h"]  # of incidence, of the beam
    profile: Float64[np.ndarray, "f h"]  # tangent of the sun's altitude in the plane's section
    roof: Float64[np.ndarray, " h"]


def irradiance(
    sun: SunPath,
    beam: Float64[np.ndarray, " h"],
    diffuse: Float64[np.ndarray, " h"],
    elevation_m: float,
    azimuth_deg: tuple[float, ...],
) -> Irradiance:
    """Return the irradiance of planes that face these azimuths, by the anisotropic sky of Perez."""
    sine = np.maximum(sun.sine, 0.0)
    zenith = np.arccos(np.clip(sine, 0, 1))
    mass = (1 - 0.1 * elevation_m / 1000) / (
        sine + 0.15 * np.maximum(93.9 - np.degrees(zenith), 1.0) ** -1.253
    )
    lit = sun.up & (diffuse > 0)
    d = np.where(lit, diffuse, 1.0)
    kappa = 1.041 * zenith**3
    clear = ((d + beam) / d + kappa) / (1 + kappa)
    bright = d * mass / extraterrestrial()
    f = _PEREZ[np.digitize(clear, _BINS)]
    circum = np.maximum(f[:, 0] + f[:, 1] * bright + f[:, 2] * zenith, 0.0)
    horizon = f[:, 3] + f[:, 4] * bright + f[:, 5] * zenith
    turn = np.cos(sun.azimuth[None] - np.radians(np.array(azimuth_deg))[:, None])
    flat = np.sqrt(1 - sine**2)
    cosine = np.where(sun.up, flat * turn, 0.0)
    front = np.maximum(cosine, 0.0)
    low = np.maximum(sine, 0.0872)
    sky = diffuse * (0.5 * (1 - circum) + circum * front / low + horizon)
    sky = np.where(lit, np.maximum(sky, 0.0), 0.0)
    whole = np.where(sun.up, beam * sine + diffuse, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        profile = np.where(front > 1e-6, sine / flat / np.maximum(turn, 1e-9), np.inf)
    return Irradiance(beam * front, sky, 0.5 * ALBEDO * whole, front, profile, whole)


def sunlit(
    profile: Float64[np.ndarray, "*n h"],
    depth: Float64[np.ndarray, "*n 1"],
    gap: float,
    high: float,
) -> Float64[np.ndarray, "*n h"]:
    """Return the share of a window's height that the sun reaches under a long overhang."""
    shade = np.where(depth > 0, depth * np.minimum(profile, 1e3) - gap, 0.0)
    found: Float64[np.ndarray, "*n h"] = 1 - np.clip(shade / high, 0.0, 1.0)
    return found


def sky_share(
    depth: Float64[np.ndarray, "*n"], gap: float, high: float
) -> Float64[np.ndarray, "*n"]:
    """Return the share of a uniform sky that a window sees under a long overhang."""
    top, low = np.hypot(gap + high, depth), np.hypot(gap, depth)
    found: Float64[np.ndarray, "*n"] = (top - low) / high
    return found
