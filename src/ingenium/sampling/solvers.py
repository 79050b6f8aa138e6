"""Solvers from noise to designs with a denoiser, for any number of steps.

All work in one frame: at noise level sigma the state is x = clean + sigma * noise, and the denoiser
gives the expected clean design. DDIM and DDPM, written for other frames, are the same algorithms
after a rescaling of x (Karras et al., 2022, arXiv:2206.00364, sec. 4 and app. C).

Shapes: n designs, then the axes of one design; sigmas are plain numbers, equal for all rows.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.sampling.noise import gaussian

Denoiser = Callable[[Tensor, float], Tensor]  # (x at sigma, sigma) -> expected clean design
State = Float[Tensor, "n *shape"]
Span = tuple[float, float]  # the noise level that a step starts from, and the one it reaches


@runtime_checkable
class Solver(Protocol):
    """Solver from the state at the highest noise level to a clean design."""

    def solve(
        self,
        denoise: Denoiser,
        x: Float[Tensor, "n *shape"],
        levels: tuple[float, ...],
        rng: torch.Generator,
    ) -> Float[Tensor, "n *shape"]:
        """Return clean designs; `levels` fall and end with 0."""
        ...


def ladder(
    steps: int, least: float = 0.002, most: float = 80.0, rho: float = 7.0
) -> tuple[float, ...]:
    """Return falling noise levels, dense where small: `steps` positive ones and then 0.

    Source: Karras et al., 2022, arXiv:2206.00364, eq. 5.
    """
    if steps < 1:
        raise InputError("at least 1 step", steps)
    if steps == 1:
        return (most, 0.0)
    high, low = most ** (1 / rho), least ** (1 / rho)
    return (*((high + i / (steps - 1) * (low - high)) ** rho for i in range(steps)), 0.0)


class Stepwise(ABC):
    """A solver whose steps are independent of earlier ones."""

    def solve(
        self,
        denoise: Denoiser,
        x: Float[Tensor, "n *shape"],
        levels: tuple[float, ...],
        rng: torch.Generator,
    ) -> Float[Tensor, "n *shape"]:
        """Step from each level to the next."""
        for span in pairwise(levels):
            x = self.step(denoise, x, span, rng)
        return x

    @abstractmethod
    def step(self, denoise: Denoiser, x: State, span: Span, rng: torch.Generator) -> State:
        """Return the state at the end of the span."""


@dataclass(frozen=True)
class Ddim(Stepwise):
    """First-order solver without new noise, one evaluation a step.

    Source: Song et al., 2021, arXiv:2010.02502, eq. 13; Karras et al., 2022, sec. 4.
    """

    def step(self, denoise: Denoiser, x: State, span: Span, rng: torch.Generator) -> State:
        """Take an Euler step, linear in sigma: exact where the denoiser is constant."""
        now, then = span
        return torch.lerp(denoise(x, now), x, then / now)


@dataclass(frozen=True)
class Multistep:
    """Second-order solver by the previous step, without new noise, one evaluation a step.

    Source: Lu et al., 2022, arXiv:2211.01095, alg. 2 (DPM-Solver++ 2M), in the frame where the
        signal is not scaled; its first and last steps are of first order.
    """

    def solve(
        self,
        denoise: Denoiser,
        x: Float[Tensor, "n *shape"],
        levels: tuple[float, ...],
        rng: torch.Generator,
    ) -> Float[Tensor, "n *shape"]:
        """Step in the logarithm of sigma, extrapolating the denoised design."""
        before: tuple[Tensor, float] | None = None  # denoised design and its length of step
        for now, then in pairwise(levels):
            clean = denoise(x, now)
            if then == 0:
                return clean
            length = math.log(now / then)
            ahead = clean
            if before is not None:
                ahead = clean + 0.5 * length / before[1] * (clean - before[0])
            x = torch.lerp(ahead, x, then / now)
            before = clean, length
        return x


@dataclass(frozen=True)
class Ancestral(Stepwise):
    """First-order solver with new noise at each step, one evaluation a step.

    Each step samples the Gaussian of DDPM, q(x_then | x_now, clean), with its true variance.
    Source: Ho et al., 2020, arXiv:2006.11239, eq. 6 and 7; Song et al., 2021, with eta = 1.
    """

    def step(self, denoise: Denoiser, x: State, span: Span, rng: torch.Generator) -> State:
        """Move towards the denoised design, and add back the noise that was removed in excess."""
        now, then = span
        share = (then / now) ** 2
        x = torch.lerp(denoise(x, now), x, share)
        return x + then * math.sqrt(1 - share) * gaussian(x, rng) if then > 0 else x
