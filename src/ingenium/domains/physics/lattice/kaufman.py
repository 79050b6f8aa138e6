"""Exact Ising model on a torus.

Source: Kaufman, Phys. Rev. 76 (1949) 1232, eq. 63; Ferdinand and Fisher, Phys. Rev. 185 (1969) 832.
"""

import math
from functools import cache

import numpy as np

STEP = 1e-4  # of a coupling, for the slope of log Z


@cache
def log_z(size: int, coupling: float) -> float:
    """Logarithm of the sum over spins of a square torus of even size."""
    k = np.arange(2 * size)
    ratio = math.cosh(2 * coupling) ** 2 / math.sinh(2 * coupling)
    gamma = np.arccosh(np.maximum(ratio - np.cos(math.pi * k / size), 1.0))
    gamma[0] = 2 * coupling + math.log(math.tanh(coupling))  # which changes sign at criticality
    odd, even = gamma[1::2] * size / 2, gamma[0::2] * size / 2

    def cosh(x: np.ndarray) -> float:
        return float((np.abs(x) + np.log1p(np.exp(-2 * np.abs(x)))).sum())

    def sinh(x: np.ndarray) -> float:
        return float((np.abs(x) + np.log(np.maximum(-np.expm1(-2 * np.abs(x)), 1e-300))).sum())

    parts = np.array([cosh(odd), sinh(odd), cosh(even), sinh(even)])
    signs = np.array([1.0, 1.0, 1.0, math.copysign(1.0, gamma[0])])
    top = parts.max()
    whole = math.log(float((signs * np.exp(parts - top)).sum())) + top
    return float(whole - math.log(2) + size**2 / 2 * math.log(2 * math.sinh(2 * coupling)))


@cache
def energy(size: int, coupling: float) -> float:
    """Mean energy of a site in units of a bond."""
    near = [log_z(size, coupling + i * STEP) for i in (-2, -1, 1, 2)]
    slope = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * STEP)
    return -slope / size**2
