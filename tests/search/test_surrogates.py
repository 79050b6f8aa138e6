"""Surrogates against refits and known laws, and screens based on them."""

import numpy as np
import pytest

import known_fronts
from ingenium.core.errors import InputError
from ingenium.runs.search_plan import ScreenPlan
from ingenium.searches.learned import FIRST, LearnedScreen, fitted_rows
from ingenium.searches.stopping import Stop
from ingenium.searches.surrogates import ensemble, one_outcome, process

LEAST = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)


def wavy(n: int, seed: int, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(n, 2))
    y = np.stack([np.sin(4 * x[:, 0]) + x[:, 1], 3 * x[:, 0] * x[:, 1]], 1)
    return x, y + noise * rng.standard_normal(y.shape)


def test_rows_left_out_in_closed_form_are_those_of_a_process_without_them() -> None:
    x, y = wavy(20, 0)
    new = np.random.default_rng(1).uniform(size=(5, 2))
    whole = one_outcome(x, y[:, 0])
    without, missed = whole.without(new)
    kernel = whole.model.kernel_
    middle = y[:, 0].mean()
    level = (y[:, 0] - middle) / whole.scale
    for i in range(len(x)):
        rest = np.arange(len(x)) != i
        solved = np.linalg.solve(kernel(x[rest]) + 1e-10 * np.eye(len(x) - 1), level[rest])
        for rows, found in ((new, without[:, i]), (x[[i]], y[[i], 0] - missed[i])):
            expected = middle + whole.scale * kernel(rows, x[rest]) @ solved
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("fit", [process, ensemble])
def test_bounds_are_exceeded_about_as_often_as_was_asked(fit) -> None:
    over = []
    for seed in range(3):
        x, y = wavy(70, seed)
        _, most = fit(x, y, seed).expected(wavy(400, 100 + seed)[0], 0.2)
        over.append((wavy(400, 100 + seed)[1] > most).mean(0))
    assert (np.mean(over, 0) <= 0.3).all(), "theory allows 0.4, practice about 0.2"
    assert (np.mean(over, 0) >= 0.08).all(), "no wider than it need be"


@pytest.mark.parametrize("fit", [process, ensemble])
def test_what_is_smooth_is_learned(fit) -> None:
    x, y = wavy(80, 0, noise=0.0)
    new, truth = wavy(200, 1, noise=0.0)
    mean, _ = fit(x, y, 0).expected(new, 0.1)
    assert (((mean - truth) ** 2).mean(0) < 0.01 * truth.var(0)).all()


def test_the_fits_hang_on_the_count_alone() -> None:
    assert fitted_rows(FIRST - 1) is None
    assert [fitted_rows(n) for n in (32, 39, 40, 49, 50)] == [32, 32, 40, 40, 50]


@pytest.mark.parametrize("by", ["ensemble", pytest.param("process", marks=pytest.mark.slow)])
def test_a_learned_screen_orders_and_loses_little(begun, by: str) -> None:
    search = begun("random", LEAST, screen=ScreenPlan(by, pass_fraction=0.5, audit=0.3), d=3)
    search.run(Stop(calls=160))
    last = search.history[-1]
    assert last.screened > 40
    early, late = search.history[0], last
    hits = late.accepted - early.accepted
    assert hits / (late.calls - early.calls) > 1.3 * early.acceptance, "it prefers what holds"
    assert last.audit.satisfied > 8
    assert last.audit.interval[0] < 0.5, "half of what is seen is cut, of what holds less"


@pytest.mark.slow
def test_a_learned_screen_that_is_stopped_goes_on_as_if_it_was_not(begun) -> None:
    plan = ScreenPlan("ensemble", pass_fraction=0.5, audit=0.2)
    whole = begun("evolution", LEAST, name="whole", screen=plan)
    whole.run(Stop(calls=100))
    for calls in (41, 100):
        part = begun("evolution", LEAST, name="part", screen=plan)

        def stop(stage: str, done: int, total: int, calls: int = calls) -> None:
            if calls <= done < 100:
                raise KeyboardInterrupt

        try:
            part.run(Stop(calls=100), watch=stop)
        except KeyboardInterrupt:
            continue
    assert isinstance(part.screening.screen, LearnedScreen)
    np.testing.assert_array_equal(np.array(part.measured), np.array(whole.measured))
    assert part.history[-1].audit == whole.history[-1].audit


def test_points_of_designs_are_those_they_were_made_of(begun) -> None:
    space = begun("cross_entropy", LEAST, name="other").strategy.space
    points = np.random.default_rng(0).uniform(0.25, 0.75, size=(9, space.m))
    np.testing.assert_allclose(space.points(space.designs(points)), points, atol=1e-9)


def test_an_unknown_screen_is_named(begun) -> None:
    with pytest.raises(InputError, match="ensemble"):
        begun("random", LEAST, screen=ScreenPlan("ensembel"))
