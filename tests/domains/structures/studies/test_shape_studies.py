"""Studies of shapes in small: what they compare is what they say."""

import numpy as np
import pytest
import torch
from ingenium.domains.structures.studies.shape_refinement import (
    EVEN,
    NEAREST,
    SHARE,
    contest,
    proposals,
    until,
)

from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.domains.structures.shapes.settings import ShapeSettings
from ingenium.domains.structures.studies import (
    shape_families,
    shape_front,
    shape_refinement,
    told_shapes,
)
from ingenium.studies.study import Budget

SMALL = ShapeSettings(preset="cantilever", cells=(16, 8), designs=20)


@pytest.fixture(scope="module")
def small():
    return contest(SMALL, 1, silent)


def test_folds_hold_out_every_load_once():
    rows = [contest(SMALL, seed, silent).held for seed in range(5)]
    assert (np.sum(rows, axis=0) == 1).all()


def test_from_even_densities_a_fifth_of_the_calls_is_the_optimisers_own_course(small):
    start = proposals(small, EVEN, 0, 1)[0]
    gap = small.gaps(small.refined(start))["grey"]
    table = small.course.compliance_j
    at = table[torch.arange(len(table)), (small.calls // SHARE - 1).clamp(min=0)]
    assert gap == pytest.approx(100 * (at / table[:, -1] - 1).numpy(), abs=1e-4)


def test_the_optimisers_own_shape_has_no_gap(small):
    for gap in small.gaps(small.course.density).values():
        assert gap == pytest.approx(0, abs=1e-6)


def test_calls_until_near():
    course = torch.tensor([[3.0, 1.01, 1.0], [9.0, 8.0, 7.0]], dtype=torch.float64)
    last = torch.ones(2, dtype=torch.float64)
    assert until(course, last).tolist() == [2, torch.inf]


def test_neighbours_are_other_loads_and_scores_have_their_parts(small):
    drawn = proposals(small, NEAREST, 0, 2)
    found = shape_refinement.compared(small, drawn.mean(0)) | shape_refinement.beyond(small, drawn)
    assert {p.name for p in shape_refinement.STUDY.parts} <= set(found)
    assert found["sharp_gap"] > -50


def test_front_and_hypervolume_of_known_points():
    points = np.array([[0.325, 2.0], [0.325, 2.5], [0.5, 2.0], [0.13, 2.5], [0.9, 1.0]])
    assert shape_front.front(points).tolist() == [[0.13, 2.5], [0.325, 2.0], [0.9, 1.0]]
    area = (0.325 - 0.13) * 0.5 + (0.65 - 0.325) * 1.0
    assert shape_front.hypervolume(points) == pytest.approx(area / (0.65 * 2))
    assert shape_front.hypervolume(points[:0]) == 0


def test_designs_that_hardly_differ_count_once():
    a = np.zeros((4, 10))
    a[1, :1] = 1  # 10 % of the cells
    a[2] = a[1]
    a[3, 5:] = 1
    assert shape_front.distinct(a) == 3


def test_a_limit_that_is_broken_is_seen_by_the_other_engine(small, monkeypatch):
    monkeypatch.setattr(shape_front, "MOST_RATIO", 100.0)  # so coarse cells are not stiff
    problem = small.problem
    thin = shape_front.swept(problem, 0)
    held, apart = shape_front.checked(problem, thin.designs)
    assert held == 1
    assert apart < 1e-6
    cut = thin.designs.copy(deep=True)
    cut["density"][:, 8] = 0.0
    assert shape_front.checked(problem, cut)[0] == 0


@pytest.fixture(scope="module")
def told():
    return told_shapes.told_shapes(96, 16, 8, silent)


@pytest.mark.slow
def test_targets_learning_and_tuning_share_no_shape(told):
    rows = torch.cat([told.held, told.tuning, told.own(len(told.pool), 3)])
    assert rows.sort().values.tolist() == list(range(len(told.solid)))
    assert not torch.equal(told.own(20, 0), told.own(20, 1))
    with pytest.raises(InputError, match="learn from"):
        told.own(1000, 0)


def test_targets_that_are_met_score_one_and_errors_are_percent(told):
    found, bears = told.measured(told_shapes.heights(told.solid))
    torch.testing.assert_close(found, told.properties)
    assert bool(bears.all())
    assert shape_families.score(found, told.properties) == pytest.approx(1)
    assert shape_families.percent(found + np.log(1.1), found) == pytest.approx([10.0] * 5)
    mean = told.properties.mean(0).expand_as(told.properties)
    assert shape_families.score(mean, told.properties) == pytest.approx(0)
    half = shape_families.score(mean[:30], told.properties[:30], told.properties)
    assert half == pytest.approx(
        1
        - float(
            ((told.properties[:30] - mean[:30]) ** 2 / told.properties.var(0, correction=0)).mean()
        )
    )


def test_a_shape_that_bears_nothing_counts_as_the_worst_known_and_no_worse(told):
    found, bears = told.measured(torch.full_like(told.solid[:1], -1.0))
    worst = told.properties.amax(0)
    assert not bool(bears)
    torch.testing.assert_close(found[0, :4], worst[:4])
    assert found[0, 4] == told.properties[:, 4].min()


def test_heights_are_distances_to_the_outline():
    solid = torch.zeros(told_shapes.CELLS, dtype=torch.float64)
    solid[:10] = 1.0
    found = told_shapes.heights(solid.flatten()[None]).view(told_shapes.CELLS)
    row = torch.tensor([3, 2.5, 1.5, 0.5, -0.5, -1.5, -2.5, -3]) / told_shapes.REACH
    torch.testing.assert_close(found[6:14, 5], row.double())


def test_components_keep_what_shapes_are_worth(told):
    outlines = told_shapes.Outlines.of(told.solid[told.pool])
    numbers = outlines.encode(told.solid)
    assert float(numbers[told.pool].square().mean()) == pytest.approx(1, rel=1e-5)
    found, _ = told.measured(outlines.decode(numbers))
    assert shape_families.score(found[told.pool], told.properties[told.pool]) > 0.9


def test_neighbours_are_known_shapes_and_each_family_proposes(told):
    own = told.own(64, 0)
    near = shape_families.proposed(told, "nearest", own, told.held, seed=0)
    apart = (near.found[:, None] - told.properties[own]).abs().amax(-1).amin(1)
    assert float(apart.max()) < 1e-9
    for name in (*shape_families.WAYS, "smooth_mean", shape_families.CEILING):
        first, again = (
            shape_families.proposed(told, name, own, told.held, seed=0, share=0.003)
            for _ in range(2)
        )
        assert torch.equal(first.found, again.found)
        assert bool(first.found.isfinite().all())


def test_a_stopped_study_goes_on_and_names_the_best_with_few(tmp_path, monkeypatch):
    monkeypatch.setattr(shape_families, "QUICK", shape_families.Work(96, (24, 60), 16, 8, 0.003))
    budget = Budget((0,), True, tmp_path)
    first = shape_families.measure(budget, silent)
    monkeypatch.setattr(shape_families, "proposed", None)  # nothing is fitted again
    again = shape_families.measure(budget, silent)
    assert first.beside == again.beside
    assert {p.name for p in shape_families.STUDY.parts} == set(first.values)
    assert "24 shapes" in first.notes[0]
