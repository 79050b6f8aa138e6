"""Batched fit of the constants of formulas, by Levenberg-Marquardt.

Shapes: p formulas, s tokens, k constants, v columns, r rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64, Int
from torch import Tensor

from ingenium.domains.equations.law.evaluation import Evaluator

SOFTER, HARDER, FROZEN = 0.2, 5.0, 1e8  # factors of the damping, and where a fit has ended
IDLE = 1e-6  # relative, below which a direction of the constants changes nothing
STEEPEST = 1e-10  # share of the loss that a round must gain


@dataclass(frozen=True, eq=False)
class FittedConstants:
    """Constants, their mean squared residual, and the slopes there."""

    constants: Float64[Tensor, "p k"]
    loss: Float64[Tensor, " p"]  # infinite for a formula without values
    slopes: Float64[Tensor, "p k r"]
    evaluations: int = 0  # of formulas on all rows


def fit(
    evaluator: Evaluator,
    tokens: Int[Tensor, "p s"],
    start: Float64[Tensor, "p k"],
    columns: Float64[Tensor, "v r"],
    target: Float64[Tensor, " r"],
    rounds: int = 12,
) -> FittedConstants:
    """Fit least squares from a start; a step that does not help is rejected.

    Source: Marquardt, J. Soc. Ind. Appl. Math. 11, 1963, with steps scaled by the diagonal.
    """
    constants, damping = start.clone(), torch.full((len(start),), 1e-2, dtype=torch.float64)
    value, slopes = evaluator.slopes(tokens, constants, columns)
    loss = _loss(value, target)
    active, evaluations = torch.isfinite(loss), len(start)
    for _ in range(rounds):
        rows = torch.nonzero(active)[:, 0]
        if not len(rows):
            break
        evaluations += len(rows)
        step = _step(slopes[rows], target - value[rows], damping[rows])
        tried = constants[rows] + step
        there, slopes_there = evaluator.slopes(tokens[rows], tried, columns)
        loss_there = _loss(there, target)
        better = loss_there < loss[rows]
        gain = torch.where(better, 1 - loss_there / loss[rows].clamp_min(1e-300), 1.0)
        won = rows[better]
        constants[won], value[won] = tried[better], there[better]
        slopes[won], loss[won] = slopes_there[better], loss_there[better]
        damping[rows] = (damping[rows] * torch.where(better, SOFTER, HARDER)).clamp_min(1e-12)
        active[rows] = (gain > STEEPEST) & (damping[rows] < FROZEN) & (loss[rows] > 0)
    return FittedConstants(constants, loss, slopes, evaluations)


def _step(slopes: Tensor, rest: Tensor, damping: Tensor) -> Tensor:
    """Damped steps; sums are over rows alone, so that each formula is fitted independently."""
    normal = (slopes[:, :, None] * slopes[:, None]).sum(-1)
    pull = (slopes * rest[:, None]).sum(-1)
    size = normal.diagonal(dim1=1, dim2=2)
    whole = torch.isfinite(normal).all(2).all(1)
    idle = ~(size > 0) | ~whole[:, None]
    scale = torch.where(idle, 1.0, size).sqrt()
    scaled = normal / (scale[:, :, None] * scale[:, None, :])
    none = idle[:, :, None] | idle[:, None, :]
    system = torch.where(none, 0.0, scaled)
    system = system + torch.diag_embed(torch.where(idle, 1.0, damping[:, None]))
    found, info = torch.linalg.solve_ex(system, torch.where(idle, 0.0, pull / scale))
    step = found / scale
    return torch.where((info == 0)[:, None] & torch.isfinite(step) & ~idle, step, 0.0)


def _loss(value: Tensor, target: Tensor) -> Tensor:
    loss = (target - value).square().mean(1)
    return torch.where(torch.isfinite(loss), loss, torch.inf)


def errors(found: FittedConstants, rows: int) -> Float64[Tensor, "p k"]:
    """Standard errors of constants, from the curvature; infinite for an idle constant."""
    normal = (found.slopes[:, :, None] * found.slopes[:, None]).sum(-1)
    size = normal.diagonal(dim1=1, dim2=2).sqrt()
    scaled = normal / (size[:, :, None] * size[:, None, :]).clamp_min(1e-300)
    scaled = torch.nan_to_num(scaled, 0.0, 0.0, 0.0)
    inverse = torch.linalg.pinv(scaled, hermitian=True).diagonal(dim1=1, dim2=2).clamp_min(0)
    k = (size > 0).sum(1).clamp(max=rows - 1)
    spread = (found.loss * rows / (rows - k)).sqrt()
    return torch.where(size > 0, spread[:, None] * inverse.sqrt() / size, torch.inf)


def idle(slopes: Float64[Tensor, "k r"], constants: Sequence[float], spread: float) -> int:
    """Number of redundant constants: constants less the directions that move the law.

    Constants are scaled by their size; a direction that moves the law by less than `IDLE` of the
    target's spread is redundant.
    """
    if not len(slopes):
        return 0
    moved = slopes.numpy() * np.abs(np.array(constants))[:, None] / spread
    with np.errstate(over="ignore"):
        size = np.sqrt(np.square(moved).mean(1))
    if not np.isfinite(size).all():
        return len(slopes)
    acting = moved[size > IDLE] / size[size > IDLE, None]
    if not len(acting):
        return len(slopes)
    shares = np.linalg.svd(acting, compute_uv=False) / math.sqrt(acting.shape[1])
    return len(slopes) - int((shares > IDLE).sum())
