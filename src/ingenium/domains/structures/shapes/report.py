"""Report of shapes with their material, loads and supports, compared with SIMP's."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.core.verify import Verifier
from ingenium.domains.structures.optimise.simp import OptimiserTrace, simp
from ingenium.domains.structures.shapes import straining
from ingenium.domains.structures.shapes.box import VOLUME, DesignBox
from ingenium.domains.structures.shapes.drawing import draw
from ingenium.domains.structures.shapes.solid import to_solid
from ingenium.domains.structures.shapes.training import Optimiser
from ingenium.drawing import Marks, OverTime, figure_of, gallery, table
from ingenium.drawing.style import SERIES

DRAWN, COMPARED = 12, 4
REST = 200  # steps of SIMP at most


def sections(
    box: DesignBox,
    optimiser: Optimiser,
    verifier: Verifier,
    solves: int,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """Plot the stiffest shapes, their stress, and their comparison with SIMP for the same loads."""
    order = stiffest(verdicts)
    if len(order) == 0:
        return ()
    shown = designs.isel({DESIGN: order[:DRAWN]})
    ratio = verdicts["compliance_ratio"].to_numpy()[order[:DRAWN]]
    few = {DESIGN: order[:COMPARED]}
    return (
        Section(
            "Shapes",
            "Accepted shapes (or, without any, verified ones), stiffest for their loads first: "
            "material, loads as arrows (one colour a case), supports as strokes, or circles where "
            "one axis is held. The number is compliance as a multiple of the solid box's.",
            _drawn(box, shown, ratio),
        ),
        straining.section(box, designs.isel(few)),
        _against_simp(optimiser, verifier, solves, designs.isel(few), verdicts.isel(few)),
    )


def stiffest(verdicts: xr.Dataset) -> np.ndarray:
    """Return positions of accepted, or else verified, designs by compliance ratio times volume."""
    verdict = verdicts["verdict"].to_numpy()
    own = np.flatnonzero(verdict == Verdict.ACCEPTED)
    own = own if len(own) else np.flatnonzero(verdict != Verdict.FAILED)
    worth = (verdicts["compliance_ratio"] * verdicts["volume"]).to_numpy()[own]
    order: np.ndarray = own[np.argsort(worth, kind="stable")]
    return order


def _drawn(box: DesignBox, shown: xr.Dataset, ratio: np.ndarray) -> Figure:
    density, numbers = shown["density"].to_numpy(), box.requested(shown)
    nx, ny = box.grid.cells[:2]
    names = zip(shown[DESIGN].to_numpy(), ratio, density, strict=True)
    titles = [f"{i}: {own:.3g} at {100 * field.mean():.0f} % volume" for i, own, field in names]
    wide = 9.5 / min(3, len(ratio))
    return gallery(
        titles,
        lambda axes, i: draw(axes, box, density[i], numbers, i),
        size=(wide, wide * (ny + 0.4 * max(nx, ny)) / (1.4 * nx) + 0.25),
        columns=3,
    )


def _against_simp(
    optimiser: Optimiser, verifier: Verifier, solves: int, rows: xr.Dataset, verdicts: xr.Dataset
) -> Section:
    """Shapes compared with SIMP from uniform densities to convergence, for the same loads."""
    box = optimiser.box
    numbers, index = box.requested(rows), rows[DESIGN].to_numpy()
    trace = simp(optimiser.task_of(numbers), optimiser.settings(REST))
    solid = to_solid(box, trace.density, numbers[VOLUME])
    names = [q.name for q in verifier.quantities]
    measured = verifier.measure(solid.view(-1, *box.grid.cells), *numbers.values()).numpy()
    theirs, ours = measured[:, names.index("compliance")], verdicts["compliance"].to_numpy()
    calls = trace.solves[: len(index)]
    return Section(
        "Compared with SIMP",
        f"The same loads and volumes given to SIMP from even densities, {REST} steps at most. "
        "In the table both are measured alike, as cells that are solid or void. The curves are the "
        "way of SIMP, with grey cells; the points are the shapes above, over SIMP's of the table.",
        _trajectories(trace, ours / theirs, solves, index),
        table(
            ("design", index, ""),
            ("compliance (J)", ours, ".5g"),
            ("solves", [solves] * len(index), "d"),
            ("SIMP (J)", theirs, ".5g"),
            ("solves", [int(n) for n in calls], "d"),
            ("difference (%)", 100 * (ours / theirs - 1), "+.2f"),
        ),
    )


def _trajectories(
    trace: OptimiserTrace, ratio: np.ndarray, calls: int, index: np.ndarray
) -> Figure:
    each = [own / own[-1] for own in trace.compliance_j.numpy()]
    lines = [
        mark
        for own, end, i, colour in zip(each, ratio, index, SERIES, strict=False)
        for mark in (
            Marks(f"design {i}", np.arange(1, len(own) + 1), own, colour, "-"),
            Marks("", np.array([calls]), np.array([end]), colour, "o", 26.0),
        )
    ]
    steps = np.arange(1, len(each[0]) + 1)
    name, ends = "compliance over SIMP's last", (0.8, 2.0)
    shown = OverTime(steps, (), name, x="calls of the solver", ends=ends, marks=lines)
    return figure_of(shown, size=(7.0, 3.0))
