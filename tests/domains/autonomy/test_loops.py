"""Control laws: closed forms, python-control, scipy, exact arithmetic, and compiled code."""

from dataclasses import replace
from pathlib import Path
from shutil import which

import control
import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.spec import Limit, Spec
from ingenium.domains import open_problem
from ingenium.domains.autonomy.cart_pole import CartPole, CartPoles, MujocoCartPoles, cart_mjcf
from ingenium.domains.autonomy.certificate import ClosedLoops, enclosed, region
from ingenium.domains.autonomy.engine import LoopEngine, nominal, step_answers
from ingenium.domains.autonomy.families import families
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.linear import LinearMachine
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.margins import SampledLoop
from ingenium.domains.autonomy.opponents import (
    FINER,
    IntegratingLqg,
    LoadObserver,
    PredictiveControl,
    at_full_action,
    fastest,
)
from ingenium.domains.autonomy.second_order import Oscillator, OscillatorBox, oscillator, placed
from ingenium.operate.rollout import rollout

BOX = OscillatorBox()


def machine() -> ControlledMachine:
    return oscillator(BOX, 0.01, 0)


def some(count: int = 12) -> FeedbackLaw:
    return FeedbackLaw(*placed(BOX, count, np.random.default_rng(1)), machine().wiring)


def test_a_free_oscillator_moves_as_its_closed_form() -> None:
    """y(t) of a release from 1, for a damping below 1 (any textbook of vibrations)."""
    w, z, h = BOX.omega, BOX.damping, 0.01
    sampled = BOX.machine().sampled(h)
    x, t = np.array([1.0, 0.0]), 0.0
    for _ in range(200):
        x, t = sampled.dynamics @ x, t + h
    wd = w * np.sqrt(1 - z**2)
    truth = np.exp(-z * w * t) * (np.cos(wd * t) + z * w / wd * np.sin(wd * t))
    assert x[0] == pytest.approx(truth, rel=1e-10)


@pytest.mark.filterwarnings("ignore:stability_margins")  # on the method that it chooses
def test_margins_are_those_of_python_control() -> None:
    law, h = some(4), 0.01
    gain, phase, _ = SampledLoop(BOX.machine(), law).margins()
    own = BOX.machine()
    plant = control.c2d(control.ss(own.dynamics, own.drive[:, None], own.outputs, 0), h)
    z = control.tf([1, 0], [1], h)
    for i in range(4):
        lag, rate = law.passing[i], law.derivative[i, 0] / law.filter_s[i]
        parts = law.proportional[i, 0] + rate * (1 - lag / (z - 1 + lag))
        loop = control.ss2tf(plant) * (parts + law.integral[i, 0] * h / (z - 1))
        found = control.stability_margins(control.minreal(loop, verbose=False), returnall=True)
        assert gain[i] == pytest.approx(np.abs(20 * np.log10(found[0])).min(), rel=1e-4)
        assert phase[i] == pytest.approx(np.abs(found[1]).min(), rel=1e-4)


def test_a_gain_beyond_its_margin_is_unstable() -> None:
    law = some(6)
    gain, _, _ = SampledLoop(BOX.machine(), law).margins()
    for share, stable in ((0.98, True), (1.02, False)):
        up = 10 ** (share * gain / 20)
        arrays = [a * (up if a.ndim == 1 else up[:, None]) for a in law.numbers[:3]]
        other = FeedbackLaw(*arrays, *law.numbers[3:], law.wiring)
        growth = ClosedLoops.of(BOX.machine(), other).fastest_growth
        assert ((growth < 1) == stable).all()


class Asked:
    """A law without a compiled trajectory, called in each period."""

    def __init__(self, law: FeedbackLaw) -> None:
        self.name, self.begin, self.act, self.learn = law.name, law.begin, law.act, law.learn


