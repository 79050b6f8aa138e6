"""Melt pools of a moving Gaussian source by the integral of Eagar and Tsai, many at once.

The quadrature is the trapezoid rule in the logarithm of the root of time, whose step follows the
width of the integrand: the singularity at zero disappears and convergence is geometric. Widths and
depths are the tops of an isotherm, found by nested root finding on the temperature and its slope
along the track.

Shapes: n tracks.
Source: Eagar and Tsai, Temperature fields produced by traveling distributed heat sources, Welding
    Journal 62:346s, 1983, eq. 8.
"""

import math
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float64
from numba import njit

from ingenium.core.errors import InputError

LEAST_S = math.log(1e-5)  # where the integral begins; what lies before is below 2e-5 of the peak
COARSEST, PER_WIDTH, TAIL = 0.08, 0.55, 6.5  # step, step in widths of the integrand, cut in widths
ROOTS = 60  # steps of a root finder, at most
CLOSE = 1e-6  # relative, of temperatures on the isotherm


@dataclass(frozen=True)
class Source:
    """A Gaussian heat source that moves over a half space with constant properties.

    Raises:
        InputError: for a value that is not above 0.
    """

    power_w: Float64[np.ndarray, " n"]  # absorbed
    speed_m_s: Float64[np.ndarray, " n"]
    sigma_m: Float64[np.ndarray, " n"]  # standard deviation: a quarter of the diameter at 1/e²
    conductivity_w_m_k: Float64[np.ndarray, " n"]
    diffusivity_m2_s: Float64[np.ndarray, " n"]
    rise_k: Float64[np.ndarray, " n"]  # from the preheated plate to the isotherm

    def __post_init__(self) -> None:
        for name, values in vars(self).items():
            if len(values) and not float(np.min(values)) > 0:
                raise InputError(f"{name} above 0", float(np.min(values)), f"Write {name} = 1.")


@dataclass(frozen=True)
class MeltPool:
    """Extent of an isotherm; zeros where nothing melts."""

    width_m: Float64[np.ndarray, " n"]
    depth_m: Float64[np.ndarray, " n"]
    length_m: Float64[np.ndarray, " n"]
    ahead_m: Float64[np.ndarray, " n"]  # of the centre of the source


def pools(source: Source) -> MeltPool:
    """Return width, depth and length of the isotherm of each track."""
    level = source.rise_k * scale(source)
    peclet = source.speed_m_s * source.sigma_m / source.diffusivity_m2_s
    found = _pools(level, peclet) * source.sigma_m[:, None]
    return MeltPool(*(found[:, i] for i in range(4)))


def temperature_rise(
    source: Source,
    x_m: Float64[np.ndarray, " n"],
    y_m: Float64[np.ndarray, " n"],
    z_m: Float64[np.ndarray, " n"],
) -> Float64[np.ndarray, " n"]:
    """Return the temperature above that of the plate at a point of each track, in K.

    The source is at the origin and moves along x; z points into the metal.
    """
    peclet = source.speed_m_s * source.sigma_m / source.diffusivity_m2_s
    places = np.stack([x_m, y_m, z_m], 1) / source.sigma_m[:, None]
    return np.asarray(_rises(peclet, places) / scale(source))


def scale(source: Source) -> Float64[np.ndarray, " n"]:
    """Return the factor that makes a temperature rise dimensionless, in 1/K."""
    factor = 2 * math.pi**1.5 * source.conductivity_w_m_k * source.sigma_m
    return np.asarray(factor / source.power_w)


