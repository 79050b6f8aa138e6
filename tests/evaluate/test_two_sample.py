"""The classifier against the theoretical area."""

import numpy as np
import pytest
from scipy.stats import norm

from ingenium.core.errors import InputError
from ingenium.scores.features import features
from ingenium.scores.two_sample import classifier_auc


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
def test_auc_of_two_gaussians(shift):
    # Phi(shift / sqrt 2): Hanley and McNeil, 1982.
    rng = np.random.default_rng(0)
    real, proposed = rng.normal(size=(900, 1)), rng.normal(size=(900, 1)) + shift
    found = classifier_auc(real, proposed, rng)
    truth = norm.cdf(shift / np.sqrt(2))
    assert found.by_classifier["logistic"].value == pytest.approx(truth, abs=0.03)
    assert found.by_classifier["trees"].value == pytest.approx(truth, abs=0.05)
    assert found.by_classifier["logistic"].holds(truth)


@pytest.mark.slow
def test_the_interval_of_equal_sets_holds_one_half():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(6):
        found = classifier_auc(rng.normal(size=(80, 2)), rng.normal(size=(80, 2)), rng)
        held += found.by_classifier["logistic"].holds(0.5)
    assert held >= 4


def test_ties_count_half():
    found = classifier_auc(np.ones((20, 2)), np.ones((30, 2)), np.random.default_rng(0))
    assert found.auc.value == pytest.approx(0.5)


def test_the_worse_news_is_reported():
    # A ring around a disc of equal mean and spread: only products and trees can separate them.
    rng = np.random.default_rng(2)
    real, other = rng.normal(size=(400, 1, 8)), rng.uniform(-1.73, 1.73, size=(400, 1, 8))
    found = classifier_auc(real, other, rng)
    assert found.auc.value == max(i.value for i in found.by_classifier.values())
    assert found.auc.value > 0.75


def test_weeks_are_never_on_both_sides_of_a_fold():
    # Each week has its own level, which both kinds of its days share. Learning a level by heart
    # would tell nothing here; learning each week's label does, unless weeks stay together.
    rng = np.random.default_rng(3)
    week = np.arange(40)
    level = 5 * rng.normal(size=40)
    rows = np.repeat(week, 6)
    kind = np.repeat(rng.random(40) < 0.5, 6)  # all days of a week are of one kind
    x = level[rows][:, None] + 0.01 * rng.normal(size=(240, 1))
    with_weeks = classifier_auc(x[~kind], x[kind], rng, groups=(rows[~kind], rows[kind]))
    without = classifier_auc(x[~kind], x[kind], rng)
    assert without.auc.value > 0.9
    assert with_weeks.auc.value < 0.8


def test_exact_zeros_give_a_generator_away():
    rng = np.random.default_rng(4)
    real = np.maximum(0.0, rng.normal(size=(60, 2, 24)))
    nearly = np.maximum(0.0, rng.normal(size=(60, 2, 24))) + 1e-6
    assert classifier_auc(real, nearly, rng).auc.value > 0.99


def test_features_of_a_day_by_hand():
    day = np.zeros((1, 1, 48))
    day[0, 0, 24:] = 2.0
    found = features(day)[0]
    assert found[:24] == pytest.approx(np.repeat([0.0, 2.0], 12))  # hourly means
    # mean, spread, least, largest, ramps up and down, steps without change, zeros
    expected = [1.0, 1.0, 0.0, 2.0, 2.0, 0.0, 46 / 47, 0.5]
    assert found[-11:-3] == pytest.approx(expected)
    assert found[-2:] == pytest.approx([-1.0, 0.0], abs=1e-12)  # peak half way round


def test_one_design_of_a_kind_is_too_few():
    with pytest.raises(InputError, match="1 real"):
        classifier_auc(np.zeros((1, 2)), np.zeros((9, 2)), np.random.default_rng(0))
