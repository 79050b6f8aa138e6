"""The loop: budgets, stops, resumption, and no repeated verification."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import known_fronts
import toy
from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.runs.loop import training
from ingenium.runs.rounds import Round
from ingenium.runs.store import Store
from ingenium.searches.cma_es import CmaEs
from ingenium.searches.fixed_strategies import DatasetBaseline
from ingenium.searches.portfolio import Portfolio
from ingenium.searches.search import Search
from ingenium.searches.space import POINT
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import NAMES, Task, make

LEAST = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
BOTH = known_fronts.spec(objectives=known_fronts.BOTH)


SLOW = ("bayesian", "fidelity", "two_regimes")  # with tests of their own
QUICK = [name for name in NAMES if name not in SLOW]


def curve(search: Search) -> list[tuple[object, ...]]:
    """All repeatable data of a search."""
    return [
        (r.calls, r.accepted, r.repeated, r.best, r.violation, r.front, r.hypervolume)
        for r in search.history
    ]


@pytest.mark.parametrize("strategy", QUICK)
def test_a_budget_is_spent_and_no_more(begun, strategy: str, tmp_path: Path) -> None:
    search = begun(strategy, LEAST, log=str(tmp_path / "log"), known=200)
    why = search.run(Stop(calls=100))
    assert why == "calls"
    assert search.calls == search.history[-1].calls == 100
    measured = [tuple(json.loads(x)) for x in (tmp_path / "log").read_text().splitlines()]
    assert len(measured) == 100
    assert len(set(measured)) == 100, "a design was verified twice"
    assert [r.calls for r in search.history] == sorted(r.calls for r in search.history)


@pytest.mark.parametrize("strategy", QUICK)
def test_stopped_after_each_round_it_ends_as_if_it_was_not(begun, strategy: str) -> None:
    whole = begun(strategy, BOTH, name="whole", function="zdt1", known=120)
    whole.run(Stop(calls=100))
    for _ in range(2):

        def stop(last: Round) -> None:
            raise KeyboardInterrupt

        part = begun(strategy, BOTH, name="part", function="zdt1", known=120)
        with pytest.raises(KeyboardInterrupt):
            part.run(Stop(calls=100), heard=stop)
    part = begun(strategy, BOTH, name="part", function="zdt1", known=120)
    assert 0 < part.calls < 100
    part.run(Stop(calls=100))
    assert curve(part) == curve(whole)
    np.testing.assert_array_equal(np.array(part.measured), np.array(whole.measured))
    assert part.places == whole.places
    assert part.store.check() == []


@pytest.mark.parametrize("strategy", QUICK)
def test_a_kept_state_is_the_same_as_being_told_again(
    begun, strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = begun(strategy, BOTH, name="told", function="zdt1", known=120)
    reported.run(Stop(calls=72))
    monkeypatch.setattr("ingenium.searches.search.STORE_S", 0.0)
    stored = begun(strategy, BOTH, name="kept", function="zdt1", known=120)
    stored.run(Stop(calls=72))
    assert stored.stored.path.is_file()
    again = begun(strategy, BOTH, name="kept", function="zdt1", known=120)
    one, other = reported.strategy.state_dict(), again.strategy.state_dict()
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)
    again.run(Stop(calls=100))
    reported.run(Stop(calls=100))
    np.testing.assert_array_equal(np.array(again.measured), np.array(reported.measured))


@pytest.mark.parametrize("strategy", ["evolution", "cma_es", "tuned", "portfolio"])
def test_a_state_of_another_making_is_left(begun, strategy: str) -> None:
    reported = begun(strategy, BOTH, name="told", function="zdt1", known=120)
    reported.run(Stop(calls=72))
    rounds = len(reported.history)
    for state in ({}, {"count": np.zeros(2)}, {"generation": np.array("x")}):
        named = {f"state.{k}": v for k, v in state.items()}
        np.savez(reported.stored.path, rounds=np.array(rounds), **named)
        again = begun(strategy, BOTH, name="told", function="zdt1", known=120)
        one, other = reported.strategy.state_dict(), again.strategy.state_dict()
        assert one.keys() == other.keys()
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_a_round_that_was_cut_is_finished_as_it_was_proposed(begun) -> None:
    whole = begun("cross_entropy", LEAST, name="whole")
    whole.run(Stop(calls=96))
    cut = begun("cross_entropy", LEAST, name="cut")

    def stop(stage: str, done: int, total: int) -> None:
        if done == 48:  # within the second round
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut.run(Stop(calls=96), watch=stop)
    again = begun("cross_entropy", LEAST, name="cut")
    assert again.calls == 48
    assert len(again.history) == 1
    again.run(Stop(calls=96))
    assert curve(again) == curve(whole)


def test_it_ends_when_enough_is_accepted(begun) -> None:
    search = begun("random", LEAST)
    assert search.run(Stop(calls=1000, accepted=3)) == "accepted"
    assert search.history[-1].accepted >= 3
    assert search.calls < 1000


def test_it_ends_when_nothing_becomes_better(begun) -> None:
    search = begun("cross_entropy", LEAST)
    assert search.run(Stop(calls=5000, stagnation=200)) == "stagnation"
    last = search.history[-1]
    assert last.calls - last.better >= 200
    assert search.calls < 5000


def test_it_ends_when_there_are_no_more_designs(begun) -> None:
    search = begun("dataset", LEAST, known=50)
    assert search.run(Stop(calls=1000)) == "designs"
    assert search.calls == 45  # the others are held out


def test_known_designs_under_the_wanted_conditions_come_first(begun) -> None:
    spec = known_fronts.spec(
        objectives=known_fronts.LEAST_SQUARE,
        conditions={"mean": {"at_least": 0.55, "at_most": 0.65}},
    )
    search = begun("dataset", spec, known=60)
    search.run(Stop(calls=1000))
    mean = search.designs(range(search.calls))["mean"].to_numpy()
    beyond = np.maximum(np.maximum(0.55 - mean, mean - 0.65), 0.0)
    assert (np.diff(beyond) >= 0).all()
    assert 0 < (beyond == 0).sum() < len(mean) == 54
    assert not (np.diff(mean[beyond == 0]) >= 0).all(), "within the range by chance"


def test_known_designs_of_other_categories_are_left_out() -> None:
    problem = toy.Cantilever(toy.Settings(known=60))
    known = training(problem)
    name = next(c.name for c in problem.conditions if c.choices)
    kinds = known[name].to_numpy()
    stock = DatasetBaseline(problem, known, 0, {name: (str(kinds[0]),)})
    shown = stock.ask(10_000, torch.Generator())[name].to_numpy()
    assert sorted(set(kinds)) != [kinds[0]], "there are others"
    assert set(shown) == {kinds[0]}
    assert len(shown) == (kinds == kinds[0]).sum()


def test_annealing_takes_no_step_to_a_design_without_an_answer(begun) -> None:
    """The cost is infinite, and over a temperature far below 1 too large for a number."""
    search = begun("annealing", LEAST, batch=8)
    walks = search.strategy
    search.run(Stop(calls=8))
    walks.hot, before = 1e-3, walks.at["points"].copy()
    cost = np.where(np.arange(8) % 2, np.inf, -1.0)
    walks.survive({"points": np.full_like(before, 0.5), "cost": cost})
    same = (walks.at["points"] == before).all(1)
    assert same.tolist() == [False, True] * 4


def test_it_ends_when_its_seconds_are_spent(begun) -> None:
    search = begun("random", LEAST, pause_s=0.02)
    assert search.run(Stop(calls=100_000, seconds=0.2)) == "seconds"
    again = begun("random", LEAST, pause_s=0.02)
    assert again.run(Stop(calls=100_000, seconds=0.2)) == "seconds"
    assert again.calls == search.calls, "seconds of earlier sessions count"


def test_a_round_is_no_larger_than_the_time_that_is_left_allows(begun) -> None:
    """A design takes about 0.02 s, so 0.3 s allow 15; a whole round of 64 would take 1.3 s."""
    search = begun("random", LEAST, batch=64, slow=0.04)
    assert search.run(Stop(calls=500, seconds=0.3)) == "seconds"
    assert search.history[0].calls == 4, "a sixteenth of the batch, since nothing is known"
    assert search.calls < 32
    whole = begun("random", LEAST, name="whole", batch=64)
    whole.run(Stop(calls=128))
    assert [r.calls for r in whole.history] == [64, 128]


@pytest.mark.parametrize(
    ("elapsed", "done", "waiting", "most"),
    [
        (0.0, (0, 0.0), 0, 4),
        (1.0, (4, 1.0), 0, 36),
        (1.0, (4, 1.0), 16, 20),
        (1.0, (400, 1.0), 0, 64),
        (9.9, (4, 1.0), 0, 1),
        (12.0, (4, 1.0), 0, 1),
    ],
)
def test_the_size_of_a_round_follows_the_pace(
    elapsed: float, done: tuple[int, float], waiting: int, most: int
) -> None:
    assert Stop(500, seconds=10.0).most(64, elapsed, done, waiting) == most
    assert Stop(500).most(64, elapsed, done, waiting) == 64


def test_failed_is_told_apart_from_rejected(begun) -> None:
    search = begun("evolution", LEAST, gap=0.3)
    search.run(Stop(calls=128))
    last = search.history[-1]
    assert last.failed > 0
    assert last.accepted + last.rejected + last.failed == 128
    assert search.designs(range(128)).sizes["design"] == 128


def test_designs_are_those_that_were_measured(begun) -> None:
    search = begun("evolution", LEAST)
    search.run(Stop(calls=80))
    calls = [70, 3, 41]
    x = search.designs(calls)["x"].to_numpy()
    np.testing.assert_allclose(
        ((x - 0.2) ** 2).sum(1), search.verdicts(calls)["f0"].to_numpy(), rtol=1e-12
    )


@pytest.mark.parametrize(
    "entry", [{"calls": 0}, {"calls": 1, "accepted": 0}, {"calls": 1, "seconds": 0.0}]
)
def test_budgets_that_make_no_sense_are_refused(entry: dict[str, float]) -> None:
    with pytest.raises(InputError, match="Write"):
        Stop(**entry)  # type: ignore[arg-type]


def test_a_portfolio_shifts_its_budget_to_what_works(begun) -> None:
    def both(task: Task) -> Portfolio:
        arms = {name: make(name, task).strategy for name in ("random", "cross_entropy")}
        return Portfolio(arms)

    search = begun(both, LEAST, d=10, batch=16)
    search.run(Stop(calls=640))
    arms = [int(search.store.proposed(r.round)["coord.arm"][0]) for r in search.history]
    assert set(arms) == {0, 1}, "each is tried"
    late = arms[len(arms) // 2 :]
    assert late.count(1) > 2 * late.count(0)
    whole = search.designs(range(search.calls))
    assert whole.sizes["design"] == 640
    assert POINT not in whole.coords, "designs of one arm alone carry points"


def test_designs_of_single_numbers_are_learned_from(tmp_path: Path) -> None:
    problem = toy.Cantilever(toy.Settings(known=60))
    spec = resolve(
        Spec(problem="toy.cantilever", generator=GeneratorChoice("gaussian_copula")), problem
    )
    made = make("tuned", Task(problem, spec, training(problem), 0, silent))
    with Store(tmp_path / "search.sqlite") as store:
        store.sit({})
        search = Search(problem, spec, made.strategy, store, seed=0, batch=32)
        assert search.run(Stop(calls=96)) == "calls"
    assert made.strategy.fits == 1


@pytest.mark.slow
def test_a_run_of_cma_that_was_begun_anew_is_loaded(begun) -> None:
    search = begun("cma_es", LEAST, d=2)
    until = 0
    while search.strategy.restarts == 0:
        until += 128
        search.run(Stop(calls=until))
    search.run(Stop(calls=until + 40))
    other = CmaEs(search.strategy.space, 0)
    other.load_state_dict(search.strategy.state_dict())
    assert other.size == search.strategy.size == 2 * CmaEs(search.strategy.space, 0).size
    for _ in range(3):
        ours, theirs = (s.ask(64, torch.Generator()) for s in (search.strategy, other))
        np.testing.assert_array_equal(ours[POINT], theirs[POINT])
        search.run(Stop(calls=search.calls + 30))
        other.load_state_dict(search.strategy.state_dict())