@njit(cache=True, fastmath=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _rise(x: float, y: float, z: float, pe: float) -> tuple[float, float]:
    """Dimensionless temperature and its slope along x, lengths in standard deviations."""
    passed = max(-x, 0.0) / pe  # when the source was here
    spread = math.sqrt(2 * passed + 1) / pe
    h = COARSEST
    if passed > 0:
        h = min(h, PER_WIDTH * 0.5 * spread / passed)
    last = passed + TAIL * (spread + TAIL / pe**2)
    end = 0.5 * math.log(last + TAIL * 2 * math.sqrt(last) / pe)
    # Before this nothing has arrived from the source.
    gap = passed - TAIL * (spread + 1e-9)
    begin = LEAST_S
    if z > 0:
        begin = max(begin, math.log(z / 13.0))  # exp(-169/4) is nothing
    if gap > 0:
        begin = max(begin, 0.5 * math.log(gap))
    count = int((end - begin) / h) + 2
    total, slope = 0.0, 0.0
    square, deep = y * y, 0.25 * z * z
    s2 = math.exp(2 * begin)
    grow = math.exp(2 * h)
    for _ in range(count):
        wide = 2 * s2 + 1
        way = x + pe * s2
        value = math.sqrt(s2) / wide * math.exp(-0.5 * (way * way + square) / wide - deep / s2)
        total += value
        slope -= value * way / wide
        s2 *= grow
    return 2 * h * total, 2 * h * slope


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _rises(peclet: np.ndarray, places: np.ndarray) -> np.ndarray:
    out = np.empty(len(peclet))
    for i in range(len(peclet)):
        out[i] = _rise(places[i, 0], places[i, 1], places[i, 2], peclet[i])[0]
    return out


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _top(y: float, z: float, pe: float, back: float, front: float) -> tuple[float, float]:
    """Hottest place along x between two others, and its temperature, by the root of the slope."""
    low, high = _rise(back, y, z, pe)[1], _rise(front, y, z, pe)[1]
    x, value = back, 0.0
    for _ in range(ROOTS):
        x = (back * high - front * low) / (high - low)
        if not back < x < front:
            x = 0.5 * (back + front)
        value, slope = _rise(x, y, z, pe)
        if abs(slope) < 1e-4 * value or front - back < 1e-9:
            break
        if slope > 0:
            back, low, high = x, slope, 0.5 * high
        else:
            front, high, low = x, slope, 0.5 * low
    return x, value


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _edge(inside: float, outside: float, level: float, pe: float) -> float:
    """Place on the surface at which the isotherm ends, between two places on the track."""
    high, low = _rise(inside, 0.0, 0.0, pe)[0] - level, _rise(outside, 0.0, 0.0, pe)[0] - level
    x = inside
    for _ in range(ROOTS):
        x = (inside * low - outside * high) / (low - high)
        value = _rise(x, 0.0, 0.0, pe)[0] - level
        if abs(value) < CLOSE * level or abs(outside - inside) < 1e-9:
            break
        if value > 0:
            inside, high, low = x, value, 0.5 * low
        else:
            outside, low, high = x, value, 0.5 * high
    return x


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _extent(level: float, pe: float, back: float, front: float, down: int) -> float:
    """Largest distance of the isotherm from the track, sideways or down."""
    inner, outer = 0.0, 0.5
    high, low = 0.0, 0.0
    high = _top(0.0, 0.0, pe, back, front)[1] - level
    while True:
        low = _top(outer * (1 - down), outer * down, pe, back, front)[1] - level
        if low < 0:
            break
        inner, high, outer = outer, low, 2 * outer
    found = inner
    for _ in range(ROOTS):
        found = (inner * low - outer * high) / (low - high)
        value = _top(found * (1 - down), found * down, pe, back, front)[1] - level
        if abs(value) < CLOSE * level or outer - inner < 1e-9:
            break
        if value > 0:
            inner, high, low = found, value, 0.5 * low
        else:
            outer, low, high = found, value, 0.5 * high
    return found


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _pools(level: np.ndarray, peclet: np.ndarray) -> np.ndarray:
    """Width, depth, length, and reach ahead of the source, in standard deviations."""
    out = np.zeros((len(level), 4))
    for i in range(len(level)):
        theta, pe = level[i], peclet[i]
        back = -1.0
        while _rise(back, 0.0, 0.0, pe)[1] < 0:
            back *= 2
        peak, value = _top(0.0, 0.0, pe, back, 0.0)
        if value <= theta:
            continue
        front, tail = 1.0, back
        while _rise(front, 0.0, 0.0, pe)[0] > theta:
            front *= 2
        while _rise(tail, 0.0, 0.0, pe)[0] > theta:
            tail *= 2
        front, tail = _edge(peak, front, theta, pe), _edge(peak, tail, theta, pe)
        out[i, 0] = 2 * _extent(theta, pe, tail, peak, 0)
        out[i, 1] = _extent(theta, pe, tail, peak, 1)
        out[i, 2] = front - tail
        out[i, 3] = front
    return out
