"""Studies of searches: their counts are right."""

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.spec import Limit, Objective
from ingenium.evaluate.trials import Readings
from ingenium.searches.fixed_strategies import FixedGenerator
from ingenium_book.studies.airfoils import (
    closed_loop,
    lift_front,
    morphing_front,
    morphing_runs,
    prior_trials,
    two_engines,
)
from ingenium_book.studies.airfoils.wing_sections import LIMITS, WingTarget


@pytest.fixture(scope="module")
def requested() -> WingTarget:
    return WingTarget((*LIMITS, Limit("lift_to_drag", at_least=90.0)))


class Known(FixedGenerator):
    """Designs that are returned in their order."""

    def __init__(self, designs: xr.Dataset) -> None:
        self.designs, self.at = designs, 0

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        return self.designs.isel(design=slice(self.at, self.at + n))

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        self.at += designs.sizes["design"]


@pytest.mark.slow
def test_rates_of_a_loop_are_those_of_its_designs(
    requested: WingTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_loop, "AT_ONCE", 12)
    monkeypatch.setattr(closed_loop, "requested", lambda: requested)
    designs = requested.drawn("bootstrap", 36, 3)
    names = ("lift_missing", "moment", "max_lift", "lift_to_drag")
    value = requested.problem.verifier.measure(
        *(torch.from_numpy(designs[v.name].to_numpy()) for v in requested.problem.variables)
    ).numpy()
    missing, moment, most, glide = requested.columns(value, names).T
    hit = (missing <= 0.001) & (moment >= -0.09) & (most >= 1.5) & (glide >= 90)
    assert 0 < hit.sum() < 36
    arm = closed_loop.Arm(lambda task: Known(designs))
    went = closed_loop.run(arm, 0, closed_loop.Rounds(3, checked=2))
    np.testing.assert_allclose(went["rates"], hit.reshape(3, 12).mean(1))
    assert np.isnan(went["by_xfoil"])  # which measures the arm that learns alone


def test_hits_of_a_loop_are_read_arm_by_arm() -> None:
    arms = {"learning": [0.1, 0.3], "not learning": [0.1, 0.1], "chance": [0.0, 0.02]}
    arms |= {"known sections": [0.1, 0.1]}
    piece = {"by_xfoil": 0.25, "apart": 0.01}
    pieces = {k: [piece | {"rates": v}, piece | {"rates": v}] for k, v in arms.items()}
    found = closed_loop.read(Readings((0, 1), pieces))
    assert found["ratio"].interval.value == pytest.approx(20.0)
    for name, value in (("rise", 20), ("last", 30), ("over_plain", 10), ("over_chance", 19)):
        np.testing.assert_allclose(found[name], [value, value])
    assert found["steady"] == pytest.approx([1.0, 1.0])


def test_a_rate_that_only_rises_has_a_trend_of_one() -> None:
    rounds = np.arange(4)
    assert closed_loop._trend(rounds, np.array([0.1, 0.2, 0.5, 0.6])) == pytest.approx(1)
    assert closed_loop._trend(rounds, np.full(4, 0.3)) == 0


