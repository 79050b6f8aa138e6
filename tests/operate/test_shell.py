"""The shell: nearest actions, who decides and why, and the purpose of each part."""

import time
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize

from ingenium.core.errors import InputError
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.second_order import Oscillator, OscillatorBox, oscillator, placed
from ingenium.operate.drill import Drill, PersonActs, PlantFault
from ingenium.operate.filtering import nearest
from ingenium.operate.judging import decisions, measured
from ingenium.operate.release import released
from ingenium.operate.rollout import rollout
from ingenium.operate.running import Operation
from ingenium.operate.scenarios import COMPARING, PURPOSES
from ingenium.operate.shell import BARRIER, BYPASS, PARTS, PERSON, POLICY, Shell
from ingenium.operate.spec import OperateSpec
from ingenium.operate.watch import Watch, episode_scores, surprises
from ingenium.verbs.operate import in_time

BOX = OscillatorBox()
MACHINE = oscillator(BOX, 0.01, 0)
PLANT = MACHINE.service


class Reckless:
    """A policy that pushes against an end, whatever is wanted."""

    name = "reckless"

    def begin(self, n: int) -> np.ndarray:
        return np.zeros((n, 1))

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        return np.full((len(seen), 1), 3.0) * np.sign(np.sin(memory[:, :1]) + 0.3)

    def learn(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray, applied: np.ndarray
    ) -> np.ndarray:
        return memory + 0.02


class Silent(Reckless):
    """Returns no number after a while."""

    name = "silent"

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        return np.where(memory < 5, 0.5, np.nan)


def good() -> FeedbackLaw:
    law = FeedbackLaw(*placed(BOX, 20, np.random.default_rng(0)), MACHINE.wiring)
    return law.some(np.array([int(np.argmin(np.abs(law.weight - 0.3)))]))


def run(
    policy: object, drill: Drill, seconds: float = 20.0, without: tuple[str, ...] = ()
) -> Operation:
    found = Operation(
        PLANT,
        policy,  # type: ignore[arg-type]
        Shell(PLANT, None, without),
        drill,
        round(seconds / 0.01),
        7,
        late=np.zeros(round(seconds / 0.01), dtype=bool),
    )
    found.run()
    return found


def test_nearest_actions_solve_their_quadratic_programs() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((20, 5, 3))
    bounds = np.abs(rng.standard_normal((20, 5)))
    wished = 3 * rng.standard_normal((20, 3))
    found, broken = nearest(wished, rows, bounds)
    assert broken.max() < 1e-6
    for i in range(20):
        truth = minimize(
            lambda u, i=i: np.sum((u - wished[i]) ** 2),
            np.zeros(3),
            constraints={"type": "ineq", "fun": lambda u, i=i: bounds[i] - rows[i] @ u},
            options={"ftol": 1e-12},
        )
        np.testing.assert_allclose(found[i], truth.x, atol=2e-5)


def test_rows_that_exclude_each_other_stay_broken() -> None:
    rows = np.array([[[1.0], [-1.0]]])
    _, broken = nearest(np.zeros((1, 1)), rows, np.array([[-1.0, -1.0]]))
    assert broken[0] > 0.5


def test_a_barrier_holds_a_reckless_policy_that_breaks_limits_alone() -> None:
    """Many copies of the box under loads and noise; each filtered step is counted."""
    at, periods = np.arange(40), 1000
    alone = rollout(PLANT, Reckless(), at, periods)
    assert alone.outside(PLANT).any(0).mean() > 0.5
    barrier = PLANT.barrier

    def decide(seen: np.ndarray, proposed: np.ndarray) -> np.ndarray:
        own = barrier(seen)
        return nearest(np.clip(proposed, -3, 3), own.rows, own.bounds)[0]

    held = rollout(PLANT, Reckless(), at, periods, decide=decide)
    assert held.outside(PLANT).sum() == 0


