"""Intervals of ratios and of rank correlations against closed forms, and how often they cover."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from ingenium.core.errors import InputError
from ingenium.domains.grid.studies.bounded import rank_correlation_interval, ratio_interval
from ingenium.evaluate.intervals import t_interval

T_2 = 0.95 / math.sqrt(2 * 0.975 * 0.025)  # Student's with 2 degrees of freedom, 97.5 %


def test_ratios_have_a_geometric_mean_and_students_factor_about_it():
    found = ratio_interval([math.exp(1.0), math.exp(2.0), math.exp(6.0)])
    half = T_2 * math.sqrt(7.0 / 3.0)  # variance of 1, 2 and 6 is 7
    ends = [math.exp(3.0 + sign * half) for sign in (0, -1, 1)]
    assert [found.value, found.low, found.high] == pytest.approx(ends, rel=1e-12)


def test_ratios_of_seeds_far_apart_stay_above_zero():
    ratios = [1.2, 60.0, 1.1]
    found = ratio_interval(ratios)
    assert t_interval(ratios).low < 0 < found.low < found.value < found.high


def test_ratios_upside_down_have_the_interval_upside_down():
    ratios = np.array([1.3, 9.0, 70.0, 2.0])
    there, back = ratio_interval(ratios), ratio_interval(1 / ratios)
    assert [back.value, back.low, back.high] == pytest.approx(
        [1 / there.value, 1 / there.high, 1 / there.low], rel=1e-12
    )


@pytest.mark.parametrize("wrong", [[1.0, 0.0], [2.0, -3.0], [1.0, math.nan]])
def test_what_is_no_ratio_is_refused(wrong):
    with pytest.raises(InputError, match="above 0"):
        ratio_interval(wrong)


def test_correlations_are_meant_on_fishers_z():
    found = rank_correlation_interval(np.tanh([0.0, 1.0, 2.0]), 20)
    half = T_2 / math.sqrt(3.0)  # variance of 0, 1 and 2 is 1
    ends = [math.tanh(1.0 + sign * half) for sign in (0, -1, 1)]
    assert [found.value, found.low, found.high] == pytest.approx(ends, rel=1e-12)


def test_correlations_near_one_stay_below_it():
    correlations = [0.8, 0.97, 0.99, 0.98, 0.99]
    found = rank_correlation_interval(correlations, 10)
    assert found.low < found.value < found.high < 1 < t_interval(correlations).high


def test_a_correlation_of_one_stands_half_a_swap_below_it():
    ranks = np.arange(10)
    swapped = ranks.copy()
    swapped[[3, 4]] = swapped[[4, 3]]
    step = 1 - float(spearmanr(ranks, swapped).statistic)
    found = rank_correlation_interval([1.0, 1.0, 1.0], 10)
    assert 1 - found.value == pytest.approx(step / 2, rel=1e-9)
    below = rank_correlation_interval([-1.0], 10)
    assert below.value == pytest.approx(-found.value)
    assert math.isnan(below.low)
    assert math.isnan(below.high)


@pytest.mark.parametrize(("wrong", "points"), [([1.01], 10), ([math.nan], 10), ([0.5], 2)])
def test_what_is_no_correlation_is_refused(wrong, points):
    with pytest.raises(InputError):
        rank_correlation_interval(wrong, points)


def test_ratios_that_are_lognormal_are_covered_as_often_as_said():
    """Exact under this law: 4,000 intervals of 95 %, within four standard errors of the share."""
    rng = np.random.default_rng(3)
    seeds = np.exp(rng.normal(2.5, 1.5, (4000, 5)))
    held = np.mean([ratio_interval(row).holds(math.exp(2.5)) for row in seeds])
    assert abs(held - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 4000)
