"""Row 21.2: DDPM, GAN, VAE and diffusion policy on one task, at about equal size.

The task is that of row 21.3 on the usual machine: what to add to a tuned PID law, learned from MPC.
DDPM draws in 100 steps, the diffusion policy is the same network in 10. The loss that all can be
asked for is the distance of proposed plans from those of held-out scenarios (root mean square, in
spreads), its gap that to the scenarios which were learned; time is that of one proposal.
"""

import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ingenium.domains.autonomy.families import ResidualSize
from ingenium.domains.autonomy.studies.residuals import classical, judged, residual
from ingenium.domains.autonomy.studies.stepped import loss, proposed, with_steps
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio

ARMS = {
    "ddpm": ("diffusion", 100),
    "policy": ("diffusion", 10),
    "gan": ("gan", 0),
    "vae": ("vae", 0),
}
TIMED = 30


def run(arm: tuple[str, int], seed: int, size: ResidualSize) -> Mapping[str, ArrayLike]:
    """Losses, time and what it is good for."""
    family, steps = arm
    policy, lesson = residual("usual", family, seed, size)
    other = classical("usual", seed + 1000).lesson(size)
    own = with_steps(policy, steps) if steps else policy
    rng = np.random.default_rng(seed)
    losses = {k: loss(own, x, rng) for k, x in (("learned", lesson), ("held_out", other))}
    one = lesson.features[:1]
    proposed(own, one)
    began = time.perf_counter()
    for _ in range(TIMED):
        proposed(own, one)
    took = (time.perf_counter() - began) / TIMED
    good = judged("usual", own, seed, size.scenarios)
    return {"loss": losses["held_out"], "gap": losses["held_out"] - losses["learned"],
            "seconds": took, "error": good["error"]}  # fmt: skip


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Loss of DDPM by the better of GAN and VAE, and time by that of one pass."""
    best = np.minimum(found("gan", "loss"), found("vae", "loss"))
    values = {
        f"{kind}_{arm}": found(arm, kind)
        for kind in ("loss", "gap", "seconds", "error")
        for arm in ARMS
    }
    return {
        "loss_by_others": ratio(found("ddpm", "loss"), best),
        "time_by_gan": ratio(found("ddpm", "seconds"), found("gan", "seconds")),
        "time_by_policy": ratio(found("ddpm", "seconds"), found("policy", "seconds")),
    } | values


measure = Trials(
    arms=ARMS, sizes=(ResidualSize(64, 1500), ResidualSize(16, 60)), run=run, read=read
)
