"""A fitted sampler with another number of steps, and how near its plans are to an expert's."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64

from ingenium.operate.residual import ResidualLesson, ResidualPolicy

ASKED = 256  # states


def with_steps(policy: ResidualPolicy, steps: int) -> ResidualPolicy:
    """The same weights, drawn in so many steps."""
    family: Any = copy.copy(policy.family)
    family.settings = replace(family.settings, steps=steps)
    family.levels = family.settings.levels
    return replace(policy, family=family)


def proposed(
    policy: ResidualPolicy, features: Float64[np.ndarray, "n c"]
) -> Float64[np.ndarray, "n d"]:
    """Plans of the generator alone."""
    told = torch.from_numpy((features - policy.middle) / policy.spread).float()
    with torch.no_grad():
        plans = policy.family.propose(told, torch.Generator().manual_seed(0))
    found: np.ndarray = plans.double().numpy() * policy.size
    return found


def loss(policy: ResidualPolicy, lesson: ResidualLesson, rng: np.random.Generator) -> float:
    """Root mean square distance of proposed plans from the expert's, in spreads."""
    rows = rng.choice(len(lesson.added), ASKED, replace=False)
    made = proposed(policy, lesson.features[rows])
    return float(np.sqrt(np.square((made - lesson.added[rows]) / policy.size).mean()))
