"""Studies of controllers on planted readings, and a residual fitted to an expert."""

import numpy as np
import pytest

from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings
from ingenium.generators.families import build
from ingenium.operate.residual import AHEAD, ResidualPolicy, ResidualTraining
from ingenium.operate.rollout import rollout
from ingenium.train.plan import Plan
from ingenium_book.studies.autonomy import (
    policy_families,
    residual_control,
    sampling_steps,
    stepped,
)
from ingenium_book.studies.autonomy.residuals import PLANTS, machine_of
from ingenium_book.studies.autonomy.stepped import loss, proposed, with_steps


def planted(values: dict[str, dict[str, list[float]]]) -> Readings:
    """Pieces by arm: a list a name, a value a seed."""
    seeds = len(next(iter(next(iter(values.values())).values())))
    pieces = {
        arm: [{k: v[i] for k, v in own.items()} for i in range(seeds)]
        for arm, own in values.items()
    }
    return Readings(tuple(range(seeds)), pieces)


def test_ratios_of_a_residual_are_of_means_over_machines() -> None:
    base = {f"{k}_{p}": [1.0, 1.2] for k in residual_control.KINDS for p in PLANTS}
    values = {arm: dict(base) for arm in residual_control.ARMS}
    values["residual"] = {k: [0.5 * x for x in v] for k, v in base.items()}
    found = residual_control.read(planted(values))
    own = found["error_by_pid"]
    assert isinstance(own, Value)
    assert own.interval.value == pytest.approx(0.5)
    bound = found["rise_usual_time_optimal"]
    assert isinstance(bound, Value)
    assert bound.interval.exact


def test_losses_and_times_of_families_are_ratios_on_the_same_seeds() -> None:
    own = {"loss": [1.0, 1.1], "gap": [0.1, 0.1], "seconds": [1.0, 1.0], "error": [0.1, 0.1]}
    values = dict.fromkeys(policy_families.ARMS, own)
    values["ddpm"] = own | {"loss": [0.5, 0.55], "seconds": [10.0, 10.0]}
    found = policy_families.read(planted(values))
    for name, truth in (("loss_by_others", 0.5), ("time_by_gan", 10.0)):
        value = found[name]
        assert isinstance(value, Value)
        assert value.interval.value == pytest.approx(truth)


def test_families_have_equal_size() -> None:
    made = [arm.making((AHEAD,), 5) for arm in policy_families.ARMS.values()]
    sizes = [sum(p.numel() for p in family.parameters()) for family in made]  # type: ignore[attr-defined]
    assert max(sizes) < 1.05 * min(sizes)


def test_a_score_of_plans_is_best_with_the_spread_of_the_truth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plain distance would be least without any spread."""
    rng = np.random.default_rng(0)
    training = ResidualTraining(rng.normal(size=(4000, 3)), rng.normal(size=(4000, AHEAD)))
    one, family = np.ones(3), build("nearest_neighbours", (AHEAD,), 3)
    policy = ResidualPolicy(Proportional(), family, one, one, np.ones(AHEAD), np.ones(1))

    def score(size: float) -> float:
        def drawn(policy: ResidualPolicy, features: np.ndarray) -> np.ndarray:
            return size * rng.normal(size=(len(features), AHEAD))

        monkeypatch.setattr(stepped, "proposed", drawn)
        return float(np.mean([loss(policy, training, rng) for _ in range(8)]))

    assert score(1.0) < min(score(0.3), score(2.0))


def test_steps_are_compared_with_a_thousand() -> None:
    kinds = ("loss", "error", "seconds", "missed_100", "missed_1000")
    own = {f"{k}_{s}": [1.0, 1.0] for k in kinds for s in sampling_steps.STEPS}
    own["loss_10"] = [1.2, 1.2]
    values = dict.fromkeys(sampling_steps.ARMS, own)
    value = sampling_steps.read(planted(values))["loss_10_by_1000"]
    assert isinstance(value, Value)
    assert value.interval.value == pytest.approx(1.2)


@pytest.mark.parametrize("family", ["diffusion", "flow_matching"])
def test_more_steps_of_sampling_ask_the_network_more_often(family: str) -> None:
    """Weights stay the same, and the fitted policy keeps its own number of steps."""
    rng = np.random.default_rng(0)
    training = ResidualTraining(rng.normal(size=(64, 3)), rng.normal(size=(64, AHEAD)))
    made, requested = build(family, (AHEAD,), 3), list[int]()
    policy, _ = ResidualPolicy.fitted(Proportional(), made, training, Plan(steps=2), np.ones(1))
    network = policy.family.network
    network.register_forward_hook(lambda *_: requested.append(1))
    drawn = {}
    for steps in (1, 10, 40):
        requested.clear()
        drawn[steps] = proposed(with_steps(policy, steps), training.features)
        assert steps <= len(requested) <= 2 * steps + 1
    assert np.abs(drawn[1] - drawn[40]).max() > 1e-3
    requested.clear()
    proposed(policy, training.features)
    assert 5 < len(requested) < 40


class Pushing:
    """An expert that always adds the same amount."""

    name = "pushing"

    def begin(self, n: int) -> np.ndarray:
        return np.zeros((n, 1))

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        return wanted - seen[:, :1] + 0.5 + 0.1 * np.sign(seen[:, 1:])

    def learn(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray, applied: np.ndarray
    ) -> np.ndarray:
        return memory


class Proportional(Pushing):
    """The base of a residual."""

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        return wanted - seen[:, :1]

    def begin(self, n: int) -> np.ndarray:
        return np.zeros((n, 2))


def test_a_residual_learns_what_its_expert_adds_and_keeps_its_bound() -> None:
    plant = machine_of("usual", 0).bench
    training = ResidualTraining.of(plant, Proportional(), Pushing(), np.arange(8), 200)
    assert training.added.shape[1] == AHEAD
    assert np.abs(np.abs(training.added - 0.5) - 0.1).max() < 0.11
    family = build("nearest_neighbours", (AHEAD,), training.features.shape[1])
    policy, _ = ResidualPolicy.fitted(
        Proportional(), family, training, Plan(steps=1), np.array([0.55])
    )
    course = rollout(plant, policy, np.arange(20, 24), 50)
    added = course.action[..., 0] - (course.wanted[..., 0] - course.truth[..., 0])
    assert np.abs(added[1:]).max() <= 0.55 + 0.02  # and what noise of readings adds
    assert np.median(added) > 0.35
