"""Plants of other fields follow the same contract: a reactor's tank, and a battery on a feeder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from ingenium.core.scenarios import scenario_rng
from ingenium.operate.drill import Drill, PersonActs, PlantFault
from ingenium.operate.filtering import nearest
from ingenium.operate.judging import measured
from ingenium.operate.plant import Barrier, Plant, PlantState, Signal, WorthRate
from ingenium.operate.release import released
from ingenium.operate.rollout import rollout
from ingenium.operate.running import Operation
from ingenium.operate.shell import BYPASS, PERSON, Shell
from ingenium.operate.spec import OperateSpec
from ingenium.operate.watch import Watch


class StirredTank:
    """A cooled tank whose reaction runs away when hot; the jacket's temperature is the action.

    Source: Seborg et al., Process Dynamics and Control, 3rd ed., 2011, example 2.5, at a
        concentration that stays.
    """

    name, version, period_s = "stirred tank", "1", 1.0
    readings = (Signal("temperature", "K", 290.0, 355.0),)
    actions = (Signal("jacket", "K", 275.0, 340.0),)
    faults: ClassVar[Mapping[str, str]] = {"feed": "the feed is `size` K warmer"}
    rates: ClassVar[tuple[WorthRate, ...]] = (WorthRate("cooling", "K"),)
    start, goal = 320.0, 340.0

    def rate(self, x: np.ndarray, u: np.ndarray, load: np.ndarray) -> np.ndarray:
        """Rate of the temperature in K/s."""
        made = 1.2e11 * np.exp(-8750.0 / np.clip(x, 250, 500))
        return (330.0 + load - x) / 60 + made + (u - x) / 30

    def load(self, state: PlantState) -> np.ndarray:
        return np.array([scenario_rng(0, int(s)).uniform(-5, 5) for s in state.scenario])

    def begin(self, scenario: np.ndarray) -> PlantState:
        return PlantState(0, np.full((len(scenario), 1), self.start), scenario)

    def step(
        self, state: PlantState, action: np.ndarray, faults: Sequence[PlantFault]
    ) -> PlantState:
        load, x = self.load(state) + sum(f.size for f in faults), state.x[:, 0]
        for _ in range(4):
            x = x + self.period_s / 4 * self.rate(x, action[:, 0], load)
        return state.moved(x[:, None])

    def truth(self, state: PlantState) -> np.ndarray:
        return state.x

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> np.ndarray:
        return state.x

    def wanted(self, state: PlantState) -> np.ndarray:
        return np.full((len(state.x), 1), self.goal)

    def worth(self, state: PlantState, action: np.ndarray) -> np.ndarray:
        return 340.0 - action

    def expected(self, seen: np.ndarray, action: np.ndarray) -> np.ndarray:
        found = seen[:, 0]
        for _ in range(4):
            found = found + self.period_s / 4 * self.rate(found, action[:, 0], np.zeros(len(seen)))
        return found[:, None]

    def barrier(self, seen: np.ndarray) -> Barrier:
        """Keep the action a degree a period cooler than one that reaches the limit."""
        top = self.readings[0].high - 1.0
        drift = self.rate(seen[:, 0], np.zeros(len(seen)), np.full(len(seen), 15.0))
        bound = (top - seen[:, 0] - self.period_s * drift) * 30 / self.period_s
        rows = np.ones((len(seen), 1, 1))
        return Barrier(rows, bound[:, None], bound < self.actions[0].low)

    def fallback(self, seen: np.ndarray) -> np.ndarray:
        return np.full((len(seen), 1), 290.0)


class FeederBattery(StirredTank):
    """Charge of a battery that levels a feeder's import: another field, the same words."""

    name, period_s = "battery on a feeder", 60.0
    readings = (Signal("charge", "kWh", 1.0, 9.0),)
    actions = (Signal("power", "kW", -5.0, 5.0),)
    faults: ClassVar[Mapping[str, str]] = {"feed": "`size` kW more of load"}
    rates: ClassVar[tuple[WorthRate, ...]] = (WorthRate("bill", "$/h"), WorthRate("energy", "kW"))
    start, goal = 5.0, 7.0

    def rate(self, x: np.ndarray, u: np.ndarray, load: np.ndarray) -> np.ndarray:
        return (0.95 * u - 0.02 * (load + 1)) / 3600  # kWh/s

    def worth(self, state: PlantState, action: np.ndarray) -> np.ndarray:
        """Cost at the price of the period that ends in `state`."""
        price = 0.3 if state.period <= 150 else 0.1
        return np.concatenate([price * action, action], 1)

    def barrier(self, seen: np.ndarray) -> Barrier:
        room = (np.array([8.9, -1.1]) - seen * [1, -1]) * 3600 / self.period_s / 0.95
        rows = np.broadcast_to(np.array([[1.0], [-1.0]]), (len(seen), 2, 1))
        return Barrier(rows, room - 0.2, np.zeros(len(seen), dtype=bool))

    def fallback(self, seen: np.ndarray) -> np.ndarray:
        return np.zeros((len(seen), 1))


