"""Thermal zones of a plan: on each storey the rooms of one facade, and the core between them.

Lengths are between wall axes, and heights those of storeys, so that zones fill the building.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.buildings.envelope.source import PlanModel
from ingenium.domains.buildings.plan.rectangles import merged, outer, overlap, present
from ingenium.domains.buildings.plan.solids import walls
from ingenium.domains.buildings.plan.spaces import HEAD, SILL

FACADES = ("south", "east", "north", "west")  # of the drawing, whose y axis points up
NORMAL_DEG = (180.0, 90.0, 0.0, 270.0)  # azimuth of each, from the y axis, clockwise
CORE = "core"
BAND_M = (HEAD - SILL) / 1000  # height of windows
SILL_M = SILL / 1000
GAP_M = 0.2  # of an overhang above the head of a window


@dataclass(frozen=True)
class OuterWall:
    """A stretch of outer wall of a zone, in m."""

    facade: int
    at: float
    low: float
    high: float
    windowed: float  # length of the rooms in it that have a window

    @property
    def length(self) -> float:
        """Length in m."""
        return self.high - self.low


@dataclass(frozen=True)
class Zone:
    """One thermal zone; areas in m2."""

    name: str
    storey: int
    floor: float
    walls: tuple[OuterWall, ...]
    roof: float  # under the sky
    ground: float  # on the ground
    exposed: float  # floor above outside air
    partitions: float  # faces of inner walls
    corner: tuple[float, float]  # lowest x and y
    wide: float  # along x

    @property
    def floor_slab(self) -> float:
        """Floor above another storey."""
        return max(self.floor - self.ground - self.exposed, 0.0)

    @property
    def ceiling_slab(self) -> float:
        """Ceiling below another storey."""
        return max(self.floor - self.roof, 0.0)

    def length(self, facade: int, *, windowed: bool = False) -> float:
        """Return the length of outer walls of a facade, or of their rooms with windows."""
        own = [w for w in self.walls if w.facade == facade]
        return sum((w.windowed if windowed else w.length for w in own), 0.0)


@dataclass(frozen=True, eq=False)
class DaylitRooms:
    """Rooms that need daylight.

    Shapes: r rooms.
    """

    names: tuple[str, ...]
    facade: np.ndarray
    length_m: np.ndarray  # of its outer wall with the window


@dataclass(frozen=True, eq=False)
class ThermalZones:
    """Zones of a plan, on storeys of one height."""

    model: PlanModel
    zones: tuple[Zone, ...]

    @classmethod
    def of(cls, model: PlanModel) -> "ThermalZones":
        """Divide a plan into zones.

        Raises:
            InputError: for a plan without a window.
        """
        side = [_facade(model, i) for i in range(model.spaces.count())]
        found = []
        for storey in range(model.spaces.storeys):
            own = [int(i) for i in model.plan.on(storey) if present(model.plan.box[i : i + 1])[0]]
            for facade in (*range(4), None):
                members = [i for i in own if side[i] == facade]
                if members:
                    name = f"level {storey} {CORE if facade is None else FACADES[facade]}"
                    found.append(_zone(model, name, storey, members))
        made = cls(model, tuple(found))
        if not made.facades:
            raise InputError("a plan with windows", "one without", "Plan some rooms with daylight.")
        return made

    @property
    def height_m(self) -> float:
        """Height of a storey."""
        return self.model.height_mm / 1000

    @cached_property
    def facades(self) -> tuple[int, ...]:
        """Facades with windows."""
        return tuple(f for f in range(4) if any(z.length(f, windowed=True) > 0 for z in self.zones))

    @cached_property
    def floor_m2(self) -> float:
        """Floor area of all zones."""
        return sum((z.floor for z in self.zones), 0.0)

    @cached_property
    def daylit(self) -> DaylitRooms:
        """Rooms that need daylight and have a window."""
        plan, spaces = self.model.plan, self.model.spaces
        rooms = [i for i, r in enumerate(spaces.programme.rooms)
                 if r.daylight and plan.window[i, 3] > 0]  # fmt: skip
        facade = np.array([_facade(self.model, i) for i in rooms], np.int64)
        length = [_windowed_m(self.model, i, int(f)) for i, f in zip(rooms, facade, strict=True)]
        return DaylitRooms(tuple(spaces.names[i] for i in rooms), facade, np.array(length))


def _outer(model: PlanModel, i: int) -> list[tuple[int, int, int, int]]:
    """Return facade, place, start and end of the outer walls of a space, in mm."""
    plan = model.plan
    storey = np.flatnonzero((plan.level == plan.level[i]) & present(plan.box))
    place = np.flatnonzero(storey == i)
    if not len(place):
        return []
    x0, y0, x1, y1 = plan.box[i].tolist()
    sides = {(0, y0): 0, (1, x1): 1, (0, y1): 2, (1, x0): 3}
    stretches = outer(int(place[0]), plan.box[storey])
    return [(sides[s.axis, s.at], s.at, s.low, s.high) for s in stretches]


def _facade(model: PlanModel, i: int) -> int | None:
    """Return the facade of a room: that of its window, else its longest; None for the core."""
    if i >= model.spaces.rooms:
        return None
    found = _outer(model, i)
    x, y, axis, width = model.plan.window[i].tolist()
    if width:
        across = y if axis == 0 else x
        hits = [f for f, at, _, _ in found if (f % 2, at) == (axis, across)]
        return hits[0] if hits else None
    return max(found, key=lambda w: w[3] - w[2])[0] if found else None


def _windowed_m(model: PlanModel, i: int, facade: int) -> float:
    return sum(high - low for f, _, low, high in _outer(model, i) if f == facade) / 1000


def _zone(model: PlanModel, name: str, storey: int, members: list[int]) -> Zone:
    plan, spaces = model.plan, model.spaces
    box = plan.box[members]
    area = float(((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])).sum()) / 1e6
    above, below = (_covered_m2(model, members, storey + k) for k in (1, -1))
    top, first = storey == spaces.storeys - 1, storey == 0
    roof = area if top else max(area - above, 0.0)
    open_floor = 0.0 if first else max(area - below, 0.0)
    own = plan.box[plan.on(storey)]
    whole = _storey_m2(own)
    faces = 2 * sum(w.length for w in walls(own[present(own)]) if w.kind == "inner") / 1000
    return Zone(
        name,
        storey,
        area,
        _walls(model, members),
        roof,
        area if first else 0.0,
        open_floor,
        faces * model.height_mm / 1000 * area / whole,
        (float(box[:, 0].min()) / 1000, float(box[:, 1].min()) / 1000),
        float(box[:, 2].max() - box[:, 0].min()) / 1000,
    )


def _walls(model: PlanModel, members: list[int]) -> tuple[OuterWall, ...]:
    """Merge outer walls of the members that meet in line."""
    lines: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for i in members:
        facade = _facade(model, i)
        lit = i < model.spaces.rooms and model.plan.window[i, 3] > 0
        for f, at, low, high in _outer(model, i):
            windowed = high - low if lit and f == facade else 0
            lines.setdefault((f, at), []).append((low, high, windowed))
    found = []
    for (f, at), spans in sorted(lines.items()):
        for low, high in merged([s[:2] for s in spans]):
            lit_mm = sum(s[2] for s in spans if low <= s[0] and s[1] <= high)
            found.append(OuterWall(f, at / 1000, low / 1000, high / 1000, lit_mm / 1000))
    return tuple(found)


def _covered_m2(model: PlanModel, members: list[int], storey: int) -> float:
    """Return the area of the members that spaces of another storey cover."""
    other = model.plan.box[model.plan.on(storey)]
    other = other[present(other)]
    if not len(other):
        return 0.0
    both = np.concatenate([model.plan.box[members], other])
    count = len(members)
    return float(overlap(both[None])[0, :count, count:].sum()) / 1e6


def _storey_m2(box: np.ndarray) -> float:
    return float(((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])).sum()) / 1e6
