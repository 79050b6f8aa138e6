"""Processes and their guarantees, against scikit-learn, sampling and closed forms."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from ingenium.searches.fronts import hypervolume
from ingenium_book.studies.airfoils.promises import (
    Likeliest,
    hypervolume_improvement,
    improvement,
)

RNG = np.random.default_rng(0)


def test_a_process_over_its_amplitude_is_that_of_a_kernel_with_it() -> None:
    x, z = RNG.standard_normal((12, 3)), RNG.standard_normal((5, 3))
    ours = Likeliest.fitted(x, 3 + np.sin(x[:, 0]) + 0.1 * x[:, 1])
    scale, noise = ours.model.kernel.length_scale, ours.model.alpha
    cover = ConstantKernel(ours.amplitude) * Matern(scale, nu=2.5)
    whole = cover + WhiteKernel(ours.amplitude * noise)
    theirs = GaussianProcessRegressor(whole, alpha=0.0, optimizer=None)
    theirs.fit(x, ours.model.y_train_)
    mean, sd = ours.at(z)
    other, spread = theirs.predict(z, return_std=True)
    np.testing.assert_allclose((mean - ours.middle) / ours.spread, other, atol=1e-8)
    own = spread**2 - ours.amplitude * noise
    np.testing.assert_allclose((sd / ours.spread) ** 2, own, atol=1e-8)
    assert theirs.log_marginal_likelihood() == pytest.approx(
        ours.likelihood - 6 - 6 * np.log(2 * np.pi), abs=1e-6
    )


def test_the_likeliest_scale_is_chosen() -> None:
    x = RNG.standard_normal((40, 2))
    smooth, rough = (Likeliest.fitted(x, np.sin(x @ way)) for way in ([0.2, 0.1], [4.0, 0.0]))
    assert smooth.model.kernel.length_scale > 2 * rough.model.kernel.length_scale


def test_a_point_that_is_believed_moves_no_mean_and_leaves_less_doubt() -> None:
    x, z = RNG.standard_normal((10, 2)), RNG.standard_normal((6, 2))
    one = Likeliest.fitted(x, np.sin(x.sum(1)))
    two = one.believing(z[:1])
    np.testing.assert_allclose(two.at(z)[0], one.at(z)[0], atol=1e-3)
    left = [p.at(z)[1] / (p.spread * np.sqrt(p.amplitude)) for p in (one, two)]
    assert (left[1] <= left[0] + 1e-6).all()
    assert left[1][0] < 0.2 * left[0][0]


def test_improvements_are_those_of_many_draws() -> None:
    mean, sd = np.array([[0.3, 0.4], [1.2, -0.2]]), np.array([[0.5, 0.2], [0.1, 0.7]])
    front, least = (
        np.array([[0.0, 1.0], [0.6, 0.5], [1.0, 0.1], [2.0, -3.0]]),
        np.array([-1.0, -0.5]),
    )
    draws = mean[:, None] + sd[:, None] * RNG.standard_normal((2, 20_000, 2))
    before = hypervolume(-front, -least)
    for row, drawn in enumerate(draws):
        some = drawn[:2000]
        grown = [hypervolume(-np.vstack([front, d]), -least) - before for d in some]
        error = 4 * np.std(grown) / np.sqrt(len(some))
        found = hypervolume_improvement(mean, sd, front, least)[row]
        assert found == pytest.approx(np.mean(grown), abs=error)
    gain = np.maximum(draws[0, :, 0] - 0.6, 0).mean()
    assert improvement(mean[:1, 0], sd[:1, 0], 0.6)[0] == pytest.approx(gain, rel=0.05)


def test_a_certain_point_adds_its_rectangle() -> None:
    none, least = np.empty((0, 2)), np.zeros(2)
    point = np.array([[2.0, 3.0], [-1.0, 5.0]])
    found = hypervolume_improvement(point, np.zeros((2, 2)), none, least)
    np.testing.assert_allclose(found, [6.0, 0.0], atol=1e-6)
