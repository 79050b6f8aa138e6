"""Densities along smooth paths from designs to noise.

Where `du/ds = velocity(u, s)` takes every design to noise whose density is known, the logarithm of
a design's density is that of its noise plus the integral of the divergence of the velocity along
its path. The divergence is the trace of the Jacobian: exact with one tangent for each number of a
design, estimated without bias with a few random tangents.

Shapes: n designs, then the axes of one design; q tangents.
Source: Chen et al., 2018, arXiv:1806.07366, theorem 1 (instantaneous change of variables);
Hutchinson, Commun. Stat. Simul. Comput. 18, 1989, and Grathwohl et al., 2019, arXiv:1810.01367
(random tangents, the same along the path).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

EXACT_UP_TO = 32  # numbers of a design; with more the trace is estimated

Velocity = Callable[[Tensor, float], Tensor]


@dataclass(frozen=True)
class Estimate:
    """Log densities (nats), with the standard error of each; 0 where the trace is exact."""

    value: Float[Tensor, " n"]
    error: Float[Tensor, " n"]


def tangents(
    x: Float[Tensor, "n *shape"], probes: int, rng: torch.Generator
) -> Float[Tensor, "q n *shape"]:
    """Return all unit vectors for small designs, else `probes` vectors of random signs a row."""
    d = x[0].numel()
    if d <= EXACT_UP_TO:
        unit = torch.eye(d, dtype=x.dtype, device=x.device).reshape(d, 1, *x.shape[1:])
        return unit.expand(d, *x.shape)
    size = (len(x), probes, *x.shape[1:])  # rows first, so that a row always has the same signs
    signs = torch.randint(0, 2, size, generator=rng, device=rng.device).to(x)
    return (2 * signs - 1).transpose(0, 1)


def stretched(
    velocity: Velocity,
    x: Float[Tensor, "n *shape"],
    times: tuple[float, ...],
    along: Float[Tensor, "q n *shape"],
) -> tuple[Float[Tensor, "n *shape"], Float[Tensor, "q n"]]:
    """Return the end of the path through `x`, and the integral of `tangent . J tangent` along it.

    Source: Hairer et al., Solving Ordinary Differential Equations I, 2nd ed., 1993, table II.1.2
        (classical Runge-Kutta method, fourth order).
    """

    def slope(at: Tensor, time: float) -> tuple[Tensor, Tensor]:
        way, back = torch.func.vjp(lambda u: velocity(u, time), at)[:2]
        (moved,) = torch.func.vmap(back)(along)  # rows of the Jacobian, whose trace is the same
        return way, (along * moved).flatten(2).sum(2)

    grown = x.new_zeros(along.shape[:2])
    for now, then in pairwise(times):
        step, middle = then - now, (now + then) / 2
        way1, rate1 = slope(x, now)
        way2, rate2 = slope(x + step / 2 * way1, middle)
        way3, rate3 = slope(x + step / 2 * way2, middle)
        way4, rate4 = slope(x + step * way3, then)
        x = x + step / 6 * (way1 + 2 * way2 + 2 * way3 + way4)
        grown = grown + step / 6 * (rate1 + 2 * rate2 + 2 * rate3 + rate4)
    return x, grown


def log_density(
    velocity: Velocity,
    x: Float[Tensor, "n *shape"],
    times: tuple[float, ...],
    along: Float[Tensor, "q n *shape"],
    spread: float = 1.0,
) -> Estimate:
    """Return the log density of `x`, whose paths end in normal noise of deviation `spread`."""
    noise, grown = stretched(velocity, x, times, along)
    d, q = x[0].numel(), len(along)
    base = -0.5 * (noise / spread).square().flatten(1).sum(1)
    base = base - d * (math.log(spread) + 0.5 * math.log(2 * math.pi))
    if d <= EXACT_UP_TO:
        return Estimate(base + grown.sum(0), torch.zeros_like(base))
    error = grown.std(0) / math.sqrt(q) if q > 1 else torch.full_like(base, math.inf)
    return Estimate(base + grown.mean(0), error)