def test_limits_that_exclude_each_other_are_refused() -> None:
    tight = OscillatorBox(ymax=0.011, load=40.0)
    with pytest.raises(InputError, match="Widen the position"):
        _ = Oscillator(tight, 0.01, 0, service=True).guard


def test_a_person_always_wins_and_a_stop_is_the_fallback() -> None:
    drill = Drill(
        persons=(
            PersonActs(2.0, 2.0, "act", (1.5,), "ann"),
            PersonActs(6.0, 2.0, "stop"),
            PersonActs(10.0, 1.0, "hold"),
        )
    )
    found = run(Reckless(), drill, 12.0)
    trajectory = found.table()
    who, action = trajectory["who"].to_numpy(), trajectory["action"].to_numpy()[:, 0]
    assert (who[200:400] == PERSON).all()
    np.testing.assert_array_equal(action[200:400], 1.5)
    seen = trajectory["seen"].to_numpy()[600:800]
    np.testing.assert_array_equal(action[600:800], PLANT.fallback(seen)[:, 0])
    assert np.ptp(action[1000:1100]) == 0
    assert measured(trajectory, PLANT, drill)["override_respected"] == 1
    names = [d.name for d in decisions(trajectory, drill, 0.01)]
    assert "ann" in names


def test_a_policy_without_an_answer_is_bypassed_in_the_same_period() -> None:
    found = run(Silent(), Drill(), 5.0)
    trajectory = found.table()
    first = int(np.isnan(trajectory["proposed"].to_numpy()[:, 0]).argmax())
    assert trajectory["who"].to_numpy()[first - 1] == POLICY
    assert (trajectory["who"].to_numpy()[first:] == BYPASS).all()
    assert measured(trajectory, PLANT, Drill())["bypass_delay"] == 0
    stored = run(Silent(), Drill(), 5.0, without=("bypass",)).table()
    assert measured(stored, PLANT, Drill())["bypass_delay"] > 100


def test_a_late_action_costs_its_period_alone() -> None:
    late = np.zeros(500, dtype=bool)
    late[100] = True
    found = Operation(PLANT, good(), Shell(PLANT, None), Drill(), 500, 7, late=late)
    found.run()
    who = found.table()["who"].to_numpy()
    assert who[100] == BYPASS
    assert (who[101:] != BYPASS).all()


def test_without_the_watch_a_reckless_policy_breaks_limits() -> None:
    whole = run(Reckless(), Drill(), 8.0).table()
    assert measured(whole, PLANT, Drill())["outside"] == 0
    assert (whole["who"].to_numpy() == BARRIER).any()
    other = run(Reckless(), Drill(), 8.0, without=("watch", "bypass")).table()
    assert measured(other, PLANT, Drill())["outside"] > 0
    assert set(PARTS) == {"learning", "release", "watch", "bypass"}


def test_a_reckless_policy_is_not_released_and_a_good_one_is() -> None:
    spec = OperateSpec(release_s=8.0)
    plants = (PLANT, MACHINE.held_out)
    assert not released(Reckless(), plants, spec).passed
    assert released(good().repeated(64), plants, spec).passed


def test_calm_episodes_stay_below_the_bar_as_often_as_promised() -> None:
    policy = good()
    watch = Watch.set_on(PLANT, policy.repeated(90), np.arange(90), 400, 0.9)
    gaps = surprises(PLANT, policy.repeated(200), 5000 + np.arange(200), 400)
    calm = (episode_scores(gaps, watch.usual) <= watch.threshold).mean()
    assert calm > 0.9 - 3 * np.sqrt(0.09 / 200 + 0.09 / 60)
    off = Drill(faults=(PlantFault("reading off", 2.0, 2.0, 0.5),))
    found = Operation(
        PLANT, policy, Shell(PLANT, watch), off, 500, 9, late=np.zeros(500, dtype=bool)
    )
    found.run()
    who = found.table()["who"].to_numpy()
    assert (who[200:202] == BYPASS).any()


