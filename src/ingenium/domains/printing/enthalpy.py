"""Melt pools by the enthalpy method: latent heat, and conductivity that changes with temperature.

Enthalpy is the unknown, and heat flows down the gradient of the conductivity integral φ(H), so that
one explicit step needs no iteration and conserves energy to rounding. The window of voxels follows
the laser by whole voxels, half of the track is solved, and the source is integrated exactly over
each voxel of the surface.

Shapes: n tracks; x, y, z voxels along, across and down.
Source: Voller and Cross, Accurate solutions of moving boundary problems using the enthalpy method,
    Int. J. Heat Mass Transfer 24:545, 1981; Kirchhoff's transformation: Carslaw and Jaeger,
    Conduction of Heat in Solids, 2nd ed., 1959, § 2.16.
"""

import math
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float64
from numba import njit

from ingenium.domains.printing.alloys import ROOM_K, Alloy

COURANT = 0.9  # of the largest stable step
REACH = 4.0  # standard deviations of the source that are deposited


@dataclass(frozen=True)
class EnthalpyLaw:
    """Conductivity integral as a function of enthalpy, both zero at the plate's temperature."""

    slope: float  # of φ in the solid at the plate's temperature: a diffusivity, m²/s
    bend: float  # of φ in the solid
    solid: float  # enthalpy at the solidus, J/m³
    mushy: float  # slope between solidus and liquidus
    latent: float  # enthalpy from solidus to liquidus
    liquid: float  # slope above

    @classmethod
    def of(cls, alloy: Alloy, plate_k: float) -> "EnthalpyLaw":
        """Build it from an alloy on a plate of this temperature."""
        capacity = alloy.density_kg_m3 * alloy.solid_j_kg_k
        liquid = alloy.density_kg_m3 * alloy.liquid_j_kg_k
        at_plate = alloy.conductivity_w_m_k + alloy.rise_w_m_k2 * (plate_k - ROOM_K)
        span = alloy.liquidus_k - alloy.solidus_k
        latent = alloy.density_kg_m3 * alloy.latent_j_kg + 0.5 * (capacity + liquid) * span
        at_solidus = at_plate + alloy.rise_w_m_k2 * (alloy.solidus_k - plate_k)
        between = 0.5 * (at_solidus + alloy.liquid_w_m_k)
        return cls(
            at_plate / capacity,
            0.5 * alloy.rise_w_m_k2 / capacity**2,
            capacity * (alloy.solidus_k - plate_k),
            between * span / latent,
            latent,
            alloy.liquid_w_m_k / liquid,
        )

    @property
    def numbers(self) -> tuple[float, ...]:
        """Numbers of the law, in order."""
        return (self.slope, self.bend, self.solid, self.mushy, self.latent, self.liquid)

    @property
    def fusion(self) -> float:
        """Conductivity integral at the fusion line, in the middle of the melting range."""
        return (self.slope + self.bend * self.solid) * self.solid + 0.5 * self.mushy * self.latent

    @property
    def fastest(self) -> float:
        """Largest diffusivity."""
        return max(self.slope + 2 * self.bend * self.solid, self.liquid, self.mushy)


@dataclass(frozen=True)
class Voxels:
    """Counts and sizes of voxels, the source's place in the window, and the length of the run."""

    counts: tuple[int, int, int]
    sizes_m: tuple[float, float, float]
    ahead: int  # voxels in front of the source
    travel_m: float

    @classmethod
    def around(
        cls,
        size_m: tuple[float, float, float],
        sigma_m: float,
        *,
        across: int = 9,
        margin: float = 1.5,
    ) -> "Voxels":
        """Return a window for a pool of about this width, depth and length.

        `across` is the number of voxels on half of the width.
        """
        width, depth, length = (max(s, 0.5 * sigma_m) for s in size_m)
        dy = 0.5 * width / across
        dz = min(dy, depth / (0.8 * across))
        dx = min(length / (3 * across), 6.0 / across * sigma_m)
        wide = 0.5 * width + margin * max(0.5 * width, sigma_m)
        deep = depth + margin * max(0.5 * width, sigma_m)
        ahead = math.ceil((REACH * sigma_m + 0.3 * width) / dx)
        along = ahead + math.ceil(1.3 * length / dx)
        counts = (along, math.ceil(wide / dy), math.ceil(deep / dz))
        return cls(counts, (dx, dy, dz), ahead, 1.35 * length)


@dataclass(frozen=True)
class SolvedPool:
    """Extent of the molten region, and the energy that is not accounted for."""

    width_m: float
    depth_m: float
    length_m: float
    imbalance: float  # absorbed less stored and conducted away, over absorbed
    updates: int  # of voxels


def solve(
    power_w: float, speed_m_s: float, sigma_m: float, material: EnthalpyLaw, voxels: Voxels
) -> SolvedPool:
    """Solve one track of a given absorbed power until the pool is steady."""
    dx, dy, dz = voxels.sizes_m
    step = COURANT / (2 * material.fastest * (dx**-2 + dy**-2 + dz**-2))
    steps = max(math.ceil(voxels.travel_m / speed_m_s / step), 1)
    field, budget = _run(
        voxels.counts,
        voxels.sizes_m,
        (step, steps, voxels.ahead),
        (power_w, speed_m_s, sigma_m),
        material.numbers,
    )
    width, depth, length = extents(field - material.fusion, voxels.sizes_m)
    absorbed, stored, lost = budget
    off = abs(absorbed - stored - lost) / absorbed
    return SolvedPool(2 * width, depth, length, off, steps * field.size)


