"""Rules that write dissections: masked by areas and adjacency, or at random; and the grammar."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingenium.domains.buildings.plan.layout import (
    DEPTHS,
    GLAZING,
    WIDTHS,
    Cell,
    Dissection,
    RowLayout,
)
from ingenium.domains.buildings.plan.spaces import WALL
from ingenium.generators.tokens.vocabulary import END, Vocabulary

PUBLIC = re.compile(r"waiting|reception|lobby|foyer|living|entrance|hall|shop|cafe")
TRIES = 300  # moves, until areas change little
SHALLOW, DEEP = DEPTHS[:4], DEPTHS[3:]  # dm, of the row of service rooms and of the other one
FREE, FAR = 400.0, 4000.0  # mm by which a row seems longer: at random, and too deep for a store
NEAR = 0.05  # relative change of areas that is small
NARROW = 1650  # mm, clear width below which a room is too narrow
Row = list[list[Cell]]  # units of cells that stay together, in order


@dataclass(frozen=True)
class DissectionRules:
    """Sampling of dissections for a layout."""

    layout: RowLayout

    def masked(self, rng: Random) -> list[str]:
        """Write a dissection whose rows have nearly one length and whose rooms are adjacent.

        Rooms that belong together form a unit; each unit is placed where the row has most length
        left. Then units are moved or exchanged while areas come closer to the required ones.
        """
        depths = self.depths(rng)
        rows = self._packed(depths, rng)
        least = self._change(rows, depths)
        for _ in range(TRIES):
            if least < NEAR:
                break
            moved, other = self._moved(rows, depths, rng)
            change = self._change(moved, other)
            if change <= least:
                rows, depths, least = moved, other, change
        sizes = (depths[0], depths[1], rng.choice(WIDTHS), rng.choice(GLAZING))
        return [Dissection(sizes, tuple(self._ordered(row, rng) for row in rows)).text]

    def depths(self, rng: Random) -> list[int]:
        """Return depths of both rows in dm: a shallow one for service rooms, and a deep one."""
        depths = [rng.choice(SHALLOW), rng.choice(DEEP)]
        rng.shuffle(depths)
        return depths

    def _change(self, rows: list[Row], depths: Sequence[int]) -> float:
        """Return the largest relative change of areas, and 0.1 more for each narrow room."""
        cells = [tuple(c for unit in row for c in unit) for row in rows]
        net = self.layout.net
        narrow = sum(
            net(c, 100 * depths[r % 2]) < NARROW for r, row in enumerate(cells) for c in row
        )
        return self.layout.common(cells, (100 * depths[0], 100 * depths[1]))[1] + 0.1 * narrow

    def _moved(
        self, rows: list[Row], depths: Sequence[int], rng: Random
    ) -> tuple[list[Row], list[int]]:
        """Return rows after a move or exchange of units, or other depths."""
        moved, other = [list(row) for row in rows], list(depths)
        if rng.random() < 0.1:
            k = rng.randrange(2)
            other[k] = rng.choice(SHALLOW if depths[k] <= SHALLOW[-1] else DEEP)
            return moved, other
        a, b = rng.sample(range(len(rows)), 2)
        if not moved[a]:
            return moved, other
        unit = moved[a].pop(rng.randrange(len(moved[a])))
        back = moved[b].pop(rng.randrange(len(moved[b]))) if moved[b] and rng.random() < 0.7 else []
        if (b > 1 and self._public(unit)) or (a > 1 and self._public(back)):
            return [list(row) for row in rows], other
        moved[b].append(unit)
        if back:
            moved[a].append(back)
        return moved, other

    def _public(self, unit: list[Cell]) -> bool:
        """Return whether a unit has a room for visitors, which is on the ground."""
        names = self.layout.spaces.names
        return any(PUBLIC.search(names[i]) for cell in unit for i in cell)

    def random(self, rng: Random) -> list[str]:
        """Write a dissection with every room once, in any row."""
        storeys = self.layout.spaces.storeys
        rows: list[list[Cell]] = [[] for _ in range(2 * storeys)]
        order = list(range(self.layout.spaces.rooms))
        rng.shuffle(order)
        for i in order:
            rng.choice(rows).append([i])
        sizes = (rng.choice(DEPTHS), rng.choice(DEPTHS), rng.choice(WIDTHS), rng.choice(GLAZING))
        return [Dissection(sizes, tuple(map(tuple, rows))).text]

    @cached_property
    def _units(self) -> tuple[tuple[int, ...], ...]:
        """Components of the graph of rooms that are together."""
        parent = list(range(self.layout.spaces.rooms))

        def root(i: int) -> int:
            while parent[i] != i:
                i = parent[i]
            return i

        for a, b in self.layout.spaces.programme.together:
            parent[root(a)] = root(b)
        found: dict[int, list[int]] = {}
        for i in range(len(parent)):
            found.setdefault(root(i), []).append(i)
        return tuple(map(tuple, found.values()))

    def _packed(self, sizes: Sequence[int], rng: Random) -> list[Row]:
        """Return rows of units; public rooms are on the ground."""
        layout, depths = self.layout, [100 * s for s in sizes]
        units = [self._cells(unit, rng) for unit in self._units]
        public = [self._public(unit) for unit in units]
        count = 2 * layout.spaces.storeys
        filled = [float(layout.fixed(r, 100 * sizes[r % 2])) for r in range(count)]
        rows: list[Row] = [[] for _ in range(count)]
        long = {
            k: sum(layout.net(c, sum(depths) // 2) for c in unit) for k, unit in enumerate(units)
        }
        order = sorted(long, key=lambda k: (not public[k], -long[k] * rng.uniform(0.7, 1.3)))
        for k in order:
            places = range(2) if public[k] else range(count)
            dark = not any(layout.spaces.programme.rooms[i].daylight for i in self._units[k])
            shallow = 0 if depths[0] < depths[1] else 1
            extra = [FREE * rng.random() + FAR * (dark and r % 2 != shallow) for r in range(count)]
            row = min(places, key=lambda r: filled[r] + extra[r])
            rows[row].append(units[k])
            filled[row] += sum(WALL + layout.net(c, depths[row % 2]) for c in units[k])
        return rows

    def _cells(self, unit: tuple[int, ...], rng: Random) -> list[Cell]:
        """Return rooms that are together as neighbouring cells: a path, or a hub and its rooms."""
        edges = [e for e in self.layout.spaces.programme.together if e[0] in unit]
        degree = Counter(i for e in edges for i in e)
        if len(unit) == 1:
            return [[unit[0]]]
        hub = max(unit, key=lambda i: degree[i])
        star = all(degree[i] == 1 for i in unit if i != hub)
        if 2 < degree[hub] <= 4 and star:
            near = [i for i in unit if i != hub]
            rng.shuffle(near)
            near.sort(key=lambda i: self.layout.spaces.programme.rooms[i].daylight)
            return [near[::2], [hub], near[1::2]]
        path = self._path(unit, edges, rng)
        return [[i] for i in path]

    def _path(
        self, unit: tuple[int, ...], edges: Sequence[tuple[int, int]], rng: Random
    ) -> list[int]:
        """Walk along edges from an end, to each room once."""
        degree = Counter(i for e in edges for i in e)
        ends = [i for i in unit if degree[i] == 1] or list(unit)
        path, left = [], set(unit)
        here: int | None = rng.choice(ends)
        while left:
            if here is None:
                here = rng.choice(sorted(left))
            path.append(here)
            left.discard(here)
            reached = [i for e in edges if here in e for i in e if i in left]
            here = rng.choice(reached) if reached else None
        return path

    def _ordered(self, row: Row, rng: Random) -> tuple[Cell, ...]:
        """Order the units of a row so that no rooms are neighbours that must be separate."""
        apart = set(self.layout.spaces.programme.apart)
        best: list[Cell] = []
        least = 10**9
        for _ in range(8):
            rng.shuffle(row)
            cells = [c for u in row for c in (u[::-1] if rng.random() < 0.5 else u)]
            pairs = [(a, b) for x, y in pairwise(cells) for a in x for b in y]
            broken = sum((min(p), max(p)) in apart for p in pairs)
            if broken < least:
                best, least = cells, broken
            if not least:
                break
        return tuple(best)


@dataclass(frozen=True)
class DissectionGrammar:
    """Automaton of dissections: four sizes, each room once, and the ends of all rows.

    A state is the text of each row of the batch so far, as token numbers.
    """

    vocabulary: Vocabulary
    rooms: int
    rows: int

    def start(self, n: int) -> Any:
        """Return the state of empty texts."""
        return [()] * n

    def permits(
        self, state: Any, rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Return whether each token may be the next one."""
        pairs = zip(rows.tolist(), ids.tolist(), strict=True)
        return torch.tensor([self._permits(state[r], i) for r, i in pairs], dtype=torch.bool)

    def follow(self, state: Any, ids: Int[Tensor, " n"]) -> Any:
        """Return the texts with one more token each."""
        return [(*own, i) for own, i in zip(state, ids.tolist(), strict=True)]

    def _permits(self, own: tuple[int, ...], token: int) -> bool:
        if token < END:
            return False
        reported = self.vocabulary.tokens[token] if token > END else "end"
        if len(own) < 4:
            return reported[0] == "nscg"[len(own)]
        said = [self.vocabulary.tokens[i] for i in own]
        used = {s[1:] for s in said[4:] if s[0] in "rq"}
        closed = sum(s[0] in "|/" for s in said)
        if closed == self.rows:
            return token == END
        last = closed == self.rows - 1
        if reported[0] in "rq" and token != END:
            return reported[1:] not in used and (reported[0] == "r" or said[-1][0] == "r")
        ends = reported == "|/"[closed % 2]
        return ends and (len(used) == self.rooms or not last)
