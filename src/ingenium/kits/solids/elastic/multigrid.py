"""Conjugate gradients with a multigrid cycle before each step, for grids of cubes.

A cycle smooths by Chebyshev polynomials of the matrix over its diagonal, whose largest
eigenvalue is bounded cell by cell, so that it is the same symmetric positive operator each time.

Source: Saad, Iterative Methods for Sparse Linear Systems, 2nd ed., 2003, algorithms 9.1 and
12.1; Adams, Brezina, Hu and Tuminaro, J. Comput. Phys. 188, 2003, 593-610.
"""

from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float64, Int64
from numba import njit
from numpy import ndarray

from ingenium.kits.solids.elastic.cholesky import substitute
from ingenium.kits.solids.elastic.coarse import (
    apply_stored,
    apply_unit,
    coarse_matrix,
    coarsen,
    diagonal,
    prolong,
    restrict,
)
from ingenium.kits.solids.elastic.compiling import compiled_once
from ingenium.kits.solids.elastic.floating import MOTIONS, floating
from ingenium.kits.solids.elastic.hierarchy import Hierarchy
from ingenium.kits.solids.elastic.tiles import SIDE, compiled

_SPREAD = 10.0  # of the eigenvalues that a smoothing reduces
_DEGREE = 2  # of a smoothing
_STEPS = 200  # of conjugate gradients, for one start
_STARTS = 3


class Workspace(NamedTuple):
    """Arrays for one design: matrices, and fields of all levels one behind another."""

    moduli: ndarray
    matrices: ndarray
    inverse: ndarray  # of the diagonal; zero for fixed displacements and those without stiffness
    spring: ndarray
    tiles: ndarray  # factor of the coarsest level
    x: ndarray
    r: ndarray
    d: ndarray
    y: ndarray


class Vectors(NamedTuple):
    """Fields of conjugate gradients on the finest level."""

    u: ndarray
    load: ndarray
    p: ndarray
    residual: ndarray
    force: ndarray


def solve(
    modulus: Float64[ndarray, "n e"],
    load_n: Float64[ndarray, "#n l f"],
    start: Float64[ndarray, "n l f"],
    under: Hierarchy,
    tolerance: float,
    out: Float64[ndarray, "n l f"],
) -> Int64[ndarray, "n l"]:
    """Write displacements; NaN where a load's residual stays above the tolerance.

    Returns the number of steps, -1 on failure.
    """
    tables = under.tables
    own, field, steps = _room(tables), tables.levels[1, 7], np.zeros(out.shape[:2], dtype=np.int64)
    vectors = Vectors(*(np.zeros(field) for _ in Vectors._fields))
    for n in range(len(modulus)):  # each has its own floating parts
        parts = floating(under.grid, under.fixed, under.unit, modulus[n], tables.places)
        load = load_n[n % len(load_n)]
        given = (modulus[n], load, start[n], tables, own, vectors, parts, tolerance)
        with compiled_once(_descend):
            _solve(*given, out[n], steps[n])
    return steps


@no_type_check
def _solve(modulus, load_n, start, tables, own, vectors, parts, tolerance, out, steps):
    """Solve the load cases in Python; compiled, it would compile all its callees again."""
    usable, at = _prepare(modulus, tables, own), tables.places
    free = tables.free[at]
    for case, load in enumerate(load_n):
        vectors.u[at] = np.where(free, start[case], 0.0)
        vectors.load[at] = np.where(free, load, 0.0)
        taken = _gradients(tables, own, vectors, parts, tolerance) if usable else -1
        steps[case] = taken
        out[case] = vectors.u[at] if taken >= 0 else np.nan


@no_type_check
@compiled
def _room(tables):
    table = tables.levels
    last = len(table) - 1
    field = table[last, 7]
    return Workspace(
        np.zeros(table[0, 0] * table[0, 1] * table[0, 3] * SIDE),
        np.zeros(table[last, 8]),
        np.zeros(field),
        np.zeros(field),
        np.zeros(tables.size + 1),
        np.zeros(field),
        np.zeros(field),
        np.zeros(field),
        np.zeros(field),
    )


@no_type_check
@compiled
def _prepare(modulus, tables, own):
    """Compute all levels' matrices; return whether every free displacement has a stiffness."""
    largest, table = 0.0, tables.levels
    for e in range(len(modulus)):
        own.moduli[tables.lines[e]] = modulus[e]
        largest = max(largest, modulus[e])
        if not 0 <= modulus[e] < np.inf:
            return False
    for i in range(len(own.inverse)):
        own.inverse[i] = 0.0
        own.spring[i] = tables.springs[i] * largest
    levels = len(table) - 1
    for depth in range(levels):
        level, first, last = table[depth], table[depth, 7], table[depth + 1, 7]
        if depth > 0:
            coarsen(table, depth, own.moduli, tables.children, own.matrices)
        whole = own.inverse[first:last]
        diagonal(level, depth == 0, own.moduli, tables.unit, own.matrices, whole)
    for i in range(len(own.inverse)):
        total = own.inverse[i] + own.spring[i]
        own.inverse[i] = 1.0 / total if total > 0 else 0.0
    for i in range(len(tables.free)):
        if not tables.free[i]:
            own.inverse[i] = 0.0
        elif own.inverse[i] == 0:
            return False
    level, spring = table[levels - 1], own.spring[table[levels - 1, 7] :]
    coarse_matrix(level, own.matrices, spring, tables, own.tiles)
    return True


