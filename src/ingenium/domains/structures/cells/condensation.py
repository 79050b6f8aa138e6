"""Direct solution of periodic grids, assembled from equal boxes: dissection of a torus.

Neighbouring boxes are joined along one axis, and the nodes that no other box touches are eliminated
immediately. A box that spans an axis is closed into a ring, so that after the last join only the
macroscopic strain remains. All boxes of a level are one batch.

Source: George, SIAM Journal on Numerical Analysis 10, 1973, 345-363 (nested dissection);
Wilson, International Journal for Numerical Methods in Engineering 8, 1974, 198-203 (static
condensation).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numba import njit
from torch import Tensor

LEAF = {2: 4, 3: 2}  # elements along a box that is assembled directly; the fastest size
Box = tuple[int, ...]
Factor = tuple[Tensor, Tensor]  # factor of what a join eliminates, and its coupling


@dataclass(frozen=True)
class Join:
    """Children of one shape become parents of another; displacements by number.

    A parent orders its displacements: eliminated ones, those shared with other boxes, and finally
    the macroscopic strains.

    Shapes: j children of a parent, m displacements and strains of a child.
    """

    axis: int  # along which neighbours are joined
    place: Int64[Tensor, "j m"]  # of each child's displacements in the parent; -1 for fixed
    eliminated: int
    size: int  # displacements and strains of the parent

    def assemble(self, children: Float64[Tensor, "n {len(self.place)} m m"]) -> Tensor:
        """Return the sum of the children's matrices."""
        out = children.new_zeros(len(children), self.size, self.size)
        _add_in_place(children.numpy(), self.place.numpy(), out.numpy())
        return out

    def scatter(self, parent: Float64[Tensor, "n size s"]) -> Tensor:
        """Distribute the parent's displacements to its children."""
        held = parent.new_zeros(len(parent), 1, parent.shape[2])
        return torch.cat([parent, held], 1)[:, self.place]


