"""Samples of the generator, steered by the likelihood while they are generated."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.infer.methods.method import Answer, InferenceTask
from ingenium.infer.weights import Weighted
from ingenium.sampling.steer import Steer


@dataclass(frozen=True)
class Guided:
    """Diffusion or flow matching whose expected clean design climbs the likelihood.

    It approximates the posterior, without weights; calibration measures how well.

    Source: Chung et al., 2023, arXiv:2209.14687.
    """

    def prepared(self, task: InferenceTask, rng: torch.Generator) -> Answer:
        """Return the sampler, which needs only the generator.

        Raises:
            InputError: for a prior that moves designs outside its generator.
        """
        prior = task.prior
        if prior.nearby is not None:
            raise InputError(
                "a problem whose generator alone is the prior, for the method guided",
                prior.problem.name,
                'Write method = "annealed".',
            )
        family, problem = prior.generator.family, prior.problem

        def answer(readings: Float64[Tensor, " m"], rng: torch.Generator) -> Weighted:
            rows = prior.start(task.samples, rng).rows
            under = prior.under(rows)
            onto = problem.project(prior.generator.spec.fixed, under)

            def energy(x: Tensor) -> Tensor:
                arrays = onto(problem.decode(x.to(torch.float64), under))
                return -task.likelihood.log_density(readings[None], arrays)[0]

            x = family.propose(prior.features[rows], rng, Steer(energy=energy))
            arrays = tuple(a.detach() for a in onto(problem.decode(x.to(torch.float64), under)))
            n = task.samples
            return Weighted(arrays, rows, np.full(n, 1 / n), float("nan"), float(n))

        return answer
