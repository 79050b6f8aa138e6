"""Rendered utterances, computed noises, and their mixture.

Shapes: s samples.
"""

import json
import lzma
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float64, UInt8
from scipy.signal import lfilter

RATE_HZ, HOP = 16_000, 256  # a frame is 16 ms
FRAMES = 96
SAMPLES = FRAMES * HOP
LEAD = 16 * HOP  # of leading silence, from which filters estimate the noise
LEVEL_DB = -26.0  # of active speech, below the loudest sine (ITU-T P.56)
ACTIVE_DB = 30.0  # below the loudest frame, which still counts as speech
MU = 255.0  # of 8-bit samples (ITU-T G.711)
FILE = Path(__file__).with_name("voices.xz")
LICENCE = (
    "Sentences of this package, spoken by eSpeak NG 1.52 as a separate program; noises are computed"
)


@dataclass(frozen=True, eq=False)
class Utterance:
    """Utterance of a voice."""

    voice: str
    text: str
    held_out: bool
    samples: Float64[np.ndarray, " s"]

    @property
    def name(self) -> str:
        """Name by voice and text: `en-gb+m3: open the valve`."""
        return f"{self.voice}: {self.text}"


@cache
def utterances() -> tuple[Utterance, ...]:
    """Return the shipped utterances; held-out voices and sentences are not for training."""
    head, _, body = lzma.decompress(FILE.read_bytes()).partition(b"\n")
    rows = np.frombuffer(body, np.uint8).reshape(-1, SAMPLES)
    both = zip(json.loads(head), rows, strict=True)
    return tuple(Utterance(v, text, held, spoken(expanded(row))) for (v, text, held), row in both)


def active(samples: Float64[np.ndarray, " s"]) -> np.ndarray:
    """Mask of the frames that contain speech."""
    power = np.square(samples).reshape(-1, HOP).mean(1)
    found: np.ndarray = power > power.max() * 10 ** (-ACTIVE_DB / 10)
    return found


def spoken(samples: Float64[np.ndarray, " s"]) -> Float64[np.ndarray, " s"]:
    """Scale samples to the speech level of telephony."""
    frames = samples.reshape(-1, HOP)[active(samples)]
    scale = 10 ** (LEVEL_DB / 20) / np.sqrt(2 * np.square(frames).mean())
    found: np.ndarray = samples * scale
    return found


def compressed(samples: Float64[np.ndarray, "*n s"]) -> UInt8[np.ndarray, "*n s"]:
    """Compress numbers from -1 to 1 to 8 bits, finer where they are small."""
    curved = np.sign(samples) * np.log1p(MU * np.abs(samples)) / np.log1p(MU)
    found: np.ndarray = np.rint(127.5 + 127.5 * np.clip(curved, -1, 1)).astype(np.uint8)
    return found


def expanded(codes: UInt8[np.ndarray, "*n s"]) -> Float64[np.ndarray, "*n s"]:
    """Expand 8-bit codes, with a relative error of about 2 %."""
    curved = codes.astype(np.float64) / 127.5 - 1
    found: np.ndarray = np.sign(curved) * np.expm1(np.abs(curved) * np.log1p(MU)) / MU
    return found


@cache
def recording(utterance: int, noise: str) -> tuple[np.ndarray, np.ndarray]:
    """Return an utterance, and a noise of its active speech power."""
    clean = utterances()[utterance].samples
    rng = np.random.default_rng([zlib.crc32(noise.encode()), utterance])
    return clean, powered(NOISES[noise](SAMPLES, rng), clean)


def powered(noise: Float64[np.ndarray, " s"], clean: Float64[np.ndarray, " s"]) -> np.ndarray:
    """Scale a noise to the active speech power."""
    power = np.square(clean.reshape(-1, HOP)[active(clean)]).mean()
    found: np.ndarray = noise * np.sqrt(power / np.square(noise).mean())
    return found


def noisy(utterance: int, noise: str, snr_db: float) -> Float64[np.ndarray, " s"]:
    """Mix an utterance and a noise, as the device receives it."""
    clean, other = recording(utterance, noise)
    found: np.ndarray = clean + other * 10 ** (-snr_db / 20)
    return found


