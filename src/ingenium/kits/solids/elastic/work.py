"""Forces and energies of cells, each with the same stiffness times its own modulus.

The stiffness is stored as tiles, see `in_tiles`.
"""

from typing import no_type_check

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from ingenium.kits.solids.elastic.tiles import (
    SIDE,
    compiled,
    no_column,
    plus_times,
    store_column,
)

_TILE = SIDE * SIDE


def in_tiles(stiffness: Float64[ndarray, "q q"]) -> Float64[ndarray, " q*q"]:
    """Return a cell's stiffness, tile by tile."""
    parts = len(stiffness) // SIDE
    return stiffness.reshape(parts, SIDE, parts, SIDE).transpose(0, 2, 1, 3).ravel().copy()


@no_type_check
@compiled
def _forces(stiffness, modulus, u, cell, own, out):
    """Forces of one cell; leaves its displacements in `own`."""
    parts = len(cell) // SIDE
    for a in range(len(cell)):
        own[a] = u[cell[a]]
    for i in range(parts):
        total = no_column()
        for j in range(parts):
            total = plus_times(total, stiffness, (j * parts + i) * _TILE, own, j * SIDE, modulus)
        store_column(out, i * SIDE, total)


@no_type_check
@compiled
def residual(modulus, stiffness, cells, place, load, displacement, rest):
    """Compute load minus stiffness times displacement, and its largest norm relative to the load.

    Shapes: modulus (e), stiffness (q * q), cells (e, q), place (f); others (l, f).
    """
    worst, size = 0.0, cells.shape[1]
    own, force = np.empty(size), np.empty(size)
    for case in range(len(load)):
        left, given = rest[case], 0.0
        for i in range(len(left)):
            left[i] = load[case, i]
        for e in range(len(modulus)):
            _forces(stiffness, modulus[e], displacement[case], cells[e], own, force)
            for a in range(size):
                left[cells[e, a]] -= force[a]
        retained = 0.0
        for i in range(len(left)):
            if place[i] >= 0:
                retained += left[i] ** 2
                given += load[case, i] ** 2
        relative = np.sqrt(retained / given) if given > 0 else np.sqrt(retained)
        worst = relative if not relative <= worst else worst
    return worst


@no_type_check
@compiled
def energies(left, right, stiffness, cells, out):
    """Compute each cell's left displacements times unit stiffness times right ones.

    Shapes: left and right (m, f), stiffness (q * q), cells (e, q), out (m, e).
    """
    size = cells.shape[1]
    own, force = np.empty(size), np.empty(size)
    for m in range(len(left)):
        for e in range(len(cells)):
            _forces(stiffness, 1.0, right[m], cells[e], own, force)
            total = 0.0
            for a in range(size):
                total += left[m, cells[e, a]] * force[a]
            out[m, e] = total
