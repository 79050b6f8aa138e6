"""A fitted sampler with another number of steps, and how well its plans foretell an expert's."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64

from ingenium.operate.residual import ResidualPolicy, ResidualTraining
from ingenium.sampling.solvers import Solver
from ingenium.scores.scores import energy_score

REQUESTED, DRAWS = 128, 4  # states, and plans for each


def with_steps(
    policy: ResidualPolicy, steps: int, *, solver: Solver | None = None
) -> ResidualPolicy:
    """The same weights, drawn in so many steps, by another solver if one is named."""
    family: Any = copy.copy(policy.family)
    family.settings = replace(family.settings, steps=steps)
    family.levels = family.settings.levels
    family.solver = solver or family.solver
    return replace(policy, family=family)


def proposed(
    policy: ResidualPolicy, features: Float64[np.ndarray, "n c"]
) -> Float64[np.ndarray, "n d"]:
    """Plans of the generator alone."""
    reported = torch.from_numpy((features - policy.middle) / policy.spread).float()
    with torch.no_grad():
        plans = policy.family.propose(reported, torch.Generator().manual_seed(0))
    found: np.ndarray = plans.double().numpy() * policy.size
    return found


def loss(policy: ResidualPolicy, training: ResidualTraining, rng: np.random.Generator) -> float:
    """Mean energy score of proposed plans for the expert's, in spreads.

    A distance alone would be least for plans without any spread, which is what one step draws.
    """
    rows = rng.choice(len(training.added), REQUESTED, replace=False)
    made = proposed(policy, np.repeat(training.features[rows], DRAWS, 0)) / policy.size
    members = made.reshape(REQUESTED, DRAWS, -1).swapaxes(0, 1)
    return float(energy_score(members, training.added[rows] / policy.size).mean())
