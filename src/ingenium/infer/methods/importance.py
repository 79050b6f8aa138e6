"""Samples of the prior, weighted by the likelihood: exact if some of them fit the readings."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.infer.methods.method import Answer, InferenceTask
from ingenium.infer.weights import Weighted, effective, smoothed


@dataclass(frozen=True)
class Importance:
    """Importance weights by the likelihood, with a smoothed tail."""

    def prepared(self, task: InferenceTask, rng: torch.Generator) -> Answer:
        """Draw one set of samples for all readings."""
        state = task.prior.start(task.samples, rng)
        arrays = task.prior.designs(state)

        def answer(readings: Float64[Tensor, " m"], rng: torch.Generator) -> Weighted:
            density = task.likelihood.log_density(readings[None], arrays)[0]
            weight, k = smoothed(density.numpy())
            return Weighted(arrays, state.rows, weight, k, effective(weight))

        return answer
