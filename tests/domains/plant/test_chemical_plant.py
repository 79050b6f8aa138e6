"""The Tennessee Eastman plant against its package, limits, faults, and what the agent may do."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

pytest.importorskip("tep_studio", reason='pip install "ingenium[tennessee]"')

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError, MissingProgram
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains.plant.tennessee import core as compiled
from ingenium.domains.plant.tennessee import machine, runs
from ingenium.domains.plant.tennessee.agent import PAST, ROW, AgentMemory, SelfOptimiser
from ingenium.domains.plant.tennessee.core import PER_HOUR, eastman
from ingenium.domains.plant.tennessee.files import EastmanRuns
from ingenium.domains.plant.tennessee.machine import (
    COST,
    LEVEL,
    PRESSURE,
    SERVICE,
    TARGETS,
    EastmanPlant,
)
from ingenium.domains.plant.tennessee.problem import Tennessee, TennesseeSettings
from ingenium.domains.plant.tennessee.tags import (
    ACTIONS,
    BASE,
    FIXED,
    LIMITED,
    RATES_PER_HOUR,
    READINGS,
)
from ingenium.domains.plant.tennessee.twin import HOURS, GainTwin
from ingenium.monitor.stream import Watched
from ingenium.operate.drill import Drill, PersonActs, PlantFault
from ingenium.operate.plant import Foreseeing, Operated, Plant, PlantState
from ingenium.operate.shell import BYPASS, PERSON, Shell
from ingenium.operate.spec import OperateSpec

IDLE = np.zeros((1, 28))


@pytest.fixture(scope="module")
def plant() -> EastmanPlant:
    return EastmanPlant(SERVICE, "service")


@pytest.fixture(scope="module")
def problem() -> Tennessee:
    return Tennessee(TennesseeSettings(hours=2, known=10))


@pytest.fixture(scope="module")
def begun(plant: EastmanPlant) -> PlantState:
    return plant.begin(np.array([3, 4]))


def packaged(hours: float, flags: int, seed: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The package's own closed loop: last state and readings, and its set-points."""
    from tep_studio.control import ClosedLoopSimulation
    from tep_studio.simulation.core import TennesseeEastmanProcess

    process = TennesseeEastmanProcess(ms_flag=flags)
    loop = ClosedLoopSimulation(simulator=process, control_interval=1 / PER_HOUR, horizon=hours)
    found = loop.run(seed=seed)
    own = loop.controller.setpoints
    targets = (own.reactor_pressure, own.reactor_level, own.reactor_temperature, own.ya, own.yac)
    rest = (own.separator_level, own.stripper_level, own.production_rate, own.pct_g)
    last = found.results[-1]
    return last.state, last.measurements, np.array([*targets, *BASE[5:], *rest])


def judged(problem: Tennessee, designs: xr.Dataset) -> str:
    """The verdict on a single design."""
    own = {"variables": problem.variables, "sizes": problem.sizes}
    return str(verify(designs, problem.verifier, problem.limits, **own)["verdict"].item())


