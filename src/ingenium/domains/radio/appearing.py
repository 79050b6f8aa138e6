"""Proposals of paths that no known channel has, where the pilots show an arrival.

Shapes: n channels, p paths, k numbers of a path, f subcarriers, a antennas, m numbers of a set.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Complex128, Float, Float64, Int64
from torch import Tensor

from ingenium.domains.radio.bounds import PathBound
from ingenium.domains.radio.images import moved
from ingenium.domains.radio.pilots import Fading
from ingenium.domains.radio.rays import ABSENT_DB, LIGHT_M_S, PATHS, Rays
from ingenium.domains.radio.turnover import NUMBERS, SOONEST_S, Turnover

FINER = 2  # steps of the map over those that pilots resolve
BLIND = 0.5  # share of proposals from the prior, so that each move is reversible
WIDER = 2.0  # proposals than the pilots allow


@dataclass(frozen=True, eq=False)
class PathSearch:
    """Proposals of one path for each channel, from the pilots' residual after its other paths.

    Half of them come from the prior; the others are new paths near the strongest peak over delay
    and direction. Neither depends on the current path, and the density of both enters the odds, so
    the posterior stays exact.

    Source: Tierney, Annals of Statistics 22, 1994 (independence chains, mixtures of proposals).
    """

    site: Turnover

    def __call__(
        self,
        likelihood: Fading,
        readings: Float64[Tensor, " m"],
        arrays: tuple[Tensor, ...],
        z: Float64[Tensor, "n d"],
        beta: float,
        rng: torch.Generator,
    ) -> tuple[Float64[Tensor, "n d"], Float64[Tensor, " n"]]:
        """Propose new numbers; return them and the log ratio of backward to forward density.

        Both densities are relative to the prior.
        """
        n = len(z)
        slot = torch.randint(PATHS, (n, 1), generator=rng)
        at = 2 + PATHS * torch.arange(NUMBERS) + slot
        rays = Rays.of(self.site.around(arrays, z))
        own = moved(Rays.of(arrays), rays.east, rays.north, self.site.frame.carrier_hz)
        without = list(rays.arrays)
        without[1] = rays.loss.scatter(1, slot, ABSENT_DB)
        known = likelihood.expected(readings[None], tuple(without))[0]
        rest = likelihood.folded(readings[None]) - known
        peak = self._peak(likelihood, rest, own, slot[:, 0], beta)
        far = self.site.distance(rays.east, rays.north)
        lost = self.site.lost(own, far).gather(1, slot)[:, 0]
        part = torch.stack([lost * self.site.reported.near, lost], 1)
        old = z.gather(1, at)
        new = torch.randn(n, NUMBERS, generator=rng, dtype=torch.float64)
        chance = torch.rand(n, 2, generator=rng, dtype=torch.float64)
        share = torch.lerp(part[:, 0], part[:, 1], chance[:, 0])
        found = new.clone()
        found[:, 0] = -torch.special.ndtri(share)
        found[:, [2, 4]] = peak.middle + peak.width * new[:, [2, 4]]
        new = torch.where(chance[:, 1:] < BLIND, new, found)
        return z.scatter(1, at, new), peak.odds(old, part) - peak.odds(new, part)

    def _peak(
        self,
        likelihood: Fading,
        rest: Complex128[Tensor, "n f a"],
        own: Rays,
        slot: Int64[Tensor, " n"],
        beta: float,
    ) -> "PathPeak":
        """Return the strongest peak of the residual, in the numbers of a new path."""
        f, a = FINER * rest.shape[1], FINER * rest.shape[2]
        coarse = rest.to(torch.complex64)  # the map only locates the peak
        seen = torch.fft.fft(torch.fft.ifft(coarse, n=f, dim=1), n=a, dim=2).abs().square()
        snr = seen * (f**2 / (rest[0].numel() * likelihood.noise_power))
        spacing = float(likelihood.hz[1] - likelihood.hz[0])
        first = self.site.frame.straight(own.east, own.north)[0] / LIGHT_M_S
        flat = own.elevation_bs.gather(1, slot[:, None])[:, 0].cos()
        step_s, step = 1 / (f * spacing), 2 / a
        late = torch.arange(f, dtype=torch.float64) * step_s
        excess = (late - first[:, None]).remainder(1 / spacing)
        direction = (torch.arange(a, dtype=torch.float64) * step + 1).remainder(2) - 1
        later, turned = self._numbers(excess, direction / flat[:, None])
        far = later.square().float()[:, :, None] + turned.square().float()[:, None]
        worth = torch.where(torch.isfinite(far), beta * snr - far / 2, -torch.inf)
        best = worth.flatten(1).argmax(1)
        i, j = best // a, best % a
        rows = torch.arange(len(rest))
        most = snr[rows, i, j].double().clamp(min=1.0)
        delay = excess[rows, i] + step_s * _top(*(snr[rows, (i + k) % f, j] for k in (-1, 0, 1)))
        sine = direction[j] + step * _top(*(snr[rows, i, (j + k) % a] for k in (-1, 0, 1)))
        sine = (sine / flat).clamp(-0.999, 0.999)
        delay = delay.clamp(min=SOONEST_S)
        middle = torch.stack(self._numbers(delay[:, None], sine[:, None]), 2)[:, 0]
        least = PathBound.of(1 / rest[0].numel(), likelihood.hz, rest.shape[2])
        law = self.site.reported
        slope = torch.stack(  # of delay and direction, by the numbers
            [law.delay[1] * delay, law.azimuth[1] * flat * (1 - sine.square()).sqrt()], 1
        )
        bound = torch.tensor([least.delay_s, least.direction], dtype=torch.float64)
        width = WIDER * bound / ((beta * most).sqrt()[:, None] * slope)
        none = torch.isinf(worth[rows, i, j])[:, None]
        return PathPeak(
            torch.where(none, 0.0, middle), torch.where(none, 1.0, width.clamp(max=1.0))
        )

    def _numbers(
        self, excess: Float64[Tensor, "n f"], sine: Float64[Tensor, "n a"]
    ) -> tuple[Float64[Tensor, "n f"], Float64[Tensor, "n a"]]:
        """Return the numbers of a new path by excess delay and azimuth; else infinite."""
        law = self.site.reported
        later = (excess.clamp(min=SOONEST_S).log() - law.delay[0]) / law.delay[1]
        turned = (sine.clamp(-1, 1).asin() - law.azimuth[0]) / law.azimuth[1]
        return (
            torch.where(excess < SOONEST_S, torch.inf, later),
            torch.where(sine.abs() >= 1, torch.inf, turned),
        )


@dataclass(frozen=True, eq=False)
class PathPeak:
    """Normal proposal of a new path, in its numbers of delay and angle."""

    middle: Float64[Tensor, "n 2"]
    width: Float64[Tensor, "n 2"]

    def odds(
        self, numbers: Float64[Tensor, "n k"], part: Float64[Tensor, "n 2"]
    ) -> Float64[Tensor, " n"]:
        """Logarithm of the density of a proposal over that of the prior."""
        here = numbers[:, [2, 4]]
        out = (here - self.middle) / self.width
        more = ((here.square() - out.square()) / 2 - self.width.log()).sum(1)
        new = more - (part[:, 1] - part[:, 0]).log() + math.log(1 - BLIND)
        blind = torch.full_like(new, math.log(BLIND))
        return torch.where(wild(numbers[:, 0], part), torch.logaddexp(new, blind), blind)


def wild(stays: Float64[Tensor, " n"], part: Float64[Tensor, "n 2"]) -> Bool[Tensor, " n"]:
    """Mask of paths that are of the kind that no known channel has."""
    share: Tensor = torch.special.ndtr(-stays)
    return (share >= part[:, 0]) & (share < part[:, 1])


def _top(
    left: Float[Tensor, " n"], middle: Float[Tensor, " n"], right: Float[Tensor, " n"]
) -> Float64[Tensor, " n"]:
    """Return the maximum of the parabola through three logarithms, in steps from the middle."""
    a, b, c = (x.double().clamp(min=1e-30).log() for x in (left, middle, right))
    bend = (a - 2 * b + c).clamp(max=-1e-9)
    return ((a - c) / (2 * bend)).clamp(-0.5, 0.5)
