"""Problem `edge.speech`: speech denoised by a network that fits on a microcontroller."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.problem import Pretrained, Problem, Projection, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.edge.speech import report, trained
from ingenium.domains.edge.speech.coder import coded, decoded
from ingenium.domains.edge.speech.formats import SpeechWav
from ingenium.domains.edge.speech.sounds import (
    HELD_OUT,
    LICENCE,
    NOISES,
    SAMPLES,
    noisy,
    utterances,
)
from ingenium.domains.edge.speech.verifier import SpectralMeter, SpeechMeter
from ingenium.domains.edge.speech.wiener import Unchanged, WienerFilter

SNR_DB = (-5.0, 15.0)
SPEECH = Variable("speech", ("sample",), "1", "samples, of 1 at most", -1.0, 1.0)
UTTERANCE = Variable("said", (), "1", "which utterance, from 1", 1.0, given="utterance")
NOISE = Variable(
    "disturbed", (), "1", "by which noise, from 1", 1.0, float(len(NOISES)), given="noise"
)
SNR = Variable("mixed_db", (), "dB", "speech over noise in what was heard", given="snr_db")
EACH = 3  # training noises of each utterance
SHARE, MOST = 0.2, 20  # of the recordings, that the cross-check measures
LEAST_GAIN_DB, LEAST_COURSE = 3.0, 0.4
AUDIBLE_DB, LOUDEST = 6.0, 0.99  # of the clean speech, either way; of samples


@dataclass(frozen=True)
class SpeechSettings:
    """Settings of the link that transmits the restored speech."""

    bit_s: Literal[0, 16000, 8000, 4000, 2000, 1000, 500, 250, 125] = 0  # 0: samples


class Speech(Problem):
    """Speech of held-out voices under held-out noises."""

    name: ClassVar[str] = "edge.speech"
    summary: ClassVar[str] = "speech denoising by a network that runs on a microcontroller"
    Settings: ClassVar[type] = SpeechSettings
    default_family: ClassVar[str] = trained.ON_DEVICE
    judged: ClassVar[str] = (
        "The samples of the WAV file, compared with the clean speech, the noisy recording, and "
        "the output of a tuned Wiener filter."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Voices are synthetic and noises are computed: the performance in a real room is not "
        "known.",
        "Whether a listener understands it; band envelopes are only correlated with that.",
        "Whether the speech was derived from the recording that its file names: a file that names "
        "another recording is judged against that one.",
        "Its sign: inverted samples sound the same.",
    )
    licence = LICENCE
    batch_size: int = 32  # a recording is 200 kB
    sizes: Mapping[str, int] = MappingProxyType({"sample": SAMPLES})

    def __init__(self, settings: SpeechSettings) -> None:
        """Open the utterances shipped with the package."""
        self.settings = settings
        count = float(len(utterances()))
        self.variables = (SPEECH, replace(UTTERANCE, upper=count), NOISE, SNR)
        self.conditions = (
            Condition("utterance", "what is said, by number", lower=1.0, upper=count),
            Condition("noise", "what disturbs it, by number", lower=1.0, upper=float(len(NOISES))),
            Condition("snr_db", "speech over noise", lower=SNR_DB[0], upper=SNR_DB[1], unit="dB"),
        )
        self.codec = Channels.between([(-1.0, 1.0)], own=[(SAMPLES,)])
        # Decoded waveforms differ: with few bits, only the levels of bands are sent.
        quality = (
            Limit("course", at_least=LEAST_COURSE)
            if settings.bit_s
            else Limit("gain_db", at_least=LEAST_GAIN_DB)
        )
        self.limits = (
            quality,
            Limit("level_db", at_least=-AUDIBLE_DB, at_most=AUDIBLE_DB),
            Limit("peak", at_most=LOUDEST),
            Limit("in_band", at_least=0.98),
        )
        self.tiers = (SpeechMeter(),)
        self.second = Second(SpectralMeter(), SHARE, MOST)
        self.formats = {"wav": SpeechWav(self.variables)}

    def data(self) -> xr.Dataset:
        """Return training utterances under three noises each, held-out ones under all held-out."""
        rows = [
            (i, k, u.held_out)
            for k, kind in enumerate(NOISES)
            for i, u in enumerate(utterances())
            if u.held_out == (kind in HELD_OUT) and (u.held_out or (i + k) % 7 < EACH)
        ]
        who, what = (np.array(v, dtype=np.float64) + 1 for v in list(zip(*rows, strict=True))[:2])
        snr = np.linspace(*SNR_DB, len(rows))
        snr = snr[np.random.default_rng(0).permutation(len(rows))].round(2)
        speech = torch.from_numpy(np.stack([utterances()[i].samples for i, _, _ in rows]))
        arrays = (speech, *(torch.from_numpy(v) for v in (who, what, snr)))
        coords: dict[str, Any] = {
            "utterance": (DESIGN, who),
            "noise": (DESIGN, what),
            "snr_db": (DESIGN, snr),
            "held_out": (DESIGN, np.array([row[2] for row in rows])),
        }
        return to_dataset(arrays, self.variables, coords)

    def queries(self, learned: xr.Dataset) -> xr.Dataset:
        """Return held-out voices and noises; for the others the answer is known."""
        known = self.data()
        return known.isel({DESIGN: np.flatnonzero(known["held_out"].to_numpy())})

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n s"]:
        """Return the noisy samples."""
        names = [c.name for c in self.conditions]
        requested = zip(*(designs[n].to_numpy().tolist() for n in names), strict=True)
        heard = [noisy(*_places(who, what), snr) for who, what, snr in requested]
        return torch.from_numpy(np.stack(heard)).to(torch.float32)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto sample bounds, and existing utterances and noises."""

        def map_(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            speech, who, what, snr = arrays
            return speech.clamp(-1, 1), who.round(), what.round(), snr

        return map_

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return the speech after the link."""
        rate = self.settings.bit_s
        if not rate:
            return arrays
        sent = [decoded(coded(x, rate), rate) for x in arrays[0].double().numpy()]
        return torch.from_numpy(np.stack(sent)), *arrays[1:]

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return the Wiener filter, and the input unchanged."""
        return {
            "wiener": lambda: WienerFilter(SAMPLES),
            "unchanged": lambda: Unchanged(SAMPLES),
        }

    def pretrained(self) -> Mapping[str, Pretrained]:
        """Return the trained network, and its version for a device."""
        return trained.pretrained(SAMPLES)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...] | None:
        """Show voice and sentence, and the name of the noise."""
        if name == UTTERANCE.name:
            return tuple(utterances()[int(i) - 1].name for i in designs[name].to_numpy())
        if name == NOISE.name:
            return tuple(tuple(NOISES)[int(i) - 1] for i in designs[name].to_numpy())
        return None

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show spectra before and after, gains with those of the filter, and the device's cost."""
        return report.sections(designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return speech at half amplitude, and with an orthogonal distortion 20 dB down."""
        said = utterances()[0].samples
        heard = noisy(0, next(iter(NOISES)), 0.0)
        alike = np.corrcoef(said, heard)[0, 1] ** 2  # both have next to no mean
        rest = np.random.default_rng(1).standard_normal(SAMPLES)
        rest -= rest @ said / (said @ said) * said
        rest *= np.sqrt(0.01 * (said @ said) / (rest @ rest))
        gain = 20 - 10 * np.log10(alike / (1 - alike))
        both = torch.from_numpy(np.stack([0.5 * said, said + rest]))
        one = torch.ones(2, dtype=torch.float64)
        designs = to_dataset((both, one, one, 0 * one), self.variables, {})
        half = {"level_db": -20 * np.log10(2), "peak": np.abs(said).max() / 2, "course": 1.0}
        return (
            (designs.isel({DESIGN: [0]}), half, 1e-6),
            (designs.isel({DESIGN: [1]}), {"gain_db": float(gain)}, 1e-3),
        )


def _places(who: float, what: float) -> tuple[int, str]:
    return round(who) - 1, tuple(NOISES)[round(what) - 1]
