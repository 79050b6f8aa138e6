"""Banded Cholesky solution of one stiffness pattern with many designs' moduli.

Nodes are numbered along the shortest axes first, so that the band is narrow. Cells are added to
the matrix just before their first block column is eliminated, while it is in the cache.

Source: Golub and Van Loan, Matrix Computations, 4th ed., 2013, sections 4.2.9 and 4.3.5.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Float64, Int32, UInt32
from numpy import ndarray

from ingenium.kits.solids.elastic.cholesky import (
    TILE,
    backwards,
    eliminate,
    forwards,
)
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.tiles import SIDE, compiled, inlined, no_tile, store
from ingenium.kits.solids.elastic.work import in_tiles, residual

_ROUNDS = 3  # of solution and correction


class BandTables(NamedTuple):
    """Tables of a band for the compiled kernels, the same for all designs."""

    entries: ndarray  # of a cell's stiffness, lower triangle
    tiles: ndarray  # the same, see `work.in_tiles`
    cells: ndarray
    place: ndarray
    target: ndarray  # of the cells in this order
    order: ndarray
    begin: ndarray
    idle: ndarray
    reach: int


@dataclass(frozen=True)
class Band:
    """Position of each entry of the cells' stiffnesses in the band.

    Shapes: e cells, f displacements, q displacements of a cell, s entries of its lower triangle,
    b block columns and one more, r rows.
    """

    grid: RegularGrid
    fixed: Bool[ndarray, " f"]
    cells: Int32[ndarray, "e q"]  # displacements of each cell

    @cached_property
    def place(self) -> Int32[ndarray, " f"]:
        """Row of each free displacement, -1 for fixed ones.

        Nodes that are fixed along some axes retain their rows, so that neighbours are evenly spaced
        and the band is a block narrower.
        """
        dim, fixed = self.grid.dim, self.fixed.reshape(-1, self.grid.dim)
        axes = sorted(range(dim), key=lambda a: -self.grid.cells[a])
        order = np.arange(self.grid.n_nodes).reshape(self.grid.nodes).transpose(axes).ravel()
        held: ndarray = np.logical_and.reduce(fixed, 1)
        order = order[~held[order]]
        place = np.full(fixed.shape, -1)
        place[order] = np.arange(len(order) * dim).reshape(-1, dim)
        place[fixed] = -1
        return place.ravel().astype(np.int32)

    @cached_property
    def blocks(self) -> int:
        """Number of block columns."""
        return int(self.place.max()) // SIDE + 1

    @cached_property
    def idle(self) -> Bool[ndarray, " r"]:
        """Rows without a free displacement."""
        idle = np.ones(self.blocks * SIDE, dtype=np.bool_)
        idle[self.place[self.place >= 0]] = False
        return idle

    @cached_property
    def _entries(self) -> tuple[ndarray, ndarray, ndarray]:
        """Row, column and number in the lower triangle of each entry, per cell; -1 where fixed."""
        rows = self.place[self.cells]
        i, j = np.tril_indices(rows.shape[1])
        high, low = np.maximum(rows[:, i], rows[:, j]), np.minimum(rows[:, i], rows[:, j])
        return high, low, (low < 0)

    @cached_property
    def reach(self) -> int:
        """Number of tiles of a block column."""
        high, low, left_out = self._entries
        distance = np.where(left_out, 0, high // SIDE - low // SIDE)
        return int(distance.max(initial=0)) + 1

    @cached_property
    def target(self) -> UInt32[ndarray, "e s"]:
        """Index of each entry in the tiles; fixed displacements point to one behind them."""
        high, low, left_out = self._entries
        block = low // SIDE
        tile = block * self.reach + high // SIDE - block
        index = tile * TILE + low % SIDE * SIDE + high % SIDE
        return np.where(left_out, self.size, index).astype(np.uint32)

    @cached_property
    def _first(self) -> Int32[ndarray, " e"]:
        """Block column at which each cell begins; behind the last where it is fixed."""
        rows = self.place[self.cells]
        first: ndarray = np.where(rows < 0, self.blocks * SIDE, rows).min(1) // SIDE
        return first

    @cached_property
    def order(self) -> UInt32[ndarray, " e"]:
        """Cells in the order in which the block columns need them."""
        return np.argsort(self._first, kind="stable").astype(np.uint32)

    @cached_property
    def begin(self) -> Int32[ndarray, " b"]:
        """Position in `order` of each block column's first cell."""
        columns = np.arange(self.blocks + 1)
        return np.searchsorted(self._first[self.order], columns).astype(np.int32)

    def tables(self, stiffness: Float64[ndarray, "q q"]) -> BandTables:
        """Build the tables for cells of one stiffness times their own moduli."""
        entries = stiffness[np.tril_indices(len(stiffness))]
        return BandTables(
            entries,
            in_tiles(stiffness),
            self.cells,
            self.place,
            self.target[self.order],
            self.order,
            self.begin,
            self.idle,
            self.reach,
        )

    @property
    def size(self) -> int:
        """Number of doubles of the factor."""
        return self.blocks * self.reach * TILE


