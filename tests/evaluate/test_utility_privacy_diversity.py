"""Utility, privacy and diversity where the answer is known."""

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.scores import diversity, privacy, utility


def days(n, rng, noise=0.1):
    """Days whose second half repeats the first, so that a morning determines the evening."""
    morning = rng.normal(size=(n, 2, 12))
    return np.concatenate([morning, morning + noise * rng.normal(size=(n, 2, 12))], -1)


def test_equal_proposals_teach_as_well_as_real_ones():
    rng = np.random.default_rng(0)
    found = utility.evening_from_morning(days(400, rng), days(400, rng), days(100, rng))
    assert found.ratio == pytest.approx(1.0, abs=0.08)
    # Mean absolute error of the mean of five steps (17 to 21) of standard deviation 0.1.
    truth = 0.1 * np.sqrt(2 / np.pi) / np.sqrt(5)
    assert found.real.mean() == pytest.approx(truth, rel=0.25)
    assert found.real.shape == (100,)


def test_proposals_without_dependence_teach_nothing():
    rng = np.random.default_rng(1)
    shuffled = days(400, rng)
    shuffled[..., 12:] = rng.permuted(shuffled[..., 12:], axis=0)
    assert utility.evening_from_morning(shuffled, days(400, rng), days(100, rng)).ratio > 3
    assert utility.evening_total(shuffled, days(400, rng), days(100, rng)).ratio > 1.5


def test_next_block_of_a_random_walk():
    # Best forecast of the mean of the next two steps is the last value: error sqrt(1 + 1/4) steps.
    rng = np.random.default_rng(2)

    def walks(n):
        return rng.normal(size=(n, 1, 20)).cumsum(-1)

    training = walks(400)
    found = utility.next_block(walks(400), training, walks(200), steps=2, memory=2)
    truth = np.sqrt(1.25) * np.sqrt(2 / np.pi) / training.std()
    assert found.real.mean() == pytest.approx(truth, rel=0.05)
    assert found.ratio == pytest.approx(1.0, abs=0.02)
    assert found.real.shape == (200,)


def test_variables_from_others():
    # y = x + e with unit variances: either from the other leaves sqrt(1/2) of its own spread.
    rng = np.random.default_rng(3)

    def pairs(n):
        x = rng.normal(size=n)
        return np.stack([x, x + rng.normal(size=n)], -1)

    found = utility.variables_from_others(pairs(2000), pairs(2000), pairs(2000))
    assert found.real.mean() == pytest.approx(np.sqrt(0.5) * np.sqrt(2 / np.pi), rel=0.05)
    assert found.ratio == pytest.approx(1.0, abs=0.01)


def test_windows_of_the_forecast_are_checked():
    with pytest.raises(InputError, match="start < end"):
        utility.UtilityForecast(known=(0.5, 0.5))
    with pytest.raises(InputError, match="series"):
        utility.next_block(np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 2)))


def test_new_designs_are_no_copies():
    rng = np.random.default_rng(4)
    found = privacy.copies(*(rng.normal(size=(n, 4)) for n in (4000, 500, 4000)))
    assert found.ratio == pytest.approx(1.0, abs=0.05)
    assert found.close.value == pytest.approx(privacy.CLOSE, abs=0.015)
    assert found.duplicates == 0


def test_copies_are_found():
    rng = np.random.default_rng(5)
    training, held_out = 1e3 + rng.normal(size=(300, 3, 8)), 1e3 + rng.normal(size=(100, 3, 8))
    proposed = np.concatenate([training[:40], training[40:60] + 0.01, held_out[:40]])
    found = privacy.copies(proposed, training, held_out)
    assert found.duplicates == 40
    assert found.close.value == pytest.approx(0.6, abs=0.03)
    assert found.ratio < 0.1


def test_nearest_in_parts_equals_nearest_at_once(monkeypatch):
    rng = np.random.default_rng(6)
    x, known = rng.normal(size=(50, 3)), rng.normal(size=(4_000_000, 3))
    few = known[:20]
    whole = privacy.nearest(x, few)
    assert whole == pytest.approx(np.linalg.norm(x[:, None] - few, axis=-1).min(1))


def test_spread_ratio_of_doubled_designs():
    x = np.random.default_rng(7).normal(size=(50, 3, 4))
    assert diversity.spread_ratio(x, 2 * x) == pytest.approx(2.0)


def test_vendi_score_counts_kinds():
    # Three kinds far apart, in equal parts: 3 (Friedman and Dieng, lemma 3.1).
    kinds = np.repeat(np.array([[0.0], [1e3], [2e3]]), 10, 0)
    assert diversity.vendi_score(kinds, 1.0) == pytest.approx(3.0)
    assert diversity.vendi_score(np.zeros((8, 2)), 1.0) == pytest.approx(1.0)
    assert diversity.vendi_score(1e3 * np.arange(8.0)[:, None], 1.0) == pytest.approx(8.0)


def test_vendi_ratio_sees_a_collapse():
    rng = np.random.default_rng(8)
    real = rng.normal(size=(80, 6))
    assert diversity.vendi_ratio(real, rng.normal(size=(200, 6))) == pytest.approx(1.0, abs=0.1)
    assert diversity.vendi_ratio(real, real[:4].repeat(20, 0)) < 0.2


def test_coverage_of_equal_distributions_is_the_closed_form():
    rng = np.random.default_rng(9)
    found = [
        diversity.density_and_coverage(rng.normal(size=(40, 3)), rng.normal(size=(60, 3)), k=3)
        for _ in range(200)
    ]
    density, coverage = np.mean(found, 0)
    assert coverage == pytest.approx(diversity.expected_coverage(40, 60, k=3), abs=0.01)
    assert density == pytest.approx(1.0, abs=0.03)


def test_density_and_coverage_by_hand():
    real = np.array([[0.0], [1.0], [10.0], [11.0]])  # balls of radius 1 for k = 1
    proposed = np.array([[0.5], [0.6], [50.0]])
    density, coverage = diversity.density_and_coverage(real, proposed, k=1)
    assert density == pytest.approx(4 / 3)
    assert coverage == pytest.approx(2 / 4)
    with pytest.raises(InputError, match="at least 6"):
        diversity.density_and_coverage(real, proposed)
