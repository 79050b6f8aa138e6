"""Problem `neuro.vowels`: two vowels as spoken by a speaker, as series of cepstra over time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.problem import Problem, Projection, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.core.verdict import Verdict
from ingenium.domains.neuro.vowels.data import (
    COEFFICIENTS,
    FRAMES,
    LICENCE,
    SPEAKERS,
    held_out,
    vowels,
)
from ingenium.domains.neuro.vowels.formats import SeriesFile
from ingenium.domains.neuro.vowels.verifier import VoiceVerifier, accuracy
from ingenium.drawing.style import KNOWN, OURS, dress, panels
from ingenium.generators.vae import VAE, VAESettings
from ingenium.kits.spikes.families import SpikingVAE
from ingenium.train.plan import Plan

SERIES = Variable("cepstrum", ("coefficient", "frame"), "1", "LPC cepstrum over time", -4.0, 4.0)
SPEAKER = Variable(
    "voice", (), "1", "whose voice it is, from 1", 1.0, float(SPEAKERS), given="speaker"
)
SHOWN = 3  # coefficients that are drawn
MIDDLE = VAESettings(latent=8, drawn=False)


@dataclass(frozen=True)
class VowelSettings:
    """Settings of the problem: none."""


class Vowels(Problem):
    """Utterances of two Japanese vowels by nine men."""

    name: ClassVar[str] = "neuro.vowels"
    summary: ClassVar[str] = (
        "two spoken vowels in the voice of one of nine speakers, as cepstral time series"
    )
    Settings: ClassVar[type] = VowelSettings
    default_family: ClassVar[str] = "spiking_vae"
    judged: ClassVar[str] = (
        "The series of the .ts file is classified by a normal distribution of each speaker, in "
        "closed form from the known utterances: the speaker, and the distance from that speaker's "
        "voice."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "How it sounds: cepstra contain neither pitch nor loudness.",
        "A series that was changed within its limits is another design, judged as it is.",
    )
    licence = LICENCE
    conditions = (
        Condition("speaker", "which of the nine, a whole number", lower=1.0, upper=float(SPEAKERS)),
    )
    limits = (Limit("recognised", at_least=0.5), Limit("strange", at_most=2.0))
    variables = (SERIES, SPEAKER)
    sizes: Mapping[str, int] = MappingProxyType({"coefficient": COEFFICIENTS, "frame": FRAMES})

    def __init__(self, settings: VowelSettings) -> None:
        """Open the utterances shipped with the package."""
        self.settings = settings
        series, _ = vowels()
        known = torch.from_numpy(series[~held_out()])
        self.codec = Channels.of((known,), along=1)
        self.tiers = (VoiceVerifier(),)
        self.formats = {"ts": SeriesFile(self.variables)}

    def data(self) -> xr.Dataset:
        """Return real utterances, held-out ones last."""
        series, speaker = vowels()
        condition = torch.from_numpy(speaker.astype(np.float64))
        coords: dict[str, Any] = {
            "speaker": (DESIGN, speaker.astype(np.float64)),
            "held_out": (DESIGN, held_out()),
        }
        return to_dataset((torch.from_numpy(series), condition), self.variables, coords)

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n 9"]:
        """Encode each speaker as a column of its own."""
        speaker = torch.from_numpy(designs["speaker"].to_numpy().astype(np.float64)).round()
        return functional.one_hot(speaker.to(torch.int64) - 1, SPEAKERS).float()

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto the bounds, and whole speakers."""
        return lambda arrays: (arrays[0].clamp(SERIES.lower, SERIES.upper), arrays[1].round())

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return VAEs that give the decoder's mean: a real series has no noise of its own."""
        return {
            "spiking_vae": lambda: SpikingVAE(self.codec.shape, SPEAKERS, MIDDLE),
            "vae": lambda: VAE(self.codec.shape, SPEAKERS, MIDDLE),
        }

    def budgets(self) -> Mapping[str, Plan]:
        """Return the same training plan for both."""
        own = Plan(steps=800, batch=32, learning_rate=2e-3, ema_decay=0.995)
        return dict.fromkeys(self.baselines(), own)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a known utterance at distance 0 to itself; its largest jump by hand."""
        series, speaker = vowels()
        one = (torch.from_numpy(series[:1]), torch.from_numpy(speaker[:1].astype(np.float64)))
        jump = max(abs(b - a) for row in series[0] for a, b in pairwise(row))
        return (
            (
                to_dataset(one, self.variables, {}),
                {"nearest_distance": 0.0, "jump": float(jump)},
                1e-9,
            ),
        )

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show accepted series of one speaker alongside real ones."""
        rows = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
        if not len(rows):
            return (Section("Series", "No series was accepted."),)
        voice = designs["voice"].to_numpy()[rows]
        who = int(np.bincount(voice.astype(int)).argmax())
        made = designs["cepstrum"].to_numpy()[rows[voice == who]]
        condition = (
            f"Accepted series of speaker {who} and known ones. The reader that judges them reads "
            f"{accuracy():.1%} of the held-out utterances."
        )
        return (Section("Series", condition, _figure(made, who)),)


def _figure(made: np.ndarray, who: int) -> Figure:
    """Plot the first coefficients over time, generated ones over known ones."""
    series, speaker = vowels()
    known = series[~held_out() & (speaker == who)]
    figure, grid = panels(1, SHOWN, (2.5, 2.3))
    time = np.linspace(0, 1, FRAMES)
    for c, axes in enumerate(grid[0]):
        for group, color, name in ((known, KNOWN, "known"), (made, OURS, "accepted")):
            for i, x in enumerate(group[:30]):
                axes.plot(time, x[c], color=color, lw=0.7, alpha=0.6, label=None if i else name)
        dress(
            axes, "share of its length", "cepstrum" if c == 0 else "", title=f"coefficient {c + 1}"
        )
        if c and axes.get_legend() is not None:
            axes.get_legend().remove()
    return figure
