"""Parts of the study of crushed lattices: distances, its search, and its reading."""

import numpy as np
import pytest

from ingenium.domains.structures.lattices.layout import STEEPEST, Layout, frames
from ingenium.domains.structures.lattices.solid import body_density
from ingenium.evaluate.trials import Readings
from ingenium.runs.loop import training
from ingenium_book.studies.structures.lattice_designs import distance, near, opened, spacing
from ingenium_book.studies.structures.lattice_energy import control, measure, read
from ingenium_book.studies.structures.lattice_rivals import climbed


def test_half_of_the_known_lattices_are_as_far_from_each_other_as_a_new_one_is_from_them():
    problem = opened()
    known = problem.encode(training(problem)).flatten(1).double()
    gap = distance(known)
    assert gap.diagonal().max() < 1e-6
    gap.fill_diagonal_(np.inf)
    assert (gap.amin(1) >= spacing()).double().mean() == pytest.approx(0.5, abs=0.01)
    assert np.abs(near(problem.data())["density"] - 0.12).max() < 0.02


def test_a_search_climbs_within_its_calls_at_the_density_asked_for():
    layout, requested = Layout(columns=2, rows=2, width_m=0.02, height_m=0.024), []
    one = np.ones((1, *layout.cells))

    def energy(fields):
        requested.append(fields)
        return float(fields[0].mean())  # the steeper the lines, the more

    start = (0 * one, 2 * layout.thinnest_m * one, 0 * one)
    rng = np.random.default_rng(0)
    best, most = climbed(layout, 0.15, energy, start, 6, rng)
    assert len(requested) == 6
    assert requested[0][0].max() == 0
    assert 0 < most <= STEEPEST
    assert best[0].mean() == most
    assert body_density(frames(layout, *best)[0]) == pytest.approx(0.15, rel=1e-3)


def test_gains_are_over_rivals_of_the_same_seed():
    names = ("diversity", "failed", "new", "median_error")
    plain = dict.fromkeys((*names, "within_10_percent"), 1.0)
    pieces = {name: [{"best": b} for b in (100.0, 200.0)] for name in measure.arms}
    pieces["principal_flow_matching"] = [plain | {"best": b} for b in (120.0, 220.0)]
    pieces["stiffest"] = [{"best": b} for b in (60.0, 200.0)]
    pieces["uniform"] = [{"hexagons": 50.0}] * 2
    found = Readings((0, 1), pieces)
    values = read(found)
    np.testing.assert_allclose(values["gain_over_optimised"], [100, 10])
    np.testing.assert_allclose(values["gain_over_foam"], [20, 10])
    assert values["hexagons"].interval.exact
    assert control(found).over_nearest.value == pytest.approx(20)
