"""Roof trusses: stiffness against equilibrium and beams, the exact front, a search over it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.core.designs import to_arrays
from ingenium.core.spec import Objective
from ingenium.domains.structures.trusses.front import determinate
from ingenium.domains.structures.trusses.problem import VARIABLES, RoofTruss
from ingenium.domains.structures.trusses.roof import layout, placed
from ingenium.searches.fronts import dominated
from ingenium.searches.trial import SearchTask, searched, verified

PROBLEM = RoofTruss()


def test_stiffness_and_equilibrium_agree_on_every_layout() -> None:
    arrays = to_arrays(PROBLEM.data(), VARIABLES)
    measured = PROBLEM.verifier.measure(*arrays).numpy()
    assert {(int(k), int(n)) for k, n in zip(*arrays[:2], strict=True)} == {
        (k, n) for k in range(3) for n in range(4, 17, 2)
    }
    for i, (kind, panels, depth, area) in enumerate(zip(*arrays, strict=True)):
        one = determinate(PROBLEM.settings.roof, int(kind), int(panels), float(depth), 0.0)
        own = area.numpy()
        assert own @ one.weight == pytest.approx(measured[i, 0], rel=1e-12)
        assert (one.give / own).sum() == pytest.approx(measured[i, 1], rel=1e-9)
        strong = max(measured[i, 2], np.sqrt(measured[i, 3]))
        assert (one.least / own).max() == pytest.approx(strong, rel=1e-9)


def test_the_chord_bears_the_moment_of_a_beam() -> None:
    roof, own = PROBLEM.settings.roof, layout(0, 8)
    depth = torch.tensor([2.0], dtype=torch.float64)
    section = torch.full((1, len(own.bars)), 1e-3, dtype=torch.float64)
    bars = placed(own, roof.span_m, 8, depth)
    force, _ = PROBLEM.tiers[0].solved(own, 8, bars, section)
    middle = int(np.flatnonzero(own.group == 1)[3])  # upper chord beside the middle
    assert float(force[0, middle]) == pytest.approx(-roof.load_n_m * roof.span_m**2 / 8 / 2.0)
    post = int(np.flatnonzero(own.group == 2)[0])  # at the support, with its half panel
    assert float(force[0, post]) == pytest.approx(-roof.load_n_m * roof.span_m / 2)


def test_nothing_betters_the_exact_front_and_it_can_be_built() -> None:
    front = PROBLEM.exact_front(steps=60)
    goals = [Objective(name, "minimise") for name in ("mass_kg", "deflection_m")]
    asked = SearchTask(PROBLEM, tuple(goals), PROBLEM.limits, 200)
    run = searched(asked, "portfolio", 3)
    points = run.values("mass_kg", "deflection_m")[run.held]
    assert len(points) > 20
    assert not dominated(front, points * 1.003).any()
    assert len(run.designs["design"]) == 200  # of several strategies, each with its own notes
    again = verified(asked, run.designs)
    assert np.array_equal(again.values("mass_kg"), run.values("mass_kg"))
    roof = PROBLEM.settings.roof
    one = determinate(roof, 0, 10, 3.0, 2e-4)
    built, area = one.front(np.array([1e4, 1e6]), 2e-2)
    arrays = [torch.full((2,), v, dtype=torch.float64) for v in (0.0, 10.0, 3.0)]
    measured = PROBLEM.verifier.measure(*arrays, torch.from_numpy(area)).numpy()
    assert measured[:, :2] == pytest.approx(built, rel=1e-9)
    assert measured[:, 2:4].max() <= 1 + 1e-9


def test_best_areas_of_a_geometry_beat_others_of_its_mass() -> None:
    one = determinate(PROBLEM.settings.roof, 2, 8, 2.5, 1e-5)
    (mass, give), area = (x[0] for x in one.front(np.array([1e7]), 1.0))
    rng = np.random.default_rng(0)
    for _ in range(50):
        other = area * rng.uniform(0.7, 1.4, 4)
        other *= mass / (other @ one.weight)
        assert (one.give / other).sum() >= give * (1 - 1e-12)


def test_files_and_codec_bring_trusses_back(tmp_path: Path) -> None:

    designs = PROBLEM.data().isel(design=[3, 5])
    table = PROBLEM.formats["json"]
    table.write(designs, tmp_path)
    back = table.read(tmp_path)
    for v in VARIABLES:
        assert np.array_equal(back[v.name].to_numpy(), designs[v.name].to_numpy())
    arrays = to_arrays(designs, VARIABLES)
    decoded = PROBLEM.codec.decode(PROBLEM.codec.encode(arrays))
    for mine, given in zip(decoded, arrays, strict=True):
        assert torch.allclose(mine, given, rtol=1e-12)
