"""A plan from its IFC4 model alone, without the brief that it was made for."""

import re
from dataclasses import dataclass

from ingenium.core.errors import InputError
from ingenium.domains.buildings.plan.ifc_reader import IfcReader
from ingenium.domains.buildings.plan.programme import Programme, Room, usual
from ingenium.domains.buildings.plan.solids import SLAB
from ingenium.domains.buildings.plan.spaces import BuildingPlan, Spaces
from ingenium.domains.buildings.plan.step import Instance, instances

CIRCULATION = re.compile(r"(?:corridor|stair [ab]|shaft) on level (\d+)")
PAIR = re.compile(r"door (.+) - (.+)")
HEIGHTS_MM = (2400, 6000)  # of a storey
MOST_STOREYS = 8


@dataclass(frozen=True, eq=False)
class PlanModel:
    """A plan, its spaces, and the height of its storeys."""

    spaces: Spaces
    plan: BuildingPlan
    height_mm: int

    @classmethod
    def of(cls, data: bytes) -> "PlanModel":
        """Read the model of a plan that `buildings.plan` exported.

        Raises:
            InputError: for another file, or a model whose walls are not those of its spaces.
        """
        try:
            text = data.decode("ascii")
        except UnicodeDecodeError:
            raise InputError(
                "the IFC4 model of a plan", "a file that is no ASCII text", _EXPORT
            ) from None
        rows = instances(text)
        names = [_name(r) for r in rows.values() if r.kind == "IFCSPACE"]
        rooms = [n for n in names if not CIRCULATION.fullmatch(n)]
        storeys = sum(r.kind == "IFCBUILDINGSTOREY" for r in rows.values())
        if not rooms or not 1 <= storeys <= MOST_STOREYS:
            raise InputError(
                f"the IFC4 model of a plan with rooms on 1 to {MOST_STOREYS} storeys",
                f"{len(rooms)} rooms on {storeys}",
                _EXPORT,
            )
        doors = [_name(r) for r in rows.values() if r.kind == "IFCDOOR"]
        pairs = {m.groups() for n in doors if (m := PAIR.fullmatch(n))}
        together = sorted(
            (min(p), max(p))
            for a, b in pairs
            if a in rooms and b in rooms
            for p in [(rooms.index(a), rooms.index(b))]
        )
        programme = Programme(tuple(Room(n, 1.0, usual(n)[1]) for n in rooms), tuple(together), ())
        spaces = Spaces(programme, storeys)
        height = _height_mm(list(rows.values()))
        return cls(spaces, IfcReader(spaces, height).plan(text), height)


_EXPORT = "Write plan.ifc of a design of buildings.plan."


def _name(row: Instance) -> str:
    name = row.values[2] if len(row.values) > 2 else None
    if not isinstance(name, str):
        raise InputError("names of spaces and doors", f"{name!r}"[:40], _EXPORT)
    return name


def _height_mm(rows: list[Instance]) -> int:
    """Return the height of a storey in mm: the tallest solid, which is a room, and the slab.

    Raises:
        InputError: for a height that no storey has, such as one in feet.
    """
    depths = [r.values[3] for r in rows if r.kind == "IFCEXTRUDEDAREASOLID" and len(r.values) > 3]
    height = max((float(d) for d in depths if isinstance(d, float | int)), default=0.0) + SLAB
    low, high = HEIGHTS_MM
    if not low <= height <= high:
        raise InputError(
            f"storeys of {low} to {high} mm",
            f"{height:g} (heights in feet or metres?)",
            "Export the model in millimetres.",
        )
    return round(height)
