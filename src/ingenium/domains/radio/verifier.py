"""Verifier of channels against the ray tracer at their own places.

Shapes: n channels, p paths, k quantities.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.radio.geometry import SiteFrame, turn
from ingenium.domains.radio.rays import LIGHT_M_S, Rays
from ingenium.domains.radio.scene import TracedScene

NOWHERE_S = 1e-6  # error of the first delay where nothing arrives


@dataclass(frozen=True, eq=False)
class Retraced:
    """Comparison of a channel with the ray tracer at its place."""

    scene: TracedScene
    frame: SiteFrame
    name: ClassVar[str] = "sionna-rt"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("path_loss_error", "1", "path loss difference to the traced one, in dB"),
        Quantity("first_delay_error", "s", "first-delay difference to the traced one", shown="ns"),
        Quantity("angle_error", "rad", "dominant-angle difference to the traced one", shown="deg"),
        Quantity("traced_paths", "1", "paths that the ray tracer finds there"),
        Quantity("path_loss", "1", "path loss of the channel, in dB"),
        Quantity("delay_spread", "s", "spread of delays by power", shown="ns", rounding=1e-15),
        Quantity("angle_spread", "rad", "spread of angles by power", shown="deg", rounding=1e-8),
        Quantity("excess_gain", "1", "gain of a path beyond free space over its length, in dB"),
        Quantity("advance", "s", "by which a path comes before light could", rounding=1e-15),
    )

    @cached_property
    def version(self) -> str:
        """Version of the ray tracer."""
        return self.scene.version

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure each row independently; a row that is not finite has no answer."""
        own = Rays.of(arrays)
        alive = torch.stack(
            [
                torch.isfinite(a).flatten(1).all(1) if a.ndim > 1 else torch.isfinite(a)
                for a in arrays
            ]
        ).all(0)
        hz = self.frame.carrier_hz
        place = torch.stack([own.east, own.north], 1)
        safe = torch.where(alive[:, None], place, 0.0)
        true = self.scene.trace(safe.detach().numpy())
        there = true.present.sum(1)
        first = (own.first_delay() - true.first_delay()).abs()
        turned = turn(own.dominant(hz) - true.dominant(hz)).abs()
        straight = self.frame.straight(own.east, own.north)[0] / LIGHT_M_S
        found = torch.stack(
            [
                (own.path_loss_db(hz) - true.path_loss_db(hz)).abs(),
                torch.where(there > 0, first, NOWHERE_S),
                torch.where(there > 0, turned, math.pi),
                there.to(torch.float64),
                own.path_loss_db(hz),
                own.delay_spread(hz),
                own.angle_spread(hz),
                (-own.loss).amax(1),
                (straight - own.first_delay()).clamp(min=0),
            ],
            1,
        )
        return torch.where(alive[:, None], found, math.nan)
