"""Studies of routes: what they count is what they say."""

import numpy as np
import pytest

from ingenium.domains.molecules.route import green
from ingenium.domains.molecules.route.search import best_first
from ingenium.domains.molecules.studies import green_routes, makeable_molecules, route_search
from ingenium.domains.molecules.studies.route_targets import chemistry, held_out, others


def test_targets_are_no_blocks_and_differ_between_seeds() -> None:
    first, second = held_out(1, 5), held_out(2, 5)
    assert first == held_out(1, 9)[:5]
    assert not set(first) & set(second)
    assert not any(t in chemistry().stock for t in (*first, *second, *others(1, 5)))
    assert not any("+" in t for t in others(1, 5))


def test_gain_is_the_least_mass_among_routes_of_no_more_steps() -> None:
    target = "CCN(CC)CC(=O)Nc1c(C)cccc1C"
    gain = green_routes._gain(target, 0)
    assert gain is not None
    routes = best_first(chemistry(), target, budget=40, deepest=6).routes
    short = [r for r in routes if len(r.steps) <= len(routes[0].steps)]
    mass = np.array([green.intensity(r) for r in short])
    assert gain.mass == pytest.approx(1 - mass.min() / green.intensity(routes[0]))
    assert 0 <= gain.mass <= gain.free < 1
    assert gain.front >= 1


def test_a_route_of_the_search_is_accepted_by_the_verifier() -> None:
    target = "CCN(CC)CC(=O)Nc1c(C)cccc1C"
    (found, *_) = best_first(chemistry(), target, budget=20, deepest=3).routes
    assert route_search._accepted(found)
    assert route_search._otherwise(target) in (True, False)


def test_text_that_is_no_molecule_has_no_route() -> None:
    assert not makeable_molecules._made("C1CC")
    assert not makeable_molecules._made("CCO.CCN")
    assert makeable_molecules._made("CC(=O)Nc1ccc(O)cc1")
