"""Row 21.16: what a policy is worth at 1 to 1,000 steps of sampling, and whether it is in time.

The residual policy of row 21.3 on the usual machine, plans drawn in 1, 10, 20, 50 and 1,000 steps
by diffusion and by flow matching. Quality is how near plans come to the expert's on held-out
scenarios (root mean square, in spreads), and up to 50 steps the error under load in closed loop.
Time is processor time of one decision on one thread; a deadline is missed where it exceeds a
period of 10 or of 1 ms.
"""

import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ingenium.domains.autonomy.families import ResidualSize
from ingenium.domains.autonomy.studies.residuals import (
    HELD_OUT,
    classical,
    residual,
    under_load,
)
from ingenium.domains.autonomy.studies.stepped import loss, proposed, with_steps
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio

STEPS = (1, 10, 20, 50, 1000)
LOOPED = STEPS[:-1]  # that are run in closed loop
ARMS = {name: name for name in ("diffusion", "flow_matching")}
DECISIONS = {1: 200, 10: 200, 20: 100, 50: 60, 1000: 4}  # that are timed


def run(family: str, seed: int, size: ResidualSize) -> Mapping[str, ArrayLike]:
    """Loss, error, time and missed deadlines at each number of steps."""
    policy, lesson = residual("usual", family, seed, size)
    other = classical("usual", seed).lesson(size.scenarios, HELD_OUT)
    found = dict[str, float]()
    for steps in STEPS:
        own = with_steps(policy, steps)
        found[f"loss_{steps}"] = loss(own, other, np.random.default_rng(seed))
        if steps in LOOPED:
            found[f"error_{steps}"] = under_load("usual", own, seed, size.scenarios)
        took = []
        for _ in range(DECISIONS[steps]):
            began = time.process_time()
            proposed(own, lesson.features[:1])
            took.append(time.process_time() - began)
        found[f"seconds_{steps}"] = float(np.median(took))
        for hertz in (100, 1000):
            found[f"missed_{hertz}_{steps}"] = float(np.mean(np.array(took) > 1 / hertz))
    return found


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
