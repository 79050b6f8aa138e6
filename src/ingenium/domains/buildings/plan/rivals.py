"""Rivals of the masked dissection: CP-SAT on the same rows, and simulated annealing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np

from ingenium.domains.buildings.plan.dissection import NARROW, PUBLIC, DissectionRules
from ingenium.domains.buildings.plan.layout import DEPTHS, GLAZING, WIDTHS, Cell, Dissection, Sizes
from ingenium.domains.buildings.plan.spaces import WALL
from ingenium.trust.environments.environment import Environment
from ingenium.trust.environments.limits import Limits

PACKER = Environment(
    Path(__file__).parents[1] / "environments" / "packer", "buildings", Limits(wall_s=60.0)
)
EFFORT = 1.0  # deterministic seconds of CP-SAT for a plan
SEEDS = 2**31 - 1
MOVES, HOTTEST, COLDEST = 1500, 0.5, 0.005
Rows = list[list[Cell]]


@dataclass(frozen=True)
class RivalRules:
    """Sampling of dissections by other methods, on the rows and limits of the same layout."""

    rules: DissectionRules
    effort: float = EFFORT

    def packed(self, rng: Random) -> list[str]:
        """Write a dissection by CP-SAT; an empty one where it found none.

        Raises:
            MissingEnvironment: if OR-Tools is not installed in its isolated environment.
        """
        layout, depths = self.rules.layout, self.rules.depths(rng)
        programme, names = layout.spaces.programme, layout.spaces.names
        rows = range(2 * layout.spaces.storeys)
        public = [bool(PUBLIC.search(n)) for n in names[: layout.spaces.rooms]]
        sent = {
            "area": layout.area_mm2,
            "net": np.array([100 * depths[r % 2] - WALL for r in rows]),
            "together": np.array(programme.together, np.int64).reshape(-1, 2),
            "apart": np.array(programme.apart, np.int64).reshape(-1, 2),
            "fixed": np.array([layout.fixed(r, 100 * depths[r % 2]) for r in rows]),
            "public": np.array(public),
        }
        options = {"least": NARROW, "seed": rng.randrange(SEEDS), "effort": self.effort}
        found = PACKER.ask("pack", sent, options)
        row, place = found["row"], found["place"]
        if (row < 0).any():
            return [""]
        cells = [
            tuple([int(i)] for i in np.flatnonzero(row == r)[np.argsort(place[row == r])])
            for r in rows
        ]
        return [Dissection(_sizes(depths, rng), tuple(cells)).text]

    def annealed(self, rng: Random) -> list[str]:
        """Write a dissection by simulated annealing of single rooms from a random one."""
        layout = self.rules.layout
        rows: Rows = [[] for _ in range(2 * layout.spaces.storeys)]
        for i in rng.sample(range(layout.spaces.rooms), layout.spaces.rooms):
            rng.choice(rows).append([i])
        depths = [rng.choice(DEPTHS), rng.choice(DEPTHS)]
        cost = self._cost(rows, depths)
        for step in range(MOVES):
            if cost == 0:
                break
            heat = HOTTEST * (COLDEST / HOTTEST) ** (step / MOVES)
            moved, other = _moved(rows, depths, rng)
            new = self._cost(moved, other)
            if new <= cost or rng.random() < math.exp((cost - new) / heat):
                rows, depths, cost = moved, other, new
        return [Dissection(_sizes(depths, rng), tuple(map(tuple, rows))).text]

    def _cost(self, rows: Rows, depths: Sequence[int]) -> float:
        """Return the departure of areas beyond 5 %, narrow rooms, and broken relations."""
        layout = self.rules.layout
        programme, both = layout.spaces.programme, (100 * depths[0], 100 * depths[1])
        change = layout.common([tuple(r) for r in rows], both)[1]
        near = {tuple(sorted((a[0], b[0]))) for row in rows for a, b in pairwise(row)}
        missing = sum(p not in near for p in programme.together)
        broken = sum(p in near for p in programme.apart)
        net = layout.net
        narrow = sum(net(c, both[k % 2]) < NARROW for k, row in enumerate(rows) for c in row)
        return max(change - 0.05, 0.0) * 2 + missing + broken + 0.2 * narrow


def _sizes(depths: Sequence[int], rng: Random) -> Sizes:
    return depths[0], depths[1], rng.choice(WIDTHS), rng.choice(GLAZING)


def _moved(rows: Rows, depths: Sequence[int], rng: Random) -> tuple[Rows, list[int]]:
    """Return rows with one room moved or two exchanged, or with another depth."""
    moved, other = [list(r) for r in rows], list(depths)
    if rng.random() < 0.1:
        other[rng.randrange(2)] = rng.choice(DEPTHS)
        return moved, other
    a = rng.choice([r for r in moved if r])
    b = rng.choice(moved)
    i = rng.randrange(len(a))
    if b and rng.random() < 0.5:
        j = rng.randrange(len(b))
        a[i], b[j] = b[j], a[i]
    else:
        room = a.pop(i)
        b.insert(rng.randint(0, len(b)), room)
    return moved, other
