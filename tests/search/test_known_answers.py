"""Strategies on functions with known optima, against random designs."""

import numpy as np
import pytest

import known_fronts
from ingenium.searches.stopping import Stop

SQUARE = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
BOTH = known_fronts.spec(objectives=known_fronts.BOTH)
ALL = known_fronts.spec(objectives=known_fronts.ALL)
BEST = 0.16 * 10  # of the quadratic in ten numbers
RANDOM = 1.8  # what random designs come to


def test_random_designs_come_less_near(begun) -> None:
    search = begun("random", SQUARE, d=10, batch=64)
    search.run(Stop(calls=800))
    assert search.history[-1].best > RANDOM


@pytest.mark.parametrize(
    ("strategy", "within", "calls"),
    [
        ("cma_es", 0.02, 800),
        ("cross_entropy", 0.1, 800),
        ("evolution", 0.15, 800),
        # Its time grows with the square of the calls.
        pytest.param("parzen", 0.15, 448, marks=pytest.mark.slow),
    ],
)
def test_the_least_distance_under_a_constraint(
    begun, strategy: str, within: float, calls: int
) -> None:
    search = begun(strategy, SQUARE, d=10, batch=64)
    search.run(Stop(calls=calls))
    found = search.history[-1].best
    assert BEST <= found <= BEST + within < RANDOM


def test_tuning_a_generator_comes_nearer_than_the_generator(begun) -> None:
    found = {}
    for strategy in ("tuned", "generator"):
        search = begun(strategy, SQUARE, name=strategy, batch=64)
        search.run(Stop(calls=640))
        found[strategy] = search.history[-1]
    assert found["tuned"].best < found["generator"].best - 0.05
    assert found["tuned"].acceptance > found["generator"].acceptance


def test_evolution_finds_the_front_of_zdt1(begun) -> None:
    search = begun("evolution", BOTH, function="zdt1", batch=64)
    search.run(Stop(calls=1600))
    first, second = search.curve.front.T
    distance = second - (1 - np.sqrt(first))
    assert distance.min() > -1e-9
    assert np.median(distance) < 0.01
    assert first.min() < 0.05
    assert first.max() > 0.9


@pytest.mark.slow
def test_evolution_finds_the_front_of_dtlz2(begun) -> None:
    search = begun("evolution", ALL, function="dtlz2", d=7, batch=64)
    search.run(Stop(calls=6400))
    radius = np.linalg.norm(search.curve.front, axis=1)
    assert radius.min() >= 1 - 1e-9
    assert np.median(radius) < 1.05


def test_a_conflict_that_is_there_is_found(begun) -> None:
    """A mean of at least 0.6 is at least 0.16 d from the point of all 0.2."""
    limits = [{"quantity": "f1", "at_least": 0.6}, {"quantity": "f0", "at_most": 0.9}]
    limits.append({"quantity": "f2", "at_most": 1.0})  # is always satisfied
    search = begun("cma_es", known_fronts.spec(limits=limits), batch=64)
    search.run(Stop(calls=300))
    from ingenium.runs.conflicts import unmet

    found = unmet(search.verdicts(), search.aim)
    assert found is not None
    assert [len(c.limits) for c in found.conflicts] == [2]
    assert all("f2" not in label for label in found.conflicts[0].limits)
    for one in found.front:  # nothing is better than the closed form
        assert one.values["f0"] >= 6 * (max(one.values["f1"], 0.2) - 0.2) ** 2 - 1e-9
