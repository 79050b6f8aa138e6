"""Encoders of numbers from 0 to 1 as spikes: by rate, by latency, by a population.

Shapes: n designs, m numbers, t steps, k neurons for each number of a population.
Source: Auge et al., Neural Processing Letters 53, 2021, sec. 3 (rate, time to first spike,
population); Bohte, Kok and La Poutré, Neurocomputing 48, 2002 (overlapping receptive fields).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError

SILENT = 0.05  # numbers below it make no spike by latency
MOST_RATE = 1.0  # spikes a step of a 1


def _checked(x: Tensor, steps: int) -> None:
    if steps < 1:
        raise InputError("at least 1 step", steps, "Write 16.")
    if not bool(((x >= 0) & (x <= 1)).all()):
        low, high = float(x.min()), float(x.max())
        reported = f"numbers from {low:g} to {high:g}"
        raise InputError("numbers from 0 to 1 to encode", reported, "Scale them by their range.")


def rate(x: Float[Tensor, "n m"], steps: int, rng: torch.Generator) -> Float[Tensor, "{steps} n m"]:
    """Spike in each step with the number as probability.

    Raises:
        InputError: for numbers beyond 0 and 1, or no step.
    """
    _checked(x, steps)
    return (torch.rand(steps, *x.shape, generator=rng) < MOST_RATE * x).to(x.dtype)


def latency(x: Float[Tensor, "n m"], steps: int) -> Float[Tensor, "{steps} n m"]:
    """Spike once at most, the earlier the larger the number.

    Raises:
        InputError: as of `rate`.
    """
    _checked(x, steps)
    moment = ((1 - x) * (steps - 1)).round()
    own = torch.arange(steps).view(-1, *[1] * x.ndim) == moment
    return (own & (x >= SILENT)).to(x.dtype)


def population(
    x: Float[Tensor, "n m"], steps: int, neurons: int
) -> Float[Tensor, "{steps} n m*{neurons}"]:
    """Encode by neurons with preferred values; those nearest to the number spike first.

    Raises:
        InputError: as of `rate`, or for fewer than 2 neurons.
    """
    _checked(x, steps)
    if neurons < 2:
        raise InputError("at least 2 neurons of a population", neurons, "Write 4.")
    liked = torch.linspace(0, 1, neurons, dtype=x.dtype)
    width = 1 / (neurons - 1)
    answer = torch.exp(-0.5 * ((x[..., None] - liked) / width).square())
    return latency(answer.flatten(-2), steps)
