"""A planned path bears what it must with less than a solid print, as its file says."""

import numpy as np
import pytest

from ingenium.kits.solids.elastic.material import Material
from ingenium.kits.solids.elastic.strength import Strength
from ingenium.kits.solids.printing import checked
from ingenium.kits.solids.printing.bearing import Head, Standing
from ingenium.kits.solids.printing.checked import Planner
from ingenium.kits.solids.printing.columns import Column
from ingenium.kits.solids.printing.toolpath import Bead, Pattern, everywhere


def planner(folder):
    part = Standing(
        (24, 24, 48),
        0.015,
        (-0.18, -0.18, 0.0),
        Material(25e9, 0.2, 2300.0, 3e6),
        Strength(3e6, 30e6),
        Head((6e4, 0.0, -4e5)),
        0.09,
    )
    mesh = Column(0.72, (0.18, 0.18), power=6.0).mesh()
    return Planner(mesh, Pattern(Bead(0.06, 0.03), hop_m=0.03), part, folder)


def test_a_solid_print_bears_about_what_finite_elements_say_of_the_mesh(tmp_path):
    plan = planner(tmp_path)
    full = plan.printed(everywhere(1.0), "full")
    assert full.factor == pytest.approx(plan.part.first_failure(plan.solid()), rel=0.05)
    assert full.material_m3 == pytest.approx(plan.mesh.volume, rel=0.03)


def test_an_adapted_print_bears_what_it_must_with_less(tmp_path):
    plan = planner(tmp_path)
    least = 0.95 * plan.part.first_failure(plan.solid())
    found = plan.adapted(least, rounds=3)
    assert found.factor >= least
    assert found.material_m3 < 0.95 * plan.mesh.volume
    assert found.file.is_file()
    assert np.sum(found.share) * 0.015**3 == pytest.approx(found.material_m3, rel=0.02)


def test_where_no_filling_bears_the_strongest_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(checked, "SCALES", (0.25, 3.0))
    plan = planner(tmp_path)
    truth = plan.part.first_failure(plan.solid())
    found = plan.adapted(3 * truth, rounds=1)
    assert 0.9 * truth < found.factor < 3 * truth
