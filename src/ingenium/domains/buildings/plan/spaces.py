"""The spaces and openings of a plan, and their arrays.

All lengths are whole millimetres. A space is the rectangle between the axes of its walls; its
circulation is planned for each storey: a corridor, and from two storeys on two stairs and a shaft.

Shapes: n designs, s spaces, w openings (doors), r rooms.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.buildings.plan.programme import Programme

WALL = 200  # mm, thickness of every wall
DOOR, ENTRANCE = 900, 1200  # mm, clear widths of doors of rooms, and of stairs and entrances
HEAD, SILL, LEAF = 2600, 800, 2100  # mm above the floor: window head and sill, door head
NARROWEST = 800  # mm, clear width of a door
RISER, GOING, FLIGHT = 170, 250, 1100  # mm, steepest stair, and least width of a flight
KINDS = ("corridor", "stair a", "stair b", "shaft")


@dataclass(frozen=True)
class Spaces:
    """Numbering of the spaces and doors of a programme on some storeys."""

    programme: Programme
    storeys: int

    @property
    def rooms(self) -> int:
        """Number of rooms; they come first."""
        return len(self.programme.rooms)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of circulation on each storey."""
        return KINDS if self.storeys > 1 else KINDS[:1]

    def at(self, kind: str, storey: int) -> int:
        """Return the number of a space of circulation."""
        return self.rooms + storey * len(self.kinds) + self.kinds.index(kind)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name of each space."""
        own = [r.name for r in self.programme.rooms]
        own += [f"{kind} on level {s}" for s in range(self.storeys) for kind in self.kinds]
        return tuple(own)

    def count(self) -> int:
        """Return the number of spaces."""
        return len(self.names)

    @cached_property
    def doors(self) -> tuple[str, ...]:
        """Name of each door."""
        rooms = self.programme.rooms
        found = [f"door of {r.name}" for r in rooms]
        found += [f"door {rooms[a].name} - {rooms[b].name}" for a, b in self.programme.together]
        stairs = [k for k in self.kinds if k.startswith("stair")]
        found += [f"door of {k} on level {s}" for s in range(self.storeys) for k in stairs]
        return (*found, "exit of stair a", "exit of stair b", "entrance", "second exit")

    def stair_door(self, kind: str, storey: int) -> int:
        """Return the number of the door from a corridor to a stair."""
        first = self.rooms + len(self.programme.together)
        return first + storey * 2 + KINDS.index(kind) - 1


@dataclass(frozen=True, eq=False)
class BuildingPlan:
    """One plan as whole numbers; openings are (x, y, axis, width), with axis 0 along x."""

    level: np.ndarray  # (s,) int64
    box: np.ndarray  # (s, 4) x0, y0, x1, y1
    door: np.ndarray  # (w, 4); width 0 for none
    window: np.ndarray  # (r, 4)

    def on(self, storey: int) -> np.ndarray:
        """Return the numbers of the spaces on a storey."""
        return np.flatnonzero(self.level == storey)


def stair_mm(height_mm: int) -> tuple[int, int]:
    """Return clear width and length of a stair of two flights for a storey of this height.

    Source: The Building Regulations 2010, Approved Document K (2013), table 1.1: a stair for
    general access rises at most 170 mm and goes at least 250 mm a step.
    """
    risers = -(-height_mm // RISER)
    return 2 * FLIGHT + 200, (-(-risers // 2) - 1) * GOING + 2 * FLIGHT


def plans(arrays: tuple[Tensor, ...]) -> list[BuildingPlan | None]:
    """Return the plans of arrays; None for one that is not of whole millimetres."""
    found: list[BuildingPlan | None] = []
    columns = [a.detach().numpy() for a in arrays]
    for row in zip(*columns, strict=True):
        whole = all(np.isfinite(a).all() and (a == np.rint(a)).all() for a in row)
        found.append(BuildingPlan(*(a.astype(np.int64) for a in row)) if whole else None)
    return found


def arrays_of(listed: list[BuildingPlan]) -> tuple[Float64[Tensor, "n ..."], ...]:
    """Return the arrays of plans."""
    columns = zip(*((p.level, p.box, p.door, p.window) for p in listed), strict=True)
    return tuple(torch.from_numpy(np.stack(c).astype(np.float64)) for c in columns)
