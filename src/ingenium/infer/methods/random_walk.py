"""The random walk of Metropolis, with steps that learn the posterior's covariance.

Shapes: n chains, s steps, d normal numbers.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.infer.methods.method import Answer, InferenceTask
from ingenium.infer.methods.nuts import STARTS, beginnings, settled
from ingenium.infer.prior import Particles
from ingenium.infer.weights import Weighted

STEPS = 4000  # of each chain; the first half learns
EVERY = 50  # steps between updates of the covariance
TAKEN = 0.234  # share of steps that is best in many dimensions
OWN = 0.05  # share of steps that go along no covariance


@dataclass(frozen=True)
class RandomWalk:
    """The baseline of all methods: it needs no slope and no temperatures.

    Chains begin at samples of the prior, chosen by their likelihood, and stay in their rows.

    Source: Haario, Saksman and Tamminen, Bernoulli 7, 2001 (covariance); Roberts and Rosenthal, J.
        Comput. Graph. Stat. 18, 2009 (mixture of steps; here learning ends before samples are
        stored).
    """

    chains: int = 16

    def prepared(self, task: InferenceTask, rng: torch.Generator) -> Answer:
        """Prepare starts for all readings.

        Raises:
            InputError: for a prior of single designs.
            MissingExtra: with the line that installs Pyro.
        """
        prior = task.prior
        begin = beginnings(task, max(STARTS, 2 * prior.count), rng)

        def answer(readings: Float64[Tensor, " m"], rng: torch.Generator) -> Weighted:
            begun = begin(readings, self.chains, rng)
            z, rate = self._walk(task, readings, begun, rng)
            each = -(-task.samples // self.chains)
            retained = z[torch.linspace(0, len(z) - 1, min(each, len(z))).long()].transpose(0, 1)
            rows = begun.rows.repeat_interleave(retained.shape[1])
            sampled = tuple(
                a.detach() for a in prior.designs(Particles(rows, retained.flatten(0, 1)))
            )
            worth, distance = settled(task.measure(sampled).numpy(), retained.shape[1])
            even = np.full(len(rows), 1 / len(rows))
            reported = {"r_hat": distance, "accepted": rate}
            return Weighted(sampled, rows, even, math.nan, worth, reported)

        return answer

    def _walk(
        self,
        task: InferenceTask,
        readings: Float64[Tensor, " m"],
        begun: Particles,
        rng: torch.Generator,
    ) -> tuple[Float64[Tensor, "s n d"], float]:
        """Return the second half of all chains, and its share of accepted steps."""

        def density(z: Float64[Tensor, "n d"]) -> Float64[Tensor, " n"]:
            arrays = task.prior.designs(Particles(begun.rows, z))
            seen = task.likelihood.log_density(readings[None], arrays)[0]
            return seen - z.square().sum(1) / 2

        z, steps = begun.z, STEPS
        n, d = z.shape
        value, pace, root = density(z), 0.1, torch.eye(d, dtype=torch.float64)
        path, rates = [], []
        for i in range(steps):  # each step continues from the one before
            plain = torch.rand(n, 1, generator=rng, dtype=torch.float64) < OWN
            noise = torch.randn(n, d, generator=rng, dtype=torch.float64)
            new = z + torch.where(plain, 0.01 * noise, pace * 2.38 / math.sqrt(d) * noise @ root.T)
            fresh = density(new)
            taken = torch.rand(n, generator=rng, dtype=torch.float64).log() < fresh - value
            z, value = torch.where(taken[:, None], new, z), torch.where(taken, fresh, value)
            path.append(z)
            rates.append(float(taken.to(torch.float64).mean()))
            if i < steps // 2 and i % EVERY == EVERY - 1:
                pace = float(np.clip(pace * math.exp(np.mean(rates[-EVERY:]) - TAKEN), 1e-4, 3.0))
                if i >= steps // 8:
                    root = _root(torch.stack(path[i // 2 :]))
        half = steps // 2
        return torch.stack(path[half:]), float(np.mean(rates[half:]))


def _root(path: Float64[Tensor, "s n d"]) -> Float64[Tensor, "d d"]:
    """Root of the covariance within chains."""
    out = (path - path.mean(0)).flatten(0, 1)
    cov = out.T @ out / len(out)
    small = 1e-8 * cov.diagonal().mean() + 1e-16
    root: Tensor = torch.linalg.cholesky(cov + small * torch.eye(len(cov), dtype=torch.float64))
    return root
