"""Beams of least power for requested SINRs, in batches, by uplink-downlink duality.

Shapes: n sets, u users, a antennas.
Source: Rashid-Farrokhi, Tassiulas and Liu, IEEE Trans. Commun. 46, 1998; Bengtsson and Ottersten,
1999; Schubert and Boche, IEEE Trans. Veh. Technol. 53, 2004 (fixed point and duality);
Wiesel, Eldar and Shamai, IEEE Trans. Signal Process. 54, 2006 (the fixed point, eq. 24); Ortega
and Rheinboldt, Iterative Solution of Nonlinear Equations, 1970, 13.3 (Newton's method on order).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Complex128, Float64, Int64, Shaped
from torch import Tensor

from ingenium.core.errors import InputError

EVEN = 1e-13  # relative change at which the fixed point is reached
NEAR, AFTER = 1e-9, 4  # change below which it is met, and further steps against rounding
MOST = 20_000  # steps of it
PARALLEL = 1e4  # SNR of a user alone beyond which channels are nearly parallel
ENDLESS = 1e12  # powers over noise above which no power is enough


@dataclass(frozen=True, eq=False)
class Beams:
    """Beams, their powers in the uplink, and a mask of sets that have beams."""

    beam: Complex128[Tensor, "n u a"]
    uplink: Float64[Tensor, "n u"]  # powers whose sum is that of the beams, over the noise
    met: Bool[Tensor, " n"]

    @property
    def power(self) -> Float64[Tensor, " n"]:
        """Power of all beams together, over the noise power."""
        return self.beam.abs().square().sum((1, 2))


def least_power(channel: Complex128[Tensor, "n u a"], sinr: Float64[Tensor, "n u"]) -> Beams:
    """Compute beams of least power; channels are over the root of the noise power.

    The sum of uplink powers is a lower bound for all beams, which proves optimality.
    """
    n, u, _ = channel.shape
    own = channel.abs().square().sum(2)
    power, inner, change = _uplink(_by_gram(channel.conj() @ channel.mT), sinr, sinr / own)
    hard = torch.nonzero(((power * own).amax(1) > PARALLEL) & (power.amax(1) <= ENDLESS))[:, 0]
    if len(hard):  # channels that Gram matrices cannot distinguish
        again = _uplink(_by_roots(channel[hard]), sinr[hard], power[hard])
        power[hard], inner[hard], change[hard] = again
    root = power.sqrt()
    seen = (inner * (root[:, :, None] / root[:, None])).mT @ channel
    direction = seen / seen.abs().square().sum(2, keepdim=True).sqrt()
    gain = torch.einsum("nua,nva->nuv", channel.conj(), direction).abs().square()
    own = gain.diagonal(dim1=1, dim2=2)
    system = torch.diag_embed(own / sinr + own) - gain
    scale, info = torch.linalg.solve_ex(system, torch.ones(n, u, dtype=torch.float64))
    met = (power.amax(1) < ENDLESS) & (scale > 0).all(1) & (info == 0) & (change < NEAR)
    scale = torch.where(met[:, None], scale, torch.nan)
    return Beams(direction * scale.sqrt()[..., None], power, met)


Left = Callable[
    [Int64[Tensor, " k"], Float64[Tensor, "k u"]], Complex128[Tensor, "k u u"]
]  # of sets and the roots of their powers: what users leave of each other


def _by_gram(gram: Complex128[Tensor, "n u u"]) -> Left:
    """Build the inverse from the Gram matrices of channels; batched."""
    one = torch.eye(gram.shape[1])
    return lambda at, root: inverse(one + root[:, :, None] * gram[at] * root[:, None])


def _by_roots(channel: Complex128[Tensor, "n u a"]) -> Left:
    """Build the inverse from the channels by QR, which preserves digits that Gram matrices lose."""
    one = torch.eye(channel.shape[1], dtype=channel.dtype)

    def left(at: Tensor, root: Tensor) -> Tensor:
        tall = torch.cat([one.expand(len(at), -1, -1), channel[at].mT * root[:, None]], 1)
        upper = torch.linalg.qr(tall, mode="r")[1]
        back = torch.linalg.solve_triangular(upper, one.expand_as(upper), upper=True)
        found: Tensor = back @ back.mH
        return found

    return left


def _uplink(
    left_of: Left, sinr: Float64[Tensor, "n u"], start: Float64[Tensor, "n u"]
) -> tuple[Float64[Tensor, "n u"], Complex128[Tensor, "n u u"], Float64[Tensor, " n"]]:
    """Least uplink powers, the inverse interference matrix, and the last relative change.

    The power that a user needs is concave in the powers of all. So Newton's steps descend to the
    unique solution from wherever their matrix has the right signs; elsewhere the plain fixed-point
    step is taken, which is monotone and scalable.
    """
    n, u = sinr.shape
    power, inner = start.clone(), torch.zeros(n, u, u, dtype=torch.complex128)
    change, after = power.new_full((n,), torch.inf), torch.zeros(n, dtype=torch.int64)
    left = torch.arange(n)
    for _ in range(MOST):
        now, want = power[left], (sinr / (1 + sinr))[left]
        root = now.sqrt()
        noise = left_of(left, root)
        caught = torch.eye(u) - noise
        share = caught.diagonal(dim1=1, dim2=2).real
        plain = want / share - 1  # relative steps
        felt = (want / share.square())[:, :, None] * caught.abs().square()
        back = inverse(torch.eye(u, dtype=felt.dtype) - felt)
        step = (back @ plain[:, :, None])[:, :, 0]
        keeps = (back.sum(2) > 0).all(1) & (step > -1).all(1)  # NaN does not
        fresh = now * (1 + torch.where(keeps[:, None], step, plain))
        power[left] = fresh.clamp(max=10 * ENDLESS)
        inner[left], change[left] = noise, ((fresh - now).abs() / fresh).amax(1)
        after[left] += change[left] < NEAR
        ended = (change < EVEN) | (after > AFTER) | ~(power.amax(1) <= ENDLESS)  # nor is NaN power
        left = torch.nonzero(~ended)[:, 0]
        if not len(left):
            break
    return power, inner, change


def inverse(matrix: Shaped[Tensor, "n u u"]) -> Shaped[Tensor, "n u u"]:
    """Inverses of many small matrices with nonzero leading minors (Gauss-Jordan)."""
    found = matrix.clone()
    for k in range(matrix.shape[1]):
        pivot = found[:, k, k].clone()
        row, column = found[:, k] / pivot[:, None], found[:, :, k].clone()
        column[:, k] = 0
        found[:, :, k] = 0
        found[:, k] = row
        found[:, k, k] = 1 / pivot
        row = found[:, k]
        found = found - column[:, :, None] * row[:, None]
    return found


def reached(
    channel: Complex128[Tensor, "n u a"], beam: Complex128[Tensor, "n u a"]
) -> Float64[Tensor, "n u"]:
    """SINR of each user under beams."""
    gain = torch.einsum("nua,nva->nuv", channel.conj(), beam).abs().square()
    own = gain.diagonal(dim1=1, dim2=2)
    return own / (1 + gain.sum(2) - own)


def require(found: Beams) -> Beams:
    """Return the beams if all sets have some.

    Raises:
        InputError: naming the user for whom power grows without end.
    """
    lost = torch.nonzero(~found.met)[:, 0].tolist()
    if lost:
        user = int(found.uplink[lost[0]].argmax())
        raise InputError(
            "SINRs that beams can meet together",
            f"none that do in set {lost[0]}; user {user} asks for most power, or power without end",
            f"Ask less of user {user}, serve fewer users at once, use more antennas, or let each "
            "send more.",
        )
    return found


def captured(
    channel: Complex128[Tensor, "n a"], codebook: Complex128[Tensor, "c a"]
) -> Float64[Tensor, " n"]:
    """Share of a channel's energy along the best beam of a codebook."""
    size = channel.abs().square().sum(1)
    along = torch.einsum("na,ca->nc", channel.conj(), codebook).abs().square()
    return along.amax(1) / (codebook.abs().square().sum(1).max() * size)