@pytest.mark.slow
def test_a_generator_that_learns_hits_more_often(
    requested: WingTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = WingTarget(requested.limits, (Objective("lift_to_drag", "maximise"),))
    monkeypatch.setattr(closed_loop, "requested", lambda: own)
    arm = closed_loop.measure.arms[closed_loop.LEARNING]
    rates = np.asarray(closed_loop.run(arm, 0, closed_loop.Rounds(4, checked=0))["rates"])
    assert rates[-1] > rates[0] + 0.1


def test_trials_are_counted_until_the_hypervolume_is_there() -> None:
    y = np.array([[1.0, 1], [np.nan, 1], [2, 1], [1, 2]])
    reported = lift_front.ReportedTrials(np.zeros((4, 1)), y, np.isfinite(y).all(1))
    reached = [reported.reached(size, np.zeros(2)) for size in (1.0, 1.5, 3.0, 3.1)]
    assert reached == [1, 3, 4, None]
    assert reported.front.tolist() == [2, 3]


def test_runs_that_do_not_arrive_count_their_whole_budget() -> None:
    pieces = {
        arm: [{"trials": n, "came": True, "reference": 2.0} for n in (40, 60)]
        for arm in prior_trials.ARMS
    }
    spent = [(100, True), (120, False)]
    pieces[prior_trials.UCB] = [{"trials": n, "came": c, "reference": 2.0} for n, c in spent]
    values = prior_trials.read(Readings((0, 1), pieces))
    assert np.mean(values["under_ucb"]) == pytest.approx((60 + 50) / 2)
    assert np.mean(values["under_none"]) == 0
    assert np.mean(values["arrived"]) == 100
    assert np.mean(values[f"runs that arrived, {prior_trials.UCB}"]) == 50
    assert values["hypervolume of the reference"].interval.value == 2.0


def test_a_bound_reaches_for_what_is_unsure_and_growth_for_what_is_likely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prior_trials, "least", lambda: np.zeros(2))
    mean, sd = np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[3.0, 3.0], [0.1, 0.1]])
    known, front = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 1.0]])
    rng = np.random.default_rng(0)
    assert prior_trials.by_bound(mean, sd, front, known, rng).argmax() == 0
    assert prior_trials.by_growth(mean, np.zeros((2, 2)), front, known, rng).argmax() == 1


@pytest.mark.slow
def test_an_engine_that_the_cheap_one_tells_of_is_learned_sooner() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 6))
    low = np.sin(3 * x[:, 0]) * x[:, 1]
    pool = two_engines.Pool(x, low, 5 + 2 * low + 0.01 * x[:, 2])
    ours, alone = (
        np.mean([two_engines.chosen(pool, name, rows, 12) for rows in pool.starts(6, 0)], 0)
        for name in (two_engines.OURS, two_engines.ALONE)
    )
    assert ours[0] < 0.2 * alone[0]  # error
    assert ours[2] < alone[2]  # calls
    best = int(pool.high.argmax())
    _, short, calls = two_engines.chosen(pool, two_engines.ALONE, np.array([best, 0, 1]), 3)
    assert (short, calls) == (0.0, 1)


def test_pools_are_read_beside_the_costly_engine_alone() -> None:
    names = ("error", "short of the best", "calls to the best")
    ours, alone = (0.5, 1.0, 6.0), (2.0, 4.0, 8.0)
    piece = {f"{n}, {two_engines.OURS}": v for n, v in zip(names, ours, strict=True)}
    piece |= {f"{n}, {two_engines.ALONE}": v for n, v in zip(names, alone, strict=True)}
    found = two_engines.read(Readings((0, 1), {"pools": [piece, piece]}))
    for name, value in (("error", 0.25), ("gain", 3.0), ("sooner", 25.0)):
        np.testing.assert_allclose(found[name], [value, value])


def test_calls_to_a_hypervolume_are_the_fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(engine: object, found: morphing_runs.Designs) -> float:
        return float(found.measured.sum())

    monkeypatch.setattr(morphing_runs.Bench, "reached", count)
    found = morphing_runs.Designs((torch.zeros(5),), np.array([[0.0], [1], [0], [2], [0]]))
    engine = morphing_runs.Bench("medium")
    assert [morphing_front.needed(engine, found, x) for x in (1.0, 3.0, 9.0)] == [2, 4, 5]


@pytest.mark.slow
def test_bending_edges_are_evolved_to_a_larger_front() -> None:
    bench = morphing_runs.Bench("medium")
    found = bench.evolved(160, 0)
    assert len(found.measured) == 160
    again = bench.tried(found[np.arange(9)].arrays).measured
    np.testing.assert_allclose(again, found.measured[:9], atol=1e-12)
    half = bench.reached(found[np.arange(64)])
    assert 0 < half < bench.reached(found)
    ours = morphing_front.by_learned(bench, morphing_runs.ShapePrior(bench.problem), 8, 0)
    assert 0 < bench.reached(ours) < bench.reached(found)
