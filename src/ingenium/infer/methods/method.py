"""The contract of a method: prepared once for a prior and a likelihood, then called many times."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.problem import Watch, silent
from ingenium.infer.prior import Prior
from ingenium.infer.question import Arrays, Likelihood
from ingenium.infer.weights import Weighted

Answer = Callable[[Float64[Tensor, " m"], torch.Generator], Weighted]


@dataclass(frozen=True, eq=False)
class InferenceTask:
    """The inputs of every method."""

    prior: Prior
    likelihood: Likelihood
    measure: Callable[[Arrays], Float64[Tensor, "n q"]]
    samples: int  # of a posterior
    steps: int | None = None  # of training, where a method learns; None for its own
    watch: Watch = silent


@runtime_checkable
class Method(Protocol):
    """A method that samples a posterior."""

    def prepared(self, task: InferenceTask, rng: torch.Generator) -> Answer:
        """Prepare all that does not depend on readings; return the sampler.

        Raises:
            InputError: for a prior or a likelihood that the method cannot use.
        """
        ...