class Gain:
    """A controller proportional to the error, about a middle."""

    name = "gain"

    def __init__(self, gain: float, middle: float) -> None:
        self.gain, self.middle = gain, middle

    def begin(self, n: int) -> np.ndarray:
        return np.zeros((n, 1))

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        return self.middle + self.gain * (wanted - seen[:, :1])

    def learn(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray, applied: np.ndarray
    ) -> np.ndarray:
        return memory


PLANTS = (
    (StirredTank(), Gain(4.0, 310.0), Gain(0.0, 340.0)),
    (FeederBattery(), Gain(3.0, 0.0), Gain(0.0, 5.0)),
)


@pytest.mark.parametrize(("plant", "good", "reckless"), PLANTS)
def test_a_plant_of_another_field_is_released_watched_barred_and_operated(
    plant: StirredTank, good: Gain, reckless: Gain, tmp_path: Path
) -> None:
    assert isinstance(plant, Plant)
    spec = OperateSpec(release_s=300 * plant.period_s, seconds=300 * plant.period_s)
    assert released(good, (plant,), spec).passed
    assert not released(reckless, (plant,), spec).passed
    held = rollout(
        plant, reckless, np.arange(20), 400,
        decide=lambda seen, u: nearest(u, plant.barrier(seen).rows, plant.barrier(seen).bounds)[0],
    )  # fmt: skip
    assert not held.outside(plant).any()
    watch = Watch.set_on(plant, good, np.arange(60), 200)
    h = plant.period_s
    drill = Drill(
        (PlantFault("feed", 100 * h, 50 * h, 30.0),),
        (PersonActs(200 * h, 20 * h, "act", (plant.fallback(np.zeros((1, 1)))[0, 0],), "ann"),),
    )
    none = np.zeros(300, dtype=bool)
    run = Operation(plant, good, Shell(plant, watch), drill, 300, 99, late=none)
    run.run(tmp_path)
    who = run.table()["who"].to_numpy()
    assert (who[200:220] == PERSON).all()
    assert (who[100:110] == BYPASS).any()  # the fault is noticed, and the fallback acts
    values = measured(run.table(), plant, drill)
    assert (values["outside"], values["override_respected"], values["bypass_delay"]) == (0, 1, 0)


@pytest.mark.slow
def test_a_policy_learns_on_any_plant_by_trying() -> None:
    """The error is half of that without action, after seconds of learning."""
    pytest.importorskip("stable_baselines3", reason='pip install "ingenium[operate]"')
    from ingenium.operate.learned import PolicyTraining, learned

    plant = FeederBattery()
    policy = learned("ppo", PolicyTraining(plant, 1000, 100, 16_000), 0)
    idle = rollout(plant, Gain(0.0, 0.0), np.arange(20), 100).error
    own = rollout(plant, policy, np.arange(20), 100)
    assert np.abs(own.error).mean() < 0.5 * np.abs(idle).mean()
    training = PolicyTraining(plant, 1000, 50, 4_200)
    soft, again = (learned("sac", training, 0) for _ in range(2))
    for (w, b), (v, c) in zip(soft.layers, again.layers, strict=True):
        np.testing.assert_array_equal(w, v)
        np.testing.assert_array_equal(b, c)
    action = rollout(plant, soft, np.arange(5), 20).action
    assert (np.abs(action) <= 5.0).all()
