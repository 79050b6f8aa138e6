"""Rows 26.1, 26.3 and 26.5: the plant as published, ways that learn, and what they are held to."""

import numpy as np
import pytest
import torch

from ingenium.core.spec import Objective
from ingenium.domains.airfoils.studies import searching_population, two_regimes
from ingenium.domains.airfoils.studies.searching_population import Ripples, Watched, exploring
from ingenium.domains.structures.trusses.problem import RoofTruss
from ingenium.search.population import PopulationSettings
from ingenium.search.regimes import Options
from ingenium.search.studies import self_tuning_plant
from ingenium.search.studies.reactor_plant import BEST, Reactor, Twin, envelope, newton, profit
from ingenium.search.studies.self_tuning_plant import EXPERT, Running, misfit
from ingenium.search.trial import SearchTask, reached


def test_the_reactor_is_best_where_it_was_published_to_be() -> None:
    profits = Reactor().profit(envelope(121))
    best = envelope(121)[profits.argmax()]
    assert best == pytest.approx(BEST[:2], abs=0.15)
    assert float(Reactor().profit(EXPERT)[0]) == pytest.approx(BEST[2], abs=0.01)


def test_what_enters_the_reactor_leaves_it() -> None:
    at = envelope(5)
    for model in (Reactor((0.8, 1.2, 0.9)), Twin((1.5, 0.7))):
        p, e = model.fractions(at).T
        assert ((p > 0) & (e > 0) & (p + e < 1)).all()
    assert profit(np.array([[4.0, 80.0]]), np.zeros((1, 2)))[0] == pytest.approx(
        -76.23 * 1.8275 - 114.34 * 4.0
    )


def test_newton_finds_roots() -> None:
    found = newton(lambda x: x**2 - np.array([[0.25, 0.04]]), np.full((1, 2), 0.6))
    assert found[0] == pytest.approx([0.5, 0.2])


def test_the_process_is_sure_where_it_was_told_and_nowhere_else() -> None:
    at = np.array([[4.0, 80.0], [5.0, 90.0]])
    mean, spread = misfit(at, np.array([5.0, -5.0]), np.array([[4.0, 80.0], [3.0, 100.0]]))
    assert mean[0] == pytest.approx(5.0, abs=0.4)
    assert spread[0] < self_tuning_plant.SCATTER
    assert spread[1] > 0.9 * self_tuning_plant.MISFIT


def test_ours_climbs_on_a_plant_whose_rates_are_off() -> None:
    plant = Reactor((0.7, 1.1, 0.8))
    run, same = (Running(plant, np.random.default_rng(0)) for _ in range(2))
    self_tuning_plant.ours(run, 12)
    self_tuning_plant.fixed(same, 12)
    assert run.true[-3:].mean() > same.true.mean() + 1.0
    assert len(run.true) == len(same.true) == 12
    assert np.ptp(same.true) == 0


def test_regret_counts_and_knows_its_least() -> None:
    case = two_regimes.Case(np.array([0.0, 1.0]), np.array([[0.0], [1.0]]), 1.0, (0.5, 0.5))
    assert two_regimes.least(case, 100) == pytest.approx(2 * np.log(100))
    found = two_regimes._on_options(case, 60, 0)
    assert found["explore.regret"] == pytest.approx(30, abs=1)  # each in turn
    assert found["exploit.regret"] == 1.0  # once each, and nothing misleads
    assert found["regimes.regret"] < 30
    assert found["under_explore"] == pytest.approx(
        100 * (1 - found["regimes.regret"] / found["explore.regret"])
    )


def test_ways_take_what_they_say() -> None:
    options = Options(3, 1.0)
    options.hear(0, 1.0)
    options.hear(1, 5.0)
    rng = np.random.default_rng(0)
    assert two_regimes._exploit(options, 9, rng) == 1
    assert two_regimes._explore(options, 9, rng) == 2


def test_the_target_of_the_roof_is_on_its_front_and_ripples_are_least_at_nought() -> None:
    least = searching_population.least_kg(RoofTruss())
    front = RoofTruss().exact_front(steps=60)
    assert front[front[:, 1] <= searching_population.DEFLECTION_M, 0].min() == pytest.approx(
        least, rel=0.02
    )

    x = torch.tensor([[0.0] * 4, [1.0, 0.0, 0.0, 0.0], [0.5] * 4], dtype=torch.float64)
    assert Ripples().verifier.measure(x)[:, 0].tolist() == pytest.approx([0.0, 1.0, 81.0])


def test_a_search_ends_where_the_value_is_reached_and_says_what_it_explored() -> None:
    ripples = Ripples()
    asked = SearchTask(ripples, (Objective("height", "minimise"),), ripples.limits, 96)
    space = asked.task(0).space
    strategy = Watched(space, 0, PopulationSettings(designs=asked.batch))
    calls, done = reached(asked, strategy, 0, "height", 60.0)
    assert done
    assert 1 <= calls <= 96
    never, done = reached(asked, Watched(space, 0, PopulationSettings()), 0, "height", -1.0)
    assert (never, done) == (96, False)
    assert exploring([(0, 0.1), (3, 0.2), (4, 0.4)]) == pytest.approx(
        {"explored_moving": 10.0, "explored_still": 30.0, "rise": 20.0}
    )
