"""Gradients of circuits as on hardware: by shifted angles, or by random directions.

Shapes: b rows, p angles.
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

Cost = Callable[[Float64[Tensor, "b p"]], Float64[Tensor, " b"]]


def parameter_shift(
    cost: Cost, angles: Float64[Tensor, " p"], columns: Sequence[int] | None = None
) -> Float64[Tensor, " q"]:
    """Exact gradient of an expectation by some angles, or all: two evaluations of each.

    Two are enough if the generator of a gate has two eigenvalues, as half a Pauli string has, and
    if its angle enters this gate alone.

    Source: Schuld et al., Phys. Rev. A 99:032331, 2019.
    """
    own = range(len(angles)) if columns is None else columns
    shift = torch.zeros(len(own), len(angles), dtype=torch.float64)
    for row, column in enumerate(own):
        shift[row, column] = 0.5 * math.pi
    values = cost(torch.cat([angles + shift, angles - shift]))
    up, down = values.chunk(2)
    return 0.5 * (up - down)


def spsa(
    cost: Cost,
    angles: Float64[Tensor, "b p"],
    rng: torch.Generator,
    *,
    steps: int,
    first: float = 0.2,
    shift: float = 0.1,
) -> tuple[Float64[Tensor, "b p"], Float64[Tensor, "steps b"]]:
    """Descent along random directions: two evaluations a step, however many angles there are.

    Return the final angles of each row, and the mean of both costs at each step.

    Source: Spall, IEEE Trans. Automatic Control 37:332, 1992; Spall, 1998 (the gains).
    """
    at, course = angles.clone(), []
    for k in range(steps):
        gain = first / (1 + k + 0.1 * steps) ** 0.602 * (1 + 0.1 * steps) ** 0.602
        width = shift / (1 + k) ** 0.101
        way = 2.0 * torch.randint(0, 2, at.shape, generator=rng).to(torch.float64) - 1.0
        up, down = cost(torch.cat([at + width * way, at - width * way])).chunk(2)
        at = at - gain * ((up - down) / (2 * width))[:, None] * way
        course.append(0.5 * (up + down))
    return at, torch.stack(course)
