"""Intervals against published examples and their own coverage."""

import math

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import (
    clopper_pearson,
    crossed_interval,
    paired_difference,
    skill,
    t_interval,
    wilson,
)

# Newcombe, Stat. Med. 17, 1998, table I: methods 3 (score) and 5 (exact).
NEWCOMBE = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


@pytest.mark.parametrize(("count", "n", "score", "exact"), NEWCOMBE)
def test_shares_as_published(count, n, score, exact):
    assert wilson(count, n) == pytest.approx(score, abs=5e-5)
    assert clopper_pearson(count, n) == pytest.approx(exact, abs=5e-5)


def test_shares_out_of_range_are_refused():
    with pytest.raises(InputError, match="3 of 2"):
        wilson(3, 2)


def test_t_interval_by_hand():
    # Mean 3, standard deviation sqrt(2.5), t(0.975, 4) = 2.7764.
    found = t_interval([1, 2, 3, 4, 5])
    half = 2.7764 * math.sqrt(2.5 / 5)
    assert (found.value, found.low, found.high) == pytest.approx((3, 3 - half, 3 + half), abs=1e-4)
    assert math.isnan(t_interval([1.0]).low)


def test_crossed_interval_holds_the_chance_of_seeds():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(50, 1)) + np.zeros((50, 200))  # all randomness is in the seeds
    found = crossed_interval(values, rng)
    width = 2 * 1.96 * values[:, 0].std() / math.sqrt(50)
    assert found.high - found.low == pytest.approx(width, rel=0.12)
    constant = crossed_interval(np.full((5, 21), 3.0), rng, groups=np.arange(21) // 7)
    assert (constant.low, constant.high) == pytest.approx((3.0, 3.0))


def test_pairing_removes_the_days_that_are_hard_for_all():
    rng = np.random.default_rng(4)
    hard = 10 * rng.random(70)
    first = hard + 0.1 * rng.normal(size=(5, 70)) - 0.2
    second = hard + 0.1 * rng.normal(size=(5, 70))
    found = paired_difference(first, second, rng, groups=np.arange(70) // 7)
    assert found.difference.holds(-0.2)
    assert found.difference.high < 0
    assert found.seeds_won == 1.0
    assert crossed_interval(first, rng).holds(second.mean())  # not seen without pairing


def test_paired_difference_of_one_number_a_seed():
    first, second = np.array([[1.0], [2.0], [3.0]]), np.array([[1.5], [2.5], [2.0]])
    found = paired_difference(first, second, np.random.default_rng(0))
    assert found.difference == t_interval([-0.5, -0.5, 1.0])
    assert found.seeds_won == pytest.approx(2 / 3)


def test_skill_is_the_part_saved():
    rng = np.random.default_rng(5)
    reference = 1 + rng.random((5, 80))
    found = skill(0.817 * reference, reference, rng)
    assert (found.value, found.low, found.high) == pytest.approx((0.183, 0.183, 0.183))


def test_two_tables_of_different_size_are_refused():
    with pytest.raises(InputError, match="same seeds and designs"):
        paired_difference(np.zeros((2, 3)), np.zeros((3, 3)), np.random.default_rng(0))
