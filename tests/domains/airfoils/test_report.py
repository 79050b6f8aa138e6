"""Reports of sections: fair rivals, and visible bending."""

import numpy as np
import pytest
import torch

from ingenium.core.designs import to_arrays, to_dataset
from ingenium.core.spec import Fixed
from ingenium.core.verify import verify
from ingenium.domains.airfoils.hard import shaped
from ingenium.domains.airfoils.morphing_report import _bent
from ingenium.domains.airfoils.naca import naca_2412
from ingenium.domains.airfoils.section import VARIABLES, WingSection
from ingenium.domains.airfoils.settings import MorphingSettings, Point, SectionSettings

EDGE = 0.004


@pytest.mark.slow
def test_known_sections_get_the_edge_of_the_designs() -> None:
    problem = WingSection(SectionSettings(judge="neuralfoil", network="medium"))
    some = problem.known.isel(design=np.flatnonzero(problem.known["thickness"] > 0.12)[::80])
    thickness = torch.linspace(0.12, 0.15, some.sizes["design"], dtype=torch.float64)
    arrays = shaped(to_arrays(some, VARIABLES), thickness, {"edge_thickness": Fixed(EDGE)})
    coords = {c.name: some[c.name].variable for c in problem.conditions}
    designs = to_dataset(arrays, VARIABLES, problem.labels() | coords)
    verdicts = verify(designs, problem.verifier, (), variables=VARIABLES, sizes=problem.sizes)
    table = problem.sections(designs, verdicts)[2].table
    column = table[0].index("edge thickness")
    rows = [row for row in table[1:] if not row[0].startswith("design")]
    assert len(rows) == 5
    assert {row[column] for row in rows} == {f"{EDGE:.4f}"}
    assert {row[column] for row in table[1:]} == {f"{EDGE:.4f}"}


def test_a_bent_tail_is_drawn_as_far_down_as_its_parabola_ends() -> None:
    points = tuple(Point(name, lift=0.5, reynolds=1e6) for name in ("slow", "fast"))
    settings = MorphingSettings(points=points, hinge=0.7)
    bend_deg = torch.tensor([[3.0, -0.2]], dtype=torch.float64)
    figure = _bent(settings, (*naca_2412(), bend_deg), ["one"])
    lines = figure.axes[1].get_lines()[:2]
    for line, angle in zip(lines, bend_deg[0].tolist(), strict=True):
        x, down = line.get_data()
        # A parabola of slope tan(angle) at its end drops by half of that over its length.
        assert down[-1] == pytest.approx(1000 * 0.15 * np.tan(np.radians(angle)), rel=0.02)
        assert np.abs(np.asarray(down)[np.asarray(x) < 0.65]).max() < 0.05 * abs(down[-1])
    low, high = figure.axes[1].get_ylim()
    assert low > 0 > high, "down is down"
