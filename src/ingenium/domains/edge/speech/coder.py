"""Low-rate speech codec: levels of bands first, then waveforms with the remaining bits.

Any bits decode to finite samples within their bounds and within the band of speech, and never to
silence. Bands without bits for their waveforms become noise of their level.

Shapes: t frames, m blocks of frames, b bands, f frequencies, k bits.
Source: Princen, Johnson and Bradley, ICASSP 1987 (the transform); Max, 1960,
doi:10.1109/TIT.1960.1057548 (steps for a normal distribution).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float64, Int

from ingenium.domains.edge.speech.sounds import FRAMES, HOP, RATE_HZ

FRAMES_PER_S = RATE_HZ / HOP
BANDS = 16
LOWEST_DB, HIGHEST_DB = -66.0, 0.0  # mean power of a frequency of a band
STEPS = (0.0, 1.596, 0.9957, 0.586, 0.3352, 0.1881)  # by number of bits, in standard deviations
BOUND, SOFT = 0.98, 0.7  # of samples; from where they bend towards it


@dataclass(frozen=True)
class BitRate:
    """Allocation of bits."""

    block: int  # frames that share levels
    level_bits: int  # of a band

    def waves(self, bit_s: int) -> int:
        """Bits of a frame that remain for waveforms."""
        return int(bit_s / FRAMES_PER_S - BANDS * self.level_bits / self.block)


RATES: Mapping[int, BitRate] = {  # bits a second
    16_000: BitRate(2, 5),
    8_000: BitRate(2, 5),
    4_000: BitRate(4, 5),
    2_000: BitRate(4, 4),
    1_000: BitRate(4, 4),
    500: BitRate(8, 4),
    250: BitRate(16, 4),
    125: BitRate(32, 4),
}


def bits(bit_s: int) -> int:
    """Number of bits of a recording."""
    return int(FRAMES * bit_s / FRAMES_PER_S)


def coded(samples: Float64[np.ndarray, " s"], bit_s: int) -> Bool[np.ndarray, " k"]:
    """Encode speech as bits."""
    own = RATES[bit_s]
    waves = _forward(samples)
    power = np.stack([np.square(waves[:, a:z]).mean(1) for a, z in _spans()], 1)
    level = 10 * np.log10(power.reshape(-1, own.block, BANDS).mean(1) + 1e-12)
    codes = _rounded((level - LOWEST_DB) / _step_db(own), 2**own.level_bits)
    out = np.zeros(bits(bit_s), dtype=bool)
    head = _as_bits(codes.ravel(), own.level_bits)
    out[: len(head)] = head
    spread, shared = _shares(codes, own, bit_s)
    place = len(head)
    for wave, sigma, share in zip(waves, spread, shared, strict=True):
        parts = [_codes_of(wave, sigma, i, n) for i, n in enumerate(share) if n]
        said = np.concatenate(parts) if parts else np.zeros(0, bool)
        out[place : place + len(said)] = said
        place += own.waves(bit_s)
    return out


def decoded(stream: Bool[np.ndarray, " k"], bit_s: int) -> Float64[np.ndarray, " s"]:
    """Decode any bits of that length to samples."""
    own = RATES[bit_s]
    blocks = FRAMES // own.block
    place = blocks * BANDS * own.level_bits
    codes = _as_codes(stream[:place], own.level_bits).reshape(blocks, BANDS)
    spread, shared = _shares(codes, own, bit_s)
    rng, waves = np.random.default_rng(0), np.zeros((FRAMES, HOP))
    for wave, sigma, share in zip(waves, spread, shared, strict=True):
        start = place
        for i, ((a, z), n) in enumerate(zip(_spans(), share, strict=True)):
            width = z - a
            noise = rng.choice((-1.0, 1.0), width)
            if n:
                said = _as_codes(stream[start : start + n * width], n)
                noise = (said - 2 ** (n - 1) + 0.5) * STEPS[n]
                start += n * width
            wave[a:z] = noise * sigma[i]
        place += own.waves(bit_s)
    return _bounded(_backward(waves))


def _codes_of(wave: np.ndarray, sigma: np.ndarray, band: int, n: int) -> Bool[np.ndarray, " k"]:
    a, z = _spans()[band]
    return _as_bits(_rounded(wave[a:z] / sigma[band] / STEPS[n] - 0.5 + 2 ** (n - 1), 2**n), n)


def _shares(
    codes: Int[np.ndarray, "m b"], own: BitRate, bit_s: int
) -> tuple[Float64[np.ndarray, "t b"], list[list[int]]]:
    """Spread of each band in each frame, and the bits of its frequencies."""
    level = LOWEST_DB + codes * _step_db(own)
    middles = (np.arange(len(codes)) + 0.5) * own.block - 0.5
    smooth = np.stack([np.interp(np.arange(FRAMES), middles, band) for band in level.T], 1)
    widths = np.array([z - a for a, z in _spans()])
    shared = np.zeros(smooth.shape, dtype=int)
    for frame, share in zip(smooth, shared, strict=True):  # bits go to the largest error
        left = own.waves(bit_s)
        while True:
            may = (widths <= left) & (share < len(STEPS) - 1)
            if not may.any():
                break
            best = int(np.where(may, frame - 6.02 * share, -np.inf).argmax())
            share[best] += 1
            left -= widths[best]
    return 10 ** (smooth / 20), shared.tolist()


def _step_db(own: BitRate) -> float:
    return (HIGHEST_DB - LOWEST_DB) / float(2**own.level_bits - 1)


def _rounded(x: np.ndarray, count: int) -> np.ndarray:
    found: np.ndarray = np.clip(np.rint(x), 0, count - 1).astype(int)
    return found


def _as_bits(codes: Int[np.ndarray, " n"], width: int) -> Bool[np.ndarray, " k"]:
    found: np.ndarray = (codes[:, None] >> np.arange(width) & 1).astype(bool).ravel()
    return found


def _as_codes(stream: Bool[np.ndarray, " k"], width: int) -> Int[np.ndarray, " n"]:
    found: np.ndarray = (stream.reshape(-1, width) << np.arange(width)).sum(1)
    return found


@cache
def _spans() -> tuple[tuple[int, int], ...]:
    """Frequency ranges of the bands, from 60 Hz to 7.6 kHz, wider with frequency."""
    hz = np.geomspace(200, 7700, BANDS + 1) - 140
    ends = np.unique(np.rint(hz / (RATE_HZ / 2 / HOP)).astype(int))
    return tuple(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))


@cache
def _basis() -> Float64[np.ndarray, "f w"]:
    """Windowed basis functions of the lapped transform."""
    n, k = np.arange(2 * HOP), np.arange(HOP)[:, None]
    waves = np.cos(np.pi / HOP * (n + 0.5 + HOP / 2) * (k + 0.5)) * np.sqrt(2 / HOP)
    found: np.ndarray = waves * np.sin(np.pi * (n + 0.5) / (2 * HOP))
    return found


def _forward(samples: Float64[np.ndarray, " s"]) -> Float64[np.ndarray, "t f"]:
    blocks = np.concatenate([np.zeros(HOP), samples]).reshape(-1, HOP)
    found: np.ndarray = np.concatenate([blocks[:-1], blocks[1:]], 1) @ _basis().T
    return found


def _backward(waves: Float64[np.ndarray, "t f"]) -> Float64[np.ndarray, " s"]:
    frames = waves @ _basis()
    ahead = np.concatenate([frames[1:, :HOP], np.zeros((1, HOP))])
    found: np.ndarray = (frames[:, HOP:] + ahead).ravel()
    return found


def _bounded(x: Float64[np.ndarray, " s"]) -> Float64[np.ndarray, " s"]:
    size, room = np.abs(x), BOUND - SOFT
    bent = SOFT + room * np.tanh((size - SOFT) / room)
    found: np.ndarray = np.where(size > SOFT, np.sign(x) * bent, x)
    return found
