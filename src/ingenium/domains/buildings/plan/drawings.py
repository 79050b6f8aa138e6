"""Drawings of a plan for other programs: DXF in layers, and GeoJSON of the rooms."""

import json
from collections.abc import Iterator

from ingenium.domains.buildings.plan.plot import Plot
from ingenium.domains.buildings.plan.rectangles import present
from ingenium.domains.buildings.plan.solids import clear, walls
from ingenium.domains.buildings.plan.spaces import WALL, BuildingPlan, Spaces
from ingenium.domains.buildings.plan.travel import storey_of

LAYERS = {"WALLS": 7, "DOORS": 1, "WINDOWS": 5, "ROOMS": 8, "TEXT": 3}  # with colours
GAP = 5000  # mm between storeys on the sheet
LETTER = 250  # mm


def dxf(spaces: Spaces, plan: BuildingPlan) -> str:
    """Return all storeys side by side as DXF of release 12, in millimetres."""
    here = plan.box[present(plan.box)]
    wide = int(here[:, 2].max() - here[:, 0].min()) + GAP if len(here) else 0
    rows = [(0, "SECTION"), (2, "TABLES"), (0, "TABLE"), (2, "LAYER"), (70, len(LAYERS))]
    for name, colour in LAYERS.items():
        rows += [(0, "LAYER"), (2, name), (70, 0), (62, colour), (6, "CONTINUOUS")]
    rows += [(0, "ENDTAB"), (0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")]
    for storey in range(spaces.storeys):
        for layer, shape in _shapes(spaces, plan, storey):
            rows += _entity(layer, shape, storey * wide)
    rows += [(0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code}\n{value}\n" for code, value in rows)


Shape = tuple[int, int, int, int] | tuple[str, float, float]


def _shapes(spaces: Spaces, plan: BuildingPlan, storey: int) -> Iterator[tuple[str, Shape]]:
    own = [int(i) for i in plan.on(storey) if present(plan.box[i : i + 1])[0]]
    for wall in walls(plan.box[own]):
        yield "WALLS", wall.footprint
    for i, (x0, y0, x1, y1) in zip(own, clear(plan.box[own]).tolist(), strict=True):
        area = (x1 - x0) * (y1 - y0) / 1e6
        yield "ROOMS", (x0, y0, x1, y1)
        yield "TEXT", (f"{spaces.names[i]} {area:.1f} m2", (x0 + x1) / 2, (y0 + y1) / 2)
    for layer, _, row in openings(spaces, plan, storey):
        x, y, axis, width = row
        half = (width // 2, WALL // 2) if axis == 0 else (WALL // 2, width // 2)
        yield layer, (x - half[0], y - half[1], x + half[0], y + half[1])


def openings(
    spaces: Spaces, plan: BuildingPlan, storey: int
) -> Iterator[tuple[str, int, list[int]]]:
    """Yield the doors and windows of a storey: layer, number, and (x, y, axis, width)."""
    for k, row in enumerate(plan.door.tolist()):
        if row[3] and storey_of(spaces, plan, k) == storey:
            yield "DOORS", k, row
    for i, row in enumerate(plan.window.tolist()):
        if row[3] and plan.level[i] == storey:
            yield "WINDOWS", i, row


def _entity(layer: str, shape: Shape, shift: int) -> list[tuple[int, object]]:
    if isinstance(shape[0], str):
        name, x, y = shape[:3]
        return [(0, "TEXT"), (8, layer), (10, x + shift), (20, y), (40, LETTER), (1, name)]
    x0, y0, x1, y1 = shape
    rows: list[tuple[int, object]] = [(0, "POLYLINE"), (8, layer), (66, 1), (70, 1)]
    for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)):
        rows += [(0, "VERTEX"), (8, layer), (10, x + shift), (20, y)]
    return [*rows, (0, "SEQEND"), (8, layer)]


def geojson(spaces: Spaces, plan: BuildingPlan, plot: Plot) -> str:
    """Return the clear area of each space as GeoJSON, in metres of the plot's system."""
    ox, oy = plot.origin_m
    features = []
    for i in range(spaces.count()):
        if not present(plan.box[i : i + 1])[0]:
            continue
        x0, y0, x1, y1 = clear(plan.box[i : i + 1])[0].tolist()
        ring = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
        points = [[round(ox + x / 1000, 3), round(oy + y / 1000, 3)] for x, y in ring]
        about = {
            "name": spaces.names[i],
            "level": int(plan.level[i]),
            "area_m2": round((x1 - x0) * (y1 - y0) / 1e6, 3),
        }
        shape = {"type": "Polygon", "coordinates": [points]}
        features.append({"type": "Feature", "properties": about, "geometry": shape})
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1) + "\n"