def factor_work(grid: RegularGrid) -> float:
    """Estimate the number of multiplications of a factorisation."""
    width = grid.dim * prod(sorted(grid.nodes)[:-1])
    return float(grid.n_displacements * width**2)


def solve(
    modulus: Float64[ndarray, "n e"],
    load_n: Float64[ndarray, "#n l f"],
    tables: BandTables,
    tolerance: float,
    out: Float64[ndarray, "n l f"],
) -> None:
    """Write displacements; NaN where a load's residual stays above the tolerance."""
    size = len(tables.idle) * tables.reach * SIDE + 1
    room = np.empty(size + SIDE)  # numpy allocates large pages
    first = -room.ctypes.data // room.itemsize % SIDE  # align tiles to cache lines
    _solve(modulus, load_n, tables, tolerance, room[first : first + size], out)


@no_type_check
@compiled
def _solve(modulus, load_n, tables, tolerance, tiles, out):
    place, reach, rows = tables.place, tables.reach, len(tables.idle)
    blocks = rows // SIDE
    x, rest = np.empty((load_n.shape[1], rows)), np.empty(load_n.shape[1:])
    flat = x.ravel()
    for n in range(len(modulus)):
        load = load_n[n % len(load_n)]
        fill(out[n], 0.0)
        copy(load, rest)
        for turn in range(_ROUNDS):
            _gather(rest, place, x)
            for k in range(blocks):
                if turn == 0:
                    _assemble(modulus[n], tables, tiles, k)
                    eliminate(tiles, k, blocks, reach)
                forwards(tiles, k, blocks, reach, flat, len(x))
            for k in range(blocks - 1, -1, -1):
                backwards(tiles, k, blocks, reach, flat, len(x))
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
@inlined
def _assemble(modulus, tables, tiles, k):
    """Add the cells that begin in a block column; those of the previous columns are done."""
    reach, blocks = tables.reach, len(tables.idle) // SIDE
    for new in range(k + reach - 1 if k else 0, min(k + reach, blocks)):
        _clear(tables, tiles, new)
    for at in range(tables.begin[k], tables.begin[k + 1]):
        own = modulus[tables.order[at]]
        for s in range(len(tables.entries)):
            tiles[tables.target[at, s]] += own * tables.entries[s]


@no_type_check
@inlined
def _clear(tables, tiles, k):
    """Clear a block column; rows without a displacement get their unit diagonal."""
    first = k * tables.reach * TILE
    for o in range(tables.reach):
        store(tiles, first + o * TILE, no_tile())
    for row in range(SIDE):
        if tables.idle[k * SIDE + row]:
            tiles[first + row * (SIDE + 1)] = 1.0
