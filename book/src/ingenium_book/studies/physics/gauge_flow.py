"""Row 35.8: how often proposals of a gauge-equivariant flow are accepted, and what chains do.

U(1) on 16 x 16 sites at couplings 1, 3 and 5, by the weights that come with the package: an
independence chain on proposals after Metropolis, the observables that lots leave, densities in
another gauge, and the charge of hybrid Monte Carlo chains of trajectories of length 1. Seeds draw
proposals, gauges and chains. Training itself is not repeated by seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from ingenium.domains.physics.lattice.chains import autocorrelation, metropolis
from ingenium.domains.physics.lattice.ensemble import counts, pulls
from ingenium.domains.physics.lattice.models import samplers
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings
from ingenium.domains.physics.lattice.u1 import U1
from ingenium.evaluate.trials import Readings, Trials

ARMS: Mapping[str, float] = {"beta_1": 1.0, "beta_3": 3.0, "beta_5": 5.0}
CHAINS = 8


@dataclass(frozen=True)
class FlowTrial:
    """How much a run does."""

    proposals: int
    trajectories: int


def run(beta: float, seed: int, size: FlowTrial) -> dict[str, np.ndarray]:
    """Acceptance, pulls, change of density with the gauge, and memory of the charge in a chain."""
    law, rng = U1(16), torch.Generator().manual_seed(seed)
    chance = np.random.default_rng(seed)
    flow = samplers(LatticeFieldSettings(), law)["flux_tree"]
    at = torch.full((size.proposals,), beta, dtype=torch.float64)
    (link,) = flow.sample(at, rng)
    density = flow.log_density(link, at)
    log_weight = (-law.action(link, at) - density).numpy() - law.log_z(beta)
    stands = metropolis(log_weight, chance)
    own = law.observed(law.measure(link).numpy())
    count = counts(log_weight, chance.random(len(own)))
    exact = np.broadcast_to(law.exact(beta), own.shape)
    gauge = 6 * torch.rand(len(link), 16, 16, generator=rng, dtype=torch.float64)
    turn = torch.stack([gauge - gauge.roll(-1, 1), gauge - gauge.roll(-1, 2)], 1)
    turned = flow.log_density(link + turn, at)
    return {
        "accepted": np.array((np.diff(stands) != 0).mean()),
        "kept": np.array((count > 0).mean()),
        "pulls": pulls(count, own, exact),
        "gauge": ((turned - density).abs() / density.abs().clamp_min(1.0)).max().numpy(),
        "tau": np.array(autocorrelation(own[None, stands, 1])),
        "moves": _moves(law, beta, rng, size.trajectories),
    }


def _moves(law: U1, beta: float, rng: torch.Generator, steps: int) -> np.ndarray:
    """Changes of charge a trajectory of hybrid Monte Carlo."""
    at, link = torch.full((CHAINS,), beta, dtype=torch.float64), law.start(CHAINS, rng)
    charges = []
    for _ in range(steps):
        link = law.step(law.chains[0], link, at, rng)
        charges.append(law.measure(link)[:, 1].numpy())
    return np.array((np.diff(np.stack(charges), axis=0) != 0).mean())


def read(found: Readings) -> dict[str, np.ndarray]:
    """The least acceptance over couplings, and what stands beside it."""
    every = np.stack([found(arm, "accepted") for arm in ARMS])
    distance = np.stack([found(arm, "pulls") for arm in ARMS])
    return {
        "acceptance": every.min(0),
        **{f"acceptance_{arm}": found(arm, "accepted") for arm in ARMS},
        **{f"kept_{arm}": found(arm, "kept") for arm in ARMS},
        "pull": np.sqrt(np.square(distance).mean((0, 2))),
        "gauge": np.stack([found(arm, "gauge") for arm in ARMS]).max(0),
        "memory": np.stack([found(arm, "tau") for arm in ARMS]).max(0),
        "chain_moves": found("beta_5", "moves"),
    }


measure = Trials(arms=ARMS, sizes=(FlowTrial(2000, 100), FlowTrial(256, 20)), run=run, read=read)
