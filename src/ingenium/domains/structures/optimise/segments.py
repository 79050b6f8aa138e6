"""Parts cut into pieces that are printed each in its own direction and then bonded."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool
from scipy import ndimage

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.build import DIRECTIONS, Build, Direction
from ingenium.domains.structures.optimise.supports import support
from ingenium.kits.solids.elastic.grid import RegularGrid

Mask = Bool[np.ndarray, "..."]


@dataclass(frozen=True)
class Price:
    """Of time, in cells laid down.

    Raises:
        InputError: for a price below 0.
    """

    fill: float = 0.25  # of a support's cell
    layer: float = 2.0  # of each layer, besides
    joint: float = 2.0  # of each cell of a joint: dressed and bonded
    piece: float = 10.0  # of each piece beyond the first: handled and placed

    def __post_init__(self) -> None:
        if min(self.fill, self.layer, self.joint, self.piece) < 0:
            raise InputError("prices of at least 0", self)


@dataclass(frozen=True, eq=False)
class Piece:
    """Solid cells that hang together, in the box that just holds them.

    Where several directions take equally little, the first is taken.
    """

    solid: Mask
    price: Price

    @cached_property
    def _printed(self) -> tuple[float, float, int, Direction]:
        """Cost of support and layers, cells of support, layers, and the direction."""
        grid = RegularGrid(self.solid.shape)
        cells = torch.from_numpy(self.solid).double().flatten()[None]
        ways = []
        for way in DIRECTIONS[grid.dim]:
            build = Build(grid, way)
            props = float(support(build, cells).sum())
            cost = self.price.fill * props + self.price.layer * build.layers
            ways.append((cost, props, build.layers, way))
        return min(ways, key=lambda found: found[0])

    @property
    def support(self) -> float:
        """Cells of the support below it, on its own plate."""
        return self._printed[1]

    @property
    def layers(self) -> int:
        """In its direction."""
        return self._printed[2]

    @property
    def way(self) -> Direction:
        """In which it is printed."""
        return self._printed[3]


@dataclass(frozen=True)
class Segmented:
    """Pieces, and the cells of the joints between them."""

    pieces: tuple[Piece, ...]
    joint: int
    price: Price

    @property
    def support(self) -> float:
        """Cells of all supports."""
        return sum(piece.support for piece in self.pieces)

    @cached_property
    def time(self) -> float:
        """All pieces side by side on one plate, in cells laid down, then bonded."""
        laid = sum(float(piece.solid.sum()) for piece in self.pieces)
        return (
            laid
            + self.price.fill * self.support
            + self.price.layer * max(piece.layers for piece in self.pieces)
            + self.price.joint * self.joint
            + self.price.piece * (len(self.pieces) - 1)
        )


def segmented(solid: Mask, price: Price, *, cuts: int = 2) -> Segmented:
    """The cuts, one after the other, that lower the time most; none if none does.

    Each plane of the grid is tried on each piece; what it leaves in several parts becomes several
    pieces. A bonded joint is as stiff as the part was, so that the compliance stays; its strength
    is not looked at.

    Source: after Luo et al., ACM Trans. Graphics 31(6), 2012 (Chopper: planes by search), with
        time, supports and joints for its objectives and a greedy search for its beam.

    Raises:
        InputError: for a part without solid cells, or in several pieces.
    """
    whole = _pieces(solid, price)
    if len(whole) != 1:
        raise InputError("a part in one piece", f"{len(whole)} pieces")
    best = Segmented(whole, 0, price)
    for _ in range(cuts):
        found = min(_cut_once(best), key=lambda one: one.time, default=best)
        if found.time >= best.time:
            break
        best = found
    return best


def _cut_once(whole: Segmented) -> Iterator[Segmented]:
    for number, piece in enumerate(whole.pieces):
        others = whole.pieces[:number] + whole.pieces[number + 1 :]
        for axis, size in enumerate(piece.solid.shape):
            for at in range(1, size):
                low, high = np.split(piece.solid, [at], axis)
                joint = int((low.take(-1, axis) & high.take(0, axis)).sum())
                parts = _pieces(low, whole.price) + _pieces(high, whole.price)
                yield Segmented(others + parts, whole.joint + joint, whole.price)


def _pieces(solid: Mask, price: Price) -> tuple[Piece, ...]:
    """What hangs together by faces, each cropped to its box."""
    number, _ = ndimage.label(solid)
    boxes = ndimage.find_objects(number)
    return tuple(Piece(number[box] == i, price) for i, box in enumerate(boxes, 1))
