"""Escape: travel distances by doors to the nearest storey exit, exact in convex rooms.

Source: The Building Regulations 2010, Approved Document B, volume 2 (2019): travel distance is
measured along the shortest route from any point to the nearest storey exit.
"""

import heapq
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ingenium.domains.buildings.plan.programme import BUILDINGS
from ingenium.domains.buildings.plan.rectangles import present
from ingenium.domains.buildings.plan.solids import HALF, clear
from ingenium.domains.buildings.plan.spaces import NARROWEST, BuildingPlan, Spaces

OUTSIDE = -1
LANDING = 1200  # mm of free ground before a door to the outside


@dataclass(frozen=True)
class Escape:
    """Routes of a plan."""

    farthest_m: float  # from any point of any room to the nearest exit of its storey
    exits: int  # fewest of a storey
    unreached: int  # spaces without a route to an exit, and stairs without one to the outside
    faults: int  # doors that lead to no two spaces, or do not fit into their wall


def sides(plan: BuildingPlan, door: list[int], storey: list[int]) -> tuple[int, int] | None:
    """Return the spaces on both sides of a door, among those of a storey; None if it fits none.

    The outside is -1. The door and 100 mm on both sides must lie between two walls.
    """
    x, y, axis, width = door
    if axis not in (0, 1) or width < NARROWEST:
        return None
    along, across = (x, y) if axis == 0 else (y, x)
    found = [OUTSIDE, OUTSIDE]
    reach = (width + 1) // 2 + 100 + HALF
    touched = False
    for i in storey:
        b = plan.box[i].tolist()
        low, high = b[axis], b[axis + 2]
        for side, edge in ((0, b[3 - axis]), (1, b[1 - axis])):
            if edge == across and low < along < high:
                if along - reach < low or along + reach > high:
                    return None
                found[side], touched = i, True
            elif edge == across and low < along + reach and along - reach < high:
                return None  # another space begins behind the door
    return (found[0], found[1]) if touched else None


def escape(spaces: Spaces, plan: BuildingPlan) -> Escape:
    """Measure the routes of a plan."""
    farthest, fewest, unreached, faults = 0.0, 10**6, 0, 0
    for storey in range(spaces.storeys):
        own = [int(i) for i in plan.on(storey) if present(plan.box[i : i + 1])[0]]
        links, bad = _links(spaces, plan, storey, own)
        faults += bad
        stairs = {spaces.at(k, storey) for k in spaces.kinds[1:3]}
        exits = [k for k, (_, a, b) in enumerate(links) if _is_exit(a, b, stairs)]
        reach = _distances(links, exits, stairs)
        fewest = min(fewest, len(exits))
        for i in own:
            doors = [k for k, (_, a, b) in enumerate(links) if i in (a, b)]
            if i in stairs:
                outside = any(OUTSIDE in links[k][1:] for k in doors)
                unreached += not doors or (storey == 0 and not outside)
                continue
            if i == _shaft(spaces, storey):
                continue
            far = _farthest(plan, i, [(links[k][0], reach[k]) for k in doors])
            if not np.isfinite(far):
                unreached += 1
            else:
                farthest = max(farthest, far)
    missing = sum(not present(plan.box[i : i + 1])[0] for i in range(spaces.count()))
    return Escape(farthest / 1000, fewest, unreached + missing, faults)


def _shaft(spaces: Spaces, storey: int) -> int:
    return spaces.at("shaft", storey) if spaces.storeys > 1 else OUTSIDE


Link = tuple[tuple[int, int], int, int]  # a door: place, and the spaces on both sides


def _links(
    spaces: Spaces, plan: BuildingPlan, storey: int, own: list[int]
) -> tuple[list[Link], int]:
    found: list[Link] = []
    fitting: list[list[int]] = []
    bad = 0
    for k, door in enumerate(plan.door.tolist()):
        if not door[3] or storey_of(spaces, plan, k) != storey:
            continue
        both = sides(plan, door, own)
        fits = (
            both is not None
            and _belongs(spaces, storey, k, both)
            and (OUTSIDE not in both or (not storey and _free(plan, door, both, own)))
        )
        if both is None or not fits:
            bad += 1
        else:
            found.append(((door[0], door[1]), *both))
            fitting.append(door)
    bad += sum(_meet(a, b) for a, b in combinations(fitting, 2))
    return found, bad


