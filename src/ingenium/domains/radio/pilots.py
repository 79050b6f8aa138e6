"""Pilots of a terminal, received by the array: the file, and their likelihood given a channel.

Shapes: n channels, b sets of readings, m numbers of a set, f subcarriers, a antennas, p paths.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.given import Input
from ingenium.core.reading.files import refusing
from ingenium.core.reading.hdf5 import opened_bytes
from ingenium.domains.radio.ground import OpenGround
from ingenium.domains.radio.rays import PATHS, Rays, delays, steering, subcarriers

PILOTS = Input("pilots", "file", "received pilots over subcarriers and antennas, as HDF5")
FEWEST = (8, 2)  # subcarriers and antennas, to resolve delays and angles at all
MOST = 1024  # subcarriers
WANTED = ("carrier_hz", "subcarrier_spacing_hz", "noise_power")
UNIT = "1"  # of pilots: received amplitude over the transmitted one
HOW = (
    "Write a complex array `pilots` (subcarriers x antennas) with units 1, and the attributes "
    + ", ".join(WANTED)
    + "."
)


@dataclass(frozen=True, eq=False)
class Pilots:
    """Received pilots, and the numbers of the link."""

    received: Complex128[Tensor, "f a"]  # over the transmitted amplitude
    noise_power: float  # of each number, over the transmitted power
    spacing_hz: float
    carrier_hz: float

    @classmethod
    def read(cls, data: bytes, carrier_hz: float, antennas: int) -> "Pilots":
        """Read pilots from an HDF5 file.

        Raises:
            InputError: for an invalid file, fewer pilots than delays and angles need, another
                carrier or array than that of the site, or unknown units.
        """
        what, path = "pilots as HDF5", Path("pilots.h5")
        with refusing(what, path), opened_bytes(data, what, path) as file:
            if "pilots" not in file:
                raise InputError("HDF5 with an array `pilots`", ", ".join(file) or "none", HOW)
            values = file["pilots"]
            units = values.attrs.get("units", UNIT)
            if units not in (UNIT, b"1"):
                raise InputError("pilots in units of the transmitted amplitude (1)", units, HOW)
            received = np.asarray(values[()])
            own = {name: _number(file.attrs, name) for name in WANTED}
        if received.ndim != 2 or received.dtype.kind != "c":
            got = f"{received.ndim} dimensions of {received.dtype}"
            raise InputError("complex pilots over subcarriers and antennas", got, HOW)
        if not np.isfinite(received).all():
            raise InputError("finite pilots", "some that are not", "Leave those subcarriers out.")
        f, a = received.shape
        if a != antennas:
            raise InputError(f"pilots of the {antennas} antennas of the site", f"{a}", "")
        if f < FEWEST[0] or a < FEWEST[1] or f * a < 2 * PATHS or f > MOST:
            raise InputError(
                f"pilots on {FEWEST[0]} to {MOST} subcarriers and at least {FEWEST[1]} antennas: "
                "fewer cannot separate delays from angles",
                f"{f} subcarriers and {a} antennas",
                "Send more pilots.",
            )
        if abs(own["carrier_hz"] / carrier_hz - 1) > 1e-6:
            raise InputError(
                f"pilots at the carrier of the site, {carrier_hz:g} Hz",
                f"{own['carrier_hz']:g} Hz",
                "Write carrier_hz of the file under [setup], so that the site is traced there.",
            )
        return cls(
            torch.from_numpy(received.astype(np.complex128)),
            own["noise_power"],
            own["subcarrier_spacing_hz"],
            own["carrier_hz"],
        )

    def write(self, path: Path) -> None:
        """Write the file that `read` takes."""
        import h5py

        with h5py.File(path, "w") as file:
            file["pilots"] = self.received.numpy()
            file["pilots"].attrs["units"] = UNIT
            file.attrs["carrier_hz"] = self.carrier_hz
            file.attrs["subcarrier_spacing_hz"] = self.spacing_hz
            file.attrs["noise_power"] = self.noise_power


def _number(attrs: Any, name: str) -> float:
    found = attrs.get(name)
    try:
        value = float(found)
    except (TypeError, ValueError):
        raise InputError(f"{name} as a number", f"{found}", HOW) from None
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{name} above 0", f"{value:g}", HOW)
    return value


@dataclass(frozen=True, eq=False)
class Fading:
    """Likelihood of pilots under a channel of known path powers and unknown phases.

    Phases turn within half a wavelength, so the gain of each path is circular normal with its
    power; the pilots of a channel are then normal, with a covariance of as many directions as there
    are paths, and all gains are integrated out exactly.

    Source: Tse and Viswanath, Fundamentals of Wireless Communication, 2005, sec. 2.4.2 (gains);
    Woodbury, 1950 (inverse).
    """

    hz: Float64[Tensor, " f"]
    antennas: int
    carrier_hz: float
    noise_power: float
    ground: OpenGround | None = None  # where terminals can be; anywhere without it

    @property
    def labels(self) -> tuple[str, ...]:
        """Real parts, then imaginary ones."""
        at = [f"{hz / 1e6:.3g} MHz, antenna {a}" for hz in self.hz for a in range(self.antennas)]
        return tuple(f"{part}, {x}" for part in ("real", "imaginary") for x in at)

    def simulate(self, arrays: tuple[Tensor, ...], rng: torch.Generator) -> Float64[Tensor, "n m"]:
        """Simulate fading and noise."""
        return flat(self.noisy(self.faded(Rays.of(arrays), rng), rng))

    def faded(self, rays: Rays, rng: torch.Generator) -> Complex128[Tensor, "n f a"]:
        """Return channels with newly sampled gains."""
        over, along = self._factors(rays)
        gain = circular((len(over), over.shape[2]), rng)
        return torch.einsum("nfp,nap->nfa", over * gain[:, None], along)

    def noisy(
        self, channel: Complex128[Tensor, "n f a"], rng: torch.Generator
    ) -> Complex128[Tensor, "n f a"]:
        """Return the pilots with receiver noise."""
        return channel + math.sqrt(self.noise_power) * circular(tuple(channel.shape), rng)

    def log_density(
        self, readings: Float64[Tensor, "b m"], arrays: tuple[Tensor, ...]
    ) -> Float64[Tensor, "b n"]:
        """Log density, by each channel's low-rank covariance; -inf for places that are not open."""
        received = self.folded(readings)
        over, along = self._factors(Rays.of(arrays))
        root, seen = self._seen(received, over, along)
        white = torch.linalg.solve_triangular(root, seen.movedim(0, -1), upper=False)
        energy = received.abs().square().sum((1, 2))[:, None] / self.noise_power
        caught = white.abs().square().sum(1).T
        volume = 2 * root.diagonal(dim1=1, dim2=2).real.log().sum(1)
        level = received[0].numel() * math.log(math.pi * self.noise_power)
        found = -(energy - caught) - volume - level
        there = torch.isfinite(found)
        if self.ground is not None:
            there = there & self.ground(*arrays[-2:])
        return torch.where(there, found, -torch.inf)

    def expected(
        self, readings: Float64[Tensor, "b m"], arrays: tuple[Tensor, ...]
    ) -> Complex128[Tensor, "b n f a"]:
        """Return the channel that each design expects under each set of readings (LMMSE)."""
        over, along = self._factors(Rays.of(arrays))
        gain = self._gains(readings, over, along)
        return torch.einsum("bnp,nfp,nap->bnfa", gain, over, along)

    def gains(
        self, readings: Float64[Tensor, "b m"], arrays: tuple[Tensor, ...]
    ) -> Complex128[Tensor, "b n p"]:
        """Return the gain of each path that each design expects under each set of readings."""
        rays = Rays.of(arrays)
        return self._gains(readings, *self._factors(rays)) * rays.amplitude(self.carrier_hz)

    def covariance(
        self, arrays: tuple[Tensor, ...], weight: Float64[Tensor, " n"]
    ) -> Complex128[Tensor, "m m"]:
        """Covariance of channels under weighted designs."""
        over, along = self._factors(Rays.of(arrays))
        each = torch.einsum("nfp,nap->npfa", over, along).flatten(2).flatten(0, 1)
        share = weight.repeat_interleave(over.shape[2]).to(each.dtype)
        return (each * share[:, None]).T @ each.conj()

    def gain_deviation(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n p"]:
        """Posterior standard deviation of each gain; half its square in either direction."""
        rays = Rays.of(arrays)
        over, along = self._factors(rays)
        none = torch.zeros(1, len(self.hz), self.antennas, dtype=over.dtype)
        left = torch.cholesky_inverse(self._seen(none, over, along)[0])
        power = left.diagonal(dim1=1, dim2=2).real
        return power.sqrt() * rays.amplitude(self.carrier_hz)

    def _gains(
        self,
        readings: Float64[Tensor, "b m"],
        over: Complex128[Tensor, "n f p"],
        along: Complex128[Tensor, "n a p"],
    ) -> Complex128[Tensor, "b n p"]:
        """Posterior gains, relative to their prior size."""
        root, seen = self._seen(self.folded(readings), over, along)
        return torch.cholesky_solve(seen.movedim(0, -1), root).movedim(-1, 0)

    def folded(self, readings: Float64[Tensor, "b m"]) -> Complex128[Tensor, "b f a"]:
        """Convert readings to complex numbers."""
        real, imaginary = readings.unflatten(1, (2, len(self.hz), self.antennas)).unbind(1)
        return torch.complex(real, imaginary)

    def summary(self, readings: Float64[Tensor, "n m"]) -> Float64[Tensor, "n s"]:
        """Power over delay and over direction, in dB, which does not depend on unknown phases."""
        received = self.folded(readings)
        delay = torch.fft.ifft(received, dim=1).abs().square().mean(2)
        angle = torch.fft.fft(received, n=2 * self.antennas, dim=2).abs().square().mean(1)
        floor = self.noise_power / 100
        return 10 * torch.cat([delay, angle], 1).clamp(min=floor).log10()

    def _factors(
        self, rays: Rays
    ) -> tuple[Complex128[Tensor, "n f p"], Complex128[Tensor, "n a p"]]:
        """Amplitude of each path over subcarriers, and its phases along the array."""
        over = delays(rays.delay, self.hz) * rays.amplitude(self.carrier_hz)[:, None]
        return over, steering(rays.direction(), self.antennas)

    def _seen(
        self,
        received: Complex128[Tensor, "b f a"],
        over: Complex128[Tensor, "n f p"],
        along: Complex128[Tensor, "n a p"],
    ) -> tuple[Complex128[Tensor, "n p p"], Complex128[Tensor, "b n p"]]:
        """Return the Cholesky factor of the paths' Gram matrix, and the pilots along each path."""
        inner = (over.mH @ over) * (along.mH @ along) / self.noise_power
        eye = torch.eye(over.shape[2], dtype=inner.dtype)
        root = torch.linalg.cholesky(inner + eye)
        part = over.mH @ received[:, None]  # b n p a
        seen = (part * along.mH).sum(3) / self.noise_power
        return root, seen


def flat(received: Complex128[Tensor, "b f a"]) -> Float64[Tensor, "b m"]:
    """Convert complex numbers to real parts, then imaginary ones."""
    rows = received.flatten(1)
    return torch.cat([rows.real, rows.imag], 1)


def circular(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    """Sample circular normal numbers of power 1."""
    parts = torch.randn(2, *shape, generator=rng, dtype=torch.float64) / math.sqrt(2)
    return torch.complex(parts[0], parts[1])


def likelihood(pilots: Pilots, ground: OpenGround | None = None) -> Fading:
    """Return the likelihood of a file's pilots."""
    f, a = pilots.received.shape
    hz = subcarriers(f, pilots.spacing_hz)
    return Fading(hz, a, pilots.carrier_hz, pilots.noise_power, ground)
