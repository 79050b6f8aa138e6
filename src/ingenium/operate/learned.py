"""A policy learned by reinforcement: the actor of stable-baselines3 as plain numbers.

Shapes: n copies, p readings, q wanted values, m actions, o inputs of an actor.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from ingenium.core.packages import Extra
from ingenium.core.seeds import one_thread
from ingenium.operate.plant import Plant

EXTRA = Extra("operate")
WIDTH = (64, 64)  # of the hidden layers of actor and critic
LANES = 16  # copies of the plant in a batch
REMEMBERED = 2.0  # s, time constant of the leaky integral
WORTH, OUTSIDE, JERK = 5.0, 10.0, 0.02  # costs: errors, a period outside, a changed action
AHEAD = 0.98  # discount of the next period
Kind = Literal["sac", "ppo"]


@dataclass(frozen=True, eq=False)
class PolicyTraining:
    """The training set-up of a policy; it shares no scenario with later judgement."""

    plant: Plant
    first: int  # of its scenarios; an episode of each lane has the next ones
    periods: int  # of an episode
    steps: int  # of all lanes together


@dataclass(frozen=True, eq=False)
class LearnedPolicy:
    """A network of tanh layers that maps errors, readings and memory to an action.

    Its memory is a leaky integral of the errors, and the action that was applied.
    """

    name: str
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]  # weights (out, in) and biases
    squashed: bool  # output by tanh, or clipped
    plant: Plant

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return empty memory."""
        return remembered(self.plant, n)

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n m"]:
        """Return the mean action."""
        x = reported(self.plant, memory, seen, wanted)
        for weights, bias in self.layers[:-1]:
            x = np.tanh(x @ weights.T + bias)
        weights, bias = self.layers[-1]
        last = x @ weights.T + bias
        return onto(self.plant, np.tanh(last) if self.squashed else np.clip(last, -1, 1))

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n m"],
    ) -> Float64[np.ndarray, "n k"]:
        """Update the memory by one period."""
        return recalled(self.plant, memory, seen, wanted, applied)


def learned(kind: Kind, training: PolicyTraining, seed: int) -> LearnedPolicy:
    """Train by soft actor-critic or proximal policy optimisation on copies of a plant.

    Source: Haarnoja et al., 2018, arXiv:1801.01290; Schulman et al., 2017, arXiv:1707.06347;
        Raffin et al., Stable-Baselines3, JMLR 22(268):1, 2021.

    Raises:
        MissingExtra: without stable-baselines3.
    """
    EXTRA.package("stable_baselines3")
    from ingenium.operate.lanes import PlantLanes, trained

    with one_thread():
        layers = trained(kind, PlantLanes(training, LANES), training.steps, seed)
    return LearnedPolicy(
        f"{kind.upper()} of stable-baselines3", layers, kind == "sac", training.plant
    )


def remembered(plant: Plant, n: int) -> Float64[np.ndarray, "n k"]:
    """Memory before the first period: integrals of errors, and actions."""
    q = plant.wanted(plant.begin(np.zeros(1, dtype=np.int64))).shape[1]
    return np.zeros((n, q + len(plant.actions)))


def reported(
    plant: Plant,
    memory: Float64[np.ndarray, "n k"],
    seen: Float64[np.ndarray, "n p"],
    wanted: Float64[np.ndarray, "n q"],
) -> Float64[np.ndarray, "n o"]:
    """Errors, readings and memory, each scaled by its range; missing readings count as 0."""
    q, read = wanted.shape[1], np.nan_to_num(seen)
    size = np.array([r.high - r.low for r in plant.readings]) / 2
    reach = np.array([a.high - a.low for a in plant.actions]) / 2
    error = 4 * (wanted - read[:, :q]) / size[:q]
    own = np.concatenate([error, read / size, memory[:, :q] / size[:q], memory[:, q:] / reach], 1)
    found: np.ndarray = np.clip(own, -5, 5)
    return found


def recalled(
    plant: Plant,
    memory: Float64[np.ndarray, "n k"],
    seen: Float64[np.ndarray, "n p"],
    wanted: Float64[np.ndarray, "n q"],
    applied: Float64[np.ndarray, "n m"],
) -> Float64[np.ndarray, "n k"]:
    """Update the memory by one period: integrals decay and grow by the error."""
    q = wanted.shape[1]
    left = np.exp(-plant.period_s / REMEMBERED)
    error = wanted - np.nan_to_num(seen[:, :q])
    return np.concatenate([left * memory[:, :q] + 10 * (1 - left) * error, applied], 1)


def onto(plant: Plant, share: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n m"]:
    """Map shares from -1 to 1 onto the ranges of the actions."""
    low, high = (np.array([getattr(a, e) for a in plant.actions]) for e in ("low", "high"))
    found: np.ndarray = (low + high) / 2 + share * (high - low) / 2
    return found
