"""Particles that move from the prior to the posterior as the weight of the readings rises.

Shapes: n particles, d normal numbers of each.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium.core.errors import EngineError, InputError
from ingenium.infer.methods.method import Answer, InferenceTask
from ingenium.infer.prior import Particles
from ingenium.infer.weights import Weighted

RETAINED = 0.5  # share of particles that a step in temperature leaves effective
OVER = 4  # particles to begin with, by the rows of the prior: a mode without a particle is lost
MOST_STEPS = 200
JUMPS = 8  # moves for each jump, where a problem has jumps
LAST = 3  # times as many moves at the end
SHARES = (0.0, 0.25, 1.0)  # of a particle's numbers that a step moves; at least one or two
Energy = Callable[[Particles], Float64[Tensor, " n"]]  # minus the log likelihood


@dataclass(frozen=True)
class Annealed:
    """Sequential Monte Carlo in the normal numbers that designs come from.

    Each step raises the weight of the likelihood until half of the particles are effective,
    resamples them by their weights and moves them by steps that leave the tempered posterior
    invariant: random ones, or with `langevin` along its slope too. Both leave the normal prior
    exactly invariant, so that only the likelihood decides on a move, whatever the number of
    dimensions.

    Source: Del Moral, Doucet and Jasra, J. Royal Statistical Society B 68, 2006 (samplers);
    Cotter, Roberts, Stuart and White, Statistical Science 28, 2013, eq. 4.3 and 4.10 (pCN, pCNL);
    Beskos et al., Stat. Comput. 26, 2016 (temperatures by effective size).
    """

    langevin: bool = False
    moves: int = 8

    def prepared(self, task: InferenceTask, rng: torch.Generator) -> Answer:
        """Return the sampler, which needs only the prior.

        Raises:
            InputError: for a prior of single designs.
        """
        task.prior.must_be_smooth()
        return partial(self._answer, task)

    def _answer(
        self, task: InferenceTask, readings: Float64[Tensor, " m"], rng: torch.Generator
    ) -> Weighted:
        def energy(state: Particles) -> Float64[Tensor, " n"]:
            return -task.likelihood.log_density(readings[None], task.prior.designs(state))[0]

        n = task.samples
        state = task.prior.start(max(n, OVER * task.prior.count), rng)
        first = torch.arange(len(state.rows))  # where each began
        value = energy(state)
        if not torch.isfinite(value).any():
            raise InputError("readings that some design of the prior could give", "none does")
        beta, pace, rates, steps = 0.0, 0.3, list[float](), 0
        while beta < 1 and steps < MOST_STEPS:
            rise = _rise(value, 1 - beta, RETAINED * n)
            chosen = _drawn(-rise * value, n, rng)
            state, value, first = state.take(chosen), value[chosen], first[chosen]
            beta, steps = min(beta + rise, 1.0), steps + 1
            for i in range(self.moves * (LAST if beta >= 1 else 1)):
                if i % JUMPS == 0:
                    state, value = _jumped(state, value, beta, energy, task, readings, rng)
                state, value, rate = self._moved(state, value, beta, pace, energy, rng)
                pace = float(np.clip(pace * math.exp(rate - 0.35), 1e-4, 1.0))
                state, value = _crossed(state, value, beta, energy, rng)
                rates.append(rate)
        if beta < 1:
            raise EngineError(
                f"expected the posterior after {MOST_STEPS} temperatures, got {beta:.2g} of the "
                "likelihood; write a larger error of the readings, or fewer of them"
            )
        arrays = tuple(a.detach() for a in task.prior.designs(state))
        worth = worth_of(task.measure(arrays).numpy(), first.numpy())
        reported = {"temperatures": float(steps), "accepted": float(np.mean(rates))}
        return Weighted(arrays, state.rows, np.full(n, 1 / n), math.nan, worth, reported)

    def _moved(
        self,
        state: Particles,
        value: Float64[Tensor, " n"],
        beta: float,
        pace: float,
        energy: Energy,
        rng: torch.Generator,
    ) -> tuple[Particles, Float64[Tensor, " n"], float]:
        """Move all particles by one step; also return the share of accepted moves."""
        noise = torch.randn(state.z.shape, generator=rng, dtype=torch.float64)
        if self.langevin:
            new, fresh, gain = _along(state, value, beta, pace, energy, noise)
        else:
            new = Particles(state.rows, _walked(state.z, pace, noise, rng))
            fresh = energy(new)
            gain = beta * (value - fresh)
        taken = torch.rand(len(value), generator=rng, dtype=torch.float64).log() < gain
        z = torch.where(taken[:, None], new.z, state.z)
        return (
            Particles(state.rows, z),
            torch.where(taken, fresh, value),
            float(taken.to(torch.float64).mean()),
        )


def _jumped(
    state: Particles,
    value: Float64[Tensor, " n"],
    beta: float,
    energy: Energy,
    task: InferenceTask,
    readings: Float64[Tensor, " m"],
    rng: torch.Generator,
) -> tuple[Particles, Float64[Tensor, " n"]]:
    """Propose moves to places that the problem suggests, if it does."""
    nearby = task.prior.nearby
    if nearby is None or nearby.jump is None:
        return state, value
    arrays = tuple(a[state.rows] for a in task.prior.arrays)
    z, odds = nearby.jump(task.likelihood, readings, arrays, state.z, beta, rng)
    fresh = energy(Particles(state.rows, z))
    chance = torch.rand(len(value), generator=rng, dtype=torch.float64).log()
    taken = chance < beta * (value - fresh) + odds
    retained = Particles(state.rows, torch.where(taken[:, None], z, state.z))
    return retained, torch.where(taken, fresh, value)


def _crossed(
    state: Particles,
    value: Float64[Tensor, " n"],
    beta: float,
    energy: Energy,
    rng: torch.Generator,
) -> tuple[Particles, Float64[Tensor, " n"]]:
    """Move each half by the difference of two of the other half that share one row.

    Such steps have the scales and correlations of the posterior.

    Source: ter Braak, Stat. Comput. 16, 2006 (differential evolution); Goodman and Weare, CAMCoS
    5, 2010, and Foreman-Mackey et al., 2013 (halves, which leave the posterior exactly invariant).
    """
    n, d = state.z.shape
    order = torch.randperm(n, generator=rng)
    z, value = state.z.clone(), value.clone()
    for own, other in ((order[: n // 2], order[n // 2 :]), (order[n // 2 :], order[: n // 2])):
        kin = other[state.rows[other].argsort(stable=True)]
        at = torch.randint(len(kin), (len(own),), generator=rng)
        away = 1 + torch.randint(max(len(kin) // 8, 1), (len(own),), generator=rng)
        one, two = kin[at], kin[(at + away) % len(kin)]
        alike = state.rows[one] == state.rows[two]
        reach = 2.38 / math.sqrt(2 * d) * torch.rand(len(own), 1, generator=rng).double().mul(1.5)
        noise = 1e-6 * torch.randn(len(own), d, generator=rng, dtype=torch.float64)
        new = z[own] + reach * (z[one] - z[two]) + noise
        fresh = energy(Particles(state.rows[own], new))
        gain = beta * (value[own] - fresh) + (z[own].square() - new.square()).sum(1) / 2
        chance = torch.rand(len(own), generator=rng, dtype=torch.float64).log()
        taken = alike & (chance < gain)
        z[own] = torch.where(taken[:, None], new, z[own])
        value[own] = torch.where(taken, fresh, value[own])
    return Particles(state.rows, z), value


def _walked(
    z: Float64[Tensor, "n d"], pace: float, noise: Float64[Tensor, "n d"], rng: torch.Generator
) -> Float64[Tensor, "n d"]:
    """Move some of the numbers of each particle by a step of random length.

    The choice and the length do not depend on the particle's position, so the prior stays
    invariant. Where some numbers are known a hundred times better than others, random lengths let
    each move at its own scale now and then.
    """
    n, d = z.shape
    share = torch.tensor(SHARES, dtype=torch.float64)[
        torch.randint(len(SHARES), (n, 1), generator=rng)
    ]
    chosen = torch.rand(n, d, generator=rng, dtype=torch.float64) < share.clamp(min=1.5 / d)
    length = torch.randn(n, 1, generator=rng, dtype=torch.float64).exp()
    step = (pace * length).clamp(max=1.0) * chosen
    return (1 - step.square()).sqrt() * z + step * noise


def _along(
    state: Particles,
    value: Float64[Tensor, " n"],
    beta: float,
    pace: float,
    energy: Energy,
    noise: Float64[Tensor, "n d"],
) -> tuple[Particles, Float64[Tensor, " n"], Float64[Tensor, " n"]]:
    """Propose a step along the slope; return the energy there, and the logarithm of its odds."""
    delta = pace**2
    here = _slope(state, beta, energy)[1]
    z = ((2 - delta) * state.z - 2 * delta * here + math.sqrt(8 * delta) * noise) / (2 + delta)
    new = Particles(state.rows, z)
    fresh, there = _slope(new, beta, energy)

    def cost(a: Tensor, b: Tensor, level: Tensor, slope: Tensor) -> Tensor:
        way = 0.5 * ((b - a) * slope).sum(1) + delta / 4 * ((a + b) * slope).sum(1)
        return beta * level + way + delta / 4 * slope.square().sum(1)

    gain = cost(state.z, z, value, here) - cost(z, state.z, fresh, there)
    return new, fresh, torch.nan_to_num(gain, nan=-math.inf)


def _slope(
    state: Particles, beta: float, energy: Energy
) -> tuple[Float64[Tensor, " n"], Float64[Tensor, "n d"]]:
    """Return the energy, and the gradient of its tempered part."""
    with torch.enable_grad():
        z = state.z.detach().requires_grad_()
        value = energy(Particles(state.rows, z))
        (slope,) = torch.autograd.grad(value.sum(), z)
    return value.detach(), beta * torch.nan_to_num(slope)


def _rise(value: Float64[Tensor, " k"], most: float, retained: float) -> float:
    """Return the rise of temperature at which `retained` particles stay effective."""

    def worth(step: float) -> float:
        return float(1 / torch.softmax(-step * value, 0).square().sum())

    if worth(most) >= retained:
        return most
    low, high = 0.0, most
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if worth(middle) >= retained else (low, middle)
    return max(low, 1e-12 * most)


def _drawn(log_weight: Float64[Tensor, " k"], n: int, rng: torch.Generator) -> Int64[Tensor, " n"]:
    """Sample rows by their weights with one random number (systematic resampling)."""
    sums = torch.softmax(log_weight, 0).cumsum(0)
    shift = torch.rand(1, generator=rng, dtype=torch.float64)
    at = (torch.arange(n, dtype=torch.float64) + shift) / n
    return torch.searchsorted(sums, at).clamp(max=len(log_weight) - 1)


def worth_of(values: Float64[np.ndarray, "n q"], first: Int64[np.ndarray, " n"]) -> float:
    """Number of independent samples that these are worth, for the worst quantity.

    Samples of one ancestor are correlated, so the variance of a mean is taken over ancestors.
    """
    n = len(values)
    out = values - values.mean(0)
    names, family = np.unique(first, return_inverse=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, family, out)
    alone, together = np.square(out).sum(0), np.square(sums).sum(0)
    alive = alone > 0
    if not alive.any():
        return float(n)
    return float(np.clip(n * (alone[alive] / together[alive]), 1.0, n).min())
