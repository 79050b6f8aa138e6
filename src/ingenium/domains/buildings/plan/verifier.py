"""Verifier of plans: exact geometry, escape, daylight, quantities.

Shapes: n designs, s spaces, w doors, r rooms.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.buildings.plan.daylight import factor
from ingenium.domains.buildings.plan.plot import Plot
from ingenium.domains.buildings.plan.programme import BUILDINGS
from ingenium.domains.buildings.plan.quantities import bill
from ingenium.domains.buildings.plan.rectangles import outer, overlap, present, shared
from ingenium.domains.buildings.plan.solids import HALF, clashes
from ingenium.domains.buildings.plan.spaces import WALL, BuildingPlan, Spaces, plans, stair_mm
from ingenium.domains.buildings.plan.travel import escape

BORDER = 1000  # mm of common wall from which on rooms are adjacent
PRIVATE = 1  # mm of common wall from which on rooms are not separate


@dataclass(frozen=True)
class PlanVerifier:
    """Measurements of a plan for a programme, on a plot."""

    spaces: Spaces
    plot: Plot
    height_mm: int
    factors: Mapping[str, tuple[float, float]]
    name: ClassVar[str] = "ingenium plan geometry"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities, in the order of the columns."""
        count: dict[str, Any] = {"lower": 0.0, "whole": True}
        return (
            Quantity("overlap", "m2", "area of spaces over each other", lower=0.0),
            Quantity("outside_plot", "m2", "area of the building outside its plot", lower=0.0),
            Quantity("clashes", "1", "pairs of walls and clear spaces that share volume", **count),
            Quantity(
                "area_error", "1", "largest relative departure from a required area", lower=0.0
            ),
            Quantity(
                "missing_adjacency", "1", "pairs together without 1 m of common wall", **count
            ),
            Quantity("missing_separation", "1", "pairs apart that share a wall", **count),
            Quantity("unreached", "1", "spaces absent, or without a route to an exit", **count),
            Quantity(
                "opening_faults", "1", "doors or windows that their wall cannot hold", **count
            ),
            Quantity(
                "daylight", "%", "least average daylight factor of a room that needs it", lower=0.0
            ),
            Quantity("travel", "m", "longest way from a room to an exit of its storey", lower=0.0),
            Quantity("exits", "1", "fewest exits of a storey", **count),
            Quantity("span", "m", "longest span of a slab between walls", lower=0.0),
            Quantity("shift", "m", "of stairs and shafts between storeys", lower=0.0),
            Quantity("short_stairs", "1", "stairs too small for two flights", **count),
            Quantity("narrowest", "m", "least clear width of a room", lower=0.0),
            Quantity("corridor_width", "m", "least clear width of a corridor", lower=0.0),
            Quantity("gross_area", "m2", "floors to the outer faces of walls", lower=0.0),
            Quantity("net_area", "m2", "of rooms, between the faces of walls", lower=0.0),
            Quantity("efficiency", "1", "net area of rooms by gross area", lower=0.0),
            Quantity("cost", "1", "EUR, by quantities", lower=0.0),
            Quantity("carbon", "kg", "CO2e of stages A1 to A3, by quantities", lower=0.0),
        )

    def measure(
        self,
        level: Float64[Tensor, "n s"],
        box: Float64[Tensor, "n s 4"],
        door: Float64[Tensor, "n w 4"],
        window: Float64[Tensor, "n r 4"],
    ) -> Float64[Tensor, "n k"]:
        """Measure each plan; NaN for one that is not of whole millimetres, or without rooms."""
        listed = plans((level, box, door, window))
        rows = [self._one(p) for p in listed]  # routes and walls are graphs of each plan
        return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(self.quantities))

    def explain(self, *arrays: Float64[Tensor, "n ..."]) -> list[str]:
        """Return why a plan has no measurements."""
        return ["the plan is not of whole millimetres, or a level has no spaces" for _ in arrays[0]]

    def _one(self, plan: BuildingPlan | None) -> list[float]:
        if plan is None or not self._whole(plan):
            return [math.nan] * len(self.quantities)
        spaces, route = self.spaces, escape(self.spaces, plan)
        taken = bill(spaces, plan, self.height_mm)
        cost, carbon = taken.total(self.factors)
        together, apart = self._adjacency(plan)
        rooms = plan.box[: spaces.rooms]
        found: list[float | int] = [
            self._overlap_m2(plan),
            self._outside_m2(plan),
            clashes(plan, spaces.storeys),
            self._area_error(rooms),
            together,
            apart,
            route.unreached,
            route.faults + self._window_faults(plan),
            self._daylight(plan),
            route.farthest_m,
            route.exits,
            self._span_m(plan),
            self._shift_m(plan),
            self._short_stairs(plan),
            float((rooms[:, 2:] - rooms[:, :2]).min() - WALL) / 1000,
            self._corridor_m(plan),
            taken.gross_m2,
            taken.net_m2,
            taken.net_m2 / taken.gross_m2,
            cost,
            carbon,
        ]
        return [float(x) for x in found]

    def _whole(self, plan: BuildingPlan) -> bool:
        levels = set(plan.level[present(plan.box)].tolist())
        ordered = (plan.box[:, 2:] >= plan.box[:, :2]).all()
        return bool(ordered) and levels == set(range(self.spaces.storeys))

    def _overlap_m2(self, plan: BuildingPlan) -> float:
        area = overlap(plan.box[None])[0]
        same = plan.level[:, None] == plan.level[None]
        return float(np.triu(area * same, 1).sum()) / 1e6

    def _outside_m2(self, plan: BuildingPlan) -> float:
        shapely = BUILDINGS.package("shapely")
        here = present(plan.box)
        grown = plan.box[here] + np.array([-HALF, -HALF, HALF, HALF])
        whole = shapely.union_all(shapely.box(*grown.T.astype(np.float64)))
        return float(whole.difference(self.plot.polygon).area) / 1e6

    def _area_error(self, rooms: np.ndarray) -> float:
        side = np.maximum(rooms[:, 2:] - rooms[:, :2] - WALL, 0)
        wanted = np.array([r.area_m2 for r in self.spaces.programme.rooms])
        return float(np.abs(side.prod(1) / 1e6 / wanted - 1).max())

    def _adjacency(self, plan: BuildingPlan) -> tuple[int, int]:
        def common(a: int, b: int) -> int:
            if plan.level[a] != plan.level[b]:
                return 0
            found = shared(plan.box[a], plan.box[b])
            return found.length if found else 0

        programme = self.spaces.programme
        together = sum(common(a, b) < BORDER + WALL for a, b in programme.together)
        return together, sum(common(a, b) >= PRIVATE for a, b in programme.apart)

    def _window_faults(self, plan: BuildingPlan) -> int:
        """Count windows that are not in one outer wall of their room, clear of other walls."""
        bad = 0
        for i, (x, y, axis, width) in enumerate(plan.window.tolist()):
            if not width:
                continue
            storey = np.flatnonzero((plan.level == plan.level[i]) & present(plan.box))
            walls = (
                outer(int(np.flatnonzero(storey == i)[0]), plan.box[storey]) if i in storey else []
            )
            along, across = (x, y) if axis == 0 else (y, x)
            low, high = along - width / 2 - HALF, along + width / 2 + HALF
            bad += width < 0 or not any(
                w.axis == axis and w.at == across and w.low <= low and high <= w.high for w in walls
            )
        return bad

    def _daylight(self, plan: BuildingPlan) -> float:
        rooms = self.spaces.programme.rooms
        found = [factor(plan, i, self.height_mm) for i, r in enumerate(rooms) if r.daylight]
        return min(found, default=100.0)

    def _span_m(self, plan: BuildingPlan) -> float:
        here = plan.box[present(plan.box)]
        return float((here[:, 2:] - here[:, :2]).min(1).max()) / 1000

    def _shift_m(self, plan: BuildingPlan) -> float:
        spaces, most = self.spaces, 0
        for kind in spaces.kinds[1:]:
            stack = plan.box[[spaces.at(kind, s) for s in range(spaces.storeys)]]
            most = max(most, int(np.abs(stack - stack[:1]).max()))
        return most / 1000

    def _short_stairs(self, plan: BuildingPlan) -> int:
        spaces = self.spaces
        stairs = [spaces.at(k, s) for s in range(spaces.storeys) for k in spaces.kinds[1:3]]
        clear = np.sort(plan.box[stairs, 2:] - plan.box[stairs, :2] - WALL, 1)
        return int((clear < np.array(stair_mm(self.height_mm))).any(1).sum())

    def _corridor_m(self, plan: BuildingPlan) -> float:
        spaces = self.spaces
        corridors = plan.box[[spaces.at("corridor", s) for s in range(spaces.storeys)]]
        return float((corridors[:, 2:] - corridors[:, :2]).min() - WALL) / 1000
