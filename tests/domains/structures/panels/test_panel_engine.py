"""Cores whose stiffness and strength are known in closed form, and their files."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import ingenium
from ingenium.core.errors import InputError
from ingenium.core.spec import load
from ingenium.core.text import codes
from ingenium.domains.structures.lattices.material import STEEL_316L
from ingenium.domains.structures.panels.layout import CoreLayout
from ingenium.domains.structures.panels.problem import Panel, PanelSettings
from ingenium.domains.structures.panels.verifier import CoreVerifier
from ingenium.trust.ledger import open_ledger

E, YIELD = STEEL_316L.modulus_pa, STEEL_316L.yield_pa
EXAMPLE = Path(__file__).parents[4] / "examples" / "structures" / "panel.toml"
ONE = CoreLayout(columns=4, rows=1, width_m=0.04, height_m=0.02)


def measured(layout: CoreLayout, text: str, *row_m: float) -> dict[str, float]:
    engine = CoreVerifier(layout, STEEL_316L)
    rows = torch.tensor([row_m], dtype=torch.float64)
    found = engine.measure(codes([text], layout.rows), rows)[0].tolist()
    return dict(zip((q.name for q in engine.quantities), found, strict=True))


def test_a_row_of_uprights_is_a_row_of_clamped_columns() -> None:
    """Shear by 12 EI/h3, pressure by EA/h; the thin ones buckle at Euler's load, others yield."""
    area, h = ONE.width_m * ONE.depth_m, ONE.height_m
    for t in (0.0004, 0.002):
        found = measured(ONE, "I", t)
        sway = 5 * 12 * E * ONE.depth_m * t**3 / 12 / h**3
        assert found["shear_modulus"] == pytest.approx(sway * h / area)
        assert found["modulus"] == pytest.approx(5 * E * t / ONE.width_m)
        euler = math.pi**2 * E * t**2 / (12 * h**2)
        assert found["strength"] == pytest.approx(5 * t / ONE.width_m * min(YIELD, euler))
    assert math.pi**2 * E * 0.0004**2 / (12 * h**2) < YIELD < math.pi**2 * E * 0.002**2 / 12 / h**2


def test_a_crossed_row_is_a_truss_with_a_little_bending() -> None:
    t, (a, h) = 0.001, ONE.cell_m
    area, length = ONE.width_m * ONE.depth_m, math.hypot(*ONE.cell_m)
    along, across = E * ONE.depth_m * t / length, E * ONE.depth_m * t**3 / length**3
    s, c = h / length, a / length
    found = measured(ONE, "X", t)
    assert found["modulus"] == pytest.approx(8 * (along * s**2 + across * c**2) * h / area)
    assert found["shear_modulus"] == pytest.approx(8 * (along * c**2 + across * s**2) * h / area)
    assert found["relative_density"] == pytest.approx(8 * t * length / (ONE.width_m * h))


def test_upside_down_is_the_same() -> None:
    layout = CoreLayout(rows=3)
    one, other = (
        measured(layout, *way)
        for way in (("IXX", 0.0005, 0.001, 0.0015), ("XXI", 0.0015, 0.001, 0.0005))
    )
    assert one == pytest.approx(other, rel=1e-9)


def test_gradients_reach_thicknesses() -> None:
    engine, text = CoreVerifier(CoreLayout(rows=2), STEEL_316L), codes(["VX"], 2)
    row_m = torch.tensor([[0.001, 0.0008]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: engine.measure(text, t)[:, :2] / 1e9, row_m, eps=1e-8)


def test_struts_that_no_topology_has_are_refused(tmp_path: Path) -> None:
    problem = Panel(PanelSettings(ONE, known=50))
    form = problem.formats["struts"]
    (file,) = form.write(problem.data().isel(design=[0]), tmp_path).values()
    table = pd.read_csv(file)
    for change, reported in (
        (table.iloc[:-1], "other struts in row 1"),
        (table.assign(x0_mm=table["x0_mm"] + 0.3), "neighbouring nodes"),
        (table.rename(columns={"x0_mm": "x"}), "the columns"),
    ):
        change.to_csv(file, index=False)
        with pytest.raises(InputError, match=reported):
            form.read(file)
    assert np.ptp(table["thickness_mm"]) == 0


@pytest.mark.slow
def test_the_example_learns_topologies_and_thicknesses(tmp_path: Path) -> None:
    """More than twice as many are feasible as of known cores of the requested density."""
    spec = load(EXAMPLE)
    with open_ledger(tmp_path / "ledger.db") as book:
        run = ingenium.propose(spec, 128, 1, tmp_path / "out", ledger=book)
        assert ingenium.replay(tmp_path / "out", int(run.selected[0]), ledger=book).reproduced
    assert run.summary.accepted > 0.3 * 128
    retained = run.designs.isel(design=run.selected)
    assert len(set(retained["topology"].to_numpy().tolist())) > 10
