"""Row 21.2: DDPM, GAN, VAE and diffusion policy on one task, at equal size within 5 %.

The task is that of row 21.3 on the usual machine: what to add to a tuned PID law, learned from MPC.
DDPM draws in 100 steps with new noise at each, the diffusion policy is the same network in 10 of
second order without. All train for as many steps, each at the rate of its family. The loss that
all can be asked for is the energy score of proposed plans for those of held-out scenarios, in
spreads (a distance alone would favour plans without any spread), its gap that to the scenarios
which were learned; time is processor time of one proposal.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import torch
from numpy.typing import ArrayLike

from ingenium.domains.autonomy.families import ResidualSize
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.model import Family
from ingenium.generators.vae import VAE, VAESettings
from ingenium.operate.residual import AHEAD, ResidualPolicy, ResidualTraining
from ingenium.operate.scenarios import HOLDING, TEACHING
from ingenium.sampling.solvers import Ancestral, Solver
from ingenium_book.studies.autonomy.residuals import classical, under_load
from ingenium_book.studies.autonomy.stepped import loss, proposed, with_steps

Making = Callable[[tuple[int, ...], int], Family]


@dataclass(frozen=True)
class PolicyArm:
    """A family, and how plans are drawn from it."""

    family: str
    making: Making
    steps: int = 0  # of sampling; 0 for one pass
    solver: Solver | None = None  # another one than the family's own


_diffusion = partial(Diffusion, settings=DiffusionSettings(width=128))
ARMS: Mapping[str, PolicyArm] = {  # widths of about 370,000 weights
    "ddpm": PolicyArm("diffusion", _diffusion, 100, Ancestral()),
    "policy": PolicyArm("diffusion", _diffusion, 10),
    "gan": PolicyArm("gan", partial(GAN, settings=GANSettings(width=110))),
    "vae": PolicyArm("vae", partial(VAE, settings=VAESettings(width=92))),
}
TIMED = 30
LOOPED_STEPS = 10  # at most, of arms that are run in closed loop: DDPM would decide for minutes


@lru_cache(maxsize=1)
def _fitted(
    family: str, making: Making, seed: int, size: ResidualSize
) -> tuple[ResidualPolicy, ResidualTraining, ResidualTraining]:
    """What a family learned, its lesson, and one that it never saw."""
    base = classical("usual", seed)
    training, other = (base.training(size.scenarios, among) for among in (TEACHING, HOLDING))
    with torch.random.fork_rng(devices=[]):  # which first weights are drawn from
        torch.manual_seed(seed)
        made = making((AHEAD,), training.features.shape[1])
    return base.residual(family, made, training, size.steps), training, other


def run(arm: PolicyArm, seed: int, size: ResidualSize) -> Mapping[str, ArrayLike]:
    """Losses, time and what it is good for."""
    policy, training, other = _fitted(arm.family, arm.making, seed, size)
    own = with_steps(policy, arm.steps, solver=arm.solver) if arm.steps else policy
    rng = np.random.default_rng(seed)
    losses = {k: loss(own, x, rng) for k, x in (("learned", training), ("held_out", other))}
    one = training.features[:1]
    proposed(own, one)
    began = time.process_time()
    for _ in range(TIMED):
        proposed(own, one)
    took = (time.process_time() - began) / TIMED
    found = {
        "loss": losses["held_out"],
        "gap": losses["held_out"] - losses["learned"],
        "seconds": took,
    }
    if arm.steps <= LOOPED_STEPS:
        found["error"] = under_load("usual", own, seed, size.scenarios)
    return found


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Loss of DDPM by the better of GAN and VAE, and time by that of one pass."""
    best = np.minimum(found("gan", "loss"), found("vae", "loss"))
    values = {
        f"{kind}_{arm}": found(arm, kind)
        for kind in ("loss", "gap", "seconds", "error")
        for arm, own in ARMS.items()
        if kind != "error" or own.steps <= LOOPED_STEPS
    }
    return {
        "loss_by_others": ratio(found("ddpm", "loss"), best),
        "time_by_gan": ratio(found("ddpm", "seconds"), found("gan", "seconds")),
        "time_by_policy": ratio(found("ddpm", "seconds"), found("policy", "seconds")),
    } | values


measure = Trials(
    arms=ARMS, sizes=(ResidualSize(32, 1500), ResidualSize(16, 60)), run=run, read=read
)
