"""Worth of runs, against closed forms."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_other_plants import FeederBattery, Gain

from ingenium.core.errors import InputError
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict
from ingenium.operate import outcome, running, worth
from ingenium.operate.drill import Drill, PersonActs
from ingenium.operate.judging import decisions, measured
from ingenium.operate.plant import PlantState, Policy, Signal, WorthRate
from ingenium.operate.rollout import rollout
from ingenium.operate.running import Operation
from ingenium.operate.shell import Shell
from ingenium.operate.spec import LIMITS, OperateSpec
from ingenium.verbs import operate as verb

PERIODS = 300  # of a minute: 150 at 0.3 $/h for a kW, then at 0.1


class ChancyBattery(FeederBattery):
    """A battery whose price depends on the scenario."""

    families: Mapping[str, Callable[[int], Policy]] = {"idle": lambda seed: Gain(0.0, 0.0)}
    drill = staticmethod(lambda seconds: Drill())

    def worth(self, state: PlantState, action: np.ndarray) -> np.ndarray:
        found = super().worth(state, action)
        return found * np.array([[1.0 + s % 7 / 10, 1.0] for s in state.scenario.tolist()])

    @property
    def plant(self) -> "ChancyBattery":
        return self

    held_out = plant


class Talking(Gain):
    """A policy that gives a reason for its start."""

    def why(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> str:
        return "begins" if seen[0, 0] == self.first else ""

    first = 5.0


def _ran(policy: Policy, folder: Path | None = None) -> Operation:
    plant, none = FeederBattery(), np.zeros(PERIODS, dtype=bool)
    drill = Drill((), (PersonActs(150 * 60.0, 150 * 60.0, "act", (2.0,)),))
    run = Operation(plant, policy, Shell(plant, None), drill, PERIODS, 0, late=none)
    run.run(folder)
    return run


class Slow(Gain):
    """A policy that takes longer than a period, by a clock that a test moves."""

    clock: float = 0.0

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        Slow.clock += 1e6
        return super().act(memory, seen, wanted)


def test_the_time_of_a_decision_counts_in_real_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command gives the same run on a busy machine."""
    monkeypatch.setattr(running.time, "perf_counter", lambda: Slow.clock)
    missed = []
    for pace in (None, lambda k: None):
        plant = FeederBattery()
        run = Operation(plant, Slow(0.0, 1.0), Shell(plant, None), Drill(), 20, 0, pace=pace)
        run.run(None)
        missed.append(int(run.trajectory["late"].sum()))
        assert (run.trajectory["seconds"] > 1e5).all()
    assert missed == [0, 20]


def test_rates_are_integrated_by_who_really_acted_and_when() -> None:
    """1 kW for 2.5 h at 0.3 $/h, then a person's 2 kW for 2.5 h at 0.1 $/h."""
    own = worth.measured(_ran(Gain(0.0, 1.0)).trajectory["worth"][:, None], FeederBattery())
    assert own["bill"].value == pytest.approx(2.5 * 0.3 + 2.5 * 0.2, rel=1e-12)
    assert own["energy"].value == pytest.approx(7.5, rel=1e-12)
    assert own["energy_by_hour"].value == pytest.approx(1.5, rel=1e-12)
    assert own["bill_at_end"].value == pytest.approx(0.2, rel=1e-12)
    assert own["bill"].exact
    assert worth.units(FeederBattery()) == {
        "bill": "$", "energy": "kW h", "bill_by_hour": "$/h", "energy_by_hour": "kW",
        "bill_at_end": "$/h", "energy_at_end": "kW",
    }  # fmt: skip
    assert WorthRate("effort", "1").total == "h"
    trajectory = rollout(FeederBattery(), Gain(0.0, 1.0), np.arange(2), PERIODS)
    np.testing.assert_allclose(trajectory.totals, [[2.5 * 0.3 + 2.5 * 0.1, 5.0]] * 2, rtol=1e-12)


def test_effort_is_the_mean_square_of_actions_about_their_middle() -> None:
    signals = (Signal("a", "1", -2.0, 2.0), Signal("b", "1", 0.0, 10.0))
    found = worth.effort(signals, np.array([[1.0, 5.0], [2.0, 0.0]]))
    np.testing.assert_allclose(found, [[0.125], [1.0]])


