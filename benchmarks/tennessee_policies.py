"""Costs of policies on 30 perturbed Tennessee Eastman plants that nothing was tuned on.

Each plant runs for 200 hours without a shell, with the same noise under each policy; savings
compared with Ricker's loops are paired by plant.
"""

import time

import numpy as np

from benchmarks.measuring import report
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.plant.tennessee.problem import Tennessee
from ingenium.evaluate.intervals import t_interval
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import COMPARING

PLANTS, HOURS, PARTS = 30, 200, 10
FAMILIES = ("ricker", "one_knob", "agent")


def run() -> None:
    """Write and print the table, and the learning curve."""
    problem = open_problem(Spec(problem="plant.tennessee"))
    assert isinstance(problem, Tennessee)
    plant, at = problem.held_out, COMPARING.some(PLANTS)
    periods = round(HOURS * 3600 / plant.period_s)
    plant.begin(at)  # settle the plants before timing
    cost, rows = {}, []
    for name in FAMILIES:
        policy = problem.families[name](0)
        began = time.process_time()
        course = rollout(plant, policy, at, periods)
        spent = time.process_time() - began
        cost[name] = course.worth[..., 0].reshape(PARTS, -1, PLANTS).mean(1)
        last, saved = cost[name][-1], (cost["ricker"] - cost[name])
        end, whole = t_interval(saved[-1]), t_interval(saved.mean(0))
        rows.append(
            {
                "policy": name,
                "cost_at_end": float(last.mean()),
                "dearest_plant": float(last.max()),
                "saved_at_end": end.value,
                "low": end.low,
                "high": end.high,
                "saved_by_hour": whole.value,
                "plants_outside": int(course.outside(plant).any(0).sum()),
                "off_wanted": float(np.sqrt(np.square(course.error).mean())),
                "cpu_s": spent / PLANTS,
            }
        )
    about = {"plants": PLANTS, "hours": HOURS, "block": "COMPARING"}
    report("tennessee_policies", "Policies on perturbed plants, $/h", rows, about)
    curve = [
        {"until_h": HOURS // PARTS * (i + 1), **{k: float(v[i].mean()) for k, v in cost.items()}}
        for i in range(PARTS)
    ]
    report("tennessee_curve", "Cost by the hour, mean over plants", curve, about)
