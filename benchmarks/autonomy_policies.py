"""Families of policies on one machine: the cost of fitting and calling them, and their worth.

All are fitted on the bench of the second-order machine and judged on the same fresh scenarios: rise
time, overshoot of the nominal step, error under loads, effort of the actuator, and the share that
leaves the limits of a held-out simulator with dry friction and a lag. Bounds are shown with them.
Seeds and scenarios differ from those that settings of families were chosen with.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.measuring import report, spread
from ingenium.domains.autonomy.engine import step_answers
from ingenium.domains.autonomy.families import CHOSEN_SEED, families
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.opponents import FINER, at_full_action, fastest
from ingenium.domains.autonomy.second_order import OscillatorBox, oscillator
from ingenium.operate.plant import Policy
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import COMPARING

BOX, PERIOD_S, SCENARIOS, REQUESTED = OscillatorBox(), 0.01, 64, 200
SEEDS = (CHOSEN_SEED + 1, CHOSEN_SEED + 2)


def run() -> None:
    """Write and print the table."""
    machines = {seed: oscillator(BOX, PERIOD_S, seed) for seed in SEEDS}
    rows = list(_families(machines))
    bounds = _bounds(machines[SEEDS[0]])
    about = {"seeds": SEEDS, "scenarios": SCENARIOS, "period_s": PERIOD_S, "rise_s": bounds}
    report("autonomy_policies", "Families of policies on a second-order machine", rows, about)


def _families(machines: Mapping[int, ControlledMachine]) -> Iterator[dict[str, Any]]:
    """Yield all quantities of each family over seeds."""
    makers = {seed: families(machine, BOX.noise) for seed, machine in machines.items()}
    for name in next(iter(makers.values())):
        found = []
        for seed, machine in machines.items():
            began = time.process_time()
            policy = makers[seed][name](seed)
            made = {"made_cpu_s": time.process_time() - began}
            found.append(made | _worth(machine, policy))
        yield {"family": name} | {key: spread([own[key] for own in found]) for key in found[0]}


def _worth(machine: ControlledMachine, policy: Policy) -> dict[str, float]:
    one = rollout(machine.bench, policy, np.array([NOMINAL]), machine.load_period)
    rise, over, _ = step_answers(machine, one.truth[:, :, :1].swapaxes(0, 1))
    at = COMPARING.some(SCENARIOS)
    course = rollout(machine.bench, policy, at, machine.periods)
    other = rollout(machine.held_out, policy, at, machine.periods)
    change = np.abs(np.diff(course.action, axis=0)).mean() / (2 * BOX.umax) / PERIOD_S
    return {
        "decision_cpu_us": 1e6 * _requested(policy),
        "rise_s": float(rise[0]),
        "overshoot": float(over[0]),
        "load_error": float(np.abs(course.error[machine.load_period :]).mean()),
        "effort": float(change),
        "outside": float(course.outside(machine.bench).any(0).mean()),
        "held_out_outside": float(other.outside(machine.held_out).any(0).mean()),
    }


def _requested(policy: Policy) -> float:
    memory, seen, wanted = policy.begin(1), np.zeros((1, 2)), np.ones((1, 1))
    began = time.process_time()
    for _ in range(REQUESTED):
        policy.act(memory, seen, wanted)
    return (time.process_time() - began) / REQUESTED


def _bounds(machine: ControlledMachine) -> dict[str, float]:
    """Bounds for any controller under the same range of the action."""
    _, way = fastest(machine, machine.load_period)
    full = np.maximum.accumulate(at_full_action(machine, machine.load_period))
    ways = {"time-optimal way to rest": way, "full action, which no rise beats": full}
    found = {k: float((y >= 0.9).argmax() - (y >= 0.1).argmax()) for k, y in ways.items()}
    return {name: periods * PERIOD_S / FINER for name, periods in found.items()}
