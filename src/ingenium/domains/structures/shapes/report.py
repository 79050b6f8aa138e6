"""What an engineer wants to see of shapes: material, loads, supports, and SIMP beside them."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.optimise.simp import Course, simp
from ingenium.domains.structures.shapes import straining
from ingenium.domains.structures.shapes.box import VOLUME
from ingenium.domains.structures.shapes.drawing import draw
from ingenium.domains.structures.shapes.solid import to_solid
from ingenium.domains.structures.shapes.training import BESIDE
from ingenium.drawing.style import dress, gallery, plane

if TYPE_CHECKING:
    from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance

DRAWN, COMPARED = 12, 4
REST = 200  # steps of SIMP at most


def sections(
    problem: "MinimumCompliance", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """The stiffest shapes, what some of them bear, and these beside SIMP for the same loads."""
    order = stiffest(verdicts)
    if len(order) == 0:
        return ()
    shown = designs.isel({DESIGN: order[:DRAWN]})
    few = order[: min(COMPARED, len(order))]
    return (
        Section(
            "Shapes",
            "Accepted shapes (or, without any, verified ones), stiffest for their loads first: "
            "material, loads as arrows (one colour a case), supports as strokes, or circles where "
            "one axis is held. The number is compliance as a multiple of the solid box's.",
            _drawn(problem, shown, verdicts["compliance_ratio"].to_numpy()[order[:DRAWN]]),
        ),
        straining.section(problem, designs.isel({DESIGN: few})),
        _beside_simp(problem, designs.isel({DESIGN: few}), verdicts.isel({DESIGN: few})),
    )


def stiffest(verdicts: xr.Dataset) -> np.ndarray:
    """Positions of accepted designs, or of verified ones, by compliance ratio times volume."""
    verdict = verdicts["verdict"].to_numpy()
    own = np.flatnonzero(verdict == Verdict.ACCEPTED)
    if len(own) == 0:
        own = np.flatnonzero(verdict != Verdict.FAILED)
    worth = (verdicts["compliance_ratio"] * verdicts["volume"]).to_numpy()[own]
    order: np.ndarray = own[np.argsort(worth, kind="stable")]
    return order


def _drawn(problem: "MinimumCompliance", shown: xr.Dataset, ratio: np.ndarray) -> Figure:
    density, numbers = shown["density"].to_numpy(), problem.numbers(shown)
    nx, ny = problem.box.grid.cells[:2]
    titles = [
        f"{index}: {own:.3g} at {100 * field.mean():.0f} % volume"
        for index, own, field in zip(shown[DESIGN].to_numpy(), ratio, density, strict=True)
    ]
    columns = min(3, len(ratio))
    wide = 9.5 / columns
    return gallery(
        titles,
        lambda axes, i: draw(axes, problem.box, density[i], numbers, i),
        size=(wide, wide * (ny + 0.4 * max(nx, ny)) / (1.4 * nx) + 0.25),
        columns=columns,
    )


def _beside_simp(problem: "MinimumCompliance", rows: xr.Dataset, verdicts: xr.Dataset) -> Section:
    """The same loads given to SIMP from even densities, until it rests."""
    optimiser, numbers = problem.optimiser, problem.numbers(rows)
    course = simp(optimiser.asked(numbers), optimiser.settings(REST))
    solid = to_solid(problem.box, course.density, numbers[VOLUME])
    names = [q.name for q in problem.quantities]
    theirs = problem.verifier.measure(
        solid.view(-1, *problem.box.grid.cells), *numbers.values()
    ).numpy()
    column = theirs[:, names.index("compliance")]
    ours, steps = verdicts["compliance"].to_numpy(), problem.settings.refine_steps
    table = [("design", "compliance (J)", "solves", "SIMP (J)", "solves", "difference")]
    for i, index in enumerate(rows[DESIGN].to_numpy().tolist()):
        gap = f"{100 * (ours[i] / column[i] - 1):+.2f} %"
        calls = str(int(course.solves[i]))
        table.append(
            (str(index), f"{ours[i]:.5g}", str(steps + BESIDE), f"{column[i]:.5g}", calls, gap)
        )
    return Section(
        "Beside SIMP",
        f"The same loads and volumes given to SIMP from even densities, {REST} steps at most. "
        "In the table both are measured alike, as cells that are solid or void. The curves are the "
        "way of SIMP, with grey cells; the points are the shapes above, over SIMP's of the table.",
        _courses(course, ours / column, steps + BESIDE, rows[DESIGN].to_numpy()),
        tuple(table),
    )


def _courses(course: Course, ratio: np.ndarray, calls: int, index: np.ndarray) -> Figure:
    figure, ax = plane(7.0, 3.0)
    for i, own in enumerate(course.compliance_j.numpy()):
        at = np.arange(1, len(own) + 1)
        line = ax.plot(at, own / own[-1], lw=1.2, label=f"design {index[i]}")[0]
        ax.plot([calls], [ratio[i]], "o", color=line.get_color(), ms=5)
    ax.set_ylim(0.8, 2.0)
    dress(ax, "calls of the solver", "compliance / SIMP's last", grid=True)
    return figure