def _free(plan: BuildingPlan, door: list[int], both: tuple[int, int], own: list[int]) -> bool:
    """Return whether the ground before a door to the outside is free, and no enclosed court."""
    shapely = BUILDINGS.package("shapely")
    x, y, axis, width = door
    sign = -1 if both[0] == OUTSIDE else 1
    near, far = sorted((sign * HALF, sign * (HALF + LANDING)))
    half = width / 2
    ahead: tuple[float, ...] = (x - half, y + near, x + half, y + far)
    if axis == 1:
        ahead = (x + near, y - half, x + far, y + half)
    whole = shapely.union_all(shapely.box(*plan.box[own].T.astype(np.float64)))
    filled = shapely.union_all([shapely.Polygon(g.exterior) for g in shapely.get_parts(whole)])
    return float(filled.intersection(shapely.box(*ahead)).area) == 0


def _belongs(spaces: Spaces, storey: int, door: int, both: tuple[int, int]) -> bool:
    """Return whether a door leads to the spaces that it is named after."""
    pairs = spaces.programme.together
    if door < spaces.rooms:
        return door in both
    if door < spaces.rooms + len(pairs):
        return set(pairs[door - spaces.rooms]) == set(both)
    if door >= len(spaces.doors) - 4:
        kind = ("stair a", "stair b", "corridor", "corridor")[door - len(spaces.doors)]
        own = kind in spaces.kinds and spaces.at(kind, 0) in both
        return own and OUTSIDE in both
    kind = spaces.kinds[1 + (door - spaces.rooms - len(pairs)) % 2]
    return {spaces.at(kind, storey), spaces.at("corridor", storey)} == set(both)


def _meet(one: list[int], other: list[int]) -> bool:
    """Return whether two doors are in one wall with less than 100 mm between them."""
    axis = one[2]
    near = abs(one[axis] - other[axis]) < (one[3] + other[3]) / 2 + 100
    return axis == other[2] and one[1 - axis] == other[1 - axis] and near


def storey_of(spaces: Spaces, plan: BuildingPlan, door: int) -> int:
    """Return the storey of a door by its number."""
    if door < spaces.rooms:
        return int(plan.level[door])
    pairs = spaces.programme.together
    if door < spaces.rooms + len(pairs):
        return int(plan.level[pairs[door - spaces.rooms][0]])
    if door >= len(spaces.doors) - 4:
        return 0
    return (door - spaces.rooms - len(pairs)) // 2


def _is_exit(a: int, b: int, stairs: set[int]) -> bool:
    """Return whether a door leads from a storey to a stair or to the outside."""
    if OUTSIDE in (a, b):
        return not stairs & {a, b}
    return len(stairs & {a, b}) == 1


def _distances(links: list[Link], exits: list[int], stairs: set[int]) -> list[float]:
    """Return the distance of each door from the nearest exit, in mm."""
    best = [float("inf")] * len(links)
    heap = [(0.0, k) for k in exits]
    while heap:
        far, k = heapq.heappop(heap)
        if far >= best[k]:
            continue
        best[k] = far
        place, *both = links[k]
        for j, (other, *theirs) in enumerate(links):
            common = set(both) & set(theirs) - {OUTSIDE} - stairs
            if common and best[j] > far:
                step = float(np.hypot(place[0] - other[0], place[1] - other[1]))
                heapq.heappush(heap, (far + step, j))
    return best


def _farthest(plan: BuildingPlan, i: int, doors: list[tuple[tuple[int, int], float]]) -> float:
    """Return the distance to the exit from the worst of the corners of a space, in mm."""
    x0, y0, x1, y1 = clear(plan.box[i : i + 1])[0].tolist()
    corners = [(x, y) for x in (x0, x1) for y in (y0, y1)]
    return max(
        min((float(np.hypot(x - d[0], y - d[1])) + far for d, far in doors), default=float("inf"))
        for x, y in corners
    )
