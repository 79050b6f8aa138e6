"""Row 21.3: rise and error under a load of a diffusion residual on PID, beside PID, LQG and MPC.

Three machines of second order with a saturated actuator, as the printed one is not named. The base
is a PID law tuned by search under a bound on its sensitivity; the residual learned from MPC with an
observer of the load what it would have added. All meet the same fresh scenarios: machines of the
box, sustained loads and noise. Rise is that of the nominal step, beside the time-optimal way.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ingenium.domains.autonomy.families import ResidualSize
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact, ratio
from ingenium.operate.plant import Policy
from ingenium_book.studies.autonomy.residuals import (
    PLANTS,
    bound,
    classical,
    judged,
    residual,
)

ARMS = {name: name for name in ("residual", "pid", "lqg", "mpc")}
KINDS = ("rise", "overshoot", "error")


def run(arm: str, seed: int, size: ResidualSize) -> Mapping[str, ArrayLike]:
    """Of each machine."""
    found = dict[str, float]()
    for plant in PLANTS:
        own = judged(plant, _policy(arm, plant, seed, size), seed, size.scenarios)
        found |= {f"{kind}_{plant}": own[kind] for kind in KINDS}
    return found


def _policy(arm: str, plant: str, seed: int, size: ResidualSize) -> Policy:
    own = classical(plant, seed)
    if arm == "residual":
        return residual(plant, "diffusion", seed, size)[0]
    others: Mapping[str, Policy] = {"pid": own.code, "lqg": own.lqg, "mpc": own.mpc}
    return others[arm]


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Ratios to PID and MPC, means over machines; and all values beside them."""

    def mean(arm: str, kind: str) -> ArrayLike:
        return sum(found(arm, f"{kind}_{plant}") for plant in PLANTS) / len(PLANTS)

    ratios = {
        f"{kind}_by_{arm}": ratio(mean("residual", kind), mean(arm, kind))
        for kind in ("rise", "error")
        for arm in ("pid", "lqg", "mpc")
    }
    values = {
        f"{kind}_{plant}_{arm}": found(arm, f"{kind}_{plant}")
        for kind in KINDS
        for plant in PLANTS
        for arm in ARMS
    }
    bounds = {f"rise_{plant}_time_optimal": exact(bound(plant, 0)) for plant in PLANTS}
    compared = ("rise_by_pid", "rise_by_mpc", "error_by_mpc")
    worst = np.max([ratios[name].by_seed for name in compared], axis=0)
    return ratios | {"worst": worst, "overshoot": mean("residual", "overshoot")} | values | bounds


measure = Trials(
    arms=ARMS, sizes=(ResidualSize(64, 1500), ResidualSize(16, 60)), run=run, read=read
)
