"""Shrunk covariances against scikit-learn's, and cases without shrinkage."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf

from ingenium.evaluate.shrinkage import shrinkage, shrunk_covariance


@pytest.mark.parametrize(("n", "d"), [(50, 1), (2, 3), (30, 7), (25, 96), (8, 1001)])
@pytest.mark.parametrize("centred", [False, True])
def test_it_is_that_of_scikit_learn_to_the_last_bit(n: int, d: int, centred: bool) -> None:
    rng = np.random.default_rng(n + d)
    x = rng.normal(size=(n, d)) * rng.uniform(0.5, 2.0, d) + 3.0
    known, share = ledoit_wolf(x, assume_centered=centred)
    np.testing.assert_array_equal(shrunk_covariance(x, centred=centred), known)
    assert shrinkage(x, centred=centred) == share


def test_a_sphere_stays_as_it_is() -> None:
    x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert shrinkage(x) == 0.0
    np.testing.assert_allclose(shrunk_covariance(x), np.eye(2) / 2)


def test_without_doubt_nothing_is_shrunk_and_by_chance_alone_most() -> None:
    """Rows a and -a all have the same products."""
    x = np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]])
    assert shrinkage(x, centred=True) == pytest.approx(0.0)
    many = np.random.default_rng(0).normal(size=(20_000, 3))
    assert shrinkage(many) > 0.5  # a sphere up to sampling error
    np.testing.assert_allclose(shrunk_covariance(many), np.eye(3), atol=0.03)
