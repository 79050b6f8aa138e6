"""Reader of IFC4 models of plans: spaces, doors and windows become a plan again.

Walls are not read into the plan but follow from its spaces; a file whose walls, or any solids, are
others than those that follow is refused.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.buildings.plan.ifc import Solid, solids
from ingenium.domains.buildings.plan.solids import HALF
from ingenium.domains.buildings.plan.spaces import BuildingPlan, Spaces
from ingenium.domains.buildings.plan.step import Instance, Ref, Word, instances

SOLIDS = ("IFCSPACE", "IFCWALL", "IFCDOOR", "IFCWINDOW")
ALSO = ("IFCSLAB", "IFCOPENINGELEMENT")
_SHAPED = 7  # values of a product up to its shape
_ORIGIN = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class IfcReader:
    """Reader of a model for known spaces and storeys of one height."""

    spaces: Spaces
    height_mm: int

    def plan(self, text: str) -> BuildingPlan:
        """Return the plan of a model.

        Raises:
            InputError: for a model with other spaces or solids than a plan of this brief has.
        """
        model = _Instances(instances(text), self.height_mm)
        listed = list(model.solids())
        plan = self._plan(listed)
        wanted = Counter(_nameless(s) for s in solids(self.spaces, plan, self.height_mm))
        found = Counter(map(_nameless, listed))
        if wanted != found:
            other = next(iter((found - wanted) or (wanted - found)))
            how = "more" if found - wanted else "missing"
            raise InputError(
                "the walls and openings that follow from the spaces of the model",
                f"{other[0]} on level {other[1]} at {other[2]}, {how}",
                "Change spaces, doors and windows; walls follow from them.",
            )
        return plan

    def _plan(self, listed: list[Solid]) -> BuildingPlan:
        spaces, count = self.spaces, self.spaces.count()
        level, box = np.zeros(count, np.int64), np.zeros((count, 4), np.int64)
        door = np.zeros((len(spaces.doors), 4), np.int64)
        window = np.zeros((spaces.rooms, 4), np.int64)
        for storey in range(spaces.storeys):
            for kind in spaces.kinds:
                level[spaces.at(kind, storey)] = storey
        windows = [f"window of {n}" for n in spaces.names[: spaces.rooms]]
        tables = {
            "IFCSPACE": (spaces.names, box),
            "IFCDOOR": (spaces.doors, door),
            "IFCWINDOW": (windows, window),
        }
        seen: set[tuple[str, str]] = set()
        for solid in listed:
            if solid.kind == "IFCWALL":
                continue
            names, rows = tables[solid.kind]
            if solid.name not in names or solid[:2] in seen:
                raise InputError(
                    f"each {solid.kind} of the brief once", f'"{solid.name}"', "Name it as before."
                )
            seen.add(solid[:2])
            k = names.index(solid.name)
            rows[k] = _space(solid) if solid.kind == "IFCSPACE" else _opening(solid)
            if solid.kind == "IFCSPACE":
                level[k] = solid.storey
        return BuildingPlan(level, box, door, window)


def _nameless(solid: Solid) -> tuple[str, int, tuple[int, ...]]:
    return solid.kind, solid.storey, solid.bounds


def _space(solid: Solid) -> tuple[int, ...]:
    x0, y0, _, x1, y1, _ = solid.bounds
    return x0 - HALF, y0 - HALF, x1 + HALF, y1 + HALF


def _opening(solid: Solid) -> tuple[int, ...]:
    x0, y0, _, x1, y1, _ = solid.bounds
    axis = 0 if x1 - x0 >= y1 - y0 else 1
    return (x0 + x1) // 2, (y0 + y1) // 2, axis, (x1 - x0, y1 - y0)[axis]


@dataclass(frozen=True)
class _Instances:
    """Instances of a file."""

    rows: Mapping[int, Instance]
    height_mm: int

    def get(self, ref: object, *kinds: str) -> Instance:
        found = self.rows.get(ref.number) if isinstance(ref, Ref) else None
        if found is None or (kinds and found.kind not in kinds):
            raise InputError(f"a reference to {' or '.join(kinds)}", f"{ref}", "Export it again.")
        return found

    def of(self, *kinds: str) -> Iterator[tuple[int, Instance]]:
        return ((k, r) for k, r in self.rows.items() if r.kind in kinds)

    @cached_property
    def storeys(self) -> Mapping[int, int]:
        """Number of the storey by the number of its placement."""
        found = {}
        for _, row in self.of("IFCBUILDINGSTOREY"):
            (_, _, z) = self._place(row.values[5])
            found[row.values[5].number] = int(z) // self.height_mm
            if z != found[row.values[5].number] * self.height_mm:
                raise InputError(f"storeys of {self.height_mm} mm", f"one at {z:g} mm")
        return found

    def solids(self) -> Iterator[Solid]:
        """Yield all solids but slabs and openings.

        Raises:
            InputError: for a length unit other than mm, or products without a solid of ours.
        """
        lengths = [r.values for _, r in self.of("IFCSIUNIT") if Word(".LENGTHUNIT.") in r.values]
        if [v[2:] for v in lengths] != [(Word(".MILLI."), Word(".METRE."))]:
            raise InputError("one unit of length, millimetres", f"{len(lengths)} others")
        for _, row in self.of(*SOLIDS):
            yield self._solid(row)
        strange = {
            r.kind for r in self.rows.values()
            if len(r.values) > _SHAPED - 1 and isinstance(r.values[6], Ref)
            and r.kind not in (*SOLIDS, *ALSO) and self._is_shape(r.values[6])
        }  # fmt: skip
        if strange:
            raise InputError(f"solids of {', '.join(SOLIDS + ALSO)}", min(strange))

    def _is_shape(self, ref: Ref) -> bool:
        row = self.rows.get(ref.number)
        return row is not None and row.kind == "IFCPRODUCTDEFINITIONSHAPE"

    def _solid(self, row: Instance) -> Solid:
        if len(row.values) < _SHAPED or not isinstance(row.values[2], str):
            raise InputError("products with a name, a place and a shape", f"{row}"[:60])
        placement = self.get(row.values[5], "IFCLOCALPLACEMENT")
        storey = self.storeys.get(getattr(placement.values[0], "number", -1))
        if storey is None:
            raise InputError("products placed on a storey", f'"{row.values[2]}"')
        x, y, z = self._point(placement.values[1])
        dx, dy, dz = self._size(row.values[6])
        low = (x - dx / 2, y - dy / 2, z)
        bounds = (*low, low[0] + dx, low[1] + dy, z + dz)
        if any(b != int(b) for b in bounds):
            raise InputError("solids on whole millimetres", f'"{row.values[2]}" at {bounds}')
        return Solid(row.kind, row.values[2], storey, tuple(map(int, bounds)))

    def _size(self, ref: object) -> tuple[float, float, float]:
        """Return the sides of a shape, which is one upright extruded rectangle."""
        shape = self.get(ref, "IFCPRODUCTDEFINITIONSHAPE")
        (one,) = shape.values[2] if len(shape.values[2]) == 1 else (None,)
        items = self.get(one, "IFCSHAPEREPRESENTATION").values[3]
        solid = self.get(items[0] if len(items) == 1 else None, "IFCEXTRUDEDAREASOLID")
        profile = self.get(solid.values[0], "IFCRECTANGLEPROFILEDEF")
        upright = self.get(solid.values[2], "IFCDIRECTION").values[0] == [0.0, 0.0, 1.0]
        here = self._point(solid.values[1]) == _ORIGIN
        plain = profile.values[2] == Word("$") or self._point(profile.values[2]) == _ORIGIN
        if not (upright and here and plain):
            raise InputError("upright solids around their own origin", "another solid")
        return float(profile.values[3]), float(profile.values[4]), float(solid.values[3])

    def _point(self, ref: object) -> tuple[float, ...]:
        place = self.get(ref, "IFCAXIS2PLACEMENT3D")
        if any(v != Word("$") for v in place.values[1:]):
            raise InputError("placements that are not turned", "a turned one")
        point = self.get(place.values[0], "IFCCARTESIANPOINT").values[0]
        return tuple(map(float, point))

    def _place(self, ref: object) -> tuple[float, ...]:
        """Return the sum of a chain of placements."""
        total = np.zeros(3)
        for _ in range(10):
            row = self.get(ref, "IFCLOCALPLACEMENT")
            total += self._point(row.values[1])
            ref = row.values[0]
            if ref == Word("$"):
                return tuple(total.tolist())
        raise InputError("placements that end", "a chain without end")
