"""NeuralFoil's polar of a section, solved for the lift that is asked for."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.airfoils.network import NeuralFoilNetwork, SectionFlow

LEAST, MOST = -12, 20  # degrees
STEPS = 10  # of the search for the angle, which triples its digits in each
EVALUATIONS = MOST - LEAST + 1 + 2 + STEPS + 1  # of the network: sweep, search, and at the angle
_FARTHEST = 1.0  # degrees of one Newton step
_STEEP = 1e-3  # lift a degree; where it falls below, a gradient would be none


@dataclass(frozen=True)
class OperatingPoints:
    """A batch of sections, each at the angle where it has the lift that is asked for.

    A section that never has it is measured at the angle where it comes nearest.

    Shapes: n cases.
    """

    angle_deg: Float[Tensor, " n"]
    flow: SectionFlow
    most_lift: Float[Tensor, " n"]
    most_at_deg: Float[Tensor, " n"]


def sweep(
    net: NeuralFoilNetwork,
    numbers: Float[Tensor, "n 18"],
    angles_deg: Float[Tensor, " a"],
    reynolds: Float[Tensor, " n"],
) -> SectionFlow:
    """The flow of every section at every angle, n * a cases, angles running fastest."""
    n, a = len(numbers), len(angles_deg)
    return net(numbers.repeat_interleave(a, 0), angles_deg.repeat(n), reynolds.repeat_interleave(a))


def at_lift(
    net: NeuralFoilNetwork,
    numbers: Float[Tensor, "n 18"],
    lift: Float[Tensor, " n"],
    reynolds: Float[Tensor, " n"],
    trust: float,
) -> OperatingPoints:
    """Sections at their lift; where angles beyond `trust` of the network count for the most lift.

    Gradients pass to the numbers through the angle, by one Newton step from where it lies.
    """
    with torch.no_grad():
        angles = torch.arange(LEAST, MOST + 1, dtype=torch.float64)
        whole = sweep(net, numbers, angles, reynolds)
        table = whole.lift.view(len(numbers), -1)
        sure = whole.confidence.view_as(table) >= trust
        top = torch.where(sure, table, -torch.inf).argmax(1)
        most = _peak(table, top)
        below = table[:, :-1] < lift[:, None]
        crosses = (
            below & (table[:, 1:] >= lift[:, None]) & (torch.arange(len(angles) - 1) < top[:, None])
        )
        place = torch.arange(len(angles) - 1)
        last = torch.where(crosses, place, -1).amax(1)
        found = last >= 0
        nearest = torch.where(table[:, 0] >= lift, 0, top)  # it lifts too much, or too little
        angle = torch.where(
            found,
            _angle(net, numbers, lift, reynolds, LEAST + last.clamp(0).to(torch.float64)),
            LEAST + nearest.to(torch.float64),
        )
    flow = _with_gradient(net, numbers, lift, reynolds, angle, found)
    return OperatingPoints(angle, flow, most, LEAST + top.to(torch.float64))


def _peak(table: Float[Tensor, "n a"], top: Tensor) -> Float[Tensor, " n"]:
    """Top of the parabola through the highest lift and its neighbours."""
    inside = top.clamp(1, table.shape[1] - 2)
    left, mid, right = (table.gather(1, (inside + k)[:, None])[:, 0] for k in (-1, 0, 1))
    bend = left - 2 * mid + right
    higher = mid - (right - left).square() / (8 * torch.where(bend < 0, bend, -1.0))
    own = table.gather(1, top[:, None])[:, 0]
    proper = (inside == top) & (bend < 0) & (mid >= left) & (mid >= right)
    return torch.where(proper, higher, own)


def _angle(
    net: NeuralFoilNetwork,
    numbers: Float[Tensor, "n 18"],
    lift: Float[Tensor, " n"],
    reynolds: Float[Tensor, " n"],
    start: Float[Tensor, " n"],
) -> Float[Tensor, " n"]:
    """Where the lift is met within the degree from `start`, by the Illinois rule.

    Source: Dowell and Jarratt, A modified regula falsi method, BIT 11:168, 1971.
    """
    low, high = start, start + 1
    miss_low = net(numbers, low, reynolds).lift - lift
    miss_high = net(numbers, high, reynolds).lift - lift
    for _ in range(STEPS):
        wide = torch.where(miss_high != miss_low, miss_high - miss_low, 1.0)
        angle = (low * miss_high - high * miss_low) / wide
        miss = net(numbers, angle, reynolds).lift - lift
        same = (miss < 0) == (miss_high < 0)
        low, miss_low = torch.where(same, low, high), torch.where(same, miss_low / 2, miss_high)
        high, miss_high = angle, miss
    return high


def followed(
    net: NeuralFoilNetwork,
    numbers: Float[Tensor, "n 18"],
    lift: Float[Tensor, " n"],
    reynolds: Float[Tensor, " n"],
    angle: Float[Tensor, " n"],
) -> tuple[SectionFlow, Float[Tensor, " n"]]:
    """The flow one Newton step nearer to the lift, and the angle there.

    By the step the angle depends on the numbers as it does at a lift that is held.
    """
    at = angle.detach().requires_grad_()
    with torch.enable_grad():
        there = net(numbers.detach(), at, reynolds).lift
        (slope,) = torch.autograd.grad(there.sum(), at)
    short = net(numbers, angle.detach(), reynolds).lift - lift
    step = (short / slope.clamp(_STEEP)).clamp(-_FARTHEST, _FARTHEST)
    moved = angle.detach() - torch.where(slope > _STEEP, step, 0.0)
    return net(numbers, moved, reynolds), moved.detach()


def _with_gradient(
    net: NeuralFoilNetwork,
    numbers: Float[Tensor, "n 18"],
    lift: Float[Tensor, " n"],
    reynolds: Float[Tensor, " n"],
    angle: Float[Tensor, " n"],
    found: Tensor,
) -> SectionFlow:
    """The flow at the angle; where gradients are asked for, the angle follows the numbers."""
    if not numbers.requires_grad:
        return net(numbers, angle, reynolds)
    # Where the lift is never reached the angle is what it is, and no step is taken.
    near = torch.where(found, lift, net(numbers, angle, reynolds).lift)
    return followed(net, numbers, near, reynolds, angle)[0]
