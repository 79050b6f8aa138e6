"""The posterior of a model's numbers by the no-U-turn sampler, and its forecasts.

Shapes: n samples, d numbers, t times, s columns.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.seeds import block_rng, one_thread
from ingenium.infer.methods.nuts import chain, settled
from ingenium.model.fitting import FittedModel, ReadingDensity

CHAINS, STEP = 4, 1e-4  # chains; and of the differences that give the curvature
ALIKE = 1e-4  # relative, within which even steps of two lengths give one trajectory
PATIENCE = 1.05, 100.0  # R-hat and effective samples, from which chains count as converged


class _Potential(torch.autograd.Function):
    """The density of a model as Torch sees it, with the slope from sensitivities."""

    @staticmethod
    def forward(ctx: Any, numbers: Tensor, density: ReadingDensity) -> Tensor:
        value, slope = density.potential(numbers.detach().numpy())
        ctx.save_for_backward(torch.from_numpy(slope))
        return torch.tensor(value, dtype=torch.float64)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (slope,) = ctx.saved_tensors
        return grads[0] * slope, None


@dataclass(frozen=True, eq=False)
class ModelPosterior:
    """Samples of the numbers of a model, and whether the chains have converged."""

    fitted: FittedModel
    numbers: Float64[np.ndarray, "n d"]
    r_hat: float
    effective: float

    @property
    def settled(self) -> bool:
        """True if the chains have converged."""
        return self.r_hat <= PATIENCE[0] and self.effective >= PATIENCE[1]

    def trajectories(self, time: Float64[np.ndarray, " t"]) -> Float64[np.ndarray, "n t s"]:
        """Trajectories of the columns, in the order of the table, without errors of reading."""
        density, model = self.fitted.density, self.fitted.model
        constants, first, _ = density.parts(self.numbers)
        coarse, found = (
            model.many(constants, first, time, steps)[:, :, : density.seen] for steps in (12, 24)
        )
        with np.errstate(all="ignore"):
            alike = (np.abs(coarse - found) <= ALIKE * np.abs(found)).all((1, 2))
        for i in np.flatnonzero(~alike):  # too stiff for even steps: one after the other
            trajectory = model.sensitive(constants[i], first[i], time)
            found[i] = np.nan if trajectory is None else trajectory[0][:, : density.seen]
        return found[:, :, np.argsort(model.order)]

    def readings(
        self, trajectories: Float64[np.ndarray, "n t s"], seed: int
    ) -> Float64[np.ndarray, "n t s"]:
        """Sample readings of trajectories, with errors."""
        density = self.fitted.density
        noise = density.parts(self.numbers)[2][:, np.argsort(density.model.order)]
        rng = np.random.default_rng([seed, 3])
        return np.asarray(
            trajectories * np.exp(noise[:, None] * rng.standard_normal(trajectories.shape))
        )

    def untold(self) -> list[str]:
        """Constants that the readings do not inform: their posterior is as wide as the prior."""
        density = self.fitted.density
        own = self.numbers.std(0)[: len(density.model.constants)]
        wide = own > 0.7 * density.spread[: len(own)]
        return [c for c, w in zip(density.model.constants, wide, strict=True) if w]


def posterior(fitted: FittedModel, samples: int, seed: int) -> ModelPosterior:
    """Run chains in coordinates in which the density is isotropic at its maximum."""
    density = fitted.density
    shape = torch.from_numpy(_round(fitted))
    top = torch.from_numpy(fitted.numbers)
    each = -(-samples // CHAINS)

    def potential(z: Tensor) -> Tensor:
        found: Tensor = _Potential.apply(top + shape @ z, density)  # type: ignore[no-untyped-call]
        return found

    found = []
    with one_thread():
        for i in range(CHAINS):
            rng = block_rng(seed, i, "constants")
            start = 0.3 * torch.randn(density.free, generator=rng, dtype=torch.float64)
            found.append(chain(potential, start, each, rng))
    z = torch.cat(found)
    numbers = (top + z @ shape.T).numpy()
    worth, distance = settled(numbers, each)
    return ModelPosterior(fitted, numbers, distance, worth)


def _round(fitted: FittedModel) -> Float64[np.ndarray, "d d"]:
    """Root of the inverse curvature at the maximum, by differences of gradients."""
    density, top = fitted.density, fitted.numbers
    rows = []
    for i in range(density.free):
        step = np.zeros(density.free)
        step[i] = STEP
        up, down = density.potential(top + step)[1], density.potential(top - step)[1]
        rows.append((up - down) / (2 * STEP))
    curve = np.array(rows)
    value, axes = np.linalg.eigh((curve + curve.T) / 2)
    least = 1 / np.square(density.spread).max() / 4
    return np.asarray(axes / np.sqrt(np.maximum(value, least)))
