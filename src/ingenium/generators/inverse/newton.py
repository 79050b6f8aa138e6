"""Steps of Gauss and Newton on a differentiable forward model, and of Broyden on the engine."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

DAMPING = 0.01  # share of the mean squared slope
LONGEST = 1.5  # spreads of the whitened numbers that a step may move


def step(
    slopes: Float[Tensor, "n g d"], off: Float[Tensor, "n g"], weight: Float[Tensor, "n g"]
) -> Float[Tensor, "n d"]:
    """Return the shortest damped change of designs that brings their goals what they lack.

    Source: Levenberg, Quarterly of Applied Mathematics 2, 1944, in the space of goals.
    """
    j = slopes * weight[..., None]
    product = j @ j.transpose(1, 2)
    size = product.diagonal(dim1=1, dim2=2).mean(1)
    eye = torch.eye(j.shape[1], dtype=j.dtype)
    damped = product + (DAMPING * size + 1e-3)[:, None, None] * eye
    change: Tensor = (j.transpose(1, 2) @ torch.linalg.solve(damped, (weight * off)[..., None]))[
        ..., 0
    ]
    length = change.norm(dim=1, keepdim=True)
    shorter: Tensor = change * (LONGEST / length.clamp_min(1e-12)).clamp_max(1.0)
    return shorter


def slopes(
    model: Callable[[Float[Tensor, "n d"]], Float[Tensor, "n k"]],
    z: Float[Tensor, "n d"],
    columns: Int[Tensor, " g"],
) -> Float[Tensor, "n g d"]:
    """Return the derivatives of some outputs of a row-wise model, one backward pass for each."""
    with torch.enable_grad():
        own = z.detach().requires_grad_()
        total = model(own)[:, columns].sum(0)
        rows = [torch.autograd.grad(one, own, retain_graph=True)[0] for one in total]
    return torch.stack(rows, 1)


def corrected(
    old: Float[Tensor, "n g d"], moved: Float[Tensor, "n d"], gained: Float[Tensor, "n g"]
) -> Float[Tensor, "n g d"]:
    """Return slopes that agree with what the engine measured along a step.

    Source: Broyden, Mathematics of Computation 19:577, 1965.
    """
    size = moved.square().sum(1).clamp_min(1e-9)
    off = gained - torch.einsum("ngd,nd->ng", old, moved)
    known = off.isfinite().all(1) & (size > 1e-8)
    change = off[..., None] * moved[:, None] / size[:, None, None]
    return torch.where(known[:, None, None], old + change.nan_to_num(0.0), old)
