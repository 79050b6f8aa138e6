"""Body of a plan that a reader can turn: walls with their openings, slabs, glass, doors, rooms."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.scene import Mark, Scene
from ingenium.domains.buildings.plan.drawings import openings
from ingenium.domains.buildings.plan.rectangles import present
from ingenium.domains.buildings.plan.solids import HALF, SLAB, clear, walls
from ingenium.domains.buildings.plan.spaces import HEAD, LEAF, SILL, WALL, BuildingPlan, Spaces

Number = float | int
Box = tuple[Number, Number, Number, Number, Number, Number]  # x0, y0, z0, x1, y1, z1 in mm
GLASS, DOORS = "#7db7dd", "#a9713c"
STAIRS, ROOMS = "#b9b2a3", "#dfe8d8"
PANE = 20  # mm, half the depth of glass and doors
COVER = 30  # mm, thickness of floors in colour
_CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)])
_FACES = np.array(
    [[0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4],
     [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5]]
)  # fmt: skip


def axonometry(spaces: Spaces, plan: BuildingPlan, height_mm: int, title: str) -> Scene:
    """Return the body of a plan without its roof, so that the upper floor is seen."""
    marks: dict[str, list[Box]] = {GLASS: [], DOORS: [], STAIRS: [], ROOMS: []}
    body: list[Box] = []
    for storey in range(spaces.storeys):
        z = float(storey * height_mm)
        own = [int(i) for i in plan.on(storey) if present(plan.box[i : i + 1])[0]]
        rows = list(openings(spaces, plan, storey))
        for wall in walls(plan.box[own]):
            body += _pierced(wall.footprint, rows, z, height_mm - SLAB)
        for i, (x0, y0, x1, y1) in zip(own, clear(plan.box[own]).tolist(), strict=True):
            vertical = spaces.names[i].startswith(("stair", "shaft"))
            colour = STAIRS if i >= spaces.rooms else ROOMS
            marks[colour].append((x0, y0, z, x1, y1, z + COVER))
            if not (vertical and storey):
                body.append((x0 - WALL, y0 - WALL, z - SLAB, x1 + WALL, y1 + WALL, z))
        for layer, _, (x, y, axis, width) in rows:
            low, high = (SILL, HEAD) if layer == "WINDOWS" else (0, LEAF)
            half = (width / 2, PANE) if axis == 0 else (PANE, width / 2)
            colour = GLASS if layer == "WINDOWS" else DOORS
            marks[colour].append(
                (x - half[0], y - half[1], z + low, x + half[0], y + half[1], z + high)
            )
    names = {GLASS: "glass", DOORS: "doors", STAIRS: "corridors and stairs", ROOMS: "rooms"}
    found = (Mark(names[c], *surface(b), c) for c, b in marks.items() if b)
    return Scene(title, *surface(body), marks=tuple(found), marks_are="openings and floors")


def _pierced(
    footprint: tuple[int, int, int, int],
    rows: Sequence[tuple[str, int, list[int]]],
    z: Number,
    clear_mm: int,
) -> Iterator[Box]:
    """Yield the parts of a wall around its openings."""
    x0, y0, x1, y1 = footprint
    axis = 0 if x1 - x0 >= y1 - y0 else 1
    at = (y0 if axis == 0 else x0) + HALF
    low, high = (x0, x1) if axis == 0 else (y0, y1)
    cuts = []
    for layer, _, row in rows:
        middle = row[axis]
        if row[2] == axis and row[1 - axis] == at and low < middle < high:
            ends = (SILL, HEAD) if layer == "WINDOWS" else (0, LEAF)
            cuts.append((middle - row[3] / 2, middle + row[3] / 2, *ends))

    def part(a: Number, b: Number, bottom: Number, top: Number) -> Box:
        if axis == 0:
            return (a, y0, z + bottom, b, y1, z + top)
        return (x0, a, z + bottom, x1, b, z + top)

    start: Number = low
    for a, b, bottom, top in sorted(cuts):
        yield part(start, a, 0, clear_mm)
        if bottom > 0:
            yield part(a, b, 0, bottom)
        yield part(a, b, top, clear_mm)
        start = b
    yield part(start, high, 0, clear_mm)


def surface(boxes: Sequence[Box]) -> tuple[Float64[np.ndarray, "v 3"], Int64[np.ndarray, "t 3"]]:
    """Return the corners of boxes in metres, and their triangles."""
    rows = np.array(boxes, np.float64).reshape(-1, 6) / 1000
    corners = rows[:, None, :3] + _CORNERS[None] * (rows[:, 3:] - rows[:, :3])[:, None]
    faces = _FACES[None] + 8 * np.arange(len(rows))[:, None, None]
    return corners.reshape(-1, 3), faces.reshape(-1, 3).astype(np.int64)
