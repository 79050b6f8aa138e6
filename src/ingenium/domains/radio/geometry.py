"""Encoding of a site's channels for a model: the residual beyond the straight line.

Shapes: n channels, p paths, c features of a place.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.domains.radio.rays import ABSENT_DB, LIGHT_M_S, ORDER, Rays

SOON_S = 10e-9  # beyond which excess delays are encoded by their logarithm
FEATURES = 6


@dataclass(frozen=True, eq=False)
class SiteFrame:
    """Place of the base station, and the bounds of the region."""

    bs_m: tuple[float, float, float]
    ue_height_m: float
    low_m: tuple[float, float]
    high_m: tuple[float, float]
    carrier_hz: float
    codec: Channels | None = None  # of what is left beyond the straight line

    def straight(
        self, east: Float64[Tensor, " n"], north: Float64[Tensor, " n"]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Length, azimuth and elevation of the straight line from the base station."""
        x, y = east - self.bs_m[0], north - self.bs_m[1]
        z = self.ue_height_m - self.bs_m[2]
        flat = (x.square() + y.square()).sqrt()
        length = (flat.square() + z**2).sqrt()
        return length, torch.atan2(y, x), torch.atan2(torch.full_like(flat, z), flat)

    def left(self, rays: Rays) -> tuple[Tensor, ...]:
        """Return the numbers of each path relative to the straight line."""
        length, azimuth, elevation = (x[:, None] for x in self.straight(rays.east, rays.north))
        excess = (rays.delay - length / LIGHT_M_S).clamp(min=0)
        back = azimuth + math.pi
        return (
            torch.log1p(excess / SOON_S),
            rays.loss,
            turn(rays.azimuth_bs - azimuth),
            rays.elevation_bs - elevation,
            turn(rays.azimuth_ue - back),
            rays.elevation_ue + elevation,
            rays.phase,
            rays.bounces,
        )

    def rays_of(
        self,
        left: tuple[Tensor, ...],
        east: Float64[Tensor, " n"],
        north: Float64[Tensor, " n"],
    ) -> Rays:
        """Rebuild channels from the residual: causal, and passive, whatever the numbers are."""
        length, azimuth, elevation = (x[:, None] for x in self.straight(east, north))
        excess, loss, out, up, back, down, phase, bounces = left
        return Rays(
            length / LIGHT_M_S + SOON_S * torch.expm1(excess.clamp(0.0, 8.0)),
            loss.clamp(0.0, ABSENT_DB),
            turn(azimuth + out),
            (elevation + up).clamp(-math.pi / 2, math.pi / 2),
            turn(azimuth + math.pi + back),
            (down - elevation).clamp(-math.pi / 2, math.pi / 2),
            turn(phase),
            bounces.round().clamp(0, ORDER),
            east,
            north,
        )

    def features(self, east: Float64[Tensor, " n"], north: Float64[Tensor, " n"]) -> Tensor:
        """Return features of places: map coordinates, then polar ones from the base station."""
        low, high = (torch.tensor(x, dtype=torch.float64) for x in (self.low_m, self.high_m))
        place = 2 * (torch.stack([east, north], 1) - low) / (high - low) - 1
        length, azimuth, _ = self.straight(east, north)
        seen = [length.log() - 4.6, azimuth.sin(), azimuth.cos(), (2 * azimuth).sin()]
        return torch.cat([place, torch.stack(seen, 1)], 1).to(torch.float32)

    def places(self, features: Float[Tensor, "n c"]) -> Float[Tensor, "n 2"]:
        """Decode places on the map, in m."""
        low, high = (torch.tensor(x, dtype=features.dtype) for x in (self.low_m, self.high_m))
        return low + (features[:, :2] + 1) / 2 * (high - low)

    def numbers(self, rays: Rays) -> Float64[Tensor, "n d"]:
        """Encode channels for a model."""
        assert self.codec is not None
        return self.codec.encode(self.left(rays))

    def rays(self, x: Float[Tensor, "n d"], places: Float[Tensor, "n 2"]) -> Rays:
        """Decode channels at given places."""
        assert self.codec is not None
        east, north = places.to(torch.float64).T
        return self.rays_of(self.codec.decode(x), east, north)


def turn(angle: Tensor) -> Tensor:
    """Wrap an angle to -pi..pi."""
    return torch.remainder(angle + math.pi, 2 * math.pi) - math.pi
