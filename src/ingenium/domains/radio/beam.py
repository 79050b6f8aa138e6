"""Problem `radio.beam`: beams of least power that give users of a site their requested SINR.

Shapes: n sets, u users, a antennas.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Complex128, Float64
from matplotlib.figure import Figure
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Problem, Projection, Second, Section, Watch, silent
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.radio.antennas import least_within
from ingenium.domains.radio.beam_files import BeamFile
from ingenium.domains.radio.clarabel import Clarabel
from ingenium.domains.radio.duality import (
    captured,
    dft_codebook,
    reached,
    require,
    site_codebook,
)
from ingenium.domains.radio.known import PARTS
from ingenium.domains.radio.rays import response
from ingenium.domains.radio.site_channel import SiteChannel, SiteSettings
from ingenium.drawing.style import KNOWN, OURS, dress, plane

SHARE, MOST = 0.02, 4  # of sets, that Clarabel cross-checks
SINR_DB = (0.0, 15.0)
BITS = tuple(range(1, 9))


@dataclass(frozen=True)
class BeamSettings(SiteSettings):
    """Settings of the site, and of the users served together."""

    users: int = 4  # served together
    noise_db: float = -110.0  # noise of a receiver over the transmitter's unit of power
    sets: int = 200  # number of known sets of users
    antenna_limit: float | None = None  # power of each antenna, by the transmitter's unit

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.users <= self.antennas:
            raise InputError(
                f"1 to {self.antennas} users, as many as there are antennas",
                self.users,
                "Serve fewer at once.",
            )
        if not 10 <= self.sets <= 100_000:
            raise InputError("at least 10 known sets", self.sets, "Write 200.")
        most = self.antenna_limit
        if most is not None and not 0 < most < math.inf:
            raise InputError("a power of each antenna above 0", most, "Leave antenna_limit out.")


@dataclass(frozen=True, eq=False)
class BeamJudge:
    """Verifier of SINR and power of beams, and of the lower bound from duality."""

    limit: float | None = None  # of the power of each antenna
    name: ClassVar[str] = "uplink-downlink duality"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("shortfall", "1", "of the SINR of the worst user, in dB", rounding=1e-9),
        Quantity("power", "1", "of all beams, by the transmitter's unit"),
        Quantity("excess", "1", "power beyond the least that is possible", rounding=1e-8),
        Quantity("antenna_power", "1", "of the antenna that sends most"),
        Quantity("overdrive", "1", "of that antenna beyond its limit", rounding=1e-8),
    )

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 5"]:
        """Measure each row independently; users that no beams serve have no answer."""
        channel, beam, sinr = split(arrays)
        alive = torch.isfinite(torch.view_as_real(channel)).flatten(1).all(1)
        alive &= torch.isfinite(torch.view_as_real(beam)).flatten(1).all(1)
        safe = torch.where(alive[:, None, None], channel, 1.0)
        best, least = least_within(safe, sinr, self.limit)
        found = reached(safe, beam)
        short = (10 * (sinr / found.clamp(min=1e-12)).log10()).amax(1)
        power = beam.abs().square().sum((1, 2))
        each = beam.abs().square().sum(1).amax(1)
        over = torch.zeros_like(each) if self.limit is None else each / self.limit - 1
        gaps = [x.clamp(min=0) for x in (short, power / least - 1, over)]
        rows = torch.stack([gaps[0], power, gaps[1], each, gaps[2]], 1)
        return torch.where((alive & best.met)[:, None], rows, torch.nan)


class Beam(Problem):
    """Sets of users of a site, and the beams that serve them."""

    name: ClassVar[str] = "radio.beam"
    summary: ClassVar[str] = "minimum-power beams that give each user the requested SINR"
    Settings: ClassVar[type] = BeamSettings
    default_family: ClassVar[str] = "bootstrap"
    judged: ClassVar[str] = "The HDF5 file: SINR of its beams on its channels, and their power."
    unchecked: ClassVar[tuple[str, ...]] = (
        "Users and antennas have no names: a permutation of all of them is the same set.",
        "Channel estimation errors of the base station, amplifiers and their clipping.",
        "One carrier: beams of other subcarriers are separate sets.",
    )
    licence = SiteChannel.licence

    def __init__(self, settings: BeamSettings) -> None:
        """Open the site, whose traced channels are those of users."""
        self.settings = settings
        plain = {k: getattr(settings, k) for k in SiteSettings.__dataclass_fields__}
        self.site = SiteChannel(SiteSettings(**plain))
        at = ("user", "antenna")
        self.variables = (
            Variable("channel_real", at, "1", "channel over the root of the noise, real part"),
            Variable("channel_imaginary", at, "1", "the same, imaginary part"),
            Variable("beam_real", at, "1", "beam of a user, real part"),
            Variable("beam_imaginary", at, "1", "the same, imaginary part"),
            Variable("requested_db", (), "1", "SINR that each user asks for, in dB", given="sinr"),
        )
        low, high = SINR_DB
        self.conditions = (Condition("sinr", "SINR of each user, in dB", lower=low, upper=high),)
        self.sizes = {"user": settings.users, "antenna": settings.antennas}
        self.limits = (
            Limit("shortfall", at_most=1e-6),
            Limit("excess", at_most=1e-6),
            Limit("overdrive", at_most=1e-6),
        )
        self.notes, self.system = self.site.notes, self.site.system
        self.tiers = (BeamJudge(settings.antenna_limit),)
        if find_spec("cvxpy") is not None:
            self.second = Second(Clarabel(settings.antenna_limit), SHARE, MOST)
        self.codec = Channels.of(self._channels("known")[:2])
        file = BeamFile(self.variables, self.sizes, "beams.h5", {"carrier_hz": settings.carrier_hz})
        self.formats = {file.name: file}

    def single(self, part: str) -> Complex128[Tensor, "n a"]:
        """Return the carrier's channels of a part's traced places, over the root of the noise."""
        rays, s = self.site.part(part), self.settings
        h = response(rays, s.carrier_hz, torch.zeros(1, dtype=torch.float64), s.antennas)[:, 0]
        return h.conj() / 10 ** (s.noise_db / 20)

    def _channels(self, part: str) -> tuple[Tensor, Tensor, Tensor]:
        """Return sets of different users, and their requested SINRs."""
        own, s = self.single(part), self.settings
        rng = np.random.default_rng([s.seed, PARTS.index(part), 7])
        count = s.sets if part == "known" else max(s.sets // 5, 2)
        chosen = np.stack([rng.permutation(len(own))[: s.users] for _ in range(count)])
        channel = own[torch.from_numpy(chosen)]
        return (
            channel.real.clone(),
            channel.imag.clone(),
            torch.from_numpy(rng.uniform(0, 10, count)),
        )

    def comparison(self) -> FieldComparison:
        """Return the comparison settings: a repair computes each set of beams once."""
        return FieldComparison(repair_calls=1.0)

    def data(self) -> xr.Dataset:
        """Return sets of users with their beams; those of held-out streets are held out."""
        return self._known

    @cached_property
    def _known(self) -> xr.Dataset:
        known, held = self._channels("known"), self._channels("streets")
        arrays = [torch.cat(pair) for pair in zip(known, held, strict=True)]
        flag = np.arange(len(arrays[0])) >= len(known[0])
        under = {"sinr": (DESIGN, arrays[2].numpy()), "held_out": (DESIGN, flag)}
        whole = self._served(arrays[0], arrays[1], arrays[2])
        return to_dataset(whole, self.variables, under)

    def _served(self, real: Tensor, imaginary: Tensor, requested: Tensor) -> tuple[Tensor, ...]:
        sinr = (10 ** (requested / 10))[:, None].expand(-1, real.shape[1])
        channel = torch.complex(real, imaginary)
        beam = least_within(channel, sinr, self.settings.antenna_limit)[0].beam
        return real, imaginary, beam.real, beam.imag, requested

    def proposed(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the channels alone: beams follow from them."""
        return arrays[:2]

    def decode(self, x: Tensor, conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return channels, empty beams, and the requested SINRs."""
        real, imaginary = self.codec.decode(x)
        requested = torch.as_tensor(conditions["sinr"].to_numpy().astype(np.float64))
        return real, imaginary, torch.zeros_like(real), torch.zeros_like(real), requested

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the identity: there are no beams to project yet."""
        return lambda arrays: arrays

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Compute the beams of least power."""
        return self._served(arrays[0], arrays[1], arrays[4])

    def prepare(self, watch: Watch = silent) -> None:
        """Check that beams serve at least one known set.

        Raises:
            InputError: naming a user whose SINR is too high, where they serve none.
        """
        watch("users", 0, 1)
        channel, _, sinr = split(to_arrays(self._known, self.variables))
        found = least_within(channel, sinr, self.settings.antenna_limit)[0]
        if not found.met.any():
            require(found)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show power by requested SINR, and the energy captured by few feedback bits."""
        return (
            Section(
                "Power of the beams",
                "Minimum power over the SINR requested by each user, by set.",
                _power(verdicts, designs),
            ),
            Section(
                "Energy that feedback captures",
                "Mean share of a channel's energy along the best beam of a codebook, on streets "
                "held out from all codebooks.",
                self._feedback(),
            ),
        )

    def feedback(self, bits: int) -> tuple[float, float]:
        """Return the energy captured on held-out streets by a DFT and by a site codebook."""
        held, rng = self.single("streets"), torch.Generator().manual_seed(0)
        learned = site_codebook(self.single("known"), bits, rng)
        dft = dft_codebook(self.settings.antennas, bits)
        return float(captured(held, dft.conj()).mean()), float(captured(held, learned).mean())

    def _feedback(self) -> Figure:
        figure, axes = plane(4.6, 3.0)
        shares = np.array([self.feedback(b) for b in BITS])
        axes.plot(BITS, shares[:, 0], color=KNOWN, marker="o", ms=3, label="DFT beams")
        axes.plot(BITS, shares[:, 1], color=OURS, marker="o", ms=3, label="learned from the site")
        axes.set_ylim(0, 1.02)
        dress(axes, "bits of feedback", "energy captured", grid=True)
        return figure

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return users in orthogonal directions, each served along its own at SINR over gain."""
        u, a = self.settings.users, self.settings.antennas
        real = torch.eye(u, a, dtype=torch.float64)[None] * 2
        requested = torch.tensor([10.0], dtype=torch.float64)
        arrays = self._served(real, torch.zeros_like(real), requested)
        one = to_dataset(arrays, self.variables, {"sinr": (DESIGN, requested.numpy())})
        return (
            (one, {"power": u * 10 / 4, "shortfall": 0.0, "excess": 0.0, "overdrive": 0.0}, 1e-8),
        )

    def serve(self, designs: xr.Dataset) -> Complex128[Tensor, "n u a"]:
        """Compute the beams of channels.

        Raises:
            InputError: naming the user for whom power grows without end.
        """
        channel, _, sinr = split(to_arrays(designs, self.variables))
        return require(least_within(channel, sinr, self.settings.antenna_limit)[0]).beam


def split(
    arrays: tuple[Tensor, ...],
) -> tuple[Complex128[Tensor, "n u a"], Complex128[Tensor, "n u a"], Float64[Tensor, "n u"]]:
    """Split designs into channels, beams and SINRs."""
    real, imaginary, beam_real, beam_imaginary, requested = arrays
    sinr = (10 ** (requested / 10))[:, None].expand(-1, real.shape[1])
    return torch.complex(real, imaginary), torch.complex(beam_real, beam_imaginary), sinr


def _power(verdicts: xr.Dataset, designs: xr.Dataset) -> Figure:
    figure, axes = plane(4.6, 3.0)
    power: Any = verdicts["power"].to_numpy()
    axes.scatter(designs["sinr"], 10 * np.log10(power), 9, OURS, linewidths=0)
    dress(axes, "SINR asked by each user (dB)", "power (dB of the unit)", grid=True)
    return figure
