"""Banded Cholesky solution of one stiffness pattern with many designs' moduli.

The band is cut into square tiles: tile `o` of block column `k` holds the rows of block `k + o`.
Tiles on the diagonal keep the inverse of their factor. Nodes are numbered along the shortest
axes first, so that the band is narrow.

Source: Golub and Van Loan, Matrix Computations, 4th ed., 2013, sections 4.2.9 and 4.3.5.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Float64, Int32
from numpy import ndarray

from ingenium.domains.structures.elastic.grid import RegularGrid
from ingenium.domains.structures.elastic.tiles import (
    SIDE,
    column_sums,
    compiled,
    inverse_factor,
    load,
    load_column,
    minus_column,
    minus_product,
    no_column,
    no_tile,
    plus_products,
    plus_times,
    store,
    store_column,
    times_upper,
)
from ingenium.domains.structures.elastic.work import in_tiles, residual

_TILE = SIDE * SIDE
_ROUNDS = 3  # of solution and correction


class Tables(NamedTuple):
    """What the kernels need to know of a band, the same for all designs."""

    entries: ndarray  # of a cell's stiffness, lower triangle
    tiles: ndarray  # the same, see `work.in_tiles`
    cells: ndarray
    place: ndarray
    target: ndarray
    reach: int


@dataclass(frozen=True)
class Band:
    """Where each entry of the cells' stiffnesses goes.

    Shapes: e cells, f displacements, q displacements of a cell, s entries of its lower triangle.
    """

    grid: RegularGrid
    fixed: Bool[ndarray, " f"]
    cells: Int32[ndarray, "e q"]  # displacements of each cell

    @cached_property
    def place(self) -> Int32[ndarray, " f"]:
        """Row of each free displacement, -1 for fixed ones."""
        grid = self.grid
        axes = sorted(range(grid.dim), key=lambda a: -grid.cells[a])
        number = np.arange(grid.n_nodes).reshape(grid.nodes).transpose(axes).ravel()
        order = (number[:, None] * grid.dim + np.arange(grid.dim)).ravel()
        order = order[~self.fixed[order]]
        place = np.full(grid.n_displacements, -1)
        place[order] = np.arange(len(order))
        return place.astype(np.int32)

    @cached_property
    def blocks(self) -> int:
        """Block columns."""
        return -(-int((~self.fixed).sum()) // SIDE)

    @cached_property
    def _entries(self) -> tuple[ndarray, ndarray, ndarray]:
        """Row, column and number in the lower triangle of each entry, per cell; -1 where fixed."""
        rows = self.place[self.cells]
        i, j = np.tril_indices(rows.shape[1])
        high, low = np.maximum(rows[:, i], rows[:, j]), np.minimum(rows[:, i], rows[:, j])
        return high, low, (low < 0)

    @cached_property
    def reach(self) -> int:
        """Tiles of a block column."""
        high, low, left_out = self._entries
        apart = np.where(left_out, 0, high // SIDE - low // SIDE)
        return int(apart.max(initial=0)) + 1

    @cached_property
    def target(self) -> Int32[ndarray, "e s"]:
        """Index of each entry in the tiles; those of fixed displacements go to one behind them."""
        high, low, left_out = self._entries
        block = low // SIDE
        tile = block * self.reach + high // SIDE - block
        index = tile * _TILE + low % SIDE * SIDE + high % SIDE
        return np.where(left_out, self.size, index).astype(np.int32)

    def tables(self, stiffness: Float64[ndarray, "q q"]) -> Tables:
        """For cells of one stiffness times their own moduli."""
        entries = stiffness[np.tril_indices(len(stiffness))]
        return Tables(entries, in_tiles(stiffness), self.cells, self.place, self.target, self.reach)

    @property
    def size(self) -> int:
        """Doubles of the factor."""
        return self.blocks * self.reach * _TILE


def factor_work(grid: RegularGrid) -> float:
    """About the multiplications of a factorisation."""
    width = grid.dim * prod(sorted(grid.nodes)[:-1])
    return float(grid.n_displacements * width**2)


@no_type_check
@compiled
def solve(modulus, load_n, tables, tolerance, out):
    """Displacements of each design; NaN where a load's residual stays above the tolerance.

    Shapes: modulus (n, e), load_n (n or 1, l, f), out (n, l, f).
    """
    place, reach = tables.place, tables.reach
    rows = (place.max() + SIDE) // SIDE * SIDE
    tiles = np.empty(rows * reach * SIDE + 1)
    x, rest = np.empty((load_n.shape[1], rows)), np.empty(load_n.shape[1:])
    for n in range(len(modulus)):
        load = load_n[n % len(load_n)]
        _assemble(modulus[n], tables, tiles)
        factor(tiles, rows // SIDE, reach)
        fill(out[n], 0.0)
        copy(load, rest)
        for _ in range(_ROUNDS):
            _gather(rest, place, x)
            substitute(tiles, rows // SIDE, reach, x)
            _add(x, place, out[n])
            left = residual(modulus[n], tables.tiles, tables.cells, place, load, out[n], rest)
            if left <= tolerance or not np.isfinite(left):
                break
        if not left <= tolerance:
            fill(out[n], np.nan)


@no_type_check
@compiled
def fill(values, number):
    """Write a number everywhere; a loop, because slices compile slowly."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            values[i, j] = number


