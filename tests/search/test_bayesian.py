"""Bayesian optimisation: the same after a stop, within its region, and better than random."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import known_fronts
from ingenium.core.spec import Spec
from ingenium.searches.acquisition import Worth
from ingenium.searches.bayesian import REPORTED, Bayesian, BayesianSettings
from ingenium.searches.fronts import order
from ingenium.searches.search import Search
from ingenium.searches.space import POINT
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task
from ingenium.searches.trust_region import Region, near, sampled

SQUARE = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
SMALL = BayesianSettings(batch=2, first=8, samples=8, raw=8, starts=1, climbs=8)


def small(task: Task) -> Bayesian:
    return Bayesian(task.space, SMALL)


@pytest.mark.parametrize("stored", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_it_goes_on_as_if_it_was_not_stopped(
    begun, stored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = begun(small, SQUARE, name="whole", d=2)
    whole.run(Stop(calls=12))
    if stored:
        monkeypatch.setattr("ingenium.searches.search.STORE_S", 0.0)
    begun(small, SQUARE, name="part", d=2).run(Stop(calls=10))
    part = begun(small, SQUARE, name="part", d=2)
    assert part.stored.path.is_file() == stored
    part.run(Stop(calls=12))
    np.testing.assert_array_equal(np.array(part.measured), np.array(whole.measured))


@pytest.mark.slow
def test_beside_points_in_flight_it_looks_elsewhere(begun) -> None:
    search = begun(small, SQUARE, d=2)
    search.run(Stop(calls=12))
    strategy = search.strategy

    def requested(flying: tuple[object, ...]) -> np.ndarray:
        return strategy.ask_ahead(1, torch.Generator().manual_seed(3), flying)[POINT].to_numpy()

    flying = strategy.ask(1, torch.Generator().manual_seed(3))
    np.testing.assert_array_equal(requested(()), flying[POINT].to_numpy())
    assert np.abs(requested((flying,)) - flying[POINT].to_numpy()).max() > 0.01


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


@pytest.mark.parametrize("worth", ["log_ei", "ei", "ucb"])
@pytest.mark.parametrize("objectives", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_each_worth_proposes_points_of_the_cube(begun, worth: Worth, objectives: int) -> None:
    spec = known_fronts.spec(objectives=known_fronts.BOTH[:objectives])
    search = begun(lambda task: Bayesian(task.space, replace(SMALL, worth=worth)), spec, d=2)
    search.run(Stop(calls=10))
    assert search.calls == 10, "eight about known designs and two by the acquisition"


def test_draws_in_a_region_stay_in_it_and_find_the_best() -> None:
    """A known model: the outcome is 0.6 minus the distance to all 0.7 at most."""

    class Knows:
        def posterior(self, x: torch.Tensor) -> "Knows":
            self.x = x
            return self

        def rsample(self, shape: torch.Size) -> torch.Tensor:
            margin = self.x[:, :1] - 0.52  # is feasible to the right of it
            worth = -(self.x - 0.7).square().sum(1, keepdim=True)
            return torch.cat([margin, worth], 1).expand(*shape, -1, -1)

    torch.manual_seed(0)
    centre = np.full(30, 0.5)
    points = sampled(Knows(), near(centre, 0.2), np.ones(1), 5)
    assert points.shape == (5, 30)
    assert (np.abs(points - centre) <= 0.1 + 1e-12).all()
    assert (points[:, 0] > 0.52).all(), "limits come first"
    far = ((points - 0.7) ** 2).sum(1)
    assert (far < ((centre - 0.7) ** 2).sum() - 0.1).all()
    assert len(np.unique(points, axis=0)) == 5


def test_a_named_worth_is_used_in_a_region_too(begun) -> None:
    """Each worth verifies other designs of 30 numbers, all of them in the region."""
    held = known_fronts.spec(
        limits=[{"quantity": "f1", "at_least": -9.0}], objectives=known_fronts.LEAST_SQUARE
    )
    found = []
    for worth in (None, "log_ei", "ucb"):
        settings = replace(SMALL, many=20, worth=worth)
        name = str(worth)
        search = begun(lambda task, s=settings: Bayesian(task.space, s), held, name=name, d=30)
        search.run(Stop(calls=8))
        ours = search.strategy
        ours.region = Region(side=0.1)
        best = ours.reported["points"][order(*(ours.reported[n] for n in REPORTED[2:]))[0]]
        points = ours.ask(2, torch.Generator().manual_seed(1))[POINT].to_numpy()
        assert (np.abs(points - best) <= 0.05 + 1e-9).all()
        found.append(points)
    assert not np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert not np.array_equal(found[1], found[2])


def test_a_region_that_is_too_small_begins_elsewhere(begun) -> None:
    search = begun(lambda task: Bayesian(task.space, replace(SMALL, many=1)), SQUARE, d=2)
    search.run(Stop(calls=8))
    ours = search.strategy
    ours.reported |= {"cost": np.full(8, -1.0)}  # than which nothing is better
    ours.region = Region(side=0.5**7, losses=1)
    search.run(Stop(calls=10))
    assert ours.region == Region()
    assert ours.since == len(ours.reported["cost"])


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
    ours = run(begun, bayesian, both, "ours", function="zdt1", d=4).curve
    theirs = run(begun, "random", both, "theirs", function="zdt1", d=4).curve
    first, second = ours.front.T
    assert np.median(second - 1 + np.sqrt(first)) < 0.2
    first, second = theirs.front.T
    assert np.median(second - 1 + np.sqrt(first)) > 0.5


@pytest.mark.slow
def test_many_numbers_are_searched_in_a_region(begun) -> None:
    search = run(begun, bayesian, SQUARE, "ours", d=24)
    assert search.history[-1].accepted > 0
    assert search.strategy.space.m == 24