@pytest.mark.skipif(which("cc") is None, reason="apt install gcc")
@pytest.mark.parametrize("service", [False, True])
def test_compiled_courses_are_those_of_single_steps(service: bool) -> None:
    """Equal to the last bit, for other machines, loads, noise, saturation and changing levels."""
    plant, law = Oscillator(BOX, 0.01, 0, service=service), some(24)
    at = np.arange(24) % 12 - (0 if service else 5)
    whole = plant.trajectories(law, at, 600)
    assert whole is not None
    stepped = rollout(plant, Asked(law), at, 600)
    for part in ("truth", "action", "wanted"):
        np.testing.assert_array_equal(getattr(whole, part), getattr(stepped, part))
    assert (np.abs(whole.action) == BOX.umax).any()


def test_two_engines_agree_on_a_step() -> None:
    problem = open_problem(Spec(problem="autonomy.controller", setup={"known": 20}))
    designs = problem.data().isel(design=slice(0, 1))
    arrays = [torch.as_tensor(designs[v.name].to_numpy()) for v in problem.variables]
    engine = LoopEngine(problem.machine)  # type: ignore[attr-defined]
    names = [q.name for q in engine.quantities]
    assert problem.second is not None
    again = problem.second.verifier.measure(*arrays).numpy()
    own = engine.measure(*arrays).numpy()
    for i, q in enumerate(problem.second.verifier.quantities):
        np.testing.assert_allclose(own[:, names.index(q.name)], again[:, i], rtol=1e-4, atol=1e-6)


def test_a_sampled_machine_is_enclosed() -> None:
    dynamics, drive = enclosed(BOX.machine(), 0.01)
    sampled = BOX.machine().sampled(0.01)
    assert dynamics.holds(sampled.dynamics)
    assert drive.holds(sampled.drive)


def test_every_machine_of_a_box_lies_between_eight_but_for_the_gap() -> None:
    """Machines are interpolated in stiffness, friction and gain, as in the barrier's proof."""
    hull, rng = BOX.hull(0.01), np.random.default_rng(3)
    low, high = 1 - BOX.spread, 1 + BOX.spread
    missed = np.zeros((2, 4))
    for _ in range(200):
        a, b, c = (rng.uniform(low, high) for _ in range(3))
        shares = [
            (a**2 - low**2) / (high**2 - low**2),
            (a * b - low**2) / (high**2 - low**2),
            (c - low) / (high - low),
        ]
        weights = np.ones(1)
        for share in shares:
            weights = np.kron(weights, [1 - share, share])
        tables = [np.c_[m.dynamics, m.drive, m.load] for m in hull.machines]
        own = BOX.machine(tuple((x - 1) / BOX.spread for x in (a, b, c))).sampled(0.01)
        truth = np.c_[own.dynamics, own.drive, own.load]
        missed = np.maximum(missed, np.abs(np.tensordot(weights, tables, 1) - truth))
    assert (missed <= hull.gap).all()
    assert (missed > 0.2 * hull.gap).all()  # an informative bound


def test_the_barrier_keeps_every_machine_of_its_box_inside() -> None:
    """One period from points of the polygon, under the largest load and either end of the range."""
    guard, rng, n = oscillator(BOX, 0.01, 0).service.guard, np.random.default_rng(4), 4000
    x = np.c_[rng.uniform(-1.59, 1.59, 4 * n), rng.uniform(-5, 5, 4 * n)]
    x = x[(x @ guard.normals.T <= guard.bounds).all(1)][:n]
    rows = guard.rows(x[:, :1], x[:, 1:])
    assert not rows.lost.any()
    for _ in range(20):
        own = BOX.machine(tuple(rng.uniform(-1, 1, 3))).sampled(0.01)
        for u in (rows.bounds[:, 0], -rows.bounds[:, 1]):
            for load in (-2 * BOX.load, 2 * BOX.load):
                after = x @ own.dynamics.T + np.outer(u, own.drive) + load * own.load
                assert (after @ guard.normals.T <= guard.bounds + 1e-12).all()


