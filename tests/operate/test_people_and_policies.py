"""Shared control, a surrogate of decisions, and weights recovered from answers."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_other_plants import FeederBattery, Gain

from ingenium.core.errors import InputError
from ingenium.operate import preferences as wants
from ingenium.operate.drill import Drill, PersonActs
from ingenium.operate.plant import PlantState, Policy, Weighing
from ingenium.operate.running import Operation
from ingenium.operate.shared import BlendedPolicy, SharedControl, blended
from ingenium.operate.shell import PERSON, Shell
from ingenium.operate.transparency import SurrogateTree, grown

PLANT = FeederBattery()
NAMES = ("near", "worth", "stuck")


class Counting(Gain):
    """A policy that remembers the last action that it was told."""

    def learn(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray, applied: np.ndarray
    ) -> np.ndarray:
        return applied


def test_a_blend_is_the_share_of_both_and_tells_each_its_own_action() -> None:
    agent, person = Counting(0.0, 2.0), Counting(0.0, -1.0)
    policy = BlendedPolicy(agent, person, 0.75, PLANT.actions)
    memory, seen, wanted = policy.begin(2), np.full((2, 1), 5.0), np.full((2, 1), 7.0)
    action = policy.act(memory, seen, wanted)
    np.testing.assert_allclose(action, 1.25)
    np.testing.assert_allclose(policy.learn(memory, seen, wanted, action), [[2.0, -1.0]] * 2)
    barred = policy.learn(memory, seen, wanted, action - 0.5)
    np.testing.assert_allclose(barred, 0.75)  # both hear what was applied instead
    reckless = BlendedPolicy(Counting(0.0, 1e6), person, 0.5, PLANT.actions)
    np.testing.assert_allclose(reckless.act(memory, seen, wanted), 2.0)  # each within its range


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_an_override_wins_over_a_blend_in_every_state(share: float) -> None:
    rng, n = np.random.default_rng(0), 500
    seen = rng.uniform(-20, 20, (n, 1))
    seen[rng.uniform(size=n) < 0.1] = np.nan
    policy = BlendedPolicy(Gain(3.0, 0.0), Gain(-1.0, 2.0), share, PLANT.actions)
    proposed = policy.act(policy.begin(n), seen, np.full((n, 1), 7.0))
    shell = Shell(PLANT, None)
    person = PersonActs(0.0, 1.0, "act", (1.5,))
    found = shell.decide(shell.begin(n), seen, proposed, late=True, person=person)
    assert (found.who == PERSON).all()
    np.testing.assert_array_equal(found.action, 1.5)


def test_a_persons_actions_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "person.csv"
    file.write_text("hour,power\n0,1.0\n0.5,-2.0\n")
    policy = blended(Gain(0.0, 3.0), SharedControl(str(file), 0.5), PLANT, {}, 0)
    assert "person.csv" in policy.name
    memory, seen = policy.begin(1), np.full((1, 1), 5.0)
    actions = []
    for _ in range(40):  # of a minute
        action = policy.act(memory, seen, seen)
        memory = policy.learn(memory, seen, seen, action)
        actions.append(float(action[0, 0]))
    assert actions == [2.0] * 30 + [0.5] * 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hour,force\n0,1\n", "power"),
        ("hour,power\n1,1\n", "begin with 0"),
        ("hour,power\n0,1\n0,2\n", "rise"),
        ("hour,power\n0,99\n", "power from -5 to 5"),
        ("hour,power\n", "hours|row"),
    ],
)
def test_files_that_are_no_actions_of_a_person_are_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "person.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        blended(Gain(0.0, 0.0), SharedControl(str(file), 0.5), PLANT, {}, 0)
    with pytest.raises(InputError, match="family of policies"):
        blended(Gain(0.0, 0.0), SharedControl("nobody", 0.5), PLANT, {"idle": lambda s: None}, 0)  # type: ignore[dict-item, return-value]


def decided(copies: int, each: int, seed: int = 0) -> list[tuple[int, Weighing]]:
    """Decisions by a rule on two criteria; the third follows from the second."""
    rng, found = np.random.default_rng(seed), []
    for copy in range(copies):
        for near, worth in rng.uniform(0, 10, (each, 2)).tolist():
            kind = "holds" if worth < 3 else "refuses" if near < 2 else "moves"
            found.append(
                (copy, Weighing(kind, dict(zip(NAMES, (near, worth, 2 * worth), strict=True))))
            )
    return found


def test_a_tree_finds_the_rule_and_its_fidelity_is_that_of_other_scenarios() -> None:
    found = SurrogateTree.of(decided(6, 60))
    assert found is not None
    assert found.fidelity.value > 0.95
    assert found.decisions == (240, 120)
    said = {kind: where for where, kind in found.tree.rules()}
    assert "near ≤ 2" in said["refuses"] or "near ≤ 1.9" in said["refuses"]
    rng = np.random.default_rng(1)
    blind = [
        (copy, Weighing(str(rng.choice(["holds", "moves"])), own.criteria))
        for copy, own in decided(6, 60)
    ]
    other = SurrogateTree.of(blind)
    assert other is not None
    assert other.fidelity.value < 0.65
    assert SurrogateTree.of(decided(2, 10)) is None
    assert SurrogateTree.of([]) is None


def test_combinations_are_unusual_though_each_criterion_is_usual() -> None:
    found = SurrogateTree.of(decided(6, 60))
    assert found is not None
    odd = Weighing("moves", dict(zip(NAMES, (5.0, 2.0, 18.0), strict=True)))
    (flagged,) = found.check([odd])
    assert flagged.unusual
    fresh = [own for _, own in decided(4, 100, seed=9)]
    assert np.mean([own.unusual for own in found.check(fresh)]) < 0.08
    assert json.loads(json.dumps(found.record))["held_out"] == 120


def test_a_tree_of_one_kind_asks_nothing() -> None:
    tree = grown(np.zeros((9, 2)), np.array(["same"] * 9), ("a", "b"))
    assert tree.rules() == [("always", "same")]


class Weighed(Gain):
    """A policy with a reason and criteria in its first period."""

    def why(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> str:
        return "begins" if seen[0, 0] == 5.0 else ""

    def weigh(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> Weighing | None:
        return Weighing("begins", {"charge": float(seen[0, 0])}) if seen[0, 0] == 5.0 else None


def test_criteria_are_stored_with_a_decision_and_survive_a_stop(tmp_path: Path) -> None:
    run = Operation(PLANT, Weighed(0.0, 1.0), Shell(PLANT, None), Drill(), 5, 0)
    run.run()
    run.store(tmp_path)
    again = Operation(PLANT, Weighed(0.0, 1.0), Shell(PLANT, None), Drill(), 5, 0)
    assert again.resume(tmp_path)
    assert again.reasons == run.reasons
    (reason,) = again.reasons
    assert reason.weighed == Weighing("begins", {"charge": 5.0})


class Market(FeederBattery):
    """A battery with two rates that oppose each other."""

    def worth(self, state: PlantState, action: np.ndarray) -> np.ndarray:
        return np.concatenate([0.3 * action, np.square(action - 1.0)], 1)

    def begin(self, scenario: np.ndarray) -> PlantState:
        return PlantState(0, np.full((len(scenario), 1), 5.0), scenario)


MARKET = Market()
SPEC = wants.PreferenceSpec(
    questions=25, points=24, seconds=600.0, reach=0.5, simulated={"bill": -1.0, "energy": 0.7}
)


@pytest.fixture(scope="module")
def points() -> wants.TriedPoints:
    return wants.tried(MARKET, SPEC, 0, None)


def test_hidden_weights_are_recovered_though_some_answers_are_wrong(
    points: wants.TriedPoints,
) -> None:
    found = wants.interviewed(points, SPEC, 0, wants.simulated(SPEC, 0))
    own = found.record(SPEC)["simulated"]
    assert own["rank_correlation"] > 0.9
    assert 0 < own["wrong_answers"] <= 6
    assert np.sign(found.belief.mean).tolist() == [-1.0, 1.0]
    assert found.best in points.inside
    asked = {frozenset((a.first, a.second)) for a in found.belief.answers}
    assert len(asked) == SPEC.questions
    assert all(i in points.inside[::2] for pair in asked for i in pair)  # the rest is held out


def test_answers_in_a_file_give_the_same_weights(points: wants.TriedPoints, tmp_path: Path) -> None:
    first = wants.interviewed(points, SPEC, 0, wants.simulated(SPEC, 0))
    file = tmp_path / "answers.csv"
    file.write_text(wants.to_csv(first.belief.answers))
    answers = wants.read_answers(file, points)
    again = wants.interviewed(points, SPEC, 0, iter(answers))
    np.testing.assert_array_equal(again.belief.mean, first.belief.mean)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("first,second,preferred\n0,99,first\n", "a point from 0 to 23"),
        ("first,second,preferred\n0.5,1,first\n", "a point from 0 to 23"),
        ("first,second,preferred\n1,1,first\n", "two different points"),
        ("first,second,preferred\n0,1,left\n", "answer in row 1"),
        ("first,second,preferred\n", "answer|row"),
        ("a,b\n0,1\n", "preferred"),
    ],
)
def test_files_that_are_no_answers_are_refused(
    points: wants.TriedPoints, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        wants.read_answers(file, points)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: wants.PreferenceSpec(rates=("beauty",)).check(MARKET), "rate"),
        (lambda: wants.PreferenceSpec(simulated={"beauty": 1.0}).check(MARKET), "rate"),
        (
            lambda: wants.PreferenceSpec(answers="a.csv", simulated={"bill": 1.0}).check(MARKET),
            "a simulated person",
        ),
    ],
)
def test_preferences_on_rates_that_a_plant_has_not_are_refused(
    make: Callable[[], object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        make()


def test_points_that_leave_the_limits_are_counted_and_not_shown() -> None:
    class Narrow(Market):
        readings = (PLANT.readings[0].__class__("charge", "kWh", 4.55, 5.45),)

        def barrier(self, seen: np.ndarray):  # type: ignore[no-untyped-def]
            return FeederBattery.barrier(MARKET, seen)

    found = wants.tried(Narrow(), SPEC, 0, None)
    assert 0 < len(found.inside) < SPEC.points
    assert (found.outside > 0).sum() + len(found.inside) == SPEC.points
    policy: Policy = wants.FixedActions("one", found.action[:1])
    assert policy.act(policy.begin(3), np.zeros((3, 1)), np.zeros((3, 1))).shape == (3, 1)
