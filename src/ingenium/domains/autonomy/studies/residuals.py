"""What studies of residual policies share: machines, a tuned base, an expert, and their judging."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ingenium.domains.autonomy.engine import step_answers
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.opponents import (
    IntegratingLqg,
    LoadObserver,
    PredictiveControl,
    fastest,
    tuned_pid,
)
from ingenium.domains.autonomy.second_order import OscillatorBox, oscillator
from ingenium.generators.families import build
from ingenium.operate.plant import Policy
from ingenium.operate.residual import AHEAD, ResidualLesson, ResidualPolicy
from ingenium.operate.rollout import rollout
from ingenium.train.plan import Plan

PLANTS = {  # of one kind, as the printed one is not named: soft, as elsewhere here, and stiff
    "slow": OscillatorBox(omega=1.5, damping=0.7),
    "usual": OscillatorBox(),
    "quick": OscillatorBox(omega=4.0, damping=0.2, umax=2.0),
}
PERIOD_S, TAUGHT, JUDGED = 0.01, 700_000, 800_000  # s, and the first scenarios of each kind


@dataclass(frozen=True)
class ResidualSize:
    """How much a run does."""

    scenarios: int
    steps: int  # of training


@lru_cache(maxsize=8)
def machine_of(plant: str, seed: int) -> ControlledMachine:
    """One of the machines, with scenarios of a seed."""
    return oscillator(PLANTS[plant], PERIOD_S, seed)


@lru_cache(maxsize=8)
def classical(plant: str, seed: int) -> Mapping[str, Policy]:
    """PID tuned by search, LQG, and MPC, which also teaches."""
    machine = machine_of(plant, seed)
    observer = LoadObserver(machine, PLANTS[plant].noise, 0.02)
    return {
        "pid": tuned_pid(machine, seed),
        "lqg": IntegratingLqg(observer),
        "mpc": PredictiveControl(observer),
    }


def residual(
    plant: str, family: str, seed: int, size: ResidualSize
) -> tuple[ResidualPolicy, dict[str, list[float]], ResidualLesson]:
    """The tuned PID with a generator beside it that learned what MPC would have added."""
    machine, others = machine_of(plant, seed), classical(plant, seed)
    base = others["pid"]
    assert isinstance(base, FeedbackLaw)
    scenario = TAUGHT + np.arange(size.scenarios)
    lesson = ResidualLesson.of(
        machine.bench, base.repeated(size.scenarios), others["mpc"], scenario, machine.periods
    )
    made = build(family, (AHEAD,), lesson.features.shape[1], seed=seed)
    most = np.array([0.5 * PLANTS[plant].umax])
    plan = Plan(seed=seed, steps=size.steps, batch=256)
    policy, course = ResidualPolicy.fitted(base, made, lesson, plan, most)
    return policy, course, lesson


def judged(plant: str, policy: Policy, seed: int, scenarios: int) -> dict[str, float]:
    """Rise and overshoot of the nominal step, and the error under load on fresh scenarios."""
    machine = machine_of(plant, seed)
    one = rollout(machine.bench, policy, np.array([NOMINAL]), machine.load_period)
    rise, over, _ = step_answers(machine, one.truth[:, :, :1].swapaxes(0, 1))
    many = many_of(policy, scenarios)
    course = rollout(machine.bench, many, JUDGED + np.arange(scenarios), machine.periods)
    error = float(np.abs(course.error[machine.load_period :]).mean())
    return {"rise": float(rise[0]), "overshoot": float(over[0]), "error": error}


def many_of(policy: Policy, count: int) -> Policy:
    """For so many copies."""
    if isinstance(policy, FeedbackLaw):
        return policy.repeated(count)
    if isinstance(policy, ResidualPolicy) and isinstance(policy.base, FeedbackLaw):
        own = vars(policy) | {"base": policy.base.repeated(count)}
        return ResidualPolicy(**own)
    return policy


def bound(plant: str, seed: int) -> float:
    """The rise of the time-optimal way."""
    machine = machine_of(plant, seed)
    t, way = fastest(machine, machine.load_period)
    return float(t[(way >= 0.9).argmax()] - t[(way >= 0.1).argmax()])
