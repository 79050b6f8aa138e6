"""A second-order solver along the straight paths of flow matching.

On a straight path the state at time t is t * clean + (1 - t) * noise, which is the frame of
`solvers` with sigma = (1 - t) / t and x divided by t. Euler steps along the path are `Ddim` on the
levels of `straight`; the order of `Midpoint` refers to t.

Shapes: n designs, then the axes of one design.
Source: Lipman et al., 2023, arXiv:2210.02747; Hairer, Norsett and Wanner, Solving Ordinary
Differential Equations I, 2nd ed., 1993, sec. II.1.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.sampling.solvers import Denoiser, Span, State


def straight(steps: int, most: float = 1000.0) -> tuple[float, ...]:
    """Return noise levels at equal distances in t, from 1 / (1 + most) to 1."""
    if steps < 1:
        raise InputError("at least 1 step", steps)
    first = 1 / (1 + most)
    times = [first + (1 - first) * i / steps for i in range(steps)]
    return (*((1 - t) / t for t in times), 0.0)


@dataclass(frozen=True)
class Midpoint:
    """Second-order solver in t, two evaluations a step, none at t = 1.

    Source: Hairer et al., 1993, table II.1.1.
    """

    def solve(
        self,
        denoise: Denoiser,
        x: Float[Tensor, "n *shape"],
        levels: tuple[float, ...],
        rng: torch.Generator,
    ) -> Float[Tensor, "n *shape"]:
        """Step in t from each level to the next."""
        times = [1 / (1 + level) for level in levels]
        state = x * times[0]
        for span in pairwise(times):
            state = self.step(denoise, state, span)
        return state / times[-1]

    def step(self, denoise: Denoiser, state: State, span: Span) -> State:
        """Take a step with the velocity at its midpoint."""
        now, then = span
        middle = (now + then) / 2
        half = state + (middle - now) * velocity(denoise, state, now)
        return state + (then - now) * velocity(denoise, half, middle)


def velocity(denoise: Denoiser, state: State, t: float) -> State:
    """Return the velocity of the straight path at time t in (0, 1), from the denoised design."""
    return (denoise(state / t, (1 - t) / t) - state) / (1 - t)