def test_other_scenarios_run_as_an_operation_does(tmp_path: Path) -> None:
    run = _ran(Gain(0.0, 1.0))
    again = worth.served(run.policy, run.shell, run.drill, np.zeros(1, dtype=int), PERIODS)
    np.testing.assert_array_equal(again.rates[:, 0], run.trajectory["worth"])


def test_limits_on_worth_hold_over_scenarios_with_the_whole_interval() -> None:
    own = ChancyBattery()
    where, spec = own, OperateSpec(seconds=60.0 * PERIODS, scenarios=14, alongside=("idle",))
    units, none = worth.units(own), np.zeros(PERIODS, dtype=bool)
    at = verb.SERVING.of_seed(0)
    run = Operation(own, Gain(0.0, 0.5), Shell(own, None), Drill(), PERIODS, at, late=none)
    run.run()
    valued = outcome.scenarios(run, where, spec, Drill())
    bills = 0.5 * (1 + (at + np.arange(14)) % 7 / 10)
    found = worth.measured(valued.own, own)["bill"]
    assert found.value == pytest.approx(bills.mean())
    assert found.high - found.value == pytest.approx(2.1604 * bills.std(ddof=1) / 14**0.5, rel=1e-4)
    paired = valued.saved(own)["idle"]["energy"]
    assert (paired.value, paired.low, paired.high) == pytest.approx((-2.5, -2.5, -2.5))
    for most, verdict in ((0.8, Verdict.ACCEPTED), (found.value + 1e-3, Verdict.REJECTED)):
        limits = (*LIMITS, Limit("bill", at_most=most))
        judged = outcome.measured(run, valued, replace(spec, limits=limits).on(units), Drill())
        assert judged["verdict"] == verdict
    nothing = worth.WorthScenarios(np.full_like(valued.own, np.nan), {})
    judged = outcome.measured(run, nothing, replace(spec, limits=limits).on(units), Drill())
    assert judged["verdict"] == Verdict.FAILED


def test_limits_on_worth_of_too_few_scenarios_or_unknown_quantities_are_refused() -> None:
    units = worth.units(FeederBattery())
    with pytest.raises(InputError, match="at least 8 scenarios"):
        OperateSpec(limits=(Limit("bill", at_most=1.0),), scenarios=3).on(units)
    with pytest.raises(InputError, match="quantity of an operation"):
        OperateSpec(limits=(Limit("beauty", at_least=1.0),)).on(units)


def test_a_simulator_without_an_answer_fails_and_does_not_reject() -> None:
    run = _ran(Gain(0.0, 1.0))
    run.trajectory["truth"][7] = np.nan
    assert np.isnan(measured(run.table(), run.plant, run.drill)["outside"])


def test_reasons_of_a_policy_are_decisions_and_survive_a_stop(tmp_path: Path) -> None:
    run = _ran(Talking(0.0, 1.0), tmp_path)
    run.store(tmp_path)
    again = Operation(run.plant, run.policy, run.shell, run.drill, PERIODS, 0)
    assert again.resume(tmp_path)
    found = decisions(again.table(), run.drill, 60.0, again.reasons)
    assert [(d.at_s, d.who, d.why) for d in found if d.why == "begins"] == [
        (0.0, "policy", "begins")
    ]


class Expecting(Gain):
    """A twin that expects the charge to stay within a tenth of a kWh of 5."""

    foreseen = 0

    def foresee(self, memory: np.ndarray) -> np.ndarray:
        return np.tile([4.9, 5.1], (len(memory), 1))


def test_how_often_readings_lie_in_the_band_of_a_twin_is_measured() -> None:
    """Charging at 0.95 kW but for losses leaves the band after some 6.4 minutes."""
    run = _ran(Expecting(0.0, 1.0))
    charge = run.trajectory["seen"][:150, 0]
    found = measured(run.table(), run.plant, run.drill)["covered"]
    assert found == pytest.approx(((charge >= 4.9) & (charge <= 5.1)).mean())
    assert 0.03 < found < 0.06
    assert "covered" not in measured(_ran(Gain(0.0, 1.0)).table(), run.plant, run.drill)
