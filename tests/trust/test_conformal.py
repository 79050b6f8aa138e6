"""Bounds and p-values by ranks: exact on exchangeable rows, by taking each row as the new one."""

import numpy as np
import pytest

from ingenium.trust.conformal import bound, jackknife_upper, shift, typical, upper_error


def left_out(rows):
    """Return each row with all others: exchangeable rows are the new one equally often."""
    return [(np.delete(rows, i, 0), rows[i]) for i in range(len(rows))]


@pytest.mark.parametrize(("n", "coverage", "held"), [(19, 0.9, 18), (19, 0.95, 19), (10, 0.8, 9)])
def test_coverage_is_the_rank_over_the_rows_exactly(n, coverage, held):
    """Among n + 1 rows `held` are within: the least whole number from coverage (n + 1) on."""
    rows = np.random.default_rng(0).standard_cauchy(n + 1)
    inside = [new <= bound(retained, coverage) for retained, new in left_out(rows)]
    assert sum(inside) == held


@pytest.mark.parametrize("coverage", [0.5, 0.55, 0.7, 0.9, 0.99])
def test_a_share_that_rounds_up_covers_no_row_too_many(coverage):
    n = 99
    rows = np.random.default_rng(1).normal(size=n + 1)
    inside = [new <= bound(retained, coverage) for retained, new in left_out(rows)]
    assert sum(inside) == round(100 * coverage)


def test_ties_cover_more_and_too_few_rows_bound_nothing():
    rows = np.repeat([1.0, 2.0, 3.0, 4.0], 5)
    assert np.mean([new <= bound(retained, 0.6) for retained, new in left_out(rows)]) >= 0.6
    assert bound(rows[:8], 0.9) == np.inf
    assert bound(np.empty(0), 0.5) == np.inf


def test_each_limit_is_bounded_by_its_own_finite_errors():
    rng = np.random.default_rng(2)
    errors = rng.normal(size=(20, 2))
    errors[:10, 1] = np.nan
    found = upper_error(errors, 0.2, 10)
    assert found[0] == np.sort(errors[:, 0])[16]
    assert found[1] == np.sort(errors[10:, 1])[8]
    assert np.isinf(upper_error(errors, 0.2, 21)).all()


def test_the_jackknife_misses_at_most_twice_the_doubt():
    """Test the mean as a model, which leaves rows out in closed form, and one that memorises."""
    miscoverage, rows = 0.1, np.random.default_rng(3).standard_cauchy(40)
    for model in (np.mean, np.median, np.max):
        missed = []
        for retained, new in left_out(rows):
            without = np.array([model(np.delete(retained, i)) for i in range(len(retained))])
            reached = jackknife_upper(
                without[None, :, None], (retained - without)[:, None], miscoverage
            )
            missed.append(new > reached[0, 0])
        assert np.mean(missed) <= 2 * miscoverage
    assert np.isinf(jackknife_upper(np.zeros((2, 5, 1)), np.zeros((5, 1)), 0.1)).all()


def test_p_values_of_like_rows_are_each_possible_one_once():
    rows = np.random.default_rng(4).exponential(size=25)
    found = [typical(np.array([new]), retained)[0] for retained, new in left_out(rows)]
    np.testing.assert_allclose(np.sort(found), np.arange(1, 26) / 25)
    assert typical(np.array([1e9]), rows)[0] == 1 / 26
    assert typical(np.array([-1e9]), rows)[0] == 1


def test_a_batch_is_strange_as_often_as_told():
    rng = np.random.default_rng(5)
    reported = []
    for _ in range(400):
        usual, new = np.split(rng.normal(size=120), [100])
        reported.append(shift(typical(new, usual), 100))
    assert np.mean(np.array(reported) <= 0.05) <= 0.08  # 2.75 deviations of 400 batches
    far = typical(rng.normal(1.5, 1.0, 20), rng.normal(size=100))
    assert shift(far, 100) < 1e-3
