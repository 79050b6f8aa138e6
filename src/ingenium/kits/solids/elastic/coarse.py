"""Matrices of a grid of cubes and of its coarser grids, and transfer between them.

The finest grid is matrix-free; coarse cells store their matrices, and the coarsest grid is
factored.

Source: Trottenberg, Oosterlee and Schueller, Multigrid, 2001, sections 2.3, 2.8 and A.2.
"""

from typing import no_type_check

import numpy as np

from ingenium.kits.solids.elastic.cholesky import factor
from ingenium.kits.solids.elastic.lines import (
    ENTRIES,
    finish,
    gather,
    no_carry,
    plus_multiple,
    scatter,
    stored_diagonal,
    times_diagonal,
    times_stored,
    times_unit,
)
from ingenium.kits.solids.elastic.tiles import (
    SIDE,
    compiled,
    load_column,
    no_column,
    store_column,
)

_TILE = SIDE * SIDE


@no_type_check
@compiled
def apply_unit(level, modulus, blocks, u, out):
    """Compute forces on the finest grid."""
    chunks, x, y, component = level[3], level[4], level[5], level[6]
    for i in range(len(out)):
        out[i] = 0.0
    for i in range(level[0]):
        for j in range(level[1]):
            carry, at = no_carry(), i * x + j * y
            for k in range(chunks):
                cells = ((i * level[1] + j) * chunks + k) * SIDE
                bundle = gather(u, at + k * SIDE, x, y, component)
                bundle = times_unit(bundle, load_column(modulus, cells), blocks)
                carry = scatter(out, at + k * SIDE, x, y, component, carry, bundle)
            finish(out, at + chunks * SIDE, x, y, component, carry)


@no_type_check
@compiled
def apply_stored(level, matrices, spring, u, out):
    """Compute forces on a coarse grid."""
    chunks, x, y, component = level[3], level[4], level[5], level[6]
    for i in range(len(out)):
        out[i] = spring[i] * u[i]
    for i in range(level[0]):
        for j in range(level[1]):
            carry, at = no_carry(), i * x + j * y
            for k in range(chunks):
                cells = level[8] + ((i * level[1] + j) * chunks + k) * SIDE * ENTRIES
                bundle = times_stored(gather(u, at + k * SIDE, x, y, component), matrices, cells)
                carry = scatter(out, at + k * SIDE, x, y, component, carry, bundle)
            finish(out, at + chunks * SIDE, x, y, component, carry)


@no_type_check
@compiled
def diagonal(level, fine, modulus, unit, matrices, out):
    """Compute the diagonal of a level's matrix."""
    chunks, x, y, component = level[3], level[4], level[5], level[6]
    for i in range(level[0]):
        for j in range(level[1]):
            carry, at = no_carry(), i * x + j * y
            for k in range(chunks):
                cells = ((i * level[1] + j) * chunks + k) * SIDE
                if fine:
                    bundle = times_diagonal(load_column(modulus, cells), unit)
                else:
                    bundle = stored_diagonal(matrices, level[8] + cells * ENTRIES)
                carry = scatter(out, at + k * SIDE, x, y, component, carry, bundle)
            finish(out, at + chunks * SIDE, x, y, component, carry)


@no_type_check
@compiled
def coarsen(table, depth, modulus, children, matrices):
    """Compute the matrices of a level's cells from the moduli of the fine cells in them."""
    level, step = table[depth], 1 << depth
    count = step * step * step
    inside = np.empty(count * SIDE)
    for i in range(level[0]):
        for j in range(level[1]):
            for k in range(level[3]):
                _inside(table[0], level, step, (i, j, k), modulus, inside)
                at = level[8] + ((i * level[1] + j) * level[3] + k) * SIDE * ENTRIES
                for entry in range(ENTRIES):
                    total = no_column()
                    for child in range(count):
                        number = level[9] + entry * count + child
                        total = plus_multiple(total, inside, child * SIDE, children, number)
                    store_column(matrices, at + entry * SIDE, total)