def test_a_stopped_run_is_at_rest_and_goes_on(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    drill, calls = Drill(), []

    def stop(stage: str, done: int, total: int) -> None:
        calls.append(done)
        if done == 1000 and len(calls) < 3:
            raise KeyboardInterrupt

    def fresh() -> Operation:
        none = np.zeros(2200, dtype=bool)
        return Operation(PLANT, good(), Shell(PLANT, None), drill, 2200, 7, late=none)

    first = fresh()
    with pytest.raises(KeyboardInterrupt):
        first.run(folder, stop)
    assert first.done == 2000  # ten seconds of fallback
    truth = first.table()["truth"].to_numpy()
    assert np.abs(truth[1999]).max() < 0.8  # what the load pushes it to, at no rate
    second = fresh()
    assert second.resume(folder)
    assert second.done == 2000
    second.run(folder)
    np.testing.assert_array_equal(
        second.trajectory["truth"][:2000], first.trajectory["truth"][:2000]
    )
    assert np.isfinite(second.trajectory["truth"]).all()
    assert second.stops == [10.0]
    whole = fresh()
    while whole.done < 1000:
        whole.step()
    np.testing.assert_array_equal(
        whole.trajectory["truth"][:1000], second.trajectory["truth"][:1000]
    )


class Struck(Reckless):
    """A policy during whose update the run is stopped, once."""

    def __init__(self) -> None:
        self.left = 30

    def learn(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray, applied: np.ndarray
    ) -> np.ndarray:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().learn(memory, seen, wanted, applied)


def test_a_stop_within_a_period_does_that_period_again_as_a_whole() -> None:
    none = np.zeros(60, dtype=bool)
    found = Operation(PLANT, Struck(), Shell(PLANT, None), Drill(), 60, 7, late=none)
    with pytest.raises(KeyboardInterrupt):
        found.run()
    assert found.stops == [0.29]
    assert found.done == 60
    assert found.memory[0, 0] == pytest.approx(60 * 0.02)
    who = found.table()["who"].to_numpy()
    assert (who[29:] == BYPASS).all()
    fallback = PLANT.fallback(found.table()["seen"].to_numpy())
    np.testing.assert_array_equal(found.table()["action"].to_numpy()[29:], fallback[29:])


@pytest.mark.parametrize(
    ("drill", "said"),
    [
        (Drill(faults=(PlantFault("flood", 1.0, 1.0),)), "fault of this plant"),
        (Drill(persons=(PersonActs(0.0, 1.0, "act", (1.0, 2.0)),)), "1 actions"),
        (Drill(faults=(PlantFault("load", 1.0, 1.0, 1.0, 9),)), "a place"),
    ],
)
def test_drills_that_a_plant_does_not_know_are_refused(drill: Drill, said: str) -> None:
    with pytest.raises(InputError, match=said):
        drill.check(PLANT.faults, 2, 1)


class Slow(Reckless):
    """A policy that takes longer than a period."""

    name = "slow"

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        time.sleep(0.012)
        return super().act(memory, seen, wanted)


def test_a_period_that_is_too_short_for_a_policy_is_refused() -> None:
    in_time(Reckless(), PLANT)
    with pytest.raises(InputError, match=r"a period_s of at least 0\.0"):
        in_time(Slow(), PLANT)


def test_releases_that_no_policy_could_pass_are_refused() -> None:
    with pytest.raises(ValueError, match="release_scenarios = 51"):
        OperateSpec(release_scenarios=50)
    assert released(good().repeated(51), (PLANT,), OperateSpec(release_scenarios=51)).passed


def test_no_scenario_has_two_purposes() -> None:
    ends = sorted((b.first, b.first + b.count) for b in PURPOSES)
    assert all(end <= first for (_, end), (first, _) in pairwise(ends))
    assert {COMPARING.of_seed(s) for s in (7, 10**7 + 7)} <= set(COMPARING.some(50_000).tolist())
    with pytest.raises(ValueError, match="of one purpose"):
        COMPARING.some(COMPARING.count + 1)
