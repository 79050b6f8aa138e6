"""NeuralFoil's polar of a section, solved for the required lift."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.airfoils.network import NeuralFoilNetwork, SectionFlow

LEAST, MOST = -12, 20  # degrees
STEPS = 10  # of the search for the angle, each of which triples the digits
EVALUATIONS = MOST - LEAST + 1 + 2 + STEPS + 1  # of the network: sweep, search, and at the angle
_FARTHEST = 1.0  # degrees of one Newton step
_STEEP = 1e-3  # lift a degree, below which no gradient is passed


@dataclass(frozen=True)
class OperatingPoints:
    """A batch of sections, each at the angle of its required lift.

    A section that never reaches it is measured at the angle of the nearest lift.

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
    """Compute the flow of every section at every angle, n * a cases, angles running fastest."""
    n, a = len(numbers), len(angles_deg)
    return net(numbers.repeat_interleave(a, 0), angles_deg.repeat(n), reynolds.repeat_interleave(a))


def at_lift(
    net: NeuralFoilNetwork,
    numbers: Float[Tensor, "n 18"],
    lift: Float[Tensor, " n"],
    reynolds: Float[Tensor, " n"],
    trust: float,
) -> OperatingPoints:
    """Solve sections for their lift; only angles trusted above `trust` count for maximum lift.

    Gradients pass to the numbers through the angle, by one Newton step at the solution.
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
        nearest = torch.where(table[:, 0] >= lift, 0, top)  # too much lift, or too little
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
    """Angle of the required lift within the degree from `start`, by the Illinois rule.

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
    """Take one Newton step towards the lift; return the flow and the angle.

    Through the step, the angle has the gradient that it has at a fixed lift.
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
    """Flow at the angle; with gradients, the angle depends on the numbers."""
    if not numbers.requires_grad:
        return net(numbers, angle, reynolds)
    # Where the lift is never reached the angle is a constant, and no step is taken.
    near = torch.where(found, lift, net(numbers, angle, reynolds).lift)
    return followed(net, numbers, near, reynolds, angle)[0]