def extents(
    excess: Float64[np.ndarray, "x y z"], sizes_m: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Half width, depth and length of the region above 0, linear between voxels."""
    top = excess.max(0)
    inside = excess[:, 0, 0] > 0
    if not inside.any():
        return 0.0, 0.0, 0.0
    first, last = int(inside.argmax()), len(inside) - 1 - int(inside[::-1].argmax())
    line = excess[:, 0, 0]
    tail = _reach(line[first::-1]) if first else 0.5
    front = _reach(line[last:]) if last < len(line) - 1 else 0.5
    length = (last - first + tail + front - 1.0) * sizes_m[0]
    return _reach(top[:, 0]) * sizes_m[1], _reach(top[0]) * sizes_m[2], length


def _reach(values: Float64[np.ndarray, " m"]) -> float:
    """Distance in voxels from the face of the first one to the first zero."""
    outside = values <= 0
    if not outside.any():
        return float(len(values))
    i = int(outside.argmax())
    if i == 0:
        return 0.0
    part = values[i - 1] / (values[i - 1] - values[i])
    return float(i - 0.5 + part)


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _shares(left: float, size: float, count: int, sigma: float) -> np.ndarray:
    """Integral of a normal density over `count` intervals from `left` on."""
    out = np.empty(count)
    before = math.erf(left / (sigma * math.sqrt(2.0)))
    for i in range(count):
        after = math.erf((left + (i + 1) * size) / (sigma * math.sqrt(2.0)))
        out[i] = 0.5 * (after - before)
        before = after
    return out


@njit(cache=True, fastmath=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _integral(h: np.ndarray, phi: np.ndarray, law: tuple[float, ...]) -> None:
    """Fill the conductivity integral of all voxels."""
    slope, bend, solid, mushy, latent, liquid = law
    a, b = h.ravel(), phi.ravel()
    for i in range(a.size):
        cold = min(a[i], solid)
        wet = min(max(a[i] - solid, 0.0), latent)
        hot = max(a[i] - solid - latent, 0.0)
        b[i] = (slope + bend * cold) * cold + mushy * wet + liquid * hot


@njit(cache=True, fastmath=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _conduct(
    h: np.ndarray, phi: np.ndarray, weights: tuple[float, float, float], end: int
) -> float:
    """Advance enthalpy by one step; return what left through the cold walls, in J/m³.

    Planes along x are a ring; `end` is the rearmost one, whose back does not conduct.
    """
    wx, wy, wz = weights
    nx, ny, nz = h.shape
    lost = 0.0
    for i in range(nx):
        back = phi[i] if i == end else phi[i - 1 if i else nx - 1]
        first = i == (end - 1 if end else nx - 1)
        ahead = phi[i + 1 if i + 1 < nx else 0]
        for j in range(ny):
            here = phi[i, j]
            left = phi[i, j - 1] if j else here
            wall = j + 1 == ny
            right = here if wall else phi[i, j + 1]
            own, behind, before = h[i, j], back[j], ahead[j]
            for k in range(1, nz - 1):
                p = here[k]
                front = 0.0 if first else before[k]
                side = 0.0 if wall else right[k]
                own[k] += (
                    wx * (behind[k] + front - 2 * p)
                    + wy * (left[k] + side - 2 * p)
                    + wz * (here[k - 1] + here[k + 1] - 2 * p)
                )
            for k in (0, nz - 1):
                p = here[k]
                front = 0.0 if first else before[k]
                side = 0.0 if wall else right[k]
                up = here[k - 1] if k else p
                down = 0.0 if k == nz - 1 else here[k + 1]
                own[k] += (
                    wx * (behind[k] + front - 2 * p)
                    + wy * (left[k] + side - 2 * p)
                    + wz * (up + down - 2 * p)
                )
            lost += wz * here[nz - 1]
            if wall:
                lost += wy * here.sum()
            if first:
                lost += wx * here.sum()
    return lost


@njit(cache=True, nogil=True)
@no_type_check  # compiled: no annotation is executed
def _run(
    counts: tuple[int, int, int],
    sizes: tuple[float, float, float],
    clock: tuple[float, int, int],
    laser: tuple[float, float, float],
    law: tuple[float, ...],
) -> tuple[np.ndarray, tuple[float, float, float]]:
    """Conductivity integral at the end, rearmost plane first; joules absorbed, stored and lost."""
    nx, ny, nz = counts
    dx, dy, dz = sizes
    step, steps, ahead = clock
    power, speed, sigma = laser
    h, phi = np.zeros((nx, ny, nz)), np.zeros((nx, ny, nz))
    weights = (step / dx**2, step / dy**2, step / dz**2)
    across = _shares(0.0, dy, ny, sigma)
    cell = dx * dy * dz
    end, place = 0, (nx - ahead) * dx  # of the source, from the back of the window
    absorbed, lost, dropped = 0.0, 0.0, 0.0
    half = int(REACH * sigma / dx) + 1
    for _ in range(steps):
        at = int(place / dx)
        first = max(at - half, 0)
        count = min(at + half + 1, nx) - first
        along = _shares(first * dx - place, dx, count, sigma)
        for i in range(count):
            plane = (first + i + end) % nx
            for j in range(ny):
                energy = power * step * along[i] * across[j]
                h[plane, j, 0] += energy / cell
                absorbed += energy
        _integral(h, phi, law)
        lost += _conduct(h, phi, weights, end)
        place += speed * step
        if place >= (nx - ahead + 1) * dx:
            dropped += h[end].sum()
            h[end] = 0.0
            end, place = (end + 1) % nx, place - dx
    _integral(h, phi, law)
    out = np.empty((nx, ny, nz))
    for i in range(nx):
        out[i] = phi[(i + end) % nx]
    return out, (absorbed, h.sum() * cell, (lost + dropped) * cell)
