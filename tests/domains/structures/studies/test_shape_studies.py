"""Row 20.2 in small: what shapes are told by, and what families make of it."""

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.domains.structures.studies import shape_families, told_shapes
from ingenium.domains.structures.studies.told_families import CEILING, WAYS, heights_of
from ingenium.evaluate.trials import Readings


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_components_keep_what_shapes_are_worth(told):
    outlines = told_shapes.Outlines.of(told.solid[told.pool])
    numbers = outlines.encode(told.solid)
    assert float(numbers[told.pool].square().mean()) == pytest.approx(1, rel=1e-5)
    found, _ = told.measured(outlines.decode(numbers))
    assert shape_families.score(found[told.pool], told.properties[told.pool]) > 0.9


@pytest.mark.slow
def test_neighbours_are_known_shapes_and_each_family_proposes(told):
    own = told.own(64, 0)
    near, _ = told.measured(heights_of(told, "nearest", own, told.held, seed=0))
    apart = (near[:, None] - told.properties[own]).abs().amax(-1).amin(1)
    assert float(apart.max()) < 1e-9
    for name in (*WAYS, "smooth_mean", CEILING, "any"):
        first, again = (
            heights_of(told, name, own, told.held, seed=0, share=0.003) for _ in range(2)
        )
        assert torch.equal(first, again)
        assert bool(first.isfinite().all())


def test_leads_are_paired_by_seed_and_tables_are_medians():
    def piece(r2):
        return {
            "r2": r2,
            "r2_of_bearing": r2,
            "bearing_percent": [50, 60],
            "mae_percent": [1, 2, 3, 4, 5],
            "size": [24, 60],
        }

    r2 = {"gan": 0.1, "beta_vae": 0.2, "diffusion": 0.5, "transformer": 0.4}
    pieces = {name: [piece([x, x + s]) for s in (0.1, 0.3)] for name, x in r2.items()}
    pieces |= {name: [piece([0, 0])] * 2 for name in (*shape_families.BASELINES, CEILING)}
    found = shape_families.read(Readings((0, 1), pieces))
    assert found["diffusion_last"] == pytest.approx([0.1, 0.1])
    assert found["vae_first"] == pytest.approx([-0.3, -0.3])
    assert found["transformer_middle"] == pytest.approx([-0.1, -0.1])
    assert found["line"] == pytest.approx([0.6, 0.8])
    assert found["gan.60.r2"].interval.value == pytest.approx(0.3)
    assert found["gan.60.r2"].interval.low == pytest.approx(0.2)
