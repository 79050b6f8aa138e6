"""Proper scores against closed forms and against scoringrules."""

import numpy as np
import pytest
import scoringrules as sr

from ingenium.core.errors import InputError
from ingenium.scores.scores import (
    all_pairs,
    crps,
    energy_score,
    interval_coverage,
    interval_width,
    pinball,
    sample_pairs,
    variogram_score,
)


def test_crps_of_a_gaussian_ensemble_is_the_closed_form():
    rng = np.random.default_rng(0)
    observed = np.array([[-1.0], [0.0], [0.5], [2.5]])
    ensemble = rng.normal(size=(60_000, 4, 1))
    closed = sr.crps_normal(observed[:, 0], 0.0, 1.0)
    # At 0 the closed form is (sqrt(2) - 1) / sqrt(pi) (Gneiting and Raftery, 2007).
    assert closed[1] == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi))
    assert crps(ensemble, observed) == pytest.approx(closed, abs=0.015)


def test_crps_is_fair_for_small_ensembles():
    rng = np.random.default_rng(1)
    ensemble = rng.normal(size=(3, 40_000, 1))
    truth = (np.sqrt(2) - 1) / np.sqrt(np.pi)  # the biased estimator is 0.56 / (2 * 3) above
    assert crps(ensemble, np.zeros((40_000, 1))).mean() == pytest.approx(truth, abs=0.01)


def test_energy_score_in_one_dimension_is_the_crps():
    rng = np.random.default_rng(2)
    ensemble, observed = rng.normal(size=(30, 7, 1)), rng.normal(size=(7, 1))
    assert energy_score(ensemble, observed) == pytest.approx(crps(ensemble, observed), abs=1e-12)


def test_energy_score_equals_scoringrules():
    rng = np.random.default_rng(3)
    ensemble, observed = rng.normal(size=(12, 5, 3, 4)), rng.normal(size=(5, 3, 4))
    members = np.moveaxis(ensemble, 0, 1).reshape(5, 12, 12)
    expected = sr.es_ensemble(observed.reshape(5, 12), members, estimator="fair", backend="numpy")
    assert energy_score(ensemble, observed) == pytest.approx(expected, rel=1e-12)


def test_variogram_score_by_hand():
    # Members (0, 1) and (0, 4): sqrt differences 1 and 2. Observed (0, 9): 3.
    ensemble = np.array([[[0.0, 1.0]], [[0.0, 4.0]]])
    score = variogram_score(ensemble, np.array([[0.0, 9.0]]), all_pairs(2))
    assert score == pytest.approx([(1.5 - 3.0) ** 2 - 0.5 / 2])  # less variance 0.5 over 2 members


@pytest.mark.parametrize("p", [0.5, 1.0])
def test_variogram_score_equals_scoringrules(p):
    rng = np.random.default_rng(4)
    ensemble, observed = rng.normal(size=(9, 6, 5)), rng.normal(size=(6, 5))
    weights = rng.random((5, 5))
    weights += weights.T
    pairs = all_pairs(5)
    expected = sr.vs_ensemble(
        observed,
        np.moveaxis(ensemble, 0, 1),
        np.broadcast_to(weights, (6, 5, 5)),
        p=p,
        estimator="fair",
        backend="numpy",
    )
    upper = weights[pairs[:, 0], pairs[:, 1]]
    score = variogram_score(ensemble, observed, pairs, weights=upper, p=p)
    assert score == pytest.approx(expected / (2 * upper.sum()), rel=1e-10)


def test_variogram_score_sees_dependence_that_marginals_hide():
    rng = np.random.default_rng(5)
    truth = rng.normal(size=(300, 1, 1)) * np.ones((1, 4, 6))
    joint = rng.normal(size=(50, 300, 1, 1)) * np.ones((1, 1, 4, 6))
    distance = rng.normal(size=(50, 300, 4, 6))
    pairs = sample_pairs((4, 6), 100, np.random.default_rng(0))
    joint_score = variogram_score(joint, truth, pairs).mean()
    assert joint_score < 0.1 * variogram_score(distance, truth, pairs).mean()