def test_courses_from_inside_a_region_end_at_the_goal_and_its_function_falls() -> None:
    law, rng = some(), np.random.default_rng(2)
    found, loops = region(BOX.machine(), law), ClosedLoops.of(BOX.machine(), law)
    assert found.proved.all()
    for i in range(len(law.filter_s)):
        cholesky = np.linalg.cholesky(np.linalg.inv(found.energy[i]))
        x = cholesky @ (lambda d: d / np.linalg.norm(d, axis=0))(rng.standard_normal((4, 200)))
        x *= np.sqrt(found.level[i]) * rng.uniform(0.1, 1, 200)
        value = np.einsum("in,ij,jn->n", x, found.energy[i], x)
        assert (value <= found.level[i] * (1 + 1e-9)).all()
        for _ in range(200):
            requested = loops.requested[i] @ x
            cut = np.clip(requested, -loops.room, loops.room) - requested
            x = loops.uncut[i] @ x + loops.cut[i][:, None] * cut
            after = np.einsum("in,ij,jn->n", x, found.energy[i], x)
            assert (after <= value * (1 + 1e-12)).all()
            value = after


def test_a_region_ends_where_the_action_can_hold_the_machine() -> None:
    """A rest at y takes an action of y / gain: beyond 3.75 none of the range holds it."""
    box = OscillatorBox(gain=1.25)
    law = FeedbackLaw(*placed(box, 40, np.random.default_rng(1)), oscillator(box, 0.01, 0).wiring)
    found, loops = region(box.machine(), law), ClosedLoops.of(box.machine(), law)
    assert loops.farthest == pytest.approx(1.0 + box.gain * box.umax)
    inside = np.einsum("ni,nij,nj->n", loops.begun, found.energy, loops.begun)
    unbounded = np.sqrt(found.level / inside)
    assert unbounded.max() > loops.farthest, "none of these laws reaches so far"
    assert found.step == pytest.approx(np.minimum(unbounded, loops.farthest), rel=1e-6)


def test_a_step_beyond_the_region_of_an_unstable_machine_can_be_lost() -> None:
    """An inverted machine whose action is weaker than the force that tips it."""
    upright = LinearMachine(
        np.array([[0.0, 1.0], [4.0, 0.0]]),
        np.array([0.0, 1.0]),
        np.array([0.0, 1.0]),
        np.array([[1.0, 0.0]]),
        np.array([1.0, 0.0]),
        -4.0,
    )
    n = 1
    arrays = np.full((n, 1), 30.0), np.full((n, 1), 8.0), np.full((n, 1), 5.0)
    law = FeedbackLaw(*arrays, *np.full((3, n), [[0.01], [0.0], [1.0]]), machine().wiring)
    found, loops = region(upright, law, 0.0), ClosedLoops.of(upright, law, 0.0)
    assert 0 < found.step[0] < 0.75  # beyond 3 / 4 the action cannot balance it
    x = loops.begun[0] * 2.0
    for _ in range(2000):
        requested = loops.requested[0] @ x
        x = loops.uncut[0] @ x + loops.cut[0] * (
            np.clip(requested, -loops.room, loops.room) - requested
        )
    assert not np.linalg.norm(x) < 1e3


def test_the_time_optimal_way_is_that_of_a_double_integrator() -> None:
    """2 sqrt(r / a) for a step r with accelerations up to a (Pontryagin's first example)."""
    double = LinearMachine(
        np.array([[0.0, 1.0], [0.0, 0.0]]),
        np.array([0.0, 1.0]),
        np.array([0.0, 1.0]),
        np.array([[1.0, 0.0]]),
        np.array([1.0, 0.0]),
        0.0,
    )
    other = ControlledMachine(**{**vars(machine()), "loop": double})
    t, y = fastest(other, 200)
    assert t[-1] == pytest.approx(2 * np.sqrt(1 / 3.0), abs=0.005)
    full = at_full_action(other, 100)[::FINER]
    np.testing.assert_allclose(full, 1.5 * (0.01 * np.arange(100)) ** 2, atol=1e-9)
    assert y[-1] == pytest.approx(1, abs=1e-3)