@pytest.mark.parametrize("hours", [0.5, pytest.param(48.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("flags", [15, compiled.FLAGS_OF_MODEL])
def test_states_are_those_of_the_package(hours: float, flags: int) -> None:
    state, readings, targets = packaged(hours, flags, 1235.0)
    own = eastman()
    x = own.begin(1235.0, flags)
    own.part(x, "target")[:] = targets
    x = own.run(x, round(hours * PER_HOUR), targets[None], np.zeros(12), IDLE)
    np.testing.assert_allclose(own.part(x, "y")[0], state, rtol=0, atol=1e-9)
    np.testing.assert_allclose(own.part(x, "seen")[0], readings, rtol=0, atol=1e-9)


def test_it_is_a_plant_whose_copies_are_alike_alone_and_together(
    plant: EastmanPlant, begun: PlantState
) -> None:
    assert isinstance(plant, Plant)
    alone = EastmanPlant(SERVICE, "again").begin(np.array([4]))
    np.testing.assert_array_equal(alone.x[0], begun.x[1])
    action = np.stack([BASE, BASE + 1.0])
    both = plant.step(begun, action, ())
    one = plant.step(PlantState(0, begun.x[1:], begun.scenario[1:]), action[1:], ())
    np.testing.assert_array_equal(one.x[0], both.x[1])
    assert not np.array_equal(both.x[0], both.x[1])
    assert np.all(np.abs(plant.truth(both)[:, PRESSURE] - 2705) < 15)
    assert plant.worth(both, action)[:, 0] == pytest.approx(171, abs=45)


def test_setpoints_move_at_their_own_rates(plant: EastmanPlant, begun: PlantState) -> None:
    later = plant.seen(plant.step(begun, np.tile(BASE + 100, (2, 1)), ()), ())[:, TARGETS]
    np.testing.assert_allclose(later, np.tile(BASE + 0.1 * RATES_PER_HOUR, (2, 1)), rtol=1e-9)


def test_what_set_points_drive_is_expected_to_follow_them(
    plant: EastmanPlant, begun: PlantState
) -> None:
    """Gaps would raise alarms by themselves, and a bypass would sustain itself."""
    action, seen = np.tile(BASE + 100, (2, 1)), plant.seen(begun, ())
    later = plant.seen(plant.step(begun, action, ()), ())
    gap = later - plant.expected(seen, action)
    np.testing.assert_allclose(gap[:, TARGETS], 0, atol=1e-9)
    np.testing.assert_allclose(gap[:, machine.FOLLOWS[3:]], 0, atol=1e-9)
    assert np.abs(gap[:, PRESSURE]).max() < 5


def test_the_truth_of_flows_has_no_noise_and_spends_no_random_number(
    plant: EastmanPlant, begun: PlantState
) -> None:
    """Noise of the reactor's level is half a per cent; true values change little."""
    seen, truth, state = [], [], begun
    for _ in range(20):
        state = plant.step(state, np.tile(BASE, (2, 1)), ())
        seen.append(plant.seen(state, ())[:, LEVEL])
        truth.append(plant.truth(state)[:, LEVEL])
    noise = np.array(seen) - np.array(truth)
    assert 0.3 < noise.std() < 0.8
    assert np.abs(np.diff(truth, axis=0)).max() < 0.3


def test_a_loss_of_feed_leads_to_a_trip_that_is_outside(
    plant: EastmanPlant, begun: PlantState
) -> None:
    """Loss of A feed (IDV 6) raises the pressure until the plant shuts down for good."""
    state, top = begun, LIMITED["pressure"].high
    for _ in range(300):
        state = plant.step(state, np.tile(BASE, (2, 1)), (PlantFault("IDV 6", 0, 1e6),))
        if plant.core.part(state.x, "tripped").all():
            break
    assert plant.core.part(state.x, "tripped").all()
    assert (plant.truth(state)[:, PRESSURE] > top).all()
    again = plant.step(state, np.tile(BASE, (2, 1)), ())
    np.testing.assert_array_equal(plant.truth(again)[:, :COST], plant.truth(state)[:, :COST])
    assert plant.worth(again, np.tile(BASE, (2, 1)))[:, 0].tolist() == [1000.0, 1000.0]
    assert plant.barrier(plant.seen(state, ())).lost.all()


def test_a_core_without_a_number_has_failed_and_is_not_rejected(
    plant: EastmanPlant, begun: PlantState, problem: Tennessee, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = PlantState(0, begun.x.copy(), begun.scenario)
    plant.core.part(broken.x, "y")[0, 3] = np.nan
    truth = plant.truth(plant.step(broken, np.tile(BASE, (2, 1)), ()))
    assert np.isnan(truth[0]).all()
    assert np.isfinite(truth[1]).all()
    designs = problem.data().isel({DESIGN: [0]})
    monkeypatch.setattr(runs, "run", lambda targets, fault: None)
    assert judged(problem, designs) == Verdict.FAILED


def test_the_barrier_keeps_setpoints_from_limits(plant: EastmanPlant, begun: PlantState) -> None:
    seen = plant.seen(begun, ())
    seen[:, PRESSURE], seen[:, LEVEL] = 2880.0, 51.0
    seen[:, TARGETS][:, 0], seen[:, TARGETS][:, 1] = 2870.0, 58.0
    reckless = np.tile([a.high for a in ACTIONS], (2, 1))
    reckless[:, 1] = 58.0
    decided = Shell(plant, None).decide(Shell(plant, None).begin(2), seen, reckless)
    assert (decided.action[:, 0] <= 2895 - 8 - 10 + 1e-6).all()
    assert (decided.action[:, 1] >= 50 + 2 + 7 - 1e-6).all()
    seen[:, PRESSURE] = 2896.0
    decided = Shell(plant, None).decide(Shell(plant, None).begin(2), seen, reckless)
    assert (decided.who == BYPASS).all()
    np.testing.assert_array_equal(decided.action, np.tile(BASE, (2, 1)))


def test_a_person_is_obeyed_in_every_state(plant: EastmanPlant) -> None:
    """Readings are arbitrary or missing, and proposals are arbitrary."""
    rng, n = np.random.default_rng(0), 500
    low, high = (np.array([getattr(r, e) for r in READINGS]) for e in ("low", "high"))
    seen = rng.uniform(low - 10, high + 10, (n, len(READINGS)))
    seen[rng.uniform(size=seen.shape) < 0.02] = np.nan
    proposed = rng.normal(0, 1e4, (n, 8))
    shell = Shell(plant, None)
    for how, action in (("act", tuple(BASE + 1)), ("stop", ()), ("hold", ())):
        person = PersonActs(0.0, 1.0, how, action)
        found = shell.decide(shell.begin(n), seen, proposed, late=True, person=person)
        assert (found.who == PERSON).all()
        if how != "hold":
            wanted = BASE + 1 if how == "act" else BASE
            np.testing.assert_array_equal(found.action, np.tile(wanted, (n, 1)))


def made_up(gain: np.ndarray) -> GainTwin:
    """A twin with immediate responses; a rise in pressure lowers its stripper level for a while."""
    answers = np.zeros((8, HOURS, 3))
    answers[:, :, 0] = gain[:, None]
    answers[0, :6, 1] = -6.0
    spread = np.repeat([0.3, 0.6], 8)
    belief = np.repeat([1.0, 0.0], 8)
    return GainTwin(answers, gain, belief, np.diag(spread**2))


def test_a_twin_learns_gains_that_differ_from_the_bench() -> None:
    """Random moves of all set-points, on a plant with other gains."""
    rng, bench = np.random.default_rng(0), np.array([-7.0, 5, -4, -5, 3, -2, 0, 0])
    true, twin = bench * np.array([2, 0.5, 1, 1.5, 1, 1, 1, 1]), made_up(bench)
    for _ in range(60):
        move = rng.normal(0, 1, 8)
        driven = np.concatenate([bench * move, np.zeros(8)])
        twin = twin.updated(driven, float(true @ move) + rng.normal(0, 0.5), 1.0)
    assert np.abs(twin.gain - true)[:4].max() < 1.5
    assert np.abs(bench - true)[:4].max() > 6
    spread = twin.twins(4000, 1).std(0)
    np.testing.assert_allclose(
        spread, np.sqrt(np.diag(twin.to_gain @ twin.cover @ twin.to_gain.T)), rtol=0.1
    )


def remembered(policy: SelfOptimiser, stripper: float) -> np.ndarray:
    """A memory at a review after forty hours without moves."""
    past = np.zeros((PAST, ROW))
    past[:, 0], past[:, 1], past[:, 2], past[:, 4:] = 170.0, stripper, 50.0, BASE
    own = AgentMemory.of(policy.begin(1)[0])
    return replace(own, clock=40.0 * policy.per_hour, past=past).row()[None]


def test_the_agent_goes_downhill_and_says_why_and_refuses_what_might_break_a_limit() -> None:
    gain = np.array([-7.0, 5, -4, -5, 3, -2, 0.0, 0.0])
    policy = SelfOptimiser(made_up(gain), 10, 0)
    assert isinstance(policy, Foreseeing)
    memory, seen = remembered(policy, 50.0), np.zeros((1, len(READINGS)))
    action, why = policy.act(memory, seen, seen[:, :2]), policy.why(memory, seen, seen[:, :2])
    assert gain @ ((action[0] - BASE) / 1.0) < 0
    assert "to earn" in why
    assert "cost 170.0 $/h" in why
    again = policy.act(memory, seen, seen[:, :2])
    np.testing.assert_array_equal(again, action)
    low = remembered(policy, 36.0)  # 2 % above limit and margin: pressure may not rise
    action, why = policy.act(low, seen, seen[:, :2]), policy.why(low, seen, seen[:, :2])
    assert action[0, 0] <= BASE[0] + 8.0
    assert "refused" in why
    assert "stripper level might fall" in why
    later = policy.learn(low, seen, seen[:, :2], action)
    assert policy.why(later, seen, seen[:, :2]) == ""


def test_a_change_that_no_move_explains_is_not_learned_from_and_holds() -> None:
    policy = SelfOptimiser(made_up(np.full(8, -3.0)), 10, 0)
    memory, seen = remembered(policy, 50.0), np.zeros((1, len(READINGS)))
    own = AgentMemory.of(memory[0])
    past = own.past.copy()
    past[-4:, 0] += 90.0
    why = policy.why(replace(own, past=past).row()[None], seen, seen[:, :2])
    assert why.startswith("holds: the change is not the agent's doing")


def test_the_band_of_the_cost_widens_until_it_covers(plant: EastmanPlant) -> None:
    policy, rng = SelfOptimiser(made_up(np.full(8, -3.0)), 10, 0), np.random.default_rng(1)
    memory, inside = policy.begin(1), []
    for _ in range(900):
        seen = np.zeros((1, len(READINGS)))
        seen[:, TARGETS], seen[:, COST] = BASE, 170 + 9 * rng.standard_normal()
        low, high = policy.foresee(memory)[0]
        inside += [low <= seen[0, COST] <= high] if np.isfinite(low) else []
        memory = policy.learn(memory, seen, seen[:, :2], BASE[None])
    assert 0.86 <= np.mean(inside[250:]) <= 0.94  # once it has widened


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mode": "mode9"}, "a mode of production"),
        ({"hours": 1}, "a run of 2 to 72 h"),
        ({"known": 3}, "at least 10 known runs"),
    ],
)
def test_settings_that_no_run_has_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Tennessee(TennesseeSettings(**settings))  # type: ignore[arg-type]


def test_a_period_that_is_no_whole_number_of_steps_is_refused() -> None:
    with pytest.raises(InputError, match="whole steps"):
        EastmanPlant(SERVICE, "odd", period_h=0.0007)


def test_without_a_compiler_the_line_that_installs_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingProgram, match="apt install"):
        eastman.__wrapped__()


def test_another_layout_of_the_plant_is_refused() -> None:
    with pytest.raises(compiled.EngineError, match=r"tep-studio==0\.2\.0"):
        compiled._found(np.arange(50.0), (3.0, 5.0), 1)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("tags.csv", "2024-01-01 00:06", "2024-01-01 00:07"),  # unsynchronised
        ("tags.csv", "A feed", "B feed"),
        ("fault.csv", "IDV 1", "IDV 77"),
        ("setpoints.csv", "pressure", "pleasure"),
    ],
)
def test_files_of_runs_are_read_back_or_refused(
    problem: Tennessee, tmp_path: Path, name: str, old: str, new: str
) -> None:
    assert isinstance(problem, Operated)
    designs = problem.data().isel({DESIGN: [1]})
    form = problem.formats["te-csv"]
    assert isinstance(form, EastmanRuns)
    (path,) = form.write(designs, tmp_path).values()
    back = form.read(path)
    np.testing.assert_allclose(back["readings"], designs["readings"], rtol=0, atol=1e-9)
    file = path / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError):
        form.read(path)


