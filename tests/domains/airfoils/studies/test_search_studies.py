"""Studies of searches: what they count is what they say."""

from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.spec import Limit, Objective
from ingenium.domains.airfoils.studies import (
    closed_loop,
    morphing_front,
    morphing_runs,
    prior_trials,
    two_engines,
)
from ingenium.domains.airfoils.studies.wing_sections import LIMITS, Asked
from ingenium.search.drawn import Drawn
from ingenium.search.fronts import hypervolume


@pytest.fixture(scope="module")
def asked() -> Asked:
    return Asked((*LIMITS, Limit("lift_to_drag", at_least=90.0)))


class Known(Drawn):
    """Designs that are handed out in their order."""

    def __init__(self, designs: xr.Dataset) -> None:
        self.designs, self.at = designs, 0

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        return self.designs.isel(design=slice(self.at, self.at + n))

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        self.at += designs.sizes["design"]


def test_rates_of_a_loop_are_those_of_its_designs(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_loop, "AT_ONCE", 12)
    designs = asked.drawn("bootstrap", 36, 3)
    names = ("lift_missing", "moment", "max_lift", "lift_to_drag")
    value = asked.problem.verifier.measure(
        *(torch.from_numpy(designs[v.name].to_numpy()) for v in asked.problem.variables)
    ).numpy()
    missing, moment, most, glide = asked.columns(value, names).T
    hit = (missing <= 0.001) & (moment >= -0.09) & (most >= 1.5) & (glide >= 90)
    assert 0 < hit.sum() < 36
    went = closed_loop.searched(asked, Known(designs), 0, tmp_path, rounds=3, checked=0)
    np.testing.assert_allclose(went.rates, hit.reshape(3, 12).mean(1))
    assert np.isnan(went.by_xfoil)


def test_a_stopped_loop_goes_on_with_what_it_kept(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_loop, "AT_ONCE", 8)
    whole = closed_loop.searched(
        asked, closed_loop.strategies(asked, 1)["chance"], 1, tmp_path / "a", rounds=3, checked=0
    )
    for rounds in (2, 3):
        again = closed_loop.searched(
            asked,
            closed_loop.strategies(asked, 1)["chance"],
            1,
            tmp_path / "b",
            rounds=rounds,
            checked=0,
        )
    np.testing.assert_array_equal(again.rates, whole.rates)


def test_a_rate_that_only_rises_has_a_trend_of_one() -> None:
    rounds = np.arange(4)
    assert closed_loop._trend(rounds, np.array([0.1, 0.2, 0.5, 0.6])) == pytest.approx(1)
    assert closed_loop._trend(rounds, np.full(4, 0.3)) == 0


def test_a_generator_that_learns_hits_more_often(asked: Asked, tmp_path: Path) -> None:
    own = Asked(asked.limits, (Objective("lift_to_drag", "maximise"),))
    strategy = closed_loop.strategies(own, 0)[closed_loop.LEARNING]
    went = closed_loop.searched(own, strategy, 0, tmp_path, rounds=4, checked=0)
    assert went.rates[-1] > went.rates[0] + 0.1


def _told(x: np.ndarray, y: np.ndarray) -> prior_trials.Told:
    return prior_trials.Told(x, y, np.isfinite(y).all(1))


def test_trials_are_counted_until_the_hypervolume_is_there() -> None:
    class Square(prior_trials.Bench):
        def size(self, y: np.ndarray) -> float:
            return hypervolume(-y, np.zeros(2)) if len(y) else 0.0

    y = np.array([[1.0, 1], [np.nan, 1], [2, 1], [1, 2]])
    told = _told(np.zeros((4, 1)), y)
    bench = Square(Asked())
    reached = [prior_trials.reached(bench, told, size) for size in (1.0, 1.5, 3.0, 3.1)]
    assert reached == [1, 3, 4, None]
    assert told.front.tolist() == [2, 3]


def test_runs_that_do_not_arrive_count_their_whole_budget() -> None:
    taken: dict[str, list[int | None]] = {arm: [40, 60] for arm in prior_trials.ARMS}
    taken[prior_trials.UCB] = [100, None]
    most = dict.fromkeys(prior_trials.ARMS, 120)
    values, beside = prior_trials.found(taken, most)
    assert values["under_ucb"].value == pytest.approx((60 + 50) / 2)
    assert values["under_none"].value == 0
    assert values["arrived"].value == 100
    assert beside[f"runs that arrived, {prior_trials.UCB}"].value == 50


def test_an_engine_that_the_cheap_one_tells_of_is_learned_sooner() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 6))
    low = np.sin(3 * x[:, 0]) * x[:, 1]
    pool = two_engines.Pool(x, low, 5 + 2 * low + 0.01 * x[:, 2])
    first = two_engines.starts(pool, 6, 0)
    ours, alone = (
        [two_engines.run(pool, model, rows, 12) for rows in first]
        for model in two_engines.MODELS.values()
    )
    assert np.mean([r.error for r in ours]) < 0.2 * np.mean([r.error for r in alone])
    assert np.mean([r.calls for r in ours]) < np.mean([r.calls for r in alone])
    best = int(pool.high.argmax())
    sure = two_engines.run(pool, two_engines.High(), np.array([best, 0, 1]), 3)
    assert (sure.short, sure.calls) == (0.0, 1)


def test_points_that_grow_a_front_most_come_first() -> None:
    least = morphing_runs.LEAST
    points = least + np.array([[1, 1e-6], [10, 1e-5], [9, 1e-5], [-1, 1]])
    assert morphing_front.grown(np.empty((0, 2)), points, 1) == [1]
    calls = morphing_front.grown(points[1:2], points, 2)
    assert 3 not in calls


def test_calls_to_a_hypervolume_are_the_fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(engine: object, found: morphing_runs.Designs) -> float:
        return float(found.measured.sum())

    monkeypatch.setattr(morphing_front, "reached", count)
    found = morphing_runs.Designs((torch.zeros(5),), np.array([[0.0], [1], [0], [2], [0]]))
    engine = morphing_runs.Bench("medium")
    assert [morphing_front.needed(engine, found, x) for x in (1.0, 3.0, 9.0)] == [2, 4, 5]


@pytest.mark.slow
def test_bending_edges_are_evolved_to_a_larger_front(tmp_path: Path) -> None:
    bench = morphing_runs.Bench("medium")
    found = bench.evolved(160, 0, tmp_path)
    assert len(found.measured) == 160
    again = bench.tried(found[np.arange(9)].arrays).measured
    np.testing.assert_allclose(again, found.measured[:9], atol=1e-12)
    half = morphing_front.reached(bench, found[np.arange(64)])
    assert 0 < half < morphing_front.reached(bench, found)
    ours = morphing_front.by_given(bench, bench, found, 8)
    assert morphing_front.reached(bench, ours) > 0.6 * morphing_front.reached(bench, found)
