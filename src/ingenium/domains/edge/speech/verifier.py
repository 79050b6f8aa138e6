"""Verifier of restored speech against the clean, noisy and Wiener-filtered speech.

Shapes: n designs, s samples, t frames, b bands.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import scipy
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.edge.speech.sounds import NOISES, RATE_HZ, active, noisy, utterances
from ingenium.domains.edge.speech.spectra import HIGH_HZ, LOW_HZ, filters, spectra
from ingenium.domains.edge.speech.wiener import TUNED, filtered

MOST_DB = 60.0  # of a ratio, either way
NOTHING = 1e-9  # of the power of speech, from which an output is silence
WITHIN = 24  # frames over which the envelope of a band is compared: 384 ms
GAIN = Quantity("gain_db", "dB", "signal to distortion, over that of what was heard", rounding=1e-6)


@dataclass(frozen=True, eq=False)
class SpeechMeter:
    """Power ratios on the samples themselves; NaN for samples that are not finite.

    Signal to distortion projects onto the clean speech, so that neither silence nor a louder copy
    gains anything.
    Source: Le Roux et al., ICASSP 2019, arXiv:1811.02508 (SI-SDR); Taal et al., 2011,
    doi:10.1109/TASL.2011.2114881 (correlation of band envelopes over 384 ms).
    """

    name: str = "speech beside its original"
    version: str = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: tuple[Quantity, ...] = (
        GAIN,
        Quantity("over_wiener_db", "dB", "the same, over a tuned Wiener filter", rounding=1e-6),
        Quantity("heard_db", "dB", "signal to distortion of what was heard", rounding=1e-6),
        Quantity("level_db", "dB", "loudness over that of what was said, while somebody speaks"),
        Quantity("peak", "1", "largest sample, of 1 at most"),
        Quantity("in_band", "1", "share of its power from 50 Hz to 7.6 kHz"),
        Quantity("course", "1", "how alike bands rise and fall, 1 for as they were said"),
    )

    def measure(
        self,
        speech: Float64[Tensor, "n s"],
        utterance: Float64[Tensor, " n"],
        noise: Float64[Tensor, " n"],
        snr_db: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n 7"]:
        """Measure one recording at a time, so that none depends on its batch."""
        both = zip(speech.numpy(), utterance.tolist(), noise.tolist(), snr_db.tolist(), strict=True)
        rows = [self._one(*row) for row in both]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    def _one(self, own: np.ndarray, who: float, what: float, snr_db: float) -> list[float]:
        if not np.isfinite([who, what, snr_db]).all() or not np.isfinite(own).all():
            return [np.nan] * len(self.quantities)
        said = utterances()[int(who) - 1].samples
        heard = noisy(int(who) - 1, tuple(NOISES)[int(what) - 1], snr_db)
        wiener = filtered(torch.from_numpy(heard)[None], TUNED)[0].numpy()
        before, after = distortion_db(heard, said), distortion_db(own, said)
        return [
            after - before,
            after - distortion_db(wiener, said),
            before,
            _level_db(own, said),
            float(np.abs(own).max()),
            _in_band(own),
            course(own, said),
        ]


def distortion_db(own: Float64[np.ndarray, " s"], said: Float64[np.ndarray, " s"]) -> float:
    """Power of the projection onto the clean speech, over that of the rest, in dB."""
    power = np.square(said).sum()
    part = (own * said).sum() / power * said
    if np.square(own).sum() < NOTHING * power:
        return -MOST_DB
    ratio = (np.square(part).sum() + 1e-30) / (np.square(own - part).sum() + 1e-30)
    return float(np.clip(10 * np.log10(ratio), -MOST_DB, MOST_DB))


def _level_db(own: np.ndarray, said: np.ndarray) -> float:
    rows = active(said)
    powers = [np.square(x).reshape(len(rows), -1)[rows].sum() for x in (own, said)]
    return float(np.clip(10 * np.log10(powers[0] / powers[1] + 1e-10), -99.0, 99.0))


def _in_band(own: np.ndarray) -> float:
    power = np.square(np.abs(np.fft.rfft(own)))
    hz = np.fft.rfftfreq(len(own), 1 / RATE_HZ)
    inside = power[(hz >= LOW_HZ) & (hz <= HIGH_HZ)].sum()
    return float(inside / power.sum()) if power.sum() else 0.0


def course(own: Float64[np.ndarray, " s"], said: Float64[np.ndarray, " s"]) -> float:
    """Mean correlation of the square roots of power in bands, over all stretches of speech."""
    x, y = (_bands(v).unfold(0, WITHIN, 1) for v in (own, said))
    speaks = torch.from_numpy(active(said)).unfold(0, WITHIN, 1).double().mean(1) > 0.5
    x, y = (v - v.mean(-1, keepdim=True) for v in (x[speaks], y[speaks]))
    scale = (x.square().sum(-1) * y.square().sum(-1)).sqrt()
    alike = (x * y).sum(-1) / scale.clamp(min=1e-12)
    return float(alike.mean())


def _bands(x: np.ndarray) -> Float64[Tensor, "t b"]:
    power = spectra(torch.from_numpy(x)[None])[0].abs().square() @ filters().T.double()
    return power.sqrt()


@dataclass(frozen=True)
class SpectralMeter:
    """Cross-check of the same ratio from spectra: the share of power that least squares explain."""

    name: str = "SciPy, least squares of spectra"
    version: str = scipy.__version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: tuple[Quantity, ...] = (GAIN,)

    def measure(
        self,
        speech: Float64[Tensor, "n s"],
        utterance: Float64[Tensor, " n"],
        noise: Float64[Tensor, " n"],
        snr_db: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n 1"]:
        """Measure one recording at a time."""
        found = []
        for own, who, what, snr in zip(speech.numpy(), utterance, noise, snr_db, strict=True):
            said = utterances()[int(who) - 1].samples
            heard = noisy(int(who) - 1, tuple(NOISES)[int(what) - 1], float(snr))
            found.append(self._ratio(own, said) - self._ratio(heard, said))
        return torch.tensor(found, dtype=torch.float64)[:, None]

    def _ratio(self, own: np.ndarray, said: np.ndarray) -> float:
        x, y = (scipy.fft.dct(v, norm="ortho") for v in (said, own))
        rest = scipy.linalg.lstsq(x[:, None], y)[1]
        whole = np.vdot(y, y)
        if whole < NOTHING * np.vdot(x, x):
            return -MOST_DB
        return float(np.clip(10 * np.log10((whole - rest) / rest), -MOST_DB, MOST_DB))