def test_opponents_reach_the_goal_and_none_sooner_than_the_bound() -> None:
    own = machine()
    observer = LoadObserver(own, BOX.noise, 0.02)
    t, way = fastest(own, own.load_period)
    for policy in (IntegratingLqg(observer), PredictiveControl(observer)):
        course = rollout(own.bench, policy, np.array([NOMINAL]), own.load_period)
        y = course.truth[:, 0, 0]
        assert abs(y[-1] - 1) < 0.02
        arrived = 0.01 * int((np.abs(y - 1) > 0.02).nonzero()[0][-1] + 1)
        assert arrived >= t[(np.abs(way - 1) <= 0.02).argmax()] - 0.01


def test_a_cart_pole_moves_as_in_mujoco() -> None:
    pole = CartPole()
    ours = CartPoles(pole, 0.01, 0, service=False)
    theirs = MujocoCartPoles(pole, 0.01, 0)
    theirs._model = theirs.mujoco.MjModel.from_xml_string(cart_mjcf(pole, 0.0025, 1.0, 0.0))
    theirs._data = theirs.mujoco.MjData(theirs._model)
    x = y = np.array([[0.1, 0.3, -0.2, 0.5]])
    for i in range(100):
        force = np.array([5 * np.sin(i / 10)])
        x, y = ours._moved(x, force), theirs._moved(y, force)
    np.testing.assert_allclose(x, y, rtol=1e-6)


def test_compiled_code_does_what_the_law_does(tmp_path: Path) -> None:
    problem = open_problem(Spec(problem="autonomy.controller", setup={"known": 20}))
    designs = problem.data().isel(design=slice(0, 3))
    form = problem.formats["c-source"]
    form.write(designs, tmp_path)
    back = form.read(tmp_path)
    arrays = [back[v.name].to_numpy() for v in problem.variables]
    law = FeedbackLaw(*arrays, problem.machine.wiring)  # type: ignore[attr-defined]
    own = nominal(problem.machine, law)[:, 0]  # type: ignore[attr-defined]
    assert np.abs(own - back["response"].to_numpy()).max() < 1e-12
    rise, over, _ = step_answers(problem.machine, own)  # type: ignore[attr-defined]
    assert (rise > 0.2).all()
    assert (over < 1).all()


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"omega": 143.2}, "rad/s, not in degrees"),
        ({"gain": 0.0}, "controllable"),
        ({"period_s": 0.5}, "a period from"),
        ({"umax": 0.0}, "umax above 0"),
        ({"known": 3}, "at least 20 known"),
        ({"plant": "rocket"}, "second_order"),
        ({"omega": 0.05, "known": 20}, "known control laws"),
    ],
)
def test_bad_machines_are_refused(setup: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_problem(Spec(problem="autonomy.controller", setup=setup))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((Limit("sensitivity", at_most=0.9),), "above 1"),
        ((Limit("worst_rise", at_most=0.3), Limit("rise", at_least=0.5)), "worst_rise at most 0.5"),
    ],
)
def test_limits_that_no_law_meets_are_refused(limits: tuple[Limit, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_problem(Spec(problem="autonomy.controller", setup={"known": 20})).allow(limits)


@pytest.mark.parametrize(
    "setup",
    [{"masses_kg": (0.0,) * 7}, {"masses_kg": (1.0,) * 6}, {"masses_kg": (4.0,) * 6 + (-1.0,)}],
)
def test_an_arm_without_inertia_is_refused(setup: dict[str, object]) -> None:
    with pytest.raises(InputError, match="inertia at every joint"):
        open_problem(Spec(problem="autonomy.arm", setup={"known": 20} | setup))


@pytest.mark.slow
def test_families_of_a_machine_keep_its_limits_where_they_are_made() -> None:
    made = families(machine(), BOX.noise)
    for name in ("pid", "mpc", "rule"):
        policy = made[name](0)
        one = rollout(machine().bench, policy, np.array([NOMINAL]), 400)
        assert abs(one.truth[-1, 0, 0] - 1) < 0.02
    wild = replace(BOX, ymax=0.5)  # below the step that is wanted
    with pytest.raises(InputError, match="constraint in learning"):
        families(oscillator(wild, 0.01, 0), wild.noise)["rule"](0)