def _white(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(n)


def _coloured(n: int, rng: np.random.Generator, power: float) -> np.ndarray:
    """White noise whose power falls with this power of the frequency."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.maximum(np.fft.rfftfreq(n, 1 / RATE_HZ), 40.0)
    whole = np.fft.irfft(spectrum * f ** (-power / 2), n)
    found: np.ndarray = whole / whole.std()
    return found


def _tones(n: int, rng: np.random.Generator, base_hz: float, drift: float) -> np.ndarray:
    """Harmonics of a tone that drifts by a share of its frequency."""
    slow = np.interp(np.arange(n), np.linspace(0, n, 9), rng.uniform(-drift, drift, 9))
    turn = 2 * np.pi * np.cumsum(base_hz * (1 + slow)) / RATE_HZ
    last = int(0.4 * RATE_HZ / base_hz)
    found = np.zeros(n)
    for k in range(1, min(last, 24) + 1):
        found += rng.uniform(0.2, 1) / k**0.7 * np.sin(k * turn + rng.uniform(0, 2 * np.pi))
    whole: np.ndarray = found / found.std()
    return whole


def _swelling(n: int, rng: np.random.Generator, times: int, depth_db: float) -> np.ndarray:
    """Smooth random gain that swells at most `times` times."""
    found: np.ndarray = 10 ** (
        np.interp(np.arange(n), np.linspace(0, n, times), rng.uniform(-depth_db, 0, times)) / 20
    )
    return found


def _impulses(n: int, rng: np.random.Generator, per_s: float, decay: float) -> np.ndarray:
    """Decaying clicks at random times."""
    hits = rng.random(n) < per_s / RATE_HZ
    rung = lfilter([1.0], [1.0, -1.2 * decay, decay**2], hits * rng.standard_normal(n))
    found: np.ndarray = rung / max(rung.std(), 1e-9) + 0.01 * rng.standard_normal(n)
    return found


def _voices(n: int, rng: np.random.Generator, count: int) -> np.ndarray:
    """Mixture of training voices, each from another place in its speech."""
    among = [u.samples for u in utterances() if not u.held_out]
    chosen = rng.choice(len(among), count, replace=False)
    own = [np.roll(among[i], rng.integers(SAMPLES))[:n] for i in chosen]
    found: np.ndarray = np.sum(own, axis=0)
    return found


def _hum(n: int, rng: np.random.Generator) -> np.ndarray:
    return _tones(n, rng, 50.0, 0.0) + 0.3 * _coloured(n, rng, 1.0)


def _engine(n: int, rng: np.random.Generator) -> np.ndarray:
    return _tones(n, rng, rng.uniform(30, 90), 0.08) + 0.5 * _coloured(n, rng, 1.5)


def _fan(n: int, rng: np.random.Generator) -> np.ndarray:
    return _tones(n, rng, rng.uniform(90, 140), 0.01) + 1.5 * _coloured(n, rng, 1.2)


def _drill(n: int, rng: np.random.Generator) -> np.ndarray:
    own = _tones(n, rng, rng.uniform(180, 260), 0.05) + 0.6 * _coloured(n, rng, 0.3)
    found: np.ndarray = own * _swelling(n, rng, 8, 12.0)
    return found


NOISES: Mapping[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    "white": _white,
    "pink": lambda n, rng: _coloured(n, rng, 1.0),
    "wind": lambda n, rng: _coloured(n, rng, 2.0) * _swelling(n, rng, 6, 18.0),
    "hum": _hum,
    "engine": _engine,
    "clicks": lambda n, rng: _impulses(n, rng, 12.0, 0.97),
    "babble": lambda n, rng: _voices(n, rng, 5),
    "fan": _fan,
    "drill": _drill,
    "rain": lambda n, rng: _impulses(n, rng, 900.0, 0.6) * _swelling(n, rng, 12, 6.0),
    "crowd": lambda n, rng: _voices(n, rng, 8)[::-1] + 0.02 * _coloured(n, rng, 1.0),
}
HELD_OUT = ("fan", "drill", "rain", "crowd")  # noises that no network was trained on
