"""Diagnosis of why physics-informed networks fail: the measured cause, and its remedy.

Each cause has its own number, measured in training or on the trained networks; the first that
explains the error is reported. The solver's field only decides whether there is an error at all.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ingenium.domains.equations.field.residual import ResidualNetworks

FAILED = 0.2  # error of a field, from which on a reason is reported
LOUD, OPEN, DISTANCE = 1.0, 0.05, 0.05  # spread of the loss, ends, and start, from which reported
GROWN, FAR = 20.0, 30.0  # last loss over the least; what weights have moved
UNTOLD = 0.2  # share of the time without points
OFF_POINTS = 10.0  # residual off the points over that at them
STILL, MOVED = 0.8, 0.35  # last loss over the one a tenth before; what weights have moved
FRONT, SHARP = 0.05, 0.5  # of the points the worst, and their share of the residual
SATURATED = 0.5  # share of the first layer
CAUSAL = 1.0  # least weight of what is early
EARLY = 3.0  # its residual over that of what is late


@dataclass(frozen=True)
class ResidualFault:
    """Cause of a failure, its measured value, and its remedy."""

    cause: str
    got: str
    write: str


@torch.no_grad()
def diagnosed(nets: ResidualNetworks, error: float) -> ResidualFault | None:
    """Return the first cause found; None where the fields are near the solver's."""
    if error < FAILED:
        return None
    at = torch.rand(512, 2, generator=torch.Generator().manual_seed(77))
    return next(f for test in TESTS for f in test(nets, nets.snapped(at)))


def _flat(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    if nets.own.activation == "relu":
        yield ResidualFault(
            "no second derivative",
            "an activation of straight pieces, whose second derivative is 0",
            'activation = "tanh"',
        )


def _saturated(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    value = nets.condition(at).view(len(nets.inputs), 5, len(at), -1)[:, 0] @ nets.first[0]
    share = float((value.tanh().abs() > 0.99).float().mean())
    if share > SATURATED:
        yield ResidualFault(
            "coordinates out of scale",
            f"{share:.0%} of the first layer saturated before the first step",
            "coordinate_unit = 1",
        )


def _moved(nets: ResidualNetworks) -> float:
    """Mean distance of weights from their initial values, over the size of these."""
    distance = zip(nets.weights[::2], nets.first[::2], strict=True)
    return float(np.mean([(w - v).norm() / v.norm() for w, v in distance]))


def _loud(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    late = np.log(np.maximum(nets.losses[len(nets.losses) // 2 :], 1e-30))
    jumps = float(np.std(np.diff(late))) if np.isfinite(late).all() else math.inf
    grown, moved = nets.losses[-1] / min(nets.losses), _moved(nets)
    if jumps > LOUD or not grown < GROWN or moved > FAR:
        yield ResidualFault(
            "steps too long",
            f"a last loss {grown:.3g} times the least, weights that moved by {moved:.3g} times "
            "their size",
            f"rate = {nets.own.rate / 100:.1g}",
        )


def _open(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    if nets.equation.axes == 2:
        return
    t = torch.linspace(0.1, 1, 32)
    left, right = (nets.rows(torch.stack([torch.full_like(t, x), t], -1))[0] for x in (0.0, 1.0))
    off = float((left - right).square().mean().sqrt()) / nets.size
    if off > OPEN:
        yield ResidualFault(
            "ends that do not meet", f"{off:.2g} between both ends", "joined = true"
        )


def _started(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    off = float(nets.start().mean().sqrt())
    inside = float(nets.residual(at).square().mean().sqrt())
    if off > DISTANCE and off > inside:
        yield ResidualFault(
            "a start that is not held", f"{off:.2g} off at the start", "exact_start = true"
        )


def _covered(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    if nets.equation.axes == 1 and float(nets.places[:, 1].max()) < 1 - UNTOLD:
        last = float(nets.places[:, 1].max())
        yield ResidualFault(
            "times without points", f"none after {last:.2g} of the time", "until = 1"
        )


def _ordered(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    """Find late times that were fitted before early ones, and so follow from no start."""
    if nets.equation.axes == 2 or nets.own.causal >= CAUSAL:
        return
    square, t = nets.residual(at).square(), at[:, 1]
    early, late = float(square[:, t < 0.25].mean()), float(square[:, t > 0.5].mean())
    if early > EARLY * late:
        yield ResidualFault(
            "times learned out of order",
            f"a residual {math.sqrt(early / late):.2g} times as large early as late",
            "causal = 5",
        )


def _few(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    alongside = float(nets.residual(at).square().mean())
    own = float(nets.residual(nets.snapped(nets.places)).square().mean())
    if alongside > OFF_POINTS * own:
        yield ResidualFault(
            "too few points",
            f"a residual {math.sqrt(alongside / own):.3g} times as large alongside them",
            f"points = {max(512, 4 * nets.own.points)}",
        )


def _short(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    moved = _moved(nets)
    if moved < MOVED and nets.own.steps >= MANY:
        yield ResidualFault(
            "steps too short",
            f"weights that moved by {moved:.2g} of their size",
            f"rate = {nets.own.rate * 100:.1g}",
        )
    tenth = max(1, len(nets.losses) // 10)
    last, before = (float(np.median(nets.losses[i:j])) for i, j in
                    ((-tenth, None), (-3 * tenth, -2 * tenth)))  # fmt: skip
    if nets.own.steps < MANY or last < STILL * before:
        yield ResidualFault(
            "too few steps",
            f"{nets.own.steps} steps, the last loss {last / max(before, 1e-30):.2g} of one before",
            f"steps = {max(1000, 2 * nets.own.steps)}",
        )


def _small(nets: ResidualNetworks, at: Tensor) -> Iterator[ResidualFault]:
    square = nets.residual(at).square().flatten().sort(descending=True).values
    worst = float(square[: int(FRONT * len(square))].sum() / square.sum())
    if nets.own.width >= WIDE and worst > SHARP:
        yield ResidualFault(
            "fronts that the network does not hold",
            f"{worst:.0%} of the residual in a twentieth of the points",
            f"width = {2 * nets.own.width}, or more diffusion: a solver takes sharp ones",
        )
    yield ResidualFault(
        "too small a network",
        f"a loss that rests at {nets.losses[-1] / nets.losses[0]:.2g} of the first, with "
        f"{nets.own.width} in each of {nets.own.layers} layers",
        f"width = {max(32, 2 * nets.own.width)}",
    )


MANY, WIDE = 300, 16  # steps, and numbers in a layer, that usually are enough
TESTS: tuple[Callable[[ResidualNetworks, Tensor], Iterator[ResidualFault]], ...] = (
    _flat, _saturated, _open, _started, _covered, _loud, _ordered, _few, _short, _small,
)  # fmt: skip