@no_type_check
def _gradients(tables, own, vectors, parts, tolerance):
    """Number of steps until the residual is small enough, -1 if it never is."""
    given, taken = norm(vectors.load), 0
    if given == 0:
        vectors.u[:] = 0.0
        return 0
    free = own.inverse[: len(vectors.u)] > 0
    for _ in range(_STARTS):
        _force(tables, own, vectors.u, vectors.force)
        vectors.residual[:] = np.where(free, vectors.load - vectors.force, 0.0)
        left = norm(vectors.residual)
        if left <= tolerance * given:
            return taken
        if not left < np.inf:
            return -1
        taken += _descend(tables, own, vectors, parts, tolerance * given)
    return -1


@no_type_check
@compiled
def _descend(tables, own, vectors, parts, enough):
    """Run conjugate gradients from the computed `residual`; return the number of steps."""
    field, before = len(vectors.u), 0.0
    x, inverse = own.x[:field], own.inverse
    for i in range(field):
        vectors.p[i] = 0.0
    for step in range(_STEPS):
        _cycle(tables, own, vectors.residual)
        _move_parts(parts, vectors.residual, x)
        now = product(x, vectors.residual)
        ratio = now / before if step else 0.0
        for i in range(field):
            vectors.p[i] = x[i] + ratio * vectors.p[i]
        _force(tables, own, vectors.p, vectors.force)
        length, before = now / product(vectors.p, vectors.force), now
        for i in range(field):
            vectors.u[i] += length * vectors.p[i]
            vectors.residual[i] -= length * vectors.force[i] if inverse[i] > 0 else 0.0
        left = norm(vectors.residual)
        if not enough < left < np.inf:
            return step + 1
    return _STEPS


@no_type_check
@compiled
def _force(tables, own, u, out):
    apply_unit(tables.levels[0], own.moduli, tables.blocks, u, out)


@no_type_check
@compiled
def _move_parts(parts, residual, x):
    """Add the rigid motions of floating parts that reduce the residual."""
    force = np.zeros((len(parts.begin) - 1, MOTIONS))
    for part in range(len(force)):
        for i in range(parts.begin[part], parts.begin[part + 1]):
            for motion in range(MOTIONS):
                force[part, motion] += parts.motions[i, motion] * residual[parts.places[i]]
    given = force.ravel()
    for part in range(len(force)):
        for motion in range(MOTIONS):
            size = product(parts.inverse[part * MOTIONS + motion], given)
            for i in range(parts.begin[part], parts.begin[part + 1]):
                x[parts.places[i]] += size * parts.motions[i, motion]


@no_type_check
@compiled
def _cycle(tables, own, residual):
    """One V-cycle from zero, into the finest part of `x`."""
    table = tables.levels
    last = len(table) - 2
    for i in range(len(residual)):
        own.r[i] = residual[i]
    for depth in range(last):
        a, b, c = table[depth, 7], table[depth + 1, 7], table[depth + 2, 7]
        for i in range(a, b):
            own.x[i] = 0.0
        _smooth(tables, own, depth)
        _reduce(tables, own, depth)
        restrict(table[depth], table[depth + 1], own.inverse[a:b], own.r[a:b], own.r[b:c])
    _solve_coarsest(tables, own)
    for depth in range(last - 1, -1, -1):
        a, b, c = table[depth, 7], table[depth + 1, 7], table[depth + 2, 7]
        prolong(table[depth], table[depth + 1], own.inverse[a:b], own.x[b:c], own.d[a:b])
        for i in range(a, b):
            own.x[i] += own.d[i]
        _reduce(tables, own, depth)
        _smooth(tables, own, depth)


@no_type_check
@compiled
def _smooth(tables, own, depth):
    """Take Chebyshev steps of `x`; `r` does not yet include the forces of the last one."""
    a, b = tables.levels[depth, 7], tables.levels[depth + 1, 7]
    x, r, d, inverse = own.x[a:b], own.r[a:b], own.d[a:b], own.inverse[a:b]
    highest = tables.bounds[depth]
    middle, half = (highest + highest / _SPREAD) / 2, (highest - highest / _SPREAD) / 2
    sigma, rho = middle / half, half / middle
    for i in range(b - a):
        d[i] = inverse[i] * r[i] / middle
        x[i] += d[i]
    for _ in range(_DEGREE - 1):
        _reduce(tables, own, depth)
        following = 1 / (2 * sigma - rho)
        retained, added = following * rho, 2 * following / half
        rho = following
        for i in range(b - a):
            d[i] = retained * d[i] + added * inverse[i] * r[i]
            x[i] += d[i]


@no_type_check
@compiled
def _reduce(tables, own, depth):
    """Subtract the forces of the last change `d` from the residual `r`."""
    a, b = tables.levels[depth, 7], tables.levels[depth + 1, 7]
    r, d, y, inverse = own.r[a:b], own.d[a:b], own.y[a:b], own.inverse[a:b]
    if depth == 0:
        _force(tables, own, d, y)
    else:
        apply_stored(tables.levels[depth], own.matrices, own.spring[a:b], d, y)
    for i in range(b - a):
        r[i] -= y[i] if inverse[i] > 0 else 0.0


@no_type_check
@compiled
def _solve_coarsest(tables, own):
    first, reach = tables.levels[-2, 7], tables.reach
    rows = tables.size // (reach * SIDE)
    v = np.zeros((1, rows))
    for i in range(len(tables.band_place)):
        if tables.band_place[i] >= 0:
            v[0, tables.band_place[i]] = own.r[first + tables.coarsest[i]]
    substitute(own.tiles, rows // SIDE, reach, v)
    for i in range(len(tables.band_place)):
        if tables.band_place[i] >= 0:
            own.x[first + tables.coarsest[i]] = v[0, tables.band_place[i]]


@no_type_check
@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def product(a, b):
    """Return the sum of products, in any order for speed."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@no_type_check
@compiled
def norm(a):
    """Return the Euclidean norm."""
    return np.sqrt(product(a, a))
