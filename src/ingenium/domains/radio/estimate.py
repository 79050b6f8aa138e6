"""Problem `radio.estimate`: channel, delays, angles and place of a terminal, from its pilots."""

from functools import cached_property
from typing import ClassVar

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.quantity import Quantity
from ingenium.domains.radio.appearing import PathSearch
from ingenium.domains.radio.bounds import CramerRao
from ingenium.domains.radio.estimate_report import EstimateReport
from ingenium.domains.radio.ground import OpenGround
from ingenium.domains.radio.pilots import PILOTS, Pilots, flat, likelihood
from ingenium.domains.radio.rays import Rays
from ingenium.domains.radio.site_channel import SiteChannel, SiteSettings
from ingenium.domains.radio.turnover import D, Turnover
from ingenium.infer.question import InferenceQuestion, Nearby

QUANTITIES = (
    Quantity("east", "m", "place to the east"),
    Quantity("north", "m", "place to the north"),
    Quantity("first_delay", "s", "first delay", shown="ns"),
    Quantity("angle", "rad", "azimuth of the strongest path at the base station", shown="deg"),
    Quantity("path_loss", "1", "path loss, in dB"),
    Quantity("delay_spread", "s", "spread of delays by power", shown="ns"),
)


class TerminalEstimate(SiteChannel):
    """Posterior of a terminal's channel given its pilots, with a generator of the site as prior."""

    name: ClassVar[str] = "radio.estimate"
    summary: ClassVar[str] = "channel and position of a terminal from its pilots (verb infer)"
    inputs: ClassVar[tuple[Input, ...]] = (PILOTS,)
    observed: ClassVar[str] = PILOTS.name
    held: ClassVar[str] = "between"  # truths are at new places of a known site

    def __init__(self, settings: SiteSettings, given: Given = NOTHING) -> None:
        """Open the site, and the pilots if there are any."""
        self.given = given
        self.pilots = None
        if PILOTS.name in given:
            data = given[PILOTS.name]
            self.pilots = Pilots.read(data, settings.carrier_hz, settings.antennas)
        super().__init__(settings)

    def question(self) -> InferenceQuestion:
        """Return the inference question of the pilots.

        Raises:
            InputError: without pilots.
        """
        if self.pilots is None:
            raise InputError("pilots as a file", "nothing", "Write --given pilots.h5.")
        fading = likelihood(self.pilots, self.ground)
        return InferenceQuestion(
            flat(self.pilots.received[None])[0],
            fading,
            QUANTITIES,
            self.reported,
            "annealed",
            pairs=(("east", "north"),),
            nearby=self.nearby(),
            bound=self.least,
            sections=EstimateReport(
                self.scene, self.frame, fading, self.pilots, self.known
            ).sections,
        )

    def nearby(self) -> Nearby:
        """Return perturbations of the generator's channels, fitted on the known channels."""
        return self.around(Rays.of(self.known()))

    def around(self, known: Rays) -> Nearby:
        """Return perturbations of channels, fitted on these known ones."""
        site = Turnover(known, self.frame)
        return Nearby(D, site.around, PathSearch(site), lambda arrays: self.ground(*arrays[-2:]))

    @cached_property
    def ground(self) -> OpenGround:
        """Open ground of the site, where terminals can be."""
        return OpenGround.of(self.scene, self.frame.low_m, self.frame.high_m)

    def least(
        self, readings: Float64[Tensor, "b m"], arrays: tuple[Tensor, ...]
    ) -> Float64[Tensor, "b 1 2 2"]:
        """Cramér-Rao bound of the place, by the gains that each design expects."""
        assert self.pilots is not None
        fading = likelihood(self.pilots)
        own = [
            fading.gains(readings[i : i + 1], tuple(a[i : i + 1] for a in arrays))[0]
            for i in range(len(readings))  # each set under its own design
        ]
        return CramerRao(fading).place(Rays.of(arrays), torch.cat(own))[:, None]

    def known(self) -> tuple[Tensor, ...]:
        """Return the traced training channels of the site."""
        return self.part("known").arrays

    def reported(self, arrays: tuple[Tensor, ...]) -> Float64[Tensor, "n q"]:
        """Return the reported quantities of channels."""
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
