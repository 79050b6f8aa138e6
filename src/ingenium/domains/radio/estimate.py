"""`radio.estimate`: channel, delays, angles and place of a terminal, as its pilots say."""

import math
from typing import ClassVar

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.quantity import Quantity
from ingenium.domains.radio.estimate_report import EstimateReport
from ingenium.domains.radio.images import moved
from ingenium.domains.radio.pilots import PILOTS, Pilots, flat, likelihood
from ingenium.domains.radio.rays import ABSENT_DB, LIGHT_M_S, PATHS, PRESENT_DB, VARIABLES, Rays
from ingenium.domains.radio.site_channel import SiteChannel, SiteSettings
from ingenium.infer.question import InferenceQuestion, Nearby

PLACE_M = 2.5  # by which a channel of the generator stands for those around it
LOSS_DB, LATER_M, TURNED_RAD = 4.0, 1.0, math.radians(1.5)  # by which reflections miss images
QUANTITIES = (
    Quantity("east", "m", "place to the east"),
    Quantity("north", "m", "place to the north"),
    Quantity("first_delay", "s", "first delay", shown="ns"),
    Quantity("angle", "rad", "azimuth of the strongest path at the base station", shown="deg"),
    Quantity("path_loss", "1", "path loss, in dB"),
    Quantity("delay_spread", "s", "spread of delays by power", shown="ns"),
)


class TerminalEstimate(SiteChannel):
    """What the pilots of a terminal say of its channel, on a site that a generator knows."""

    name: ClassVar[str] = "radio.estimate"
    summary: ClassVar[str] = "channel and place of a terminal, as its pilots say (verb infer)"
    inputs: ClassVar[tuple[Input, ...]] = (PILOTS,)
    observed: ClassVar[str] = PILOTS.name
    held: ClassVar[str] = "between"  # truths stand where a site is known: at new places of it

    def __init__(self, settings: SiteSettings, given: Given = NOTHING) -> None:
        """Open the site, and the pilots if there are any."""
        self.given = given
        self.pilots = None
        if PILOTS.name in given:
            data = given[PILOTS.name]
            self.pilots = Pilots.read(data, settings.carrier_hz, settings.antennas)
        super().__init__(settings)

    def question(self) -> InferenceQuestion:
        """What the pilots ask.

        Raises:
            InputError: without any.
        """
        if self.pilots is None:
            raise InputError("pilots as a file", "nothing", "Write --given pilots.h5.")
        fading = likelihood(self.pilots)
        return InferenceQuestion(
            flat(self.pilots.received[None])[0],
            fading,
            QUANTITIES,
            self.told,
            "annealed",
            pairs=(("east", "north"),),
            nearby=Nearby(2 + 3 * PATHS, self.around),
            sections=EstimateReport(
                self.scene, self.frame, fading, self.pilots, self.known
            ).sections,
        )

    def known(self) -> tuple[Tensor, ...]:
        """Channels of the site that were traced to learn from."""
        return to_arrays(self.data(), VARIABLES)

    def told(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n q"]:
        """What is told of channels."""
        rays, hz = Rays.of(arrays), self.settings.carrier_hz
        return torch.stack(
            [
                rays.east,
                rays.north,
                rays.first_delay(),
                rays.dominant(hz),
                rays.path_loss_db(hz),
                rays.delay_spread(hz),
            ],
            1,
        )

    def around(self, arrays: tuple[Tensor, ...], z: Float64[Tensor, "n d"]) -> tuple[Tensor, ...]:
        """Channels at places nearby, by their images, and as far off as images are.

        The straight line is exact; what was reflected may be a little later, weaker and turned.
        """
        rays = Rays.of(arrays)
        shift = PLACE_M * z[:, :2]
        hz = self.settings.carrier_hz
        near = moved(rays, rays.east + shift[:, 0], rays.north + shift[:, 1], hz)
        loss, later, turned = z[:, 2:].unflatten(1, (3, PATHS)).unbind(1)
        off = (near.bounces > 0.5).to(z.dtype)
        there = near.loss < PRESENT_DB
        weaker = (near.loss + off * LOSS_DB * loss).clamp(0.0, PRESENT_DB - 1)
        straight = self.frame.straight(near.east, near.north)[0] / LIGHT_M_S
        delay = near.delay + off * LATER_M / LIGHT_M_S * later
        return (
            torch.maximum(delay, straight[:, None]),
            torch.where(there, weaker, ABSENT_DB),
            near.azimuth_bs + off * TURNED_RAD * turned,
            *near.arrays[3:],
        )
