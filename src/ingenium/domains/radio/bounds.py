"""Cramér-Rao bounds from pilots: delay, direction and gain of paths, and the place.

Bounds of paths assume no prior. That of the place assumes known images and mean powers of the
paths, and unknown gains.

Shapes: n channels, p paths, f subcarriers, a antennas, m = f a numbers of a set.
Source: Kay, Fundamentals of Statistical Signal Processing: Estimation Theory, 1993, sec. 15.7
(complex data); Shen and Win, IEEE Trans. Inf. Theory 56, 2010 (nuisance gains, place).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

from ingenium.domains.radio.images import moved
from ingenium.domains.radio.pilots import Fading
from ingenium.domains.radio.rays import Rays, delays, steering

STEP_M = 1e-3  # over which images are followed
FAINT = 1e-6  # of the strongest gain's power, below which a path carries no information


@dataclass(frozen=True)
class PathBound:
    """Least standard deviations of one path alone."""

    delay_s: float
    direction: float  # sine of the angle to the plane across the array
    gain: float  # of its size, over its size

    @classmethod
    def of(cls, snr: float, hz: Float64[Tensor, " f"], antennas: int) -> "PathBound":
        """Compute the closed form, from the path's power over the noise power of a sample."""
        f = len(hz)
        band = float((2 * math.pi * (hz - hz.mean())).square().sum())
        place = math.pi * (torch.arange(antennas, dtype=torch.float64) - (antennas - 1) / 2)
        return cls(
            (2 * snr * antennas * band) ** -0.5,
            (2 * snr * f * float(place.square().sum())) ** -0.5,
            (2 * snr * f * antennas) ** -0.5,
        )


@dataclass(frozen=True, eq=False)
class CramerRao:
    """Bounds of channels with all of their paths jointly."""

    fading: Fading

    def paths(
        self, rays: Rays, gain: Complex128[Tensor, "n p"]
    ) -> tuple[Float64[Tensor, "n p"], Float64[Tensor, "n p"], Float64[Tensor, "n p"]]:
        """Least deviations of delay, direction and relative size of each gain, all unknown.

        Infinite for absent paths.
        """
        slope = torch.cat([*self._slopes(rays, gain), *self._gains(rays, gain)], 2)
        info = self._information(slope)
        n, p = rays.delay.shape
        strong = gain.abs().square()
        there = strong > FAINT * strong.amax(1, keepdim=True)
        own = torch.cat([there] * 4, 1)
        scale = torch.where(own, info.diagonal(dim1=1, dim2=2), 1.0).rsqrt()
        info = info * scale[:, :, None] * scale[:, None]
        info = torch.where(own[:, :, None] & own[:, None], info, torch.eye(4 * p).to(info))
        least = torch.linalg.pinv(info, hermitian=True).diagonal(dim1=1, dim2=2).clamp(min=0)
        deviation = torch.where(own, least.sqrt() * scale, math.inf).view(n, 4, p)
        return deviation[:, 0], deviation[:, 1], deviation[:, 2]

    def place(self, rays: Rays, gain: Complex128[Tensor, "n p"]) -> Float64[Tensor, "n 2 2"]:
        """Least covariance of the place, given images and mean powers of all paths.

        NaN where the paths do not determine the place, or there are none.
        """
        later, turned = self._slopes(rays, gain)
        hz = self.fading.carrier_hz
        whole = []
        for east, north in ((STEP_M, 0.0), (0.0, STEP_M)):
            ahead = moved(rays, rays.east + east, rays.north + north, hz)
            back = moved(rays, rays.east - east, rays.north - north, hz)
            delay = (ahead.delay - back.delay) / (2 * STEP_M)
            direction = (ahead.direction() - back.direction()) / (2 * STEP_M)
            whole.append((later * delay[:, None] + turned * direction[:, None]).sum(2))
        size = rays.amplitude(hz)[:, None]
        unit, turned_unit = self._gains(rays, torch.ones_like(gain))
        nuisance = [unit * size, turned_unit * size]  # over what a gain is expected to be
        info = self._information(torch.cat([torch.stack(whole, 2), *nuisance], 2))
        rest = info[:, 2:, 2:] + 2 * torch.eye(info.shape[1] - 2).to(info)
        known = info[:, :2, :2] - info[:, :2, 2:] @ torch.linalg.solve(rest, info[:, 2:, :2])
        least, blind = torch.linalg.inv_ex(known)
        return torch.where((blind != 0)[:, None, None], math.nan, least)

    def _information(self, slope: Complex128[Tensor, "n m k"]) -> Float64[Tensor, "n k k"]:
        return 2 / self.fading.noise_power * (slope.mH @ slope).real

    def _slopes(
        self, rays: Rays, gain: Complex128[Tensor, "n p"]
    ) -> tuple[Complex128[Tensor, "n m p"], Complex128[Tensor, "n m p"]]:
        """Derivatives by delay and by direction."""
        over, along = self._factors(rays)
        place = math.pi * torch.arange(self.fading.antennas, dtype=torch.float64)
        by_delay = over * (-2j * math.pi * self.fading.hz)[None, :, None] * gain[:, None]
        by_angle = along * (1j * place)[None, :, None]
        return (
            torch.einsum("nfp,nap->nfap", by_delay, along).flatten(1, 2),
            torch.einsum("nfp,nap->nfap", over * gain[:, None], by_angle).flatten(1, 2),
        )

    def _gains(
        self, rays: Rays, gain: Complex128[Tensor, "n p"]
    ) -> tuple[Complex128[Tensor, "n m p"], Complex128[Tensor, "n m p"]]:
        """Derivatives by the logarithm of each gain's size, and by its phase."""
        over, along = self._factors(rays)
        whole = torch.einsum("nfp,nap->nfap", over * gain[:, None], along).flatten(1, 2)
        return whole, 1j * whole

    def _factors(
        self, rays: Rays
    ) -> tuple[Complex128[Tensor, "n f p"], Complex128[Tensor, "n a p"]]:
        return (
            delays(rays.delay, self.fading.hz),
            steering(rays.direction(), self.fading.antennas),
        )
