"""A flow that learns from simulated readings to sample designs given readings."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.seeds import one_thread
from ingenium.generators import families
from ingenium.generators.flow import Flow
from ingenium.infer.methods.latents import Latents
from ingenium.infer.methods.method import Answer, InferenceTask
from ingenium.infer.question import Likelihood, Summarised
from ingenium.infer.weights import Weighted

MOST = 24  # principal numbers of readings


@dataclass(frozen=True)
class Amortised:
    """Neural posterior estimation: one fit serves all readings.

    Source: Papamakarios and Murray, NeurIPS 2016; Greenberg et al., ICML 2019 (flows).
    """

    pairs: int = 4000

    def prepared(self, task: InferenceTask, rng: torch.Generator) -> Answer:
        """Simulate pairs and fit the flow.

        Raises:
            InputError: for a prior that moves designs outside its codec.
        """
        prior = task.prior
        if prior.nearby is not None:
            raise InputError(
                "a problem whose codec holds all that is hidden, for the method amortised",
                prior.problem.name,
                'Write method = "annealed".',
            )
        state = prior.start(self.pairs, rng)
        arrays = prior.designs(state)
        reported = _Observed.of(task.likelihood, task.likelihood.simulate(arrays, rng))
        latents = Latents.of(prior, arrays, state.rows)
        u = latents.encode(arrays, state.rows).to(torch.float32)
        flow = families.build("flow", tuple(u.shape[1:]), reported.numbers.shape[1], seed=0)
        assert isinstance(flow, Flow)
        own = families.plan("flow", steps=task.steps, seed=0)
        watched = replace(own, progress=lambda i, n, loss: task.watch("fit the posterior", i, n))
        with one_thread():
            flow.fit(u, reported.numbers, watched)

        def answer(readings: Float64[Tensor, " m"], rng: torch.Generator) -> Weighted:
            cond = reported.of_readings(readings[None]).expand(task.samples, -1).contiguous()
            with torch.no_grad(), one_thread():
                sampled = flow.propose(cond, rng).to(torch.float64)
            near = torch.cdist(sampled, u.to(torch.float64)).argmin(1)
            retained = tuple(a[near] for a in arrays)
            found = latents.moved(retained, state.rows[near], sampled)
            n = task.samples
            return Weighted(found, state.rows[near], np.full(n, 1 / n), float("nan"), float(n))

        return answer


@dataclass(frozen=True, eq=False)
class _Observed:
    """Readings as inputs of a network: their leading principal numbers."""

    likelihood: Likelihood
    centre: Float64[Tensor, " s"]
    back: Float64[Tensor, "s k"]
    numbers: Tensor  # of the simulated ones, in float32

    @classmethod
    def of(cls, likelihood: Likelihood, readings: Float64[Tensor, "n m"]) -> "_Observed":
        found = _summary(likelihood, readings)
        centre = found.mean(0)
        _, sizes, axes = torch.linalg.svd(found - centre, full_matrices=False)
        spread = sizes / len(found) ** 0.5
        k = min(MOST, int((spread > 1e-6 * spread[0]).sum()))
        back = (axes[:k] / spread[:k, None]).T
        return cls(likelihood, centre, back, ((found - centre) @ back).to(torch.float32))

    def of_readings(self, readings: Float64[Tensor, "n m"]) -> Tensor:
        """Return the inputs for other readings."""
        found = (_summary(self.likelihood, readings) - self.centre) @ self.back
        return found.to(torch.float32)


def _summary(likelihood: Likelihood, readings: Float64[Tensor, "n m"]) -> Float64[Tensor, "n s"]:
    return likelihood.summary(readings) if isinstance(likelihood, Summarised) else readings
