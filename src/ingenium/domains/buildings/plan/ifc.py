"""IFC4 model of a plan: storeys, spaces, walls, slabs, doors, windows and stairs as solids.

Source: ISO 16739-1:2018 (IFC4). All solids are extruded rectangles or polygons, in millimetres.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ingenium.core.digest import digest
from ingenium.domains.buildings.plan.programme import BUILDINGS
from ingenium.domains.buildings.plan.rectangles import present
from ingenium.domains.buildings.plan.solids import HALF, SLAB, clear, walls
from ingenium.domains.buildings.plan.spaces import HEAD, LEAF, SILL, WALL, BuildingPlan, Spaces
from ingenium.domains.buildings.plan.step import NONE, Ref, StepText, Word
from ingenium.domains.buildings.plan.travel import storey_of

LEAF_DEPTH = 60  # mm of doors and windows in their wall
HEADER = (
    "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('ViewDefinition [ReferenceView_V1.2]'),'2;1');\n"
    "FILE_NAME('plan.ifc','2000-01-01T00:00:00',(''),(''),'ingenium','ingenium','');\n"
    "FILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n"
)
FOOTER = "\nENDSEC;\nEND-ISO-10303-21;\n"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$"


class Solid(NamedTuple):
    """A solid of a storey, as a file holds it: its bounds from the floor, in mm."""

    kind: str  # IFC class
    name: str
    storey: int
    bounds: tuple[int, ...]  # x0, y0, z0, x1, y1, z1


def identifier(*parts: object) -> str:
    """Return the identifier of 22 letters for parts of a name."""
    number = int(digest([str(p) for p in parts]).rpartition(":")[2][:32], 16)
    letters = []
    for _ in range(21):
        number, rest = divmod(number, 64)
        letters.append(_LETTERS[rest])
    return _LETTERS[number & 3] + "".join(letters)


def solids(spaces: Spaces, plan: BuildingPlan, height_mm: int) -> Iterator[Solid]:
    """Yield all solids of a plan but slabs."""
    clear_mm = height_mm - SLAB
    for storey in range(spaces.storeys):
        own = [int(i) for i in plan.on(storey) if present(plan.box[i : i + 1])[0]]
        for i, (x0, y0, x1, y1) in zip(own, clear(plan.box[own]).tolist(), strict=True):
            yield Solid("IFCSPACE", spaces.names[i], storey, (x0, y0, 0, x1, y1, clear_mm))
        for k, wall in enumerate(walls(plan.box[own])):
            x0, y0, x1, y1 = wall.footprint
            name = f"{wall.kind} wall {storey}-{k + 1}"
            yield Solid("IFCWALL", name, storey, (x0, y0, 0, x1, y1, clear_mm))
    for k, door in enumerate(plan.door.tolist()):
        if door[3]:
            bounds = _leaf(door, 0, LEAF, LEAF_DEPTH)
            yield Solid("IFCDOOR", spaces.doors[k], storey_of(spaces, plan, k), bounds)
    for i, window in enumerate(plan.window.tolist()):
        if window[3]:
            bounds = _leaf(window, SILL, HEAD, LEAF_DEPTH)
            name = f"window of {spaces.names[i]}"
            yield Solid("IFCWINDOW", name, int(plan.level[i]), bounds)


def _leaf(opening: Sequence[int], low: int, high: int, depth: int) -> tuple[int, ...]:
    """Return the bounds of an opening through a wall, or of what fills it."""
    x, y, axis, width = opening
    half = width // 2, depth // 2
    a, b = half if axis == 0 else half[::-1]
    return (x - a, y - b, low, x + a, y + b, high)


@dataclass
class IfcModel:
    """Writer of the model of one plan."""

    spaces: Spaces
    plan: BuildingPlan
    height_mm: int
    title: str

    def text(self) -> str:
        """Return the file."""
        self.step = StepText()
        self.upright = self.step.add("IFCDIRECTION", (0.0, 0.0, 1.0))
        project, context = self._project()
        building, storeys = self._structure(project)
        self.body = self.step.add(
            "IFCGEOMETRICREPRESENTATIONSUBCONTEXT", "Body", "Model", *(Word("*"),) * 4, context,
            NONE, Word(".MODEL_VIEW."), NONE,
        )  # fmt: skip
        made: dict[tuple[str, str, int], Ref] = {}
        contained: list[list[Ref]] = [[] for _ in storeys]
        rooms: list[list[Ref]] = [[] for _ in storeys]
        listed = list(solids(self.spaces, self.plan, self.height_mm))
        for solid in listed:
            ref = self._element(solid, storeys[solid.storey][1])
            made[solid[:3]] = ref
            place = rooms if solid.kind == "IFCSPACE" else contained
            place[solid.storey].append(ref)
        for storey, (_, placement) in enumerate(storeys):
            contained[storey].append(self._slab(storey, placement))
        self._openings(listed, made, [p for _, p in storeys])
        for k, (ref, _) in enumerate(storeys):
            self._relate("IFCRELAGGREGATES", f"spaces {k}", ref, rooms[k])
            guid = identifier("contained", k)
            self.step.add(
                "IFCRELCONTAINEDINSPATIALSTRUCTURE", guid, NONE, NONE, NONE, contained[k], ref
            )
        self._relate("IFCRELAGGREGATES", "storeys", building, [r for r, _ in storeys])
        return HEADER + "\n".join(self.step.lines) + FOOTER

    def _relate(self, kind: str, name: str, whole: Ref, parts: list[Ref]) -> None:
        self.step.add(kind, identifier(kind, name), NONE, NONE, NONE, whole, parts)

    def _project(self) -> tuple[Ref, Ref]:
        add = self.step.add
        units = [
            add("IFCSIUNIT", Word("*"), Word(".LENGTHUNIT."), Word(".MILLI."), Word(".METRE.")),
            add("IFCSIUNIT", Word("*"), Word(".AREAUNIT."), NONE, Word(".SQUARE_METRE.")),
            add("IFCSIUNIT", Word("*"), Word(".VOLUMEUNIT."), NONE, Word(".CUBIC_METRE.")),
        ]
        context = add(
            "IFCGEOMETRICREPRESENTATIONCONTEXT", NONE, "Model", 3, 1e-5, self._at(0, 0, 0), NONE
        )
        project = add(
            "IFCPROJECT", identifier("project", self.title), NONE, self.title, NONE, NONE, NONE,
            NONE, [context], add("IFCUNITASSIGNMENT", units),
        )  # fmt: skip
        return project, context

    def _structure(self, project: Ref) -> tuple[Ref, list[tuple[Ref, Ref]]]:
        add = self.step.add
        origin = add("IFCLOCALPLACEMENT", NONE, self._at(0, 0, 0))
        tail = (NONE, NONE, Word(".ELEMENT."))
        site = add(
            "IFCSITE", identifier("site"), NONE, "Site", NONE, NONE, origin, *tail, *(NONE,) * 5
        )
        place = add("IFCLOCALPLACEMENT", origin, self._at(0, 0, 0))
        building = add(
            "IFCBUILDING", identifier("building"), NONE, self.title, NONE, NONE, place, *tail,
            *(NONE,) * 3,
        )  # fmt: skip
        self._relate("IFCRELAGGREGATES", "site", project, [site])
        self._relate("IFCRELAGGREGATES", "building", site, [building])
        storeys = []
        for k in range(self.spaces.storeys):
            z = k * self.height_mm
            own = add("IFCLOCALPLACEMENT", place, self._at(0, 0, z))
            named = identifier("storey", k), NONE, f"Level {k}", NONE, NONE, own, *tail
            storeys.append((add("IFCBUILDINGSTOREY", *named, float(z)), own))
        return building, storeys

    def _at(self, x: float | int, y: float | int, z: float | int) -> Ref:
        point = self.step.add("IFCCARTESIANPOINT", (float(x), float(y), float(z)))
        return self.step.add("IFCAXIS2PLACEMENT3D", point, NONE, NONE)

    def _box(self, bounds: Sequence[int]) -> Ref:
        """Return the shape of a box around the origin of its own placement."""
        add, (x0, y0, z0, x1, y1, z1) = self.step.add, bounds
        profile = add(
            "IFCRECTANGLEPROFILEDEF", Word(".AREA."), NONE, NONE, float(x1 - x0), float(y1 - y0)
        )
        return self._extruded(profile, z1 - z0)

    def _extruded(self, profile: Ref, height: int) -> Ref:
        add = self.step.add
        solid = add("IFCEXTRUDEDAREASOLID", profile, self._at(0, 0, 0), self.upright, float(height))
        shape = add("IFCSHAPEREPRESENTATION", self.body, "Body", "SweptSolid", [solid])
        return add("IFCPRODUCTDEFINITIONSHAPE", NONE, NONE, [shape])

    def _placed(self, bounds: Sequence[int], storey: Ref) -> tuple[Ref, Ref]:
        x0, y0, z0, x1, y1, _ = bounds
        place = self._at((x0 + x1) / 2, (y0 + y1) / 2, z0)
        return self.step.add("IFCLOCALPLACEMENT", storey, place), self._box(bounds)

    def _element(self, solid: Solid, storey: Ref) -> Ref:
        placement, shape = self._placed(solid.bounds, storey)
        guid = identifier(*solid[:3])
        head = (guid, NONE, solid.name, NONE, NONE, placement, shape)
        x0, y0, z0, x1, y1, z1 = solid.bounds
        size = (float(z1 - z0), float(max(x1 - x0, y1 - y0)))
        tails: dict[str, tuple[object, ...]] = {
            "IFCSPACE": (NONE, Word(".ELEMENT."), Word(".INTERNAL."), 0.0),
            "IFCWALL": (NONE, Word(".SOLIDWALL.")),
            "IFCDOOR": (NONE, *size, Word(".DOOR."), Word(".SINGLE_SWING_LEFT."), NONE),
            "IFCWINDOW": (NONE, *size, Word(".WINDOW."), Word(".SINGLE_PANEL."), NONE),
        }
        ref = self.step.add(solid.kind, *head, *tails[solid.kind])
        if solid.kind == "IFCSPACE":
            self._area(ref, guid, (x1 - x0) * (y1 - y0) / 1e6)
        return ref

    def _area(self, space: Ref, guid: str, area_m2: float) -> None:
        add = self.step.add
        area = add("IFCQUANTITYAREA", "NetFloorArea", NONE, NONE, float(area_m2), NONE)
        found = add(
            "IFCELEMENTQUANTITY", identifier("quantities", guid), NONE, "Qto_SpaceBaseQuantities",
            NONE, NONE, [area],
        )  # fmt: skip
        related = identifier("quantities of", guid)
        add("IFCRELDEFINESBYPROPERTIES", related, NONE, NONE, NONE, [space], found)

    def _slab(self, storey: int, placement: Ref) -> Ref:
        """Return the floor of a storey, with voids for stairs and shafts above the ground."""
        add = self.step.add
        outer, holes = slab(self.spaces, self.plan, storey)
        curves = [self._curve(ring) for ring in (outer, *holes)]
        if holes:
            profile = add(
                "IFCARBITRARYPROFILEDEFWITHVOIDS", Word(".AREA."), NONE, curves[0], curves[1:]
            )
        else:
            profile = add("IFCARBITRARYCLOSEDPROFILEDEF", Word(".AREA."), NONE, curves[0])
        place = add("IFCLOCALPLACEMENT", placement, self._at(0, 0, -SLAB))
        kind = Word(".FLOOR." if storey else ".BASESLAB.")
        name = f"slab {storey}"
        shape = self._extruded(profile, SLAB)
        return add("IFCSLAB", identifier(name), NONE, name, NONE, NONE, place, shape, NONE, kind)

    def _curve(self, ring: Sequence[tuple[float, float]]) -> Ref:
        add = self.step.add
        points = [add("IFCCARTESIANPOINT", (float(x), float(y))) for x, y in ring]
        return add("IFCPOLYLINE", points)

    def _openings(
        self, listed: Sequence[Solid], made: dict[tuple[str, str, int], Ref], storeys: list[Ref]
    ) -> None:
        """Cut openings into the walls in which doors and windows are."""
        rows = [s for s in listed if s.kind == "IFCWALL"]
        for solid in listed:
            if solid.kind not in ("IFCDOOR", "IFCWINDOW"):
                continue
            bounds = np.array(solid.bounds)
            thin = 0 if bounds[3] - bounds[0] < bounds[4] - bounds[1] else 1
            bounds[thin] -= (WALL - LEAF_DEPTH) // 2
            bounds[thin + 3] += (WALL - LEAF_DEPTH) // 2
            hosts = [w for w in rows if w.storey == solid.storey and _meets(w.bounds, bounds)]
            for wall in hosts:
                placement, shape = self._placed(bounds.tolist(), storeys[solid.storey])
                guid = identifier("opening", *solid[:3], wall.name)
                name = f"opening of {solid.name}"
                opening = self.step.add(
                    "IFCOPENINGELEMENT", guid, NONE, name, NONE, NONE, placement, shape, NONE,
                    Word(".OPENING."),
                )  # fmt: skip
                ends = ((made[wall[:3]], opening), (opening, made[solid[:3]]))
                for kind, (a, b) in zip(("VOIDS", "FILLS"), ends, strict=True):
                    own = identifier(kind, guid)
                    self.step.add(f"IFCREL{kind}ELEMENT", own, NONE, NONE, NONE, a, b)


def _meets(one: Sequence[int], other: np.ndarray) -> bool:
    a = np.array(one)
    return bool((a[:3] < other[3:]).all() and (other[:3] < a[3:]).all())


def slab(
    spaces: Spaces, plan: BuildingPlan, storey: int
) -> tuple[list[tuple[float, float]], list[list[tuple[float, float]]]]:
    """Return the outer ring of the slab below a storey, and the rings of its holes, in mm."""
    shapely = BUILDINGS.package("shapely")
    own = plan.on(storey)
    own = own[present(plan.box[own])]
    grown = plan.box[own] + np.array([-HALF, -HALF, HALF, HALF])
    whole = shapely.union_all(shapely.box(*grown.T.astype(np.float64)))
    if whole.geom_type != "Polygon":
        whole = max(whole.geoms, key=lambda g: g.area)
    rows = [i for i in own if storey and spaces.names[i].startswith(("stair", "shaft"))]
    voids = shapely.union_all(shapely.box(*clear(plan.box[rows]).T.astype(np.float64)))
    cut = whole.difference(voids)
    if cut.geom_type != "Polygon":
        cut = max(cut.geoms, key=lambda g: g.area)
    rings = [cut.exterior, *cut.interiors]
    outer, *holes = ([(float(x), float(y)) for x, y in r.coords] for r in rings)
    return outer, holes
