"""Report sections of plans: dimensioned sheets, axonometry, areas, cost and carbon."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.buildings.plan.axonometry import axonometry
from ingenium.domains.buildings.plan.quantities import UNITS, bill
from ingenium.domains.buildings.plan.sheet import draw_storey, sheet
from ingenium.domains.buildings.plan.solids import HALF
from ingenium.domains.buildings.plan.spaces import BuildingPlan, plans
from ingenium.drawing import Rows, gallery, table

if TYPE_CHECKING:
    from ingenium.domains.buildings.plan.problem import BuildingPlans

SHEETS, SMALL = 3, 8  # plans in full, and ground floors next to each other


def sections(
    problem: "BuildingPlans", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Return sections on the accepted plans with the least carbon, one of each shape first."""
    good = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    if not len(good):
        return (Section("No plan was accepted", "See the limits above for what was violated."),)
    order = good[np.argsort(verdicts["carbon"].to_numpy()[good], kind="stable")]
    chosen = _different(problem, designs, order)
    arrays = to_arrays(designs.isel({DESIGN: chosen}), problem.variables)
    listed = [p for p in plans(arrays) if p is not None]
    names = [f"plan {int(i)}" for i in designs[DESIGN].to_numpy()[chosen]]
    height, spaces = problem.tiers[-1].height_mm, problem.spaces
    full = list(zip(listed, names, strict=True))[:SHEETS]
    sheets = tuple(
        Section(
            f"Sheet of {name}",
            "Dimensions between wall axes in metres, net areas between walls; rooms in grey need "
            "no daylight.",
            sheet(spaces, plan, name),
        )
        for plan, name in full
    )
    scenes = tuple(axonometry(spaces, plan, height, name) for plan, name in full)
    return (
        *sheets,
        Section("Axonometry", "Without the roof: turn it to look into the rooms.", scenes=scenes),
        Section("Ground floors of other plans", "", _ground_floors(problem, listed, names)),
        Section(f"Rooms of {names[0]}", "", table=_rooms(problem, listed[0])),
        Section(
            f"Quantities of {names[0]}",
            "Factors of cost and carbon are rounded assumptions unless the spec gives a table.",
            table=_bill(problem, listed[0]),
        ),
    )


def _different(problem: "BuildingPlans", designs: xr.Dataset, order: np.ndarray) -> np.ndarray:
    """Return some plans: the first, then always the one farthest from those chosen."""
    metric = problem.metric(designs)
    chosen = [int(order[0])]
    near = metric(chosen[0])[order]
    while len(chosen) < min(SMALL, len(order)):
        chosen.append(int(order[int(near.argmax())]))
        near = np.minimum(near, metric(chosen[-1])[order])
    return np.array(chosen)


def _ground_floors(
    problem: "BuildingPlans", listed: list[BuildingPlan], names: list[str]
) -> Figure:
    wide, deep = (np.ptp(listed[0].box[:, [a, a + 2]]) / 1000 + 5 for a in (0, 1))

    def draw(axes: Axes, i: int) -> None:
        draw_storey(axes, problem.spaces, listed[i], 0)
        axes.set_aspect("equal")

    return gallery(names, draw, size=(5.6, 5.6 * deep / wide + 0.3), columns=2)


def _rooms(problem: "BuildingPlans", plan: BuildingPlan) -> Rows:
    rooms = problem.spaces.programme.rooms
    size = (plan.box[:, 2:] - plan.box[:, :2] - 2 * HALF)[: len(rooms)] / 1000
    return table(
        ("room", [r.name for r in rooms], ""),
        ("level", [int(x) for x in plan.level[: len(rooms)]], ""),
        ("required, m²", [r.area_m2 for r in rooms], ".1f"),
        ("planned, m²", size.prod(1).tolist(), ".1f"),
        ("clear size, m", [f"{a:.2f} x {b:.2f}" for a, b in size.tolist()], ""),
    )


def _bill(problem: "BuildingPlans", plan: BuildingPlan) -> Rows:
    amounts = bill(problem.spaces, plan, problem.tiers[-1].height_mm).amounts
    by = problem.tiers[-1].factors
    return table(
        ("element", list(amounts), ""),
        ("unit", [UNITS[k].replace("m2", "m²").replace("1", "each") for k in amounts], ""),
        ("quantity", list(amounts.values()), ".1f"),
        ("cost, EUR", [v * by[k][0] for k, v in amounts.items()], ",.0f"),
        ("carbon, kg CO2e", [v * by[k][1] for k, v in amounts.items()], ",.0f"),
    )