@no_type_check
@compiled
def _inside(finest, level, step, register, modulus, inside):
    lines = finest[3] * SIDE
    i, j, k = register
    for lane in range(SIDE):
        real = k * SIDE + lane < level[2]
        child = 0
        for a in range(step):
            for b in range(step):
                line = ((i * step + a) * finest[1] + j * step + b) * lines
                first = line + (k * SIDE + lane) * step
                for c in range(step):
                    inside[child * SIDE + lane] = modulus[first + c] if real else 0.0
                    child += 1


@no_type_check
@compiled
def restrict(fine, coarse, inverse, u, out):
    """Apply the transpose of `prolong`."""
    x, y, component = fine[4], fine[5], fine[6]
    line = np.zeros(y + 1)
    for c in range(3):
        for i in range(coarse[0] + 1):
            for j in range(coarse[1] + 1):
                for k in range(len(line)):
                    line[k] = 0.0
                for a in range(max(0, 2 * i - 1), min(fine[0], 2 * i + 1) + 1):
                    for b in range(max(0, 2 * j - 1), min(fine[1], 2 * j + 1) + 1):
                        weight = (1.0 if a == 2 * i else 0.5) * (1.0 if b == 2 * j else 0.5)
                        at = c * component + a * x + b * y
                        for k in range(fine[2] + 1):
                            line[k + 1] += weight * u[at + k] if inverse[at + k] > 0 else 0.0
                at = c * coarse[6] + i * coarse[4] + j * coarse[5]
                for k in range(coarse[2] + 1):
                    out[at + k] = line[2 * k + 1] + 0.5 * (line[2 * k] + line[2 * k + 2])


@no_type_check
@compiled
def prolong(fine, coarse, inverse, u, out):
    """Interpolate trilinearly, with zero at fixed displacements."""
    x, y, component = coarse[4], coarse[5], coarse[6]
    line = np.zeros(y)
    for c in range(3):
        for i in range(fine[0] + 1):
            for j in range(fine[1] + 1):
                low = c * component + i // 2 * x + j // 2 * y
                right, up = (i & 1) * x, (j & 1) * y
                for k in range(coarse[2] + 1):
                    both = u[low + k] + u[low + right + k]
                    line[k] = 0.25 * (both + u[low + up + k] + u[low + right + up + k])
                at = c * fine[6] + i * fine[4] + j * fine[5]
                for k in range(coarse[2] + 1):
                    out[at + 2 * k] = line[k] if inverse[at + 2 * k] > 0 else 0.0
                for k in range(coarse[2]):
                    between = 0.5 * (line[k] + line[k + 1])
                    out[at + 2 * k + 1] = between if inverse[at + 2 * k + 1] > 0 else 0.0


@no_type_check
@compiled
def coarse_matrix(level, matrices, spring, tables, tiles):
    """Assemble and factor the coarsest grid's matrix, in tiles."""
    for i in range(len(tiles)):
        tiles[i] = 0.0
    cell = 0
    for i in range(level[0]):
        for j in range(level[1]):
            for k in range(level[2]):
                register = (i * level[1] + j) * level[3] + k // SIDE
                at = level[8] + register * SIDE * ENTRIES + k % SIDE
                for entry in range(ENTRIES):
                    tiles[tables.band_target[cell, entry]] += matrices[at + entry * SIDE]
                cell += 1
    place, reach, rows = tables.band_place, tables.reach, tables.size // (tables.reach * SIDE)
    for i in range(len(place)):
        if place[i] >= 0:
            tiles[_pivot(place[i], reach)] += spring[tables.coarsest[i]]
    for row in range(place.max() + 1, rows):
        tiles[_pivot(row, reach)] = 1.0
    factor(tiles, rows // SIDE, reach)


@no_type_check
@compiled
def _pivot(row, reach):
    return row // SIDE * reach * _TILE + row % SIDE * (SIDE + 1)
