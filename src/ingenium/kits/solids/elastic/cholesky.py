"""Cholesky factorisation and solution of banded matrices that are cut into square tiles.

Tile `o` of block column `k` holds the rows of block `k + o`; a column has `reach` tiles. Tiles on
the diagonal store the inverse of their factor.

Source: Golub and Van Loan, Matrix Computations, 4th ed., 2013, sections 4.2.9 and 4.3.5.
"""

from typing import no_type_check

from ingenium.kits.solids.elastic.tiles import (
    SIDE,
    column_sums,
    compiled,
    fetch,
    inlined,
    inverse_factor,
    load,
    load_column,
    minus_column,
    minus_product,
    minus_three_products,
    no_column,
    no_tile,
    plus_products,
    plus_times,
    store,
    store_column,
    times_upper,
)

TILE = SIDE * SIDE


@no_type_check
@compiled
def factor(tiles, blocks, reach):
    """Replace a matrix by its factor; NaN where it is not positive."""
    for k in range(blocks):
        eliminate(tiles, k, blocks, reach)


@no_type_check
@inlined
def eliminate(tiles, k, blocks, reach):
    """Replace a block column by the factor's; the previous columns are done.

    The next column is prefetched meanwhile.
    """
    end, later = min(k + reach, blocks), min(k + reach, blocks - 1) * reach - k
    _tile(tiles, k, k, reach)
    fetch(tiles, (later + k) * TILE)
    i = k + 1
    while i + 3 <= end:
        _three_tiles(tiles, k, i, reach)
        for new in range(i, i + 3):
            fetch(tiles, (later + new) * TILE)
        i += 3
    while i < end:
        _tile(tiles, k, i, reach)
        fetch(tiles, (later + i) * TILE)
        i += 1


@no_type_check
@inlined
def _tile(tiles, k, i, reach):
    diagonal = k * reach * TILE
    here = diagonal + (i - k) * TILE
    tile = load(tiles, here)
    for j in range(max(0, i - reach + 1), k):
        start = j * reach - j
        tile = minus_product(tile, tiles, (start + i) * TILE, (start + k) * TILE)
    if i == k:
        store(tiles, here, inverse_factor(tile))
    else:
        store(tiles, here, times_upper(tile, tiles, diagonal))


@no_type_check
@inlined
def _three_tiles(tiles, k, i, reach):
    """Process tiles i, i + 1 and i + 2 of a column together: fewer loads for each product."""
    diagonal = k * reach * TILE
    here = diagonal + (i - k) * TILE
    a, b, c = load(tiles, here), load(tiles, here + TILE), load(tiles, here + 2 * TILE)
    first = i - reach + 1  # column that reaches as far as tile i; the next one as i + 1
    for j in range(max(0, first), min(first + 2, k)):
        start = j * reach - j
        a = minus_product(a, tiles, (start + i) * TILE, (start + k) * TILE)
        if j > first:
            b = minus_product(b, tiles, (start + i + 1) * TILE, (start + k) * TILE)
    for j in range(max(0, first + 2), k):
        start = j * reach - j
        a, b, c = minus_three_products(a, b, c, tiles, (start + i) * TILE, (start + k) * TILE)
    store(tiles, here, times_upper(a, tiles, diagonal))
    store(tiles, here + TILE, times_upper(b, tiles, diagonal))
    store(tiles, here + 2 * TILE, times_upper(c, tiles, diagonal))


@no_type_check
@compiled
def substitute(tiles, blocks, reach, x):
    """Solve forwards, then backwards, for all rows of `x` together."""
    cases, flat = len(x), x.ravel()
    for k in range(blocks):
        forwards(tiles, k, blocks, reach, flat, cases)
    for k in range(blocks - 1, -1, -1):
        backwards(tiles, k, blocks, reach, flat, cases)


@no_type_check
@inlined
def forwards(tiles, k, blocks, reach, x, cases):
    """Apply a block column in the solution with the lower factor."""
    width, diagonal = blocks * SIDE, k * reach * TILE
    for case in range(cases):
        at = case * width + k * SIDE
        sums = column_sums(plus_products(no_tile(), tiles, diagonal, x, at))
        store_column(x, at, sums)
    for o in range(1, min(reach, blocks - k)):
        tile = diagonal + o * TILE
        for case in range(cases):
            at = case * width + k * SIDE
            below = load_column(x, at + o * SIDE)
            store_column(x, at + o * SIDE, plus_times(below, tiles, tile, x, at, -1.0))


@no_type_check
@inlined
def backwards(tiles, k, blocks, reach, x, cases):
    """Apply a block column in the solution with the transposed factor."""
    width, diagonal = blocks * SIDE, k * reach * TILE
    for case in range(cases):
        at = case * width + k * SIDE
        sums = no_tile()
        for o in range(1, min(reach, blocks - k)):
            sums = plus_products(sums, tiles, diagonal + o * TILE, x, at + o * SIDE)
        store_column(x, at, minus_column(load_column(x, at), column_sums(sums)))
        store_column(x, at, plus_times(no_column(), tiles, diagonal, x, at, 1.0))