def test_a_stuck_tag_is_found_by_the_verifier(problem: Tennessee) -> None:
    designs = problem.data().isel({DESIGN: [0]})
    stuck = designs.copy(deep=True)
    stuck["readings"][:, 6, 20:] = stuck["readings"][:, 6, 20]
    assert [judged(problem, d) for d in (designs, stuck)] == [Verdict.ACCEPTED, Verdict.REJECTED]


def test_streams_flag_a_fault_to_the_end_of_its_run(problem: Tennessee) -> None:
    assert isinstance(problem, Watched)
    normal, faulty = problem.streams(problem.data().isel({DESIGN: [0, 1]}))
    assert not normal.events
    (event,) = faulty.events
    assert event.kind == "IDV 1"
    assert faulty.label[event.first :].all()
    assert not faulty.label[: event.first].any()
    assert event.first == int(np.floor(problem.data()["onset"].to_numpy()[1] * runs.ROWS))


def test_an_independent_loop_gives_the_same_run() -> None:
    fault = runs.EastmanFault("IDV 2", 0.3, 0.7, 5)
    targets = np.tile(BASE[:3, None], (1, 1)) + np.array([[4.0], [-0.5], [0.1]])
    own = runs.run(targets, fault)
    assert own is not None
    other = runs.PackageLoop()._one(targets, fault)
    assert other == pytest.approx(list(own.shown), rel=1e-6)