def dft_codebook(antennas: int, bits: int) -> Complex128[Tensor, "c a"]:
    """DFT codebook: beams evenly spaced in direction."""
    count = 2**bits
    direction = -1 + (2 * torch.arange(count, dtype=torch.float64) + 1) / count
    phase = torch.pi * direction[:, None] * torch.arange(antennas, dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    found: Tensor = torch.polar(one, phase) / antennas**0.5
    return found


def site_codebook(
    channel: Complex128[Tensor, "n a"], bits: int, rng: torch.Generator, rounds: int = 30
) -> Complex128[Tensor, "c a"]:
    """Codebook of beams that capture most of the energy of a site's channels.

    Source: Lloyd's iteration with the leading eigenvector of each cell; Xia and Giannakis, IEEE
    Trans. Signal Process. 54, 2006.
    """
    unit = channel / channel.abs().square().sum(1, keepdim=True).sqrt()
    count = min(2**bits, len(unit))
    beams = unit[torch.randperm(len(unit), generator=rng)[:count]]
    for _ in range(rounds):
        nearest = torch.einsum("na,ca->nc", unit.conj(), beams).abs().argmax(1)
        fresh = beams.clone()
        for c in nearest.unique().tolist():  # a cell each
            own = unit[nearest == c]
            fresh[c] = torch.linalg.eigh(own.T @ own.conj())[1][:, -1]
        beams = fresh
    return beams
