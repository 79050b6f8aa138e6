"""Doors and windows of the rectangles of a plan: one rule, so that they need no search."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from ingenium.domains.buildings.plan.rectangles import Stretch, outer, present, shared
from ingenium.domains.buildings.plan.spaces import DOOR, ENTRANCE, WALL, BuildingPlan, Spaces

JAMB = 200  # mm of wall between a door and the next wall
PIER = 300  # mm of wall on both sides of a window
GRID = 100  # mm, to which windows are rounded
NO_OPENING = (0, 0, 0, 0)


def fitted(
    spaces: Spaces, level: Int64[np.ndarray, " s"], box: Int64[np.ndarray, "s 4"], glazing: int
) -> BuildingPlan:
    """Return a plan with doors and windows; `glazing` is their share of outer walls in percent."""
    door = np.zeros((len(spaces.doors), 4), np.int64)
    window = np.zeros((spaces.rooms, 4), np.int64)
    for i in range(spaces.rooms):
        corridor = box[spaces.at("corridor", int(level[i]))]
        door[i] = _door(shared(box[i], corridor), DOOR, corridor)
        if spaces.programme.rooms[i].daylight:
            window[i] = _window(i, level, box, glazing)
    for k, (a, b) in enumerate(spaces.programme.together):
        if level[a] == level[b]:
            door[spaces.rooms + k] = _centred(shared(box[a], box[b]), DOOR)
    for storey in range(spaces.storeys):
        corridor = box[spaces.at("corridor", storey)]
        for kind in spaces.kinds[1:3]:
            wall = shared(box[spaces.at(kind, storey)], corridor)
            door[spaces.stair_door(kind, storey)] = _centred(wall, ENTRANCE)
    door[-4:] = _exits(spaces, level, box)
    return BuildingPlan(level, box, door, window)


def _exits(
    spaces: Spaces, level: Int64[np.ndarray, " s"], box: Int64[np.ndarray, "s 4"]
) -> Int64[np.ndarray, "4 4"]:
    """Return the doors to the outside: of the stairs, and of both ends of the corridor."""
    ground = np.flatnonzero((level == 0) & present(box))
    found = np.zeros((4, 4), np.int64)

    def faces(kind: str) -> list[Stretch]:
        if spaces.at(kind, 0) not in ground:
            return []
        place = int(np.flatnonzero(ground == spaces.at(kind, 0))[0])
        return sorted(outer(place, box[ground]), key=lambda s: (s.axis, s.at))

    for k, kind in enumerate(spaces.kinds[1:3]):
        along = [s for s in faces(kind) if s.axis == _bar_axis(spaces, box)]
        if along:
            found[k] = _middle(along[0], ENTRANCE)
    ends = [s for s in faces("corridor") if s.axis != _bar_axis(spaces, box)]
    for k, end in enumerate(ends[:2]):
        found[2 + k] = _middle(end, ENTRANCE)
    return found


def _bar_axis(spaces: Spaces, box: Int64[np.ndarray, "s 4"]) -> int:
    x0, y0, x1, y1 = box[spaces.at("corridor", 0)].tolist()
    return 0 if x1 - x0 >= y1 - y0 else 1


def _middle(wall: Stretch, width: int) -> Sequence[int]:
    if wall.length < width + WALL + 2 * 100:
        return NO_OPENING
    centre = (wall.low + wall.high) // 2
    return (centre, wall.at, 0, width) if wall.axis == 0 else (wall.at, centre, 1, width)


def _centred(wall: Stretch | None, width: int) -> Sequence[int]:
    return NO_OPENING if wall is None else _middle(wall, width)


def _door(wall: Stretch | None, width: int, near: Int64[np.ndarray, " 4"]) -> Sequence[int]:
    """Return a door at the end of a shared wall that is nearer to another space."""
    if wall is None or wall.length < width + WALL + 2 * 100:
        return NO_OPENING
    reach = min(WALL // 2 + JAMB + width // 2, wall.length // 2)
    low, high = near[[wall.axis, wall.axis + 2]].tolist()
    at_high = abs(wall.high - (low + high) // 2) < abs(wall.low - (low + high) // 2)
    centre = wall.high - reach if at_high else wall.low + reach
    return (centre, wall.at, 0, width) if wall.axis == 0 else (wall.at, centre, 1, width)


def _window(
    i: int, level: Int64[np.ndarray, " s"], box: Int64[np.ndarray, "s 4"], glazing: int
) -> Sequence[int]:
    """Return a window in the middle of the longest outer wall of a room."""
    storey = np.flatnonzero((level == level[i]) & present(box))
    if i not in storey:
        return NO_OPENING
    walls = outer(int(np.flatnonzero(storey == i)[0]), box[storey])
    if not walls:
        return NO_OPENING
    wall = max(walls, key=lambda s: (s.length, -s.axis, -s.at))
    room = wall.length - 2 * PIER
    width = min(room, wall.length * glazing // 100) // (2 * GRID) * 2 * GRID
    return _middle(wall, width) if width > 0 else NO_OPENING