def test_drawn_pairs_join_different_cells_in_three_kinds():
    pairs = sample_pairs((13, 96), 3000, np.random.default_rng(0))
    assert len(pairs) == 3000
    assert (pairs[:, 0] != pairs[:, 1]).all()
    channel, step = np.divmod(pairs, 96)
    assert (channel[:1000, 0] == channel[:1000, 1]).all()
    assert (step[1000:2000, 0] == step[1000:2000, 1]).all()
    assert (channel[1000:2000, 0] != channel[1000:2000, 1]).all()
    assert len(sample_pairs((3, 2), 3000, np.random.default_rng(0))) == 15


def test_pinball_at_the_median_is_half_the_absolute_error():
    ensemble = np.array([[[0.0]], [[2.0]], [[10.0]]])
    assert pinball(ensemble, np.array([[5.0]]), levels=(0.5,)) == pytest.approx([1.5])


def test_pinball_over_many_levels_is_half_the_crps():
    rng = np.random.default_rng(6)
    ensemble, observed = rng.normal(size=(4000, 3, 1)), np.array([[0.0], [1.0], [-2.0]])
    levels = tuple((np.arange(199) + 0.5) / 199)
    loss = pinball(ensemble, observed, levels=levels)
    assert 2 * loss == pytest.approx(crps(ensemble, observed), rel=0.01)


@pytest.mark.parametrize("level", [0.5, 0.9])
@pytest.mark.parametrize("m", [5, 100])
def test_coverage_of_a_true_ensemble_is_nominal(level, m):
    rng = np.random.default_rng(7)
    n = 20_000
    centre = rng.normal(size=(n, 1))
    ensemble, observed = centre + rng.normal(size=(m, n, 1)), centre + rng.normal(size=(n, 1))
    error = 3.3 * np.sqrt(level * (1 - level) / n)  # binomial
    assert interval_coverage(ensemble, observed, level=level).mean() == pytest.approx(
        level, abs=error
    )


def test_coverage_sees_too_narrow_an_ensemble():
    rng = np.random.default_rng(8)
    ensemble, observed = 0.5 * rng.normal(size=(400, 4000, 1)), rng.normal(size=(4000, 1))
    # P(|z| < 1.645 / 2) = 0.589
    assert interval_coverage(ensemble, observed).mean() == pytest.approx(0.589, abs=0.03)


def test_cells_without_spread_neither_raise_nor_lower_the_coverage():
    night = np.zeros((20, 1, 4))
    assert interval_coverage(night, np.zeros((1, 4))) == pytest.approx([0.9])
    assert interval_coverage(night, np.full((1, 4), 3.0)) == pytest.approx([0.0])
    assert interval_coverage(night, np.full((1, 4), 1e-12), tolerance=1e-9) == pytest.approx([0.9])


def test_width_of_a_gaussian_interval():
    ensemble = np.random.default_rng(9).normal(size=(20_000, 1, 3))
    assert interval_width(ensemble, np.zeros((1, 3))) == pytest.approx([2 * 1.6449], abs=0.06)


def test_blocks_do_not_change_the_scores(monkeypatch):
    rng = np.random.default_rng(10)
    ensemble, observed = rng.normal(size=(10, 6, 2, 5)), rng.normal(size=(6, 2, 5))
    pairs = all_pairs(10)
    whole = [f(ensemble, observed) for f in (crps, pinball, interval_coverage, interval_width)]
    whole.append(variogram_score(ensemble, observed, pairs))
    monkeypatch.setattr("ingenium.scores.scores.BLOCK", 130)
    parts = [f(ensemble, observed) for f in (crps, pinball, interval_coverage, interval_width)]
    parts.append(variogram_score(ensemble, observed, pairs))
    assert np.allclose(whole, parts, rtol=1e-12)


@pytest.mark.parametrize(
    ("ensemble", "observed", "message"),
    [
        (np.zeros((4, 3, 2)), np.zeros((3, 5)), r"shape \(m, 3, 5\)"),
        (np.zeros((1, 3, 2)), np.zeros((3, 2)), "at least 2"),
        (np.full((4, 3, 2), np.nan), np.zeros((3, 2)), "24 that are not"),
        (np.zeros((4, 3)), np.zeros(3), r"\(n, d\)"),
    ],
)
def test_wrong_shapes_are_explained(ensemble, observed, message):
    with pytest.raises(InputError, match=message):
        energy_score(ensemble, observed)


def test_pairs_outside_the_cells_are_refused():
    with pytest.raises(InputError, match="from 0 to 1"):
        variogram_score(np.zeros((3, 2, 2)), np.zeros((2, 2)), np.array([[0, 2]]))
