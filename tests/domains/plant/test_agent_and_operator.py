"""Decisions of the agent as criteria, a simulated operator, and an ordered shutdown."""

import numpy as np
import pytest

pytest.importorskip("tep_studio", reason='pip install "ingenium[tennessee]"')

from dataclasses import replace

from ingenium.domains.plant.tennessee.agent import PAST, ROW, AgentMemory, SelfOptimiser
from ingenium.domains.plant.tennessee.machine import SERVICE, EastmanPlant
from ingenium.domains.plant.tennessee.policies import SimulatedOperator
from ingenium.domains.plant.tennessee.tags import ACTIONS, BASE, READINGS
from ingenium.domains.plant.tennessee.twin import HOURS, GainTwin
from ingenium.operate.plant import Stoppable, Weighed


def made_up(gain: np.ndarray) -> GainTwin:
    """A twin with immediate responses; a rise in pressure lowers its stripper level for a while."""
    answers = np.zeros((8, HOURS, 3))
    answers[:, :, 0] = gain[:, None]
    answers[0, :6, 1] = -6.0
    spread = np.repeat([0.3, 0.6], 8)
    return GainTwin(answers, gain, np.repeat([1.0, 0.0], 8), np.diag(spread**2))


def remembered(policy: SelfOptimiser, stripper: float) -> np.ndarray:
    """A memory at a review after forty hours without moves."""
    past = np.zeros((PAST, ROW))
    past[:, 0], past[:, 1], past[:, 2], past[:, 4:] = 170.0, stripper, 50.0, BASE
    own = AgentMemory.of(policy.begin(1)[0])
    return replace(own, clock=40.0 * policy.per_hour, past=past).row()[None]


def test_a_decision_is_weighed_where_it_has_a_reason_and_nowhere_else() -> None:
    gain = np.array([-7.0, 5, -4, -5, 3, -2, 0.0, 0.0])
    policy = SelfOptimiser(made_up(gain), 10, 0)
    assert isinstance(policy, Weighed)
    memory, seen = remembered(policy, 50.0), np.zeros((1, len(READINGS)))
    found = policy.weigh(memory, seen, seen[:, :2])
    assert found is not None
    assert found.kind == "moves to earn"
    assert found.criteria["cost, $/h"] == 170.0
    assert found.criteria["worth of the best move, $/h"] > 1.5
    assert all(np.isfinite(list(found.criteria.values())))
    later = policy.learn(memory, seen, seen[:, :2], BASE[None])
    assert policy.weigh(later, seen, seen[:, :2]) is None
    low = policy.weigh(remembered(policy, 36.0), seen, seen[:, :2])
    assert low is not None
    room = "lowest level's room without a move, %"
    assert low.criteria[room] == pytest.approx(found.criteria[room] - 14)


def test_a_shut_plant_stays_where_it_is_and_pays() -> None:
    plant = EastmanPlant(SERVICE, "service")
    begun = plant.begin(np.array([3, 4]))
    assert isinstance(plant, Stoppable)
    assert not plant.halted(begun).any()
    shut = plant.shut(begun, np.array([True, False]))
    assert plant.halted(shut).tolist() == [True, False]
    assert not plant.halted(begun).any()  # the state before is unchanged
    later = plant.step(shut, np.tile(BASE, (2, 1)), ())
    np.testing.assert_array_equal(
        plant.core.part(later.x, "y")[0], plant.core.part(begun.x, "y")[0]
    )
    cost = plant.worth(later, np.tile(BASE, (2, 1)))[:, 0]
    assert cost[0] == 1000.0
    assert cost[1] < 300


def test_a_simulated_operator_has_habits_of_his_own_and_a_trembling_hand() -> None:
    one, other = (SimulatedOperator.of_seed(seed, 10) for seed in (1, 2))
    assert not np.array_equal(one.goal, other.goal)
    low, high = (np.array([getattr(a, e) for a in ACTIONS]) for e in ("low", "high"))
    assert ((one.goal >= low) & (one.goal <= high)).all()
    seen = np.zeros((3, len(READINGS)))
    action = one.act(np.array([[0.0], [9.0], [10.0]]), seen, seen[:, :2])
    np.testing.assert_array_equal(action[0], action[1])  # the same hour
    assert not np.array_equal(action[0], action[2])
