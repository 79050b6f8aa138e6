"""Bayesian optimisation: the same after a stop, within its region, and better than chance."""

import numpy as np
import pytest

import known_fronts
from ingenium.core.spec import Spec
from ingenium.search.bayesian import Bayesian, BayesianSettings, Region
from ingenium.search.search import Search
from ingenium.search.stopping import Stop
from ingenium.search.strategies import Task

SQUARE = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
SMALL = BayesianSettings(batch=2, first=8, draws=8, raw=8, starts=1, climbs=8)


def small(task: Task) -> Bayesian:
    return Bayesian(task.space, SMALL)


@pytest.mark.parametrize("kept", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_it_goes_on_as_if_it_was_not_stopped(
    begun, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = begun(small, SQUARE, name="whole", d=2)
    whole.run(Stop(calls=12))
    if kept:
        monkeypatch.setattr("ingenium.search.search.KEEP_S", 0.0)
    begun(small, SQUARE, name="part", d=2).run(Stop(calls=10))
    part = begun(small, SQUARE, name="part", d=2)
    assert part.kept.path.is_file() == kept
    part.run(Stop(calls=12))
    np.testing.assert_array_equal(np.array(part.measured), np.array(whole.measured))


def test_the_region_grows_with_success_and_shrinks_without() -> None:
    region = Region()
    for _ in range(3):
        region = region.after(True, 2)
    assert region.side == 1.6
    for _ in range(4):
        region = region.after(False, 2)
    assert region.side == 0.4
    for _ in range(12):
        region = region.after(False, 2)
    assert region == Region(), "too small, so it begins anew"


def bayesian(task: Task) -> Bayesian:
    return Bayesian(task.space)


def run(begun, what: object, spec: Spec, name: str, **settings: object) -> Search:  # type: ignore[no-untyped-def]
    search: Search = begun(what, spec, name=name, **settings)
    search.run(Stop(calls=40))
    return search


@pytest.mark.slow
def test_it_beats_chance_under_a_constraint(begun) -> None:
    ours = run(begun, bayesian, SQUARE, "ours", d=6).history[-1].best
    theirs = run(begun, "random", SQUARE, "theirs", d=6).history[-1].best
    assert 0.96 <= ours < min(theirs, 1.1)


@pytest.mark.slow
def test_it_beats_chance_on_a_front(begun) -> None:
    both = known_fronts.spec(objectives=known_fronts.BOTH)
    ours = run(begun, bayesian, both, "ours", function="zdt1", d=4).course
    theirs = run(begun, "random", both, "theirs", function="zdt1", d=4).course
    first, second = ours.front.T
    assert np.median(second - 1 + np.sqrt(first)) < 0.2
    first, second = theirs.front.T
    assert np.median(second - 1 + np.sqrt(first)) > 0.5


@pytest.mark.slow
def test_many_numbers_are_searched_in_a_region(begun) -> None:
    search = run(begun, bayesian, SQUARE, "ours", d=24)
    assert search.history[-1].accepted > 0
    assert search.strategy.space.m == 24
