"""Dissection of storeys into two rows of rooms along a corridor, and its writing in tokens.

A plan is written as its depths (`n46s52c18g60`: rows of 4.6 m and 5.2 m, a corridor of 1.8 m, 60 %
of the outer wall of a room as window), then for each storey the rooms of both rows, `r3r5q7|r1r2/`;
`q7` is the room behind `r5`, at the outer wall. Widths follow from areas: each row is stretched to
the common length and snapped to the grid.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Int64

from ingenium.core.errors import InputError
from ingenium.domains.buildings.plan.openings import fitted
from ingenium.domains.buildings.plan.plot import Plot
from ingenium.domains.buildings.plan.rectangles import present
from ingenium.domains.buildings.plan.spaces import WALL, BuildingPlan, Spaces, stair_mm

PATTERN = r"[a-z|/]\d*"
DEPTHS = tuple(range(34, 70, 4))  # dm, between wall axes
WIDTHS = (18, 20, 24)  # dm, of corridors between wall axes
GLAZING = (60, 75, 90)  # percent
SHAFT = 1800  # mm, width in a row
GRID, SPLIT = 100, 200  # mm; rooms behind each other are split on the coarser one
M2 = 1_000_000  # mm2
LEAST_SHARE = 0.1  # of its clear width that a room has at least; the row may then be too long
Sizes = tuple[int, int, int, int]
Cell = list[int]  # a room, or one at the corridor and one behind it


@dataclass(frozen=True)
class Dissection:
    """Content of a text in tokens: depths, and the cells of two rows for each storey."""

    sizes: Sizes  # depth of the northern and southern row, width of the corridor (dm), glazing (%)
    rows: tuple[tuple[Cell, ...], ...]  # row 2 k of storey k is the northern one

    @property
    def text(self) -> str:
        """Text of the dissection."""
        head = "".join(f"{k}{s}" for k, s in zip("nscg", self.sizes, strict=True))
        ends = "|/" * (len(self.rows) // 2)
        parts = ("".join(map(_cell, row)) + end for row, end in zip(self.rows, ends, strict=True))
        return head + "".join(parts)

    @classmethod
    def of(cls, text: str) -> "Dissection | None":
        """Read a text; None if it is incomplete."""
        head = re.match(r"n(\d+)s(\d+)c(\d+)g(\d+)", text)
        if head is None:
            return None
        rows: list[tuple[Cell, ...]] = []
        own: list[Cell] = []
        for kind, number in re.findall(r"([a-z|/])(\d*)", text[head.end() :]):
            if kind in "|/":
                rows.append(tuple(own))
                own = []
            elif kind == "r":
                own.append([int(number)])
            elif kind == "q" and own and len(own[-1]) == 1:
                own[-1].append(int(number))
        north, south, corridor, glazing = map(int, head.groups())
        return cls((north, south, corridor, glazing), tuple(rows))


def _cell(cell: Cell) -> str:
    return f"r{cell[0]}" + "".join(f"q{i}" for i in cell[1:])


@dataclass(frozen=True)
class RowLayout:
    """The map from texts of dissections to plans on a plot, and back."""

    spaces: Spaces
    plot: Plot
    height_mm: int = 3200

    @cached_property
    def turned(self) -> bool:
        """True if the building lies along y, as on a plot that is deeper than wide."""
        width, depth = self.plot.size_mm
        return bool(depth > width)

    @cached_property
    def area_mm2(self) -> Int64[np.ndarray, " r"]:
        """Required net area of each room."""
        return np.array([round(r.area_m2 * M2) for r in self.spaces.programme.rooms], np.int64)

    def stair(self, depth: int) -> int:
        """Return the length of a stair in a row: across it if it is deep enough, or along it."""
        short, long = (-(-x // GRID) * GRID + WALL for x in stair_mm(self.height_mm))
        return short if depth >= long else long

    def fixed(self, row: int, depth: int) -> int:
        """Return the length of stairs and shafts in a row."""
        if self.spaces.storeys == 1:
            return 0
        return self.stair(depth) + (SHAFT if row % 2 == 0 else 0)

    def net(self, cell: Cell, depth: int) -> float:
        """Return the clear width at which a cell has its areas."""
        return sum(self._areas[i] for i in cell) / (depth - WALL * len(cell))

    @cached_property
    def _areas(self) -> list[int]:
        return [int(a) for a in self.area_mm2]

    def common(
        self, rows: Sequence[tuple[Cell, ...]], depths: tuple[int, int]
    ) -> tuple[int, float]:
        """Return the length of all rows that changes areas least, and the largest change.

        A row without rooms counts as a change of 1.
        """
        fixed = np.array([self.fixed(r, depths[r % 2]) for r in range(len(rows))], np.float64)
        fixed += [WALL * len(row) for row in rows]
        net = np.array([sum(self.net(c, depths[r % 2]) for c in row) for r, row in enumerate(rows)])
        filled = net > 0
        if not filled.any():
            return 0, 1.0
        lengths = fixed + net
        low, high = (round(x / GRID) * GRID for x in (lengths.min(), lengths.max()))
        whole = np.arange(low, high + GRID, GRID)
        share = (whole[:, None] - fixed[filled]) / net[filled]
        change = np.abs(share - 1).max(1)
        best = int(change.argmin())
        return int(whole[best]), max(float(change[best]), 0.0 if filled.all() else 1.0)

    def plan(self, text: str) -> BuildingPlan:
        """Return the plan of a text; of an incomplete one, a plan without the missing rooms."""
        count = self.spaces.count()
        level, box = np.zeros(count, np.int64), np.zeros((count, 4), np.int64)
        for storey in range(self.spaces.storeys):
            for kind in self.spaces.kinds:
                level[self.spaces.at(kind, storey)] = storey
        read = Dissection.of(text)
        if read is None or len(read.rows) != 2 * self.spaces.storeys:
            door = np.zeros((len(self.spaces.doors), 4), np.int64)
            return BuildingPlan(level, box, door, np.zeros((self.spaces.rooms, 4), np.int64))
        north, south, corridor, glazing = read.sizes
        depths = (100 * north, 100 * south)
        whole, _ = self.common(read.rows, depths)
        for i, row in enumerate(read.rows):
            self._place(i, row, (whole, 100 * corridor, depths), level, box)
        self._settle(box)
        return fitted(self.spaces, level, box, glazing)

    def _place(
        self,
        row: int,
        cells: tuple[Cell, ...],
        sizes: tuple[int, int, tuple[int, int]],
        level: Int64[np.ndarray, " s"],
        box: Int64[np.ndarray, "s 4"],
    ) -> None:
        """Place the spaces of a row, and the corridor with the northern one."""
        whole, corridor, depths = sizes
        storey, south = row // 2, row % 2
        depth, spaces = depths[south], self.spaces
        near = depths[1] + (0 if south else corridor)  # the side of the row at the corridor
        far = near - depth if south else near + depth
        start, end, stair = 0, whole, self.stair(depth)
        if not south:
            box[spaces.at("corridor", storey)] = (0, depths[1], whole, depths[1] + corridor)
        if spaces.storeys > 1 and not south:
            box[spaces.at("stair a", storey)] = (0, near, stair, far)
            box[spaces.at("shaft", storey)] = (stair, near, stair + SHAFT, far)
            start = stair + SHAFT
        elif spaces.storeys > 1:
            box[spaces.at("stair b", storey)] = (whole - stair, far, whole, near)
            end = whole - stair
        if not cells:
            return
        net = np.array([self.net(c, depth) for c in cells])
        share = (end - start - WALL * len(cells)) / net.sum()
        widths = net * max(share, LEAST_SHARE) + WALL
        x = np.rint(np.r_[0, np.cumsum(widths)] / GRID).astype(np.int64) * GRID
        for k, cell in enumerate(cells):
            split = self._split(cell, near, far)
            for room, (y0, y1) in zip(cell, pairwise(split), strict=True):
                level[room] = storey
                box[room] = (start + x[k], min(y0, y1), start + x[k + 1], max(y0, y1))

    def _split(self, cell: Cell, near: int, far: int) -> list[int]:
        if len(cell) == 1:
            return [near, far]
        inner, other = self.area_mm2[cell].tolist()
        clear = abs(far - near) - 2 * WALL
        reach = round((clear * inner / (inner + other) + WALL) / SPLIT) * SPLIT
        return [near, near + (reach if far > near else -reach), far]

    def _settle(self, box: Int64[np.ndarray, "s 4"]) -> None:
        """Turn the building along the plot and move it to the middle."""
        if self.turned:
            box[:] = box[:, [1, 0, 3, 2]]
        centre = self.plot.polygon.centroid
        here = present(box)
        if here.any():
            low, high = box[here, :2].min(0), box[here, 2:].max(0)
            middle = np.array([centre.x, centre.y]) - (low + high) / 2
            box[here] += np.tile(np.rint(middle / GRID).astype(np.int64) * GRID, 2)

    def text(self, plan: BuildingPlan) -> str:
        """Return the text of a plan that is two rows along a corridor.

        Raises:
            InputError: for another plan.
        """
        box = plan.box[:, [1, 0, 3, 2]] if self.turned else plan.box
        rows: list[tuple[Cell, ...]] = []
        _, low, _, high = box[self.spaces.at("corridor", 0)].tolist()
        for row in range(2 * self.spaces.storeys):
            own = [i for i in range(self.spaces.rooms) if plan.level[i] == row // 2]
            side = [i for i in own if (box[i, 3] <= low if row % 2 else box[i, 1] >= high)]
            near = [i for i in side if (box[i, 3] == low if row % 2 else box[i, 1] == high)]
            behind = {int(box[i, 0]): i for i in side if i not in near}
            near.sort(key=lambda i: int(box[i, 0]))
            rows.append(tuple([i, *([behind[x]] if (x := int(box[i, 0])) in behind else [])]
                              for i in near))  # fmt: skip
        here = present(box)
        north, south = int(box[here, 3].max()) - high, low - int(box[here, 1].min())
        for glazing in GLAZING:
            sizes = (north // 100, south // 100, (high - low) // 100, glazing)
            text = Dissection(sizes, tuple(rows)).text
            made = self.plan(text)
            if all(
                np.array_equal(getattr(made, a), getattr(plan, a))
                for a in ("box", "door", "window")
            ):
                return text
        raise InputError(
            "a plan of two rows along a corridor on each storey",
            "another plan",
            "Tokens write no others.",
        )
