"""Distances against closed forms."""

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.scores import distances as D

ON_SERIES = (
    D.marginal_distance,
    D.profile_distance,
    D.ramp_distance,
    D.total_distance,
    D.autocorrelation_distance,
    D.crosscorrelation_distance,
    D.peak_time_distance,
    D.spectrum_distance,
)


@pytest.fixture(scope="module")
def days():
    return np.random.default_rng(0).normal(size=(40, 3, 24)).cumsum(-1)


@pytest.mark.parametrize("distance", ON_SERIES)
def test_equal_sets_are_at_distance_0_in_any_order(distance, days):
    assert distance(days, days[::-1]) == pytest.approx(np.zeros(3), abs=1e-12)


def test_a_shift_moves_the_marginal_by_itself(days):
    std = np.moveaxis(days, 1, 0).reshape(3, -1).std(1)
    shifted = days + np.array([0.0, 1.0, -2.0])[:, None]
    assert D.marginal_distance(days, shifted) == pytest.approx([0, 1 / std[1], 2 / std[2]])
    assert D.profile_distance(days, shifted) == pytest.approx([0, 1 / std[1], 2 / std[2]])
    assert D.ramp_distance(days, shifted) == pytest.approx([0, 0, 0], abs=1e-12)


def test_marginal_distance_of_two_gaussian_spreads():
    # W1 of N(0, 1) and N(0, s) is (s - 1) sqrt(2 / pi).
    rng = np.random.default_rng(1)
    gap = D.marginal_distance(rng.normal(size=(60_000, 1)), 2 * rng.normal(size=(60_000, 1)))
    assert gap == pytest.approx([np.sqrt(2 / np.pi)], abs=0.02)


def test_profile_distance_sees_what_pooling_hides(days):
    reversed_days = days[..., ::-1]
    assert D.marginal_distance(days, reversed_days) == pytest.approx(np.zeros(3), abs=1e-12)
    assert (D.profile_distance(days, reversed_days) > 0.1).all()


def test_ramp_distance_of_doubled_ramps():
    rng = np.random.default_rng(2)
    day = rng.normal(size=(2000, 1, 24)).cumsum(-1)
    assert D.ramp_distance(day, 2 * day) == pytest.approx([np.sqrt(2 / np.pi)], abs=0.02)


def test_total_distance_is_of_the_sum_over_time(days):
    gap = D.total_distance(days, days + 0.5)
    assert gap == pytest.approx(12.0 / days.sum(-1).std(0))


def test_autocorrelation_distance_of_two_ar1_processes():
    rng = np.random.default_rng(3)

    def ar1(phi):
        x = np.empty((4000, 1, 40))
        x[..., 0] = rng.normal(size=(4000, 1))
        for t in range(1, 40):
            x[..., t] = phi * x[..., t - 1] + np.sqrt(1 - phi**2) * rng.normal(size=(4000, 1))
        return x

    lags = np.arange(1, 6)
    truth = np.abs(0.9**lags - 0.5**lags).mean()
    gap = D.autocorrelation_distance(ar1(0.9), ar1(0.5), lags=5)
    assert gap == pytest.approx([truth], abs=0.01)


def test_autocorrelation_distance_does_not_see_a_fixed_course(days):
    course = 20 * np.sin(np.arange(24) / 4)
    assert D.autocorrelation_distance(days, days + course) == pytest.approx(np.zeros(3), abs=1e-9)


def test_crosscorrelation_distance_of_a_known_correlation():
    rng = np.random.default_rng(4)
    z = rng.normal(size=(50_000, 2))
    correlated = np.stack([z[:, 0], 0.6 * z[:, 0] + 0.8 * z[:, 1]], -1)
    assert D.crosscorrelation_distance(correlated, z) == pytest.approx([0.6, 0.6], abs=0.02)


def test_a_constant_channel_has_no_correlation():
    x = np.random.default_rng(5).normal(size=(50, 2))
    x[:, 1] = 0.1
    assert D.crosscorrelation_distance(x, x + 1) == pytest.approx([0, 0], abs=1e-12)


def test_peak_times_are_compared_on_the_circle():
    late, early = np.zeros((5, 1, 24)), np.zeros((5, 1, 24))
    late[..., 23], early[..., 1] = 1.0, 1.0
    assert D.peak_time_distance(late, early) == pytest.approx([2.0])  # not 22
    noon = np.roll(late, 13, -1)
    assert D.peak_time_distance(early, noon) == pytest.approx([11.0])
    quarter_hours = np.repeat(late, 4, -1)
    assert D.peak_time_distance(quarter_hours, np.roll(quarter_hours, 4, -1)) == pytest.approx([1])


def test_days_without_a_peak_do_not_count():
    x = np.zeros((6, 1, 24))
    x[:3, 0, 12] = 1.0
    assert D.peak_time_distance(x, x[:3]) == pytest.approx([0.0])
    assert D.peak_time_distance(x, x[3:]) == pytest.approx([12.0])
    assert D.peak_time_distance(x[3:], x[3:]) == pytest.approx([0.0])


def test_doubled_swings_are_6_db(days):
    assert D.spectrum_distance(days, 2 * days) == pytest.approx(20 * np.log10(2) * np.ones(3))


def test_mmd_of_equal_and_shifted_gaussians():
    rng = np.random.default_rng(6)
    draws = [D.mmd_squared(rng.normal(size=(60, 2)), rng.normal(size=(60, 2))) for _ in range(60)]
    assert np.mean(draws) == pytest.approx(0.0, abs=4 * np.std(draws) / np.sqrt(60))
    # Kernel mean of N(delta, 2) with bandwidth h in 1-D: h / sqrt(h^2 + 2) exp(-delta^2 / ...).
    a, b = rng.normal(size=(1500, 1)), rng.normal(size=(1500, 1)) + 3.0
    pooled = np.concatenate([a, b])[:, 0]
    gaps = (pooled[:, None] - pooled)[np.triu_indices(3000, 1)]
    h2 = np.median(gaps**2)
    truth = 2 * np.sqrt(h2 / (h2 + 2)) * (1 - np.exp(-9 / (2 * (h2 + 2))))
    assert D.mmd_squared(a, b) == pytest.approx(truth, rel=0.05)


def test_vectors_have_no_ramps():
    with pytest.raises(InputError, match="series of shape"):
        D.ramp_distance(np.zeros((4, 2)), np.zeros((4, 2)))


def test_sets_of_two_kinds_are_refused():
    with pytest.raises(InputError, match="one shape"):
        D.marginal_distance(np.zeros((4, 2)), np.zeros((4, 3)))
