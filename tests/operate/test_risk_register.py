"""A register of risks, and a shutdown by the shell, on a battery whose drift is known."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from test_other_plants import FeederBattery, Gain

from ingenium.core.problem import silent
from ingenium.core.spec import Limit
from ingenium.operate import risks
from ingenium.operate.drill import Drill, PersonActs, PlantFault
from ingenium.operate.plant import PlantState, Policy, Stoppable
from ingenium.operate.risks import NONE, RiskSpec, register, returned, to_csv
from ingenium.operate.shell import BYPASS, PERSON, SHUT, Shell
from ingenium.operate.spec import OperateSpec
from ingenium.operate.worth import served

PERIODS, DRAIN = 60, 999.0  # of a minute; kW of load that empties the battery by 20 kWh/h


class StoppedBattery(FeederBattery):
    """A battery that can be cut off, at 100 $/h."""

    faults: ClassVar[Mapping[str, str]] = {"feed": "`size` kW more of load", "slow": "a hundredth"}
    families: Mapping[str, Callable[[int], Policy]] = {"idle": lambda seed: Gain(0.0, 0.0)}
    drill = staticmethod(lambda seconds: Drill())

    def begin(self, scenario: np.ndarray) -> PlantState:
        return PlantState(0, np.tile([self.start, 0.0], (len(scenario), 1)), scenario)

    def step(
        self, state: PlantState, action: np.ndarray, faults: Sequence[PlantFault]
    ) -> PlantState:
        own = [replace(f, size=f.size / 100) if f.kind == "slow" else f for f in faults]
        later = super().step(replace(state, x=state.x[:, :1]), action, own).x
        stopped = state.x[:, 1:]
        return state.moved(
            np.concatenate([np.where(stopped > 0, state.x[:, :1], later), stopped], 1)
        )

    def load(self, state: PlantState) -> np.ndarray:
        return np.zeros(len(state.x))

    def truth(self, state: PlantState) -> np.ndarray:
        return state.x[:, :1]

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> np.ndarray:
        return state.x[:, :1]

    def worth(self, state: PlantState, action: np.ndarray) -> np.ndarray:
        return np.asarray(100.0 * state.x[:, 1:] * np.array([[1.0, 0.0]]))

    def shut(self, state: PlantState, copies: np.ndarray) -> PlantState:
        x = state.x.copy()
        x[copies, 1] = 1.0
        return replace(state, x=x)

    def halted(self, state: PlantState) -> np.ndarray:
        return np.asarray(state.x[:, 1] > 0)


PLANT = StoppedBattery()
SPEC = RiskSpec(scenarios=3, seconds=60.0 * PERIODS, at_s=0.0, size=DRAIN, per_year={"feed": 0.5})


def _registered(patience: int | None) -> dict[str, risks.Risk]:
    found = register(Gain(0.0, 0.0), Shell(PLANT, None, patience=patience), SPEC, silent)
    return {own.fault: own for own in found}


def test_a_plant_that_stays_outside_is_shut_down_once_the_shell_is_out_of_patience() -> None:
    """The charge falls by a third of a kWh in a minute: below 1 kWh after 12 of them."""
    assert isinstance(PLANT, Stoppable)
    drill = Drill((PlantFault("feed", 0.0, 1e6, DRAIN),))
    runs = served(Gain(0.0, 0.0), Shell(PLANT, None, patience=5), drill, np.arange(2), PERIODS)
    first = int(runs.outside[:, 0].argmax())
    assert first == 13  # begins outside
    assert runs.halted[:, 0].argmax() == first + 4
    assert (runs.who[first + 4 :] == BYPASS).all()
    never = served(Gain(0.0, 0.0), Shell(PLANT, None), drill, np.arange(2), PERIODS)
    assert not never.halted.any()


def test_noise_at_a_limit_does_not_restart_the_count() -> None:
    shell = Shell(PLANT, None, patience=4)
    memory, why = shell.begin(1), list[int]()
    for charge in (0.9, 0.9, 1.1, 0.9, 0.9, 0.9):
        decided = shell.decide(memory, np.array([[charge]]), np.zeros((1, 1)))
        memory, why = decided.memory, [*why, int(decided.why[0])]
    assert [w == SHUT for w in why] == [False] * 5 + [True]
    person = PersonActs(0.0, 1.0, "act", (1.0,))
    decided = shell.decide(memory, np.array([[0.9]]), np.zeros((1, 1)), person=person)
    assert decided.who[0] == PERSON
    assert not decided.shut.any()


def test_a_register_is_sorted_by_probability_times_loss_and_says_where_plants_end() -> None:
    found = _registered(5)
    assert list(found) == ["feed", "slow", NONE]
    feed, slow, none = found.values()
    assert (feed.shut, feed.inside, feed.unsafe) == (1.0, 0.0, 0.0)
    assert feed.loss == pytest.approx(100 * (PERIODS - 17) / 60)  # $, from its shutdown on
    assert feed.risk == pytest.approx(0.5 * feed.loss)
    assert feed.outside == pytest.approx(4 / PERIODS)
    assert (slow.inside, slow.loss, slow.per_year) == (1.0, 0.0, 1.0)
    assert (none.inside, none.risk) == (1.0, 0.0)


def test_without_a_shutdown_a_fault_ends_in_no_safe_state() -> None:
    found = _registered(None)
    assert found["feed"].unsafe == 1.0
    assert risks.unsafe(list(found.values())) == 1.0


def test_what_is_outside_at_the_end_of_a_scenario_is_followed_to_its_end() -> None:
    """A shutdown that is due after the end of the scenario is no unsafe end."""
    late = replace(SPEC, seconds=60.0 * 15, scenarios=2)
    shell = Shell(PLANT, None, patience=10)
    feed = register(Gain(0.0, 0.0), shell, late, silent)[0]
    assert (feed.shut, feed.unsafe, feed.loss) == (1.0, 0.0, 0.0)


def test_a_plant_is_inside_again_after_a_while_without_a_violation() -> None:
    outside = np.zeros((100, 3), dtype=bool)
    outside[:, 1] = True
    outside[::2, 2] = True
    assert returned(outside, 100).tolist() == [True, False, False]


def test_a_register_is_written_as_csv() -> None:
    found = list(_registered(5).values())
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert [row["fault"] for row in rows] == ["feed", "slow", NONE]
    assert float(rows[0]["loss"]) == found[0].loss


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: RiskSpec(faults=("fire",)).check(PLANT), "fault of this plant"),
        (lambda: RiskSpec(per_year={"fire": 1.0}).check(PLANT), "fault of this plant"),
        (lambda: RiskSpec(loss="beauty").check(PLANT), "rate of worth"),
        (lambda: RiskSpec(seconds=10.0, at_s=10.0).check(PLANT), "begins within"),
        (lambda: Shell(FeederBattery(), None, patience=3), "can be shut down"),
        (lambda: OperateSpec(limits=(Limit("unsafe", at_most=0),)), r"\[risks\]"),
    ],
)
def test_what_a_plant_does_not_have_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_patience_is_in_periods_of_the_plant() -> None:
    assert OperateSpec(shut_down_after_s=600.0).patience(60.0) == 10
    assert OperateSpec().patience(60.0) is None
