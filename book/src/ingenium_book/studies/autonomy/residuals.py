"""What studies of residual policies share: machines, a tuned base, an expert, and their judging."""

from functools import lru_cache

import numpy as np

from ingenium.domains.autonomy.engine import step_answers
from ingenium.domains.autonomy.families import ClassicalControl, ResidualSize
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.opponents import fastest
from ingenium.domains.autonomy.second_order import OscillatorBox, oscillator
from ingenium.generators.families import build
from ingenium.operate.plant import Policy
from ingenium.operate.residual import AHEAD, ResidualPolicy, ResidualTraining
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import COMPARING

PLANTS = {  # of one kind, as the printed one is not named: soft, as elsewhere here, and stiff
    "slow": OscillatorBox(omega=1.5, damping=0.7),
    "usual": OscillatorBox(),
    "quick": OscillatorBox(omega=4.0, damping=0.2, umax=2.0),
}
PERIOD_S = 0.01


@lru_cache(maxsize=8)
def machine_of(plant: str, seed: int) -> ControlledMachine:
    """One of the machines, with scenarios of a seed."""
    return oscillator(PLANTS[plant], PERIOD_S, seed)


@lru_cache(maxsize=8)
def classical(plant: str, seed: int) -> ClassicalControl:
    """PID tuned by search, LQG, and MPC, which also teaches."""
    return ClassicalControl(machine_of(plant, seed), PLANTS[plant].noise, seed)


@lru_cache(maxsize=1)
def residual(
    plant: str, family: str, seed: int, size: ResidualSize
) -> tuple[ResidualPolicy, ResidualTraining]:
    """The tuned PID with a generator beside it, and the lesson that it learned."""
    own = classical(plant, seed)
    training = own.training(size.scenarios)
    made = build(family, (AHEAD,), training.features.shape[1], seed=seed)
    return own.residual(family, made, training, size.steps), training


def judged(plant: str, policy: Policy, seed: int, scenarios: int) -> dict[str, float]:
    """Rise and overshoot of the nominal step, and the error under load on fresh scenarios."""
    machine = machine_of(plant, seed)
    one = rollout(machine.bench, policy, np.array([NOMINAL]), machine.load_period)
    rise, over, _ = step_answers(machine, one.truth[:, :, :1].swapaxes(0, 1))
    error = under_load(plant, policy, seed, scenarios)
    return {"rise": float(rise[0]), "overshoot": float(over[0]), "error": error}


def under_load(plant: str, policy: Policy, seed: int, scenarios: int) -> float:
    """Mean absolute error on fresh scenarios, from when there is a load."""
    machine = machine_of(plant, seed)
    at = COMPARING.some(scenarios)
    course = rollout(machine.bench, policy, at, machine.periods)
    return float(np.abs(course.error[machine.load_period :]).mean())


def bound(plant: str, seed: int) -> float:
    """The rise of the time-optimal way."""
    machine = machine_of(plant, seed)
    t, way = fastest(machine, machine.load_period)
    return float(t[(way >= 0.9).argmax()] - t[(way >= 0.1).argmax()])
