"""Coarser grids under a grid of cubes, and the tables that build their matrices.

A coarse cell's matrix is the exact Galerkin product: the sum over the fine cells in it of the
modulus times a matrix that only depends on the position (`children`). Fixed displacements are
springs on the coarse grids. Grids that cannot be halved are padded with empty cells.

Source: Trottenberg, Oosterlee and Schueller, Multigrid, 2001, sections 2.8 and A.2.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64
from numpy import ndarray

from ingenium.kits.solids.elastic.banded import Band
from ingenium.kits.solids.elastic.coarse import restrict
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.lines import ENTRIES, FLIPS, NODES, PARTS
from ingenium.kits.solids.elastic.tiles import SIDE

COARSEST = 2500  # displacements that are solved directly
STIFF = 1.0  # a fixed displacement, in units of a free one's diagonal
DEEPEST = 4  # a level's table has 8 ** level matrices
_BY_PART = np.arange(PARTS).reshape(NODES, 3).T.ravel()  # component by component


@dataclass(frozen=True)
class Level:
    """Cells of one grid, and its lines of nodes along z, padded to whole registers."""

    cells: tuple[int, int, int]
    real: tuple[int, int, int]  # cells without the padding

    @property
    def chunks(self) -> int:
        """Number of registers along a line of cells."""
        return -(-self.cells[2] // SIDE)

    @property
    def strides(self) -> tuple[int, int, int]:
        """Strides of x, y and the component, in numbers."""
        line = (self.chunks + 1) * SIDE
        along_x = (self.cells[1] + 1) * line
        return along_x, line, (self.cells[0] + 1) * along_x

    @property
    def size(self) -> int:
        """Count of numbers of a field."""
        return 3 * self.strides[2]

    @property
    def registers(self) -> int:
        """Number of registers of cells."""
        return self.cells[0] * self.cells[1] * self.chunks

    def places(self, nodes: tuple[int, ...]) -> Int64[ndarray, "f"]:
        """Return the index in a field of each displacement of the first nodes along each axis."""
        x, y, component = self.strides
        at = np.indices(nodes)
        first = at[0] * x + at[1] * y + at[2]
        places: ndarray = first[..., None] + component * np.arange(3)
        return places.ravel()


class HierarchyTables(NamedTuple):
    """Tables of a hierarchy for the compiled kernels, the same for all designs."""

    levels: ndarray  # a row each: see `Hierarchy.table`
    blocks: ndarray
    unit: float  # diagonal of a cell's stiffness
    free: ndarray  # indices of free displacements in the finest field
    springs: ndarray  # for unit modulus
    children: ndarray
    bounds: ndarray
    places: ndarray
    lines: ndarray
    band_place: ndarray  # of the coarsest level, as its band's
    band_target: ndarray
    size: int
    reach: int
    coarsest: ndarray  # index of the coarsest level's displacements in its field


@dataclass(frozen=True)
class Hierarchy:
    """Grid with all its coarser grids, the finest first.

    Shapes: f displacements, g numbers of all levels' fields, w levels.
    """

    grid: RegularGrid
    fixed: Bool[ndarray, " f"]
    unit: Float64[ndarray, "24 24"]  # stiffness of a cell, node by node

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Levels, the finest first; the coarsest has few displacements."""
        depth = next(d for d in range(1, DEEPEST + 1) if self._small(d) or d == DEEPEST)
        step = 2**depth
        cells = [-(-n // step) * step for n in self.grid.cells]
        return tuple(
            Level(
                tuple(n >> d for n in cells),
                tuple(-(-n // 2**d) for n in self.grid.cells),
            )
            for d in range(depth + 1)
        )

    def _small(self, depth: int) -> bool:
        nodes = prod(-(-n // 2**depth) + 1 for n in self.grid.cells)
        return bool(3 * nodes <= COARSEST)

    @cached_property
    def table(self) -> Int64[ndarray, "w 10"]:
        """Cells, registers of a line, strides, start of field, matrices and children per level."""
        rows, field, matrix, child = [], 0, 0, 0
        for depth, level in enumerate(self.levels):
            rows.append([*level.cells, level.chunks, *level.strides, field, matrix, child])
            field += level.size
            matrix += level.registers * SIDE * ENTRIES * (depth > 0)
            child += 8**depth * ENTRIES * (depth > 0)
        rows.append([0] * 7 + [field, matrix, child])
        return np.array(rows)

    @cached_property
    def tables(self) -> HierarchyTables:
        """All tables for the kernels."""
        level = self.levels[-1]
        grid = RegularGrid(level.cells)
        empty = np.indices(grid.nodes) > np.array(level.real)[:, None, None, None]
        cells = grid.cell_displacements.numpy()[:, _BY_PART].astype(np.int32)
        band = Band(grid, np.repeat(empty.any(0).ravel(), 3), cells)
        free = np.zeros(self.levels[0].size, dtype=np.bool_)
        free[self.places] = ~self.fixed
        return HierarchyTables(
            self.table,
            self.blocks,
            float(self.unit[0, 0]),
            free,
            self.springs,
            self.children,
            self.bounds,
            self.places,
            self.lines,
            band.place,
            band.target,
            band.size,
            band.reach,
            level.places(grid.nodes).astype(np.int32),
        )

    @cached_property
    def springs(self) -> Float64[ndarray, " g"]:
        """Spring stiffness of fixed displacements on all levels, for unit modulus."""
        fields = [np.zeros(level.size) for level in self.levels]
        fields[0][self.places[self.fixed]] = STIFF * NODES * self.unit[0, 0]
        for depth in range(1, len(self.levels)):
            above, here = self.table[depth - 1 : depth + 1]
            restrict(above, here, np.ones(len(fields[depth - 1])), fields[depth - 1], fields[depth])
        return np.concatenate(fields)

    @cached_property
    def places(self) -> Int32[ndarray, " f"]:
        """Index of each displacement in the finest field."""
        return self.levels[0].places(self.grid.nodes).astype(np.int32)

    @cached_property
    def lines(self) -> Int32[ndarray, " e"]:
        """Index of each cell among the finest registers."""
        level = self.levels[0]
        x, y, z = np.indices(self.grid.cells)
        index: ndarray = (x * level.cells[1] + y) * level.chunks * SIDE + z
        return index.ravel().astype(np.int32)

    @cached_property
    def blocks(self) -> Float64[ndarray, " 72"]:
        """The cell's stiffness between its mirror modes: eight matrices of 3 x 3."""
        mirror = np.array([[(-1) ** (a & b).bit_count() for b in range(8)] for a in range(8)])
        whole = np.kron(np.eye(3), mirror)
        modes = whole @ self._by_part @ whole / 64
        members = [[NODES * c + (t ^ FLIPS[c]) for c in range(3)] for t in range(NODES)]
        return np.concatenate([modes[np.ix_(m, m)].ravel() for m in members])

    @property
    def _by_part(self) -> Float64[ndarray, "24 24"]:
        return self.unit[np.ix_(_BY_PART, _BY_PART)]

    @cached_property
    def children(self) -> Float64[ndarray, " _"]:
        """Matrix of a fine cell of unit modulus at each position in a cell, for each coarse level.

        Lower triangles, the entry varying slower than the place.
        """
        tables = [self._children(depth) for depth in range(1, len(self.levels))]
        i, j = np.tril_indices(PARTS)
        return np.concatenate([t[:, i, j].T.ravel() for t in tables])

    def _children(self, depth: int) -> ndarray:
        """Matrices (8 ** depth, 24, 24)."""
        step = 2**depth
        corners = np.array(list(product((0, 1), repeat=3)))
        out = []
        for child in product(range(step), repeat=3):
            at = (corners + child) / step
            weights = np.where(corners[None], at[:, None], 1 - at[:, None]).prod(-1)
            whole = np.kron(np.eye(3), weights)
            out.append(whole.T @ self._by_part @ whole)
        return np.array(out)

    @cached_property
    def bounds(self) -> Float64[ndarray, " _"]:
        """Upper bound of each level's eigenvalues, of its matrix over its diagonal."""
        sets = [self._by_part[None], *(self._children(d) for d in range(1, len(self.levels) - 1))]
        bounds = []
        for matrices in sets:
            root = np.diagonal(matrices, axis1=1, axis2=2) ** -0.5
            scaled = root[:, :, None] * matrices * root[:, None, :]
            bounds.append(np.linalg.eigvalsh(scaled)[:, -1].max())
        return np.array(bounds)
