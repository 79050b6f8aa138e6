"""Row 21.16: what a policy is worth at 1 to 1,000 steps of sampling, and whether it is in time.

The residual policy of row 21.3 on the usual machine, plans drawn in 1, 10, 20, 50 and 1,000 steps
by three samplers: diffusion without new noise (second order) and with it (as DDPM draws), and flow
matching. Quality is the energy score of plans for the expert's on held-out scenarios, in spreads:
a distance alone would be least for plans without any spread, as one step draws them. In 1 and 10
steps the error under load in closed loop stands beside. Time is processor time of one decision,
law and residual, on one thread; a deadline is missed where it exceeds a period of 10 or of 1 ms.
"""

import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ingenium.domains.autonomy.families import ResidualSize
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio
from ingenium.operate.residual import ResidualPolicy
from ingenium.operate.scenarios import HOLDING
from ingenium.sampling.solvers import Ancestral, Solver
from ingenium_book.studies.autonomy.residuals import (
    classical,
    residual,
    under_load,
)
from ingenium_book.studies.autonomy.stepped import loss, with_steps

STEPS = (1, 10, 20, 50, 1000)
LOOPED = STEPS[:2]  # that are run in closed loop, which takes as many decisions as periods
ARMS: Mapping[str, tuple[str, Solver | None]] = {  # a family, and another solver than its own
    "diffusion": ("diffusion", None),
    "ancestral": ("diffusion", Ancestral()),
    "flow_matching": ("flow_matching", None),
}
DECISIONS = {1: 200, 10: 200, 20: 100, 50: 60, 1000: 4}  # that are timed


def run(arm: tuple[str, Solver | None], seed: int, size: ResidualSize) -> Mapping[str, ArrayLike]:
    """Loss, error, time and missed deadlines at each number of steps."""
    family, solver = arm
    policy, _ = residual("usual", family, seed, size)
    other = classical("usual", seed).training(size.scenarios, HOLDING)
    found = dict[str, float]()
    for steps in STEPS:
        own = with_steps(policy, steps, solver=solver)
        found[f"loss_{steps}"] = loss(own, other, np.random.default_rng(seed))
        if steps in LOOPED:
            found[f"error_{steps}"] = under_load("usual", own, seed, size.scenarios)
        took = _decisions(own, DECISIONS[steps])
        found[f"seconds_{steps}"] = float(np.median(took))
        for hertz in (100, 1000):
            found[f"missed_{hertz}_{steps}"] = float(np.mean(np.array(took) > 1 / hertz))
    return found


def _decisions(policy: ResidualPolicy, count: int) -> list[float]:
    """Seconds of the processor of each, in one state."""
    memory, seen, wanted = policy.begin(1), np.zeros((1, 2)), np.ones((1, 1))
    policy.act(memory, seen, wanted)
    took = []
    for _ in range(count):
        began = time.process_time()
        policy.act(memory, seen, wanted)
        took.append(time.process_time() - began)
    return took


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Loss in 10 steps by that in 1,000, and everything beside it."""
    values = {
        f"{kind}_{steps}_{arm}": found(arm, f"{kind}_{steps}")
        for kind in ("loss", "error", "seconds", "missed_100", "missed_1000")
        for steps in (LOOPED if kind == "error" else STEPS)
        for arm in ARMS
    }
    return {
        "loss_10_by_1000": ratio(found("diffusion", "loss_10"), found("diffusion", "loss_1000"))
    } | values


measure = Trials(arms=ARMS, sizes=(ResidualSize(32, 1500), ResidualSize(8, 60)), run=run, read=read)
