"""Beams of least power with a power limit for each antenna.

Lagrange multipliers of the limits scale an antenna's channel down: beams for given multipliers are
those of least power over the scaled channels, and the best multipliers maximise a concave bound of
the power.

Shapes: n sets, u users, a antennas, s steps that are tried.
Source: Yu and Lan, IEEE Trans. Signal Process. 55, 2007 (duality under limits of each antenna);
Bertsekas, SIAM J. Control Optim. 20, 1982 (Newton's method with bounds).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Complex128, Float64
from torch import Tensor

from ingenium.domains.radio.duality import Beams, least_power

CLOSE = 1e-9  # relative, to which limits are satisfied and the bound is reached
ROUNDS = 60
SHIFT = 1e-6  # relative, of a multiplier, over which the bound's curve is followed
STEPS = (4.0, 1.0, 0.5, 0.25, 0.0625, 0.004)


@dataclass(frozen=True, eq=False)
class _Priced:
    """Beams for given multipliers of the antennas."""

    beam: Complex128[Tensor, "n u a"]
    uplink: Float64[Tensor, "n u"]
    each: Float64[Tensor, "n a"]  # power of each antenna
    bound: Float64[Tensor, " n"]  # of the power of any beams that satisfy the limits

    @classmethod
    def of(
        cls,
        channel: Complex128[Tensor, "n u a"],
        sinr: Float64[Tensor, "n u"],
        price: Float64[Tensor, "n a"],
        limit: Float64[Tensor, " a"],
    ) -> "_Priced":
        root = (1 + price).sqrt()[:, None]
        found = least_power(channel / root, sinr)
        beam = found.beam / root
        bound = found.uplink.sum(1) - (price * limit).sum(1)
        return cls(beam, found.uplink, antenna_power(beam), bound)


def antenna_power(beam: Complex128[Tensor, "n u a"]) -> Float64[Tensor, "n a"]:
    """Return the power of each antenna, summed over users."""
    return beam.abs().square().sum(1)


def limited_power(
    channel: Complex128[Tensor, "n u a"],
    sinr: Float64[Tensor, "n u"],
    limit: Float64[Tensor, " a"],
) -> tuple[Beams, Float64[Tensor, " n"]]:
    """Return beams of least power within the limits, and the bound that proves them optimal.

    `met` is False for sets whose SINRs no beams within the limits reach.
    """
    plain = least_power(channel, sinr)
    beam, uplink, bound = plain.beam.clone(), plain.uplink.clone(), plain.uplink.sum(1)
    met = plain.met.clone()
    over = torch.nonzero(met & (antenna_power(plain.beam) > limit).any(1))[:, 0]
    if len(over):
        best, held = _best(channel[over], sinr[over], limit)
        beam[over], uplink[over], bound[over] = best.beam, best.uplink, best.bound
        met[over] = held
    return Beams(torch.where(met[:, None, None], beam, torch.nan), uplink, met), bound


def least_within(
    channel: Complex128[Tensor, "n u a"], sinr: Float64[Tensor, "n u"], limit: float | None
) -> tuple[Beams, Float64[Tensor, " n"]]:
    """Return the same with one limit for all antennas, or none."""
    if limit is None:
        found = least_power(channel, sinr)
        return found, found.uplink.sum(1)
    return limited_power(channel, sinr, torch.full(channel.shape[2:], limit, dtype=torch.float64))


def _best(
    channel: Complex128[Tensor, "n u a"], sinr: Float64[Tensor, "n u"], limit: Float64[Tensor, " a"]
) -> tuple[_Priced, Bool[Tensor, " n"]]:
    """Return beams for the best multipliers, and a mask of those that satisfy the limits."""
    n, _, a = channel.shape
    price = torch.zeros(n, a, dtype=torch.float64)
    for _ in range(ROUNDS):
        now = _Priced.of(channel, sinr, price, limit)
        held = _held(now, limit)
        at = torch.nonzero(~held & (now.bound <= limit.sum()))[:, 0]  # above none is within limits
        if not len(at):
            break
        h, requested, own = channel[at], sinr[at], price[at]
        step = _newton(h, requested, own, limit, now.each[at])
        tried = (own + torch.tensor(STEPS).view(-1, 1, 1) * step).clamp(min=0)  # s n a
        wide = (h.repeat(len(STEPS), 1, 1), requested.repeat(len(STEPS), 1))
        bound = _Priced.of(*wide, tried.flatten(0, 1), limit).bound.view(len(STEPS), -1)
        price[at] = tried[bound.nan_to_num(-torch.inf).argmax(0), torch.arange(len(at))]
    return now, held


def _held(now: _Priced, limit: Float64[Tensor, " a"]) -> Bool[Tensor, " n"]:
    """Mask of sets that satisfy the limits and reach the bound."""
    power = now.each.sum(1)
    near = (power - now.bound).abs() < CLOSE * power
    return near & (now.each <= limit * (1 + CLOSE)).all(1)


def _newton(
    channel: Complex128[Tensor, "n u a"],
    sinr: Float64[Tensor, "n u"],
    price: Float64[Tensor, "n a"],
    limit: Float64[Tensor, " a"],
    power: Float64[Tensor, "n a"],
) -> Float64[Tensor, "n a"]:
    """Newton step to the maximum of the bound; multipliers at 0 that would decrease stay there."""
    n, a = price.shape
    slack = limit - power
    shift = SHIFT * (1 + price)
    moved = (price[:, None] + torch.diag_embed(shift)).flatten(0, 1)
    each = _Priced.of(
        channel.repeat_interleave(a, 0), sinr.repeat_interleave(a, 0), moved, limit
    ).each.view(n, a, a)
    curve = (power[:, None] - each) / shift[:, :, None]
    curve = (curve + curve.mT) / 2
    free = ~((price <= 0) & (slack > 0))
    curve = torch.where(free[:, :, None] & free[:, None], curve, 0.0)
    scale = curve.diagonal(dim1=1, dim2=2).amax(1).clamp(min=1e-300)
    fixed = torch.where(free, 1e-9, 1.0) * scale[:, None]
    step = torch.linalg.solve(curve + torch.diag_embed(fixed), torch.where(free, -slack, 0.0))
    return torch.where(free, step, 0.0)