@no_type_check
@compiled
def copy(values, out):
    """Write values into others."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            out[i, j] = values[i, j]


@no_type_check
@compiled
def _gather(values, place, x):
    fill(x, 0.0)
    for case in range(len(values)):
        for i in range(len(place)):
            if place[i] >= 0:
                x[case, place[i]] = values[case, i]


@no_type_check
@compiled
def _add(x, place, out):
    for case in range(len(out)):
        for i in range(len(place)):
            if place[i] >= 0:
                out[case, i] += x[case, place[i]]


@no_type_check
@compiled
def _assemble(modulus, tables, tiles):
    for i in range(len(tiles)):
        tiles[i] = 0.0
    for e in range(len(modulus)):
        for s in range(len(tables.entries)):
            tiles[tables.target[e, s]] += modulus[e] * tables.entries[s]
    rows = (len(tiles) - 1) // (tables.reach * SIDE)
    for row in range(tables.place.max() + 1, rows):  # behind the last
        tiles[row // SIDE * tables.reach * _TILE + row % SIDE * (SIDE + 1)] = 1.0


@no_type_check
@compiled
def factor(tiles, blocks, reach):
    """Replace a matrix by its factor; NaN where it is not positive."""
    for k in range(blocks):
        diagonal = k * reach * _TILE
        for i in range(k, min(k + reach, blocks)):
            here = diagonal + (i - k) * _TILE
            tile = load(tiles, here)
            for j in range(max(0, i - reach + 1), k):
                start = j * reach - j
                tile = minus_product(tile, tiles, (start + i) * _TILE, (start + k) * _TILE)
            if i == k:
                store(tiles, here, inverse_factor(tile))
            else:
                store(tiles, here, times_upper(tile, tiles, diagonal))


@no_type_check
@compiled
def substitute(tiles, blocks, reach, x):
    """Forwards, then backwards, for all rows of `x` at once."""
    cases, width = x.shape
    flat = x.ravel()
    for k in range(blocks):
        diagonal, end = k * reach * _TILE, min(reach, blocks - k)
        for case in range(cases):
            at = case * width + k * SIDE
            sums = column_sums(plus_products(no_tile(), tiles, diagonal, flat, at))
            store_column(flat, at, sums)
        for o in range(1, end):
            tile = diagonal + o * _TILE
            for case in range(cases):
                at = case * width + k * SIDE
                below = load_column(flat, at + o * SIDE)
                store_column(flat, at + o * SIDE, plus_times(below, tiles, tile, flat, at, -1.0))
    for k in range(blocks - 1, -1, -1):
        diagonal, end = k * reach * _TILE, min(reach, blocks - k)
        for case in range(cases):
            at = case * width + k * SIDE
            sums = no_tile()
            for o in range(1, end):
                sums = plus_products(sums, tiles, diagonal + o * _TILE, flat, at + o * SIDE)
            store_column(flat, at, minus_column(load_column(flat, at), column_sums(sums)))
            store_column(flat, at, plus_times(no_column(), tiles, diagonal, flat, at, 1.0))