def test_parts_of_a_copy_have_names() -> None:
    with pytest.raises(KeyError):
        eastman().part(np.zeros((1, eastman().size)), "nothing")
    assert len(FIXED) + len(BASE) == 12
    assert machine.NAMES[COST] == "operating cost"
    assert torch.get_num_threads() == 1


@pytest.mark.slow
def test_the_agent_operates_the_plant_says_why_and_is_replayed(tmp_path: Path) -> None:
    """Ten hours with a person in the last one: a review, its reason in the file and the record."""
    from ingenium.verbs import operate as verb

    drill = Drill((), (PersonActs(9 * 3600.0, 3600.0, "stop", who="ann"),))
    spec = OperateSpec(
        seconds=36_000.0, release_s=3600.0, release_scenarios=32, outside_at_most=0.3,
        watch_episodes=30, drill=drill,
    )  # fmt: skip
    retained = verb.operate(
        "plant.tennessee", verb.PolicyChoice(family="agent"), spec, tmp_path / "te"
    )
    assert retained.verdict == Verdict.ACCEPTED
    lines = (tmp_path / "te" / "decisions.jsonl").read_text().splitlines()
    why = [json.loads(line)["why"] for line in lines]
    assert any("saved on 32 twins" in text for text in why)
    assert any(json.loads(line)["name"] == "ann" for line in lines)
    assert retained.record["measured"]["cost_by_hour"]["value"] == pytest.approx(160, abs=30)
    assert retained.replay().reproduced
