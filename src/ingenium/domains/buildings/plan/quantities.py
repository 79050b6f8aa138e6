"""Quantities of a plan as a surveyor takes them off, and their cost and embodied carbon.

Factors of cost and carbon are rounded assumptions of this project for an office-like building with
masonry walls on concrete slabs. They rank plans of one brief; they are no tender and no assessment
after EN 15978. A user's own table replaces them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.domains.buildings.plan.rectangles import present
from ingenium.domains.buildings.plan.solids import HALF, SLAB, walls
from ingenium.domains.buildings.plan.spaces import HEAD, LEAF, SILL, BuildingPlan, Spaces

UNITS = {
    "slab": "m2",
    "roof": "m2",
    "outer wall": "m2",
    "inner wall": "m2",
    "window": "m2",
    "door": "1",
    "stair": "1",
}
# EUR and kg CO2e (stages A1 to A3) of one unit
ASSUMED: Mapping[str, tuple[float, float]] = {
    "slab": (190.0, 95.0),
    "roof": (160.0, 60.0),
    "outer wall": (260.0, 75.0),
    "inner wall": (95.0, 35.0),
    "window": (620.0, 90.0),
    "door": (850.0, 45.0),
    "stair": (9500.0, 1400.0),
}
COLUMNS = (
    Variable("element", (), "1", "one of: " + ", ".join(UNITS), longest=20),
    Variable("cost_eur", (), "1", "EUR of one unit (m2, or one door or stair)", 0.0),
    Variable("carbon_kg", (), "kg", "CO2e of one unit", 0.0),
)


def factors(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return factors with those of a user's table.

    Raises:
        InputError: for an element that is unknown, or named twice.
    """
    found = dict(ASSUMED)
    rows = table.itertuples(index=False)
    seen: set[str] = set()
    for element, cost, carbon in rows:
        if element not in UNITS or element in seen:
            raise InputError(f"each of {', '.join(UNITS)} once", f"{element!r}")
        seen.add(element)
        found[str(element)] = (float(cost), float(carbon))
    return found


@dataclass(frozen=True)
class Bill:
    """Quantities of a plan by element, and its areas in m2."""

    amounts: Mapping[str, float]
    gross_m2: float
    net_m2: float  # of rooms

    def total(self, by: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
        """Return cost in EUR and carbon in kg CO2e."""
        cost = sum(by[k][0] * v for k, v in self.amounts.items())
        carbon = sum(by[k][1] * v for k, v in self.amounts.items())
        return cost, carbon


def bill(spaces: Spaces, plan: BuildingPlan, height_mm: int) -> Bill:
    """Take off the quantities of a plan with storeys of this height."""
    clear_mm = height_mm - SLAB
    area = {"outer": 0, "inner": 0}
    slabs, covered = 0, 0
    for storey in range(spaces.storeys):
        own = plan.on(storey)
        own = own[present(plan.box[own])]
        for wall in walls(plan.box[own]):
            area[wall.kind] += wall.length * clear_mm
        covered = max(covered, footprint(plan.box[own]))
        slabs += footprint(plan.box[own])
        slabs -= sum(
            _area(plan.box[i]) for i in own if storey and spaces.names[i].startswith(("st", "sh"))
        )
    glass = int(plan.window[:, 3].sum()) * (HEAD - SILL)
    door = plan.door[:, 3]
    outside = int(door[-4:].sum()) * LEAF
    amounts = {
        "slab": slabs / 1e6,
        "roof": covered / 1e6,
        "outer wall": (area["outer"] - glass - outside) / 1e6,
        "inner wall": (area["inner"] - int(door[:-4].sum()) * LEAF) / 1e6,
        "window": glass / 1e6,
        "door": float((door > 0).sum()),
        "stair": float(2 * (spaces.storeys - 1)),
    }
    gross = sum(footprint(plan.box[plan.on(s)]) for s in range(spaces.storeys)) / 1e6
    net = sum(_net(plan.box[i]) for i in range(spaces.rooms)) / 1e6
    return Bill(amounts, gross, net)


def footprint(box: np.ndarray) -> int:
    """Return the area of a storey to the outer faces of its walls, in mm2."""
    here = box[present(box)]
    if not len(here):
        return 0
    grown = here + np.array([-HALF, -HALF, HALF, HALF])
    xs, ys = np.unique(grown[:, [0, 2]]), np.unique(grown[:, [1, 3]])
    x, y = (xs[:-1] + xs[1:]) / 2, (ys[:-1] + ys[1:]) / 2
    within = (grown[:, 0, None] < x) & (x < grown[:, 2, None])
    inside = within.T.astype(np.int64) @ ((grown[:, 1, None] < y) & (y < grown[:, 3, None])).astype(
        np.int64
    )
    return int((np.outer(np.diff(xs), np.diff(ys)) * (inside > 0)).sum())


def _area(box: np.ndarray) -> int:
    x0, y0, x1, y1 = box.tolist()
    return int((x1 - x0 - 2 * HALF) * (y1 - y0 - 2 * HALF))


def _net(box: np.ndarray) -> int:
    x0, y0, x1, y1 = box.tolist()
    return int(max(x1 - x0 - 2 * HALF, 0) * max(y1 - y0 - 2 * HALF, 0))