@dataclass(frozen=True)
class Torus:
    """A periodic grid whose elements are equal up to a factor.

    Shapes: e elements (last axis fastest), m displacements of an element and macroscopic strains.
    """

    cells: Box
    strains: int

    @property
    def leaf(self) -> Box:
        """Box that is assembled directly."""
        return tuple(_spans(n, LEAF[len(self.cells)])[0] for n in self.cells)

    @cached_property
    def joins(self) -> list[Join]:
        """Joins of elements to leaves, then of boxes up to the whole, the shortest axis first."""
        dim, box = len(self.cells), self.leaf
        corners = list(product((0, 1), repeat=dim))
        origins = list(product(*map(range, box)))
        elements = [[_add(o, c) for c in corners] for o in origins]
        joins = [self._join(-1, box, elements)]
        spans = [_spans(n, LEAF[dim]) for n in self.cells]
        while box != self.cells:
            axis = min((a for a in range(dim) if box[a] < self.cells[a]), key=lambda a: box[a])
            span = next(s for s in spans[axis] if s > box[axis])
            steps = [tuple(s * (a == axis) for a in range(dim)) for s in range(0, span, box[axis])]
            children = [[_add(n, step) for n in self._retained(box)] for step in steps]
            box = (*box[:axis], span, *box[axis + 1 :])
            joins.append(self._join(axis, box, children))
        return joins

    def solve(
        self, modulus: Float64[Tensor, " e"], element: Float64[Tensor, "m m"]
    ) -> Float64[Tensor, "e m s"]:
        """Return periodic displacements of elements for each unit strain, then these strains."""
        count = [n // b for n, b in zip(self.cells, self.leaf, strict=True)]
        split = [size for pair in zip(count, self.leaf, strict=True) for size in pair]
        dim, by_leaf = len(self.cells), modulus.view(split)
        boxes_first = [*range(0, 2 * dim, 2), *range(1, 2 * dim, 2)]
        by_leaf = by_leaf.permute(boxes_first).reshape(prod(count), prod(self.leaf), 1, 1)
        children, factors = by_leaf * element, []
        for join in self.joins:
            if join.axis >= 0:
                count[join.axis] //= len(join.place)
                children = _alongside(children, count, join.axis)
            rest, factor = _eliminate(join.assemble(children), join.eliminated)
            children = rest
            factors.append(factor)
        inside = self._descend(factors, count)
        back = [x for a in range(dim) for x in (a, dim + a)]
        shaped = inside.view(
            *(n // b for n, b in zip(self.cells, self.leaf, strict=True)),
            *self.leaf,
            *inside.shape[2:],
        )
        return shaped.permute(*back, 2 * dim, 2 * dim + 1).reshape(-1, *inside.shape[2:])

    def _descend(self, factors: list[Factor], count: list[int]) -> Float64[Tensor, "n j m s"]:
        """Back-substitute from the strains down to the elements of each leaf."""
        known = torch.eye(self.strains, dtype=torch.float64)[None]
        for join, (lower, coupling) in zip(reversed(self.joins), reversed(factors), strict=True):
            right = -(coupling @ known)
            inner = torch.linalg.solve_triangular(lower.mT, right, upper=True)
            children = join.scatter(torch.cat([inner, known], 1))
            if join.axis < 0:
                return children
            known = _distance(children, count, join.axis)
            count[join.axis] *= len(join.place)
        raise AssertionError("the first join has no axis")

    def _retained(self, box: Box) -> list[Box]:
        """Nodes of a box at the origin that other boxes touch."""
        spans = [range(b + (b < n)) for b, n in zip(box, self.cells, strict=True)]
        sides = [(b, n) for b, n in zip(box, self.cells, strict=True)]
        return [
            node
            for node in product(*spans)
            if any(b < n and c in (0, b) for c, (b, n) in zip(node, sides, strict=True))
        ]

    def _join(self, axis: int, box: Box, children: list[list[Box]]) -> Join:
        """Positions of children, given by their nodes in the parent's coordinates."""
        dim, retained = len(self.cells), self._retained(box)
        wrap = [b + (b < n) for b, n in zip(box, self.cells, strict=True)]
        wrapped = [
            [tuple(c % w for c, w in zip(n, wrap, strict=True)) for n in child]
            for child in children
        ]
        inner = sorted({n for child in wrapped for n in child} - set(retained))
        if not retained:  # the whole torus: one node is fixed against rigid motion
            inner = inner[1:]
        order = {n: i for i, n in enumerate(inner + retained)}
        last = len(order) * dim
        place = [
            [order[n] * dim + a if n in order else -1 for n in child for a in range(dim)]
            + list(range(last, last + self.strains))
            for child in wrapped
        ]
        return Join(axis, torch.tensor(place), len(inner) * dim, last + self.strains)


@njit(cache=True)
@no_type_check  # compiled: no annotation is executed
def _add_in_place(children: np.ndarray, place: np.ndarray, out: np.ndarray) -> None:
    """Add rows and columns of children at their positions in their parents."""
    for n in range(len(children)):
        for j in range(len(place)):
            for r, row in enumerate(place[j]):
                if row >= 0:
                    for c, column in enumerate(place[j]):
                        if column >= 0:
                            out[n, row, column] += children[n, j, r, c]


def _spans(length: int, enough: int) -> list[int]:
    """Lengths of boxes along an axis: divided by its smallest factor while it is long."""
    factor = next(f for f in range(2, length + 1) if length % f == 0)
    if length <= enough or factor == length:
        return [length]
    return [*_spans(length // factor, enough), length]


def _add(a: Box, b: Box) -> Box:
    return tuple(x + y for x, y in zip(a, b, strict=True))


def _eliminate(k: Float64[Tensor, "n size size"], count: int) -> tuple[Tensor, Factor]:
    """Schur complement of `k` without its first `count` displacements, and the factors."""
    lower, _ = torch.linalg.cholesky_ex(k[:, :count, :count])
    coupling = torch.linalg.solve_triangular(lower, k[:, :count, count:], upper=False)
    rest = k[:, count:, count:]
    rest.baddbmm_(coupling.mT, coupling, alpha=-1)
    return rest, (lower, coupling)


def _alongside(boxes: Tensor, count: list[int], axis: int) -> Tensor:
    """Neighbours along an axis grouped: (parents, j, m, m)."""
    split = [*count[:axis], count[axis], -1, *count[axis + 1 :]]
    return boxes.view(*split, *boxes.shape[1:]).movedim(axis + 1, -3).flatten(0, len(count) - 1)


def _distance(children: Tensor, count: list[int], axis: int) -> Tensor:
    """Boxes of (parents, j, m, s) one by one, in order along the axis."""
    grid = children.view(*count, *children.shape[1:])
    return grid.movedim(len(count), axis + 1).flatten(0, len(count))
