"""Two tiers: the model against its closed form, and savings by a cheap tier on known pairs."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

import known_fronts
from ingenium.core.errors import InputError
from ingenium.runs.search_plan import REQUESTED, ScreenPlan, SearchPlan
from ingenium.searches.cokriging import CoKriging
from ingenium.searches.fidelity import Fidelity, chebyshev, log_improvement
from ingenium.searches.proposal import Cut
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task

LEAST = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
COST_RATIO = 0.1


def tenth(**entries: object) -> ScreenPlan:
    return ScreenPlan(REQUESTED, cost_ratio=COST_RATIO, **entries)


def costly_only(task: Task) -> Fidelity:
    """The same strategy without the values of the cheap tier."""

    class DearOnly(Fidelity):
        def tell(self, designs, verdicts) -> None:
            nothing = {k: verdicts[k] * np.nan for k in ("cheap_margin", "cheap_loss")}
            super().tell(designs, verdicts.assign(nothing))

        def ask(self, n, rng):
            designs = super().ask(n, rng)
            first = slice(0, max(1, int((designs["tier"].to_numpy() == 1).sum())))
            return designs.isel(design=first)

    return DearOnly(task.space, COST_RATIO)


def least(search: Search, cost: float) -> float:
    """The best value within a cost; by exact calls alone without the cheap tier."""
    free = type(search.strategy) is not Fidelity
    within = [r.best for r in search.history if (r.calls if free else r.cost) <= cost]
    return min(b for b in within if b is not None)


def test_on_nested_rows_the_pair_is_one_process_more_certain_than_the_costly_rows_alone() -> None:
    x = np.linspace(0, 1, 21)[:, None]

    low = known_fronts.cheap_forrester(torch.from_numpy(x))[:, 0].numpy()
    high = known_fronts.forrester(torch.from_numpy(x))[:, 0].numpy()
    exact = np.full(21, np.nan)
    exact[[0, 8, 12, 20]] = high[[0, 8, 12, 20]]  # 0, 0.4, 0.6 and 1, as in the source
    model = CoKriging.of(x, low, exact)
    mean, variance, part = model.expected(x)
    assert model.factor == pytest.approx(2.0, abs=0.15), "1 / A of the source"
    assert np.abs(mean - high).max() < 0.6
    assert part.max() < 0.05 * (variance.max() + 1e-6), "the cheap tier has said all it can"
    alone = CoKriging.of(x, np.full(21, np.nan), exact)
    assert alone.cheap is None
    assert np.abs(alone.expected(x)[0] - high).max() > 4


def test_where_the_cheap_tier_is_a_constant_it_is_left_out() -> None:
    x = np.linspace(0, 1, 9)[:, None]
    assert CoKriging.of(x, np.zeros(9), np.sin(5 * x[:, 0])).cheap is None


def test_the_logarithm_of_an_improvement_is_right_also_far_out() -> None:
    mean, spread = np.array([0.0, 1.0, 5.0]), np.array([1.0, 0.5, 1.0])
    z = (0.3 - mean) / spread
    true = spread * (norm.pdf(z) + z * norm.cdf(z))
    np.testing.assert_allclose(log_improvement(mean, spread, 0.3), np.log(true), rtol=1e-6)
    z = np.array([-5.9, -6.1, -8.0])
    by_series = norm.logpdf(z) - 2 * np.log(-z) + np.log(1 - 3 / z**2 + 15 / z**4)
    np.testing.assert_allclose(log_improvement(-z, np.ones(3), 0.0), by_series, atol=0.02)


def test_weights_prefer_the_front() -> None:
    loss = np.array([[0.0, 1.0], [0.4, 0.4], [1.0, 0.0], [0.9, 0.9]])
    for weights in ([0.5, 0.5], [0.9, 0.1], [0.1, 0.9]):
        assert chebyshev(loss, np.array(weights)).argmin() != 3


def test_designs_go_to_the_tier_that_was_asked_for(begun, tmp_path) -> None:
    log = tmp_path / "log"
    settings = {"function": "forrester", "d": 1, "rough": 1.0, "known": 30}
    search = begun("fidelity", LEAST, screen=tenth(), log=str(log), **settings)
    assert search.run(Stop(calls=100, cost=15.0)) == "cost"
    last = search.history[-1]
    assert len(log.read_text().splitlines()) == search.calls == last.calls
    assert search.calls < last.cheap_calls <= search.calls * (1 + 1 / COST_RATIO) + 20
    assert last.cost == pytest.approx(last.calls + COST_RATIO * last.cheap_calls)
    assert last.cost >= 15.0
    cut = [search._stored(n).cut for n in search.store.begun()]
    assert {int(c) for part in cut for c in part} == {Cut.NOT, Cut.DEFERRED}
    assert last.audit is None
    again = begun("fidelity", LEAST, screen=tenth(), **settings)
    assert again.history == search.history
    for name, values in search.strategy.state_dict().items():
        np.testing.assert_array_equal(values, again.strategy.state_dict()[name], err_msg=name)


def test_stopped_it_goes_on_as_if_it_was_not(begun) -> None:
    settings = {"function": "forrester", "d": 1, "rough": 1.0, "known": 30, "screen": tenth()}
    whole = begun("fidelity", LEAST, name="whole", **settings)
    whole.run(Stop(calls=100, cost=11.0))
    begun("fidelity", LEAST, name="part", **settings).run(Stop(calls=100, cost=9.0))
    part = begun("fidelity", LEAST, name="part", **settings)
    part.run(Stop(calls=100, cost=11.0))
    np.testing.assert_array_equal(np.array(part.measured), np.array(whole.measured))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "d", "truth", "cost", "enough"),
    [
        ("forrester", 1, -6.020740, 12.0, 0.1),
        ("currin", 2, -13.798722, 16.0, 0.3),
    ],
)
def test_at_equal_cost_two_tiers_find_better_than_the_costly_one(
    begun, function: str, d: int, truth: float, cost: float, enough: float
) -> None:
    gaps = []
    for seed in range(3):
        settings = {"function": function, "d": d, "rough": 1.0, "known": 30, "seed": seed}
        two = begun("fidelity", LEAST, name=f"two{seed}", screen=tenth(), **settings)
        two.run(Stop(calls=100, cost=cost))
        expensive = begun(costly_only, LEAST, name=f"costly{seed}", screen=tenth(), **settings)
        expensive.run(Stop(calls=int(cost)))
        gaps.append([least(two, cost) - truth, least(expensive, cost) - truth])
    both, costly_gap = np.mean(gaps, 0)
    assert both < costly_gap
    assert both < enough
    assert np.min(gaps) > -1e-5


@pytest.mark.slow
def test_a_cheap_tier_that_says_nothing_is_left_soon(begun) -> None:
    settings = {"function": "quadratic", "d": 2, "rough": 50.0, "known": 30}
    search = begun("fidelity", LEAST, screen=tenth(), **settings)
    search.run(Stop(calls=30, cost=16.0))
    late = search.history[-8:]
    exact = late[-1].calls - late[0].calls
    assert exact >= 4, "it asks the costly engine, whose price the other does not save"


@pytest.mark.parametrize("cost_ratio", [0.0, 1.0])
def test_prices_that_make_no_sense_are_refused(cost_ratio: float) -> None:
    with pytest.raises(InputError, match="cost ratio"):
        ScreenPlan(REQUESTED, cost_ratio=cost_ratio)


def test_the_strategy_and_its_screen_go_together() -> None:
    with pytest.raises(InputError, match="--strategy fidelity --cost-ratio"):
        SearchPlan("fidelity")
    with pytest.raises(InputError, match="with no other"):
        SearchPlan("random", screen=tenth())
    words = SearchPlan("fidelity", screen=tenth()).words()
    assert words[-2:] == ["--cost-ratio", "0.1"]
    assert "--screen" not in words
