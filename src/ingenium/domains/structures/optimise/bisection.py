"""Roots of decreasing functions, batched over designs."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

HALVINGS = 60


def root(
    falling: Callable[[Float64[Tensor, " n"]], Float64[Tensor, " n"]],
    low: Float64[Tensor, " n"],
    high: Float64[Tensor, " n"],
    tolerance: float = 1e-11,
) -> Float64[Tensor, " n"]:
    """Find the root of `falling` between `low` and `high`; an end where there is none.

    `tolerance` is of the function's value; all designs must be within it, or have an interval of
    zero width.
    """
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        value = falling(middle)
        if bool((value.abs() <= tolerance).all()):
            break
        low = torch.where(value > 0, middle, low)
        high = torch.where(value > 0, high, middle)
    return (low + high) / 2 if _ == HALVINGS - 1 else middle
