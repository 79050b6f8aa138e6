"""Two regimes: regret on bandits whose best option is known, and searches with them."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from jaxtyping import Float

import known_fronts
from ingenium.searches.regimes import RegimesSettings, TwoRegimes, choose
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task

ARMS, TURNS = 10, 1000
SEEDS = range(100, 120)  # none of those on which the rule was tried
SMALL = RegimesSettings(batch=4, first=8, points=64)


@dataclass
class Options:
    """Posterior of the worth of independent options, from normal observations.

    Shapes: a options.
    Source: Gelman et al., Bayesian Data Analysis, 3rd ed., 2013, section 2.5 (normal mean).
    """

    count: int
    noise: float  # standard deviation of one observation
    prior: tuple[float, float] = (0.0, 1.0)  # mean and deviation of what is not yet known
    times: Float[np.ndarray, " a"] = field(init=False)
    total: Float[np.ndarray, " a"] = field(init=False)
    sought: list[bool] = field(default_factory=list)  # of each turn

    def __post_init__(self) -> None:
        self.times, self.total = np.zeros(self.count), np.zeros(self.count)

    @property
    def belief(self) -> tuple[Float[np.ndarray, " a"], Float[np.ndarray, " a"]]:
        """Mean and deviation."""
        centre, wide = self.prior
        sure = 1 / wide**2 + self.times / self.noise**2
        return (centre / wide**2 + self.total / self.noise**2) / sure, 1 / np.sqrt(sure)

    def choose(self) -> int:
        """The option to take next."""
        option, seeks = choose(*self.belief, len(self.sought))
        self.sought.append(seeks)
        return option

    def hear(self, option: int, worth: float) -> None:
        """Learn from the result of an option."""
        self.times[option] += 1
        self.total[option] += worth


def regret(seed: int, how: str, turns: int = TURNS) -> tuple[float, np.ndarray]:
    """Loss against the best of ten normal options, and the turns that explored."""
    rng = np.random.default_rng(seed)
    worth, options, lost = rng.standard_normal(ARMS), Options(ARMS, 1.0), 0.0
    for _ in range(turns):
        if how == "two regimes":
            option = options.choose()
        elif how == "exploit":
            option = int(options.belief[0].argmax())
        else:
            option = int(rng.integers(ARMS))
        options.hear(option, worth[option] + rng.standard_normal())
        lost += worth.max() - worth[option]
    return lost, np.array(options.sought)


def test_regret_is_below_that_of_either_regime_alone() -> None:
    lost = {
        how: np.mean([regret(seed, how)[0] for seed in SEEDS])
        for how in ("two regimes", "exploit", "explore")
    }
    assert lost["two regimes"] < 0.2 * min(lost["exploit"], lost["explore"])


@pytest.mark.slow
def test_it_seeks_less_the_more_it_knows() -> None:
    """Compare quarters of 2,000 turns; shorter stretches of 20 bandits vary up and down."""
    sought = np.mean([regret(seed, "two regimes", 2000)[1] for seed in range(200, 220)], 0)
    assert sought[:500].mean() > 1.5 * sought[-500:].mean()


def test_a_leader_that_none_may_beat_is_taken() -> None:
    assert choose(np.array([0.0, 1.0]), np.array([0.1, 0.1]), 10) == (1, False)
    assert choose(np.array([0.0, 1.0]), np.array([2.0, 0.1]), 10) == (0, True)
    assert choose(np.array([0.0, 1.0]), np.array([0.4, 0.1]), 2) == (1, False)
    assert choose(np.array([0.0, 1.0]), np.array([0.4, 0.1]), 10**6) == (0, True), "it seeks again"


def test_beliefs_are_those_of_the_closed_form() -> None:
    options = Options(2, noise=0.5, prior=(1.0, 2.0))
    for worth in (3.0, 4.0):
        options.hear(0, worth)
    mean, spread = options.belief
    sure = 1 / 4 + 2 / 0.25
    np.testing.assert_allclose(mean, [(1 / 4 + 7 / 0.25) / sure, 1.0])
    np.testing.assert_allclose(spread, [sure**-0.5, 2.0])


def two_regimes(task: Task) -> TwoRegimes:
    return TwoRegimes(task.space, SMALL)


def test_it_goes_on_as_if_it_was_not_stopped(begun, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
    whole = begun(two_regimes, spec, name="whole", d=2)
    whole.run(Stop(calls=16))
    begun(two_regimes, spec, name="part", d=2).run(Stop(calls=12))
    part = begun(two_regimes, spec, name="part", d=2)
    part.run(Stop(calls=16))
    np.testing.assert_array_equal(np.array(part.measured), np.array(whole.measured))
    sought = part.strategy.turns
    assert sought.sum() == 16
    assert sought[1] >= 8
    monkeypatch.setattr("ingenium.searches.search.STORE_S", 0.0)
    part.run(Stop(calls=20))
    again = begun(two_regimes, spec, name="part", d=2)
    for name, values in part.strategy.state_dict().items():
        np.testing.assert_array_equal(values, again.strategy.state_dict()[name])


@pytest.mark.parametrize(("regime", "sought"), [("act", 8), ("seek", 16)])
def test_a_regime_alone_never_changes_its_mind(begun, regime: str, sought: int) -> None:
    """The first 8 are sampled around known designs, which counts as exploration."""
    spec = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
    how = replace(SMALL, regime=regime)
    run = begun(lambda task: TwoRegimes(task.space, how), spec, name=regime, d=2)
    run.run(Stop(calls=16))
    assert run.strategy.turns.tolist() == [16 - sought, sought]
