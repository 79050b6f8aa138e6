"""Descent on differentiable objectives with a few constraints, by MMA, for batches of designs."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.problem import Watch, silent
from ingenium.domains.structures.optimise.mma import Mma
from ingenium.domains.structures.optimise.projection import Projection

# objective (n,) and constraints (n, m), satisfied if at most 0, of variables and sharpness
Landscape = Callable[
    [Float64[Tensor, "n e"], Float64[Tensor, " n"]],
    tuple[Float64[Tensor, " n"], Float64[Tensor, "n m"]],
]


@dataclass(frozen=True)
class Descent:
    """Settings of the steps, the largest move of a variable, and the growth of sharpness."""

    steps: int = 200
    move: float = 0.1
    projection: Projection | None = None

    def sharpness(self, step: int) -> float:
        """Return beta of a step."""
        sharp = self.projection
        if sharp is None:
            return 1.0
        return min(sharp.beta_most, sharp.beta * sharp.factor ** (step // sharp.every))


def descend(
    landscape: Landscape,
    x: Float64[Tensor, "n e"],
    settings: Descent,
    watch: Watch = silent,
) -> tuple[Float64[Tensor, "n e"], Float64[Tensor, " n"]]:
    """Return the variables after all steps, and the sharpness of their last evaluation.

    Objective and constraints should be of order 1; use logarithms where they may be far from it.
    """
    mma = Mma(settings.move)
    beta = torch.ones(len(x), dtype=torch.float64)
    for step in range(settings.steps):
        watch("descent", step, settings.steps)
        beta = torch.full_like(beta, settings.sharpness(step))
        x = x.detach().requires_grad_()
        objective, broken = landscape(x, beta)
        slopes = torch.stack([_slope(v, x) for v in (objective, *broken.unbind(1))], 1)
        x = mma.step(x.detach(), slopes[:, 0], broken.detach(), slopes[:, 1:])
    return x, beta


def _slope(value: Tensor, x: Tensor) -> Tensor:
    (slope,) = torch.autograd.grad(value.sum(), x, retain_graph=True)
    return slope
