"""Channels as paths: delay, angles, gain and phase of each, and derived quantities.

Shapes: n channels, p paths, f subcarriers, a antennas of the base station.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

from ingenium.core.quantity import Variable

LIGHT_M_S = 299_792_458.0
PATHS = 6  # the strongest ones that are stored
ABSENT_DB = 80.0  # loss beyond free space of an absent path
PRESENT_DB = 70.0  # below which a path counts
ORDER = 4  # largest number of reflections that is distinguished

VARIABLES = (
    Variable("delay", ("path",), "s", "delay of a path", lower=0.0, shown="ns"),
    Variable(
        "loss",
        ("path",),
        "1",
        "loss of a path beyond that of free space over its length, in dB",
        0.0,
        ABSENT_DB,
    ),
    Variable("azimuth_bs", ("path",), "rad", "azimuth at the base station", shown="deg"),
    Variable("elevation_bs", ("path",), "rad", "elevation at the base station", shown="deg"),
    Variable("azimuth_ue", ("path",), "rad", "azimuth at the terminal", shown="deg"),
    Variable("elevation_ue", ("path",), "rad", "elevation at the terminal", shown="deg"),
    Variable("phase", ("path",), "rad", "phase of a path at the carrier"),
    Variable("bounces", ("path",), "1", "reflections of a path", 0.0, float(ORDER)),
    Variable("east_m", (), "m", "place of the terminal to the east", given="east"),
    Variable("north_m", (), "m", "place of the terminal to the north", given="north"),
)


@dataclass(frozen=True, eq=False)
class Rays:
    """Arrays of channels by name, in the order of the variables."""

    delay: Float64[Tensor, "n p"]
    loss: Float64[Tensor, "n p"]
    azimuth_bs: Float64[Tensor, "n p"]
    elevation_bs: Float64[Tensor, "n p"]
    azimuth_ue: Float64[Tensor, "n p"]
    elevation_ue: Float64[Tensor, "n p"]
    phase: Float64[Tensor, "n p"]
    bounces: Float64[Tensor, "n p"]
    east: Float64[Tensor, " n"]
    north: Float64[Tensor, " n"]

    @classmethod
    def of(cls, arrays: Sequence[Tensor]) -> "Rays":
        """Build from the arrays of designs."""
        return cls(*arrays)

    @property
    def arrays(self) -> tuple[Tensor, ...]:
        """Return the arrays in the order of designs."""
        return tuple(getattr(self, f.name) for f in fields(self))

    @property
    def present(self) -> Tensor:
        """Mask of present paths."""
        return self.loss < PRESENT_DB

    def amplitude(self, carrier_hz: float) -> Float64[Tensor, "n p"]:
        """Amplitude of each path: free space over its length, times the loss by reflections.

        Source: Friis, Proc. IRE 34, 1946, between isotropic antennas. As reflections are passive,
        no path exceeds free space.
        """
        free = LIGHT_M_S / carrier_hz / (4 * math.pi * LIGHT_M_S * self.delay)
        return torch.where(self.present, free * 10 ** (-self.loss / 20), 0.0)

    def path_loss_db(self, carrier_hz: float) -> Float64[Tensor, " n"]:
        """Loss of the total power of all paths; 200 dB without any."""
        power = self.amplitude(carrier_hz).square().sum(1)
        return -10 * power.clamp(min=1e-20).log10()

    def at_unit_power(self, carrier_hz: float) -> "Rays":
        """Scale the channels to a mean power of 1, as power control does."""
        loss = self.loss - self.path_loss_db(carrier_hz)[:, None]
        return replace(self, loss=torch.where(self.present, loss, ABSENT_DB))

    def first_delay(self) -> Float64[Tensor, " n"]:
        """Delay of the earliest path; 0 without any."""
        first = torch.where(self.present, self.delay, math.inf).amin(1)
        return torch.where(torch.isfinite(first), first, 0.0)

    def dominant(self, carrier_hz: float) -> Float64[Tensor, " n"]:
        """Azimuth of the strongest path at the base station."""
        most = self.amplitude(carrier_hz).argmax(1, keepdim=True)
        return self.azimuth_bs.gather(1, most)[:, 0]

    def delay_spread(self, carrier_hz: float) -> Float64[Tensor, " n"]:
        """Root mean square spread of delays, by power (3GPP TR 38.901, 7.7.3)."""
        return self._spread(self.delay, carrier_hz)

    def angle_spread(self, carrier_hz: float) -> Float64[Tensor, " n"]:
        """Root mean square spread of azimuths at the base station, by power."""
        return self._spread(self.azimuth_bs, carrier_hz)

    def _spread(self, x: Float64[Tensor, "n p"], carrier_hz: float) -> Float64[Tensor, " n"]:
        power = self.amplitude(carrier_hz).square()
        share = power / power.sum(1, keepdim=True).clamp(min=1e-30)
        mean = (share * x).sum(1, keepdim=True)
        return (share * (x - mean).square()).sum(1).clamp(min=0).sqrt()

    def direction(self) -> Float64[Tensor, "n p"]:
        """Direction of each path along the array: sine of its angle to the broadside plane."""
        return self.azimuth_bs.sin() * self.elevation_bs.cos()

    def doppler_hz(
        self, carrier_hz: float, speed_m_s: float, heading_rad: float
    ) -> Float64[Tensor, "n p"]:
        """Doppler shift of a terminal moving in the plane; positive towards a path's origin."""
        toward = self.elevation_ue.cos() * (self.azimuth_ue - heading_rad).cos()
        return speed_m_s * carrier_hz / LIGHT_M_S * toward


def steering(direction: Float64[Tensor, "n p"], antennas: int) -> Complex128[Tensor, "n a p"]:
    """Phases along a line of antennas spaced by half a wavelength."""
    return _powers(_turned(math.pi * direction), antennas)


def delays(delay: Float64[Tensor, "n p"], hz: Float64[Tensor, " f"]) -> Complex128[Tensor, "n f p"]:
    """Phases over evenly spaced subcarriers, at their distances from the carrier."""
    spacing = (hz[-1] - hz[0]) / max(len(hz) - 1, 1)
    turn = -2 * math.pi * delay
    return _turned(turn * hz[0])[:, None] * _powers(_turned(turn * spacing), len(hz))


def _turned(angle: Tensor) -> Tensor:
    return torch.polar(torch.ones(1, dtype=torch.float64), angle)


def _powers(base: Complex128[Tensor, "n p"], count: int) -> Complex128[Tensor, "n k p"]:
    """Powers 0 to count - 1, by doubling: products cost less than sines."""
    found = torch.ones_like(base)[:, None]
    step = base[:, None]
    while found.shape[1] < count:
        found = torch.cat([found, found * step], 1)
        step = step * step
    return found[:, :count]


def response(
    rays: Rays, carrier_hz: float, hz: Float64[Tensor, " f"], antennas: int
) -> Complex128[Tensor, "n f a"]:
    """Channel of each subcarrier and antenna."""
    gain = torch.polar(rays.amplitude(carrier_hz), rays.phase)
    over = delays(rays.delay, hz) * gain[:, None]
    return torch.einsum("nfp,nap->nfa", over, steering(rays.direction(), antennas))


def subcarriers(count: int, spacing_hz: float) -> Float64[Tensor, " f"]:
    """Distances from the carrier, symmetric about it."""
    return (torch.arange(count, dtype=torch.float64) - (count - 1) / 2) * spacing_hz
