"""Short-time spectra of sound, and their power in auditory bands.

Shapes: n recordings, s samples, t frames, f frequencies, b bands.
"""

from functools import cache

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor

from ingenium.domains.edge.speech.sounds import HOP, RATE_HZ

WINDOW = 2 * HOP
BANDS = 24
LOW_HZ, HIGH_HZ = 50.0, 7600.0
QUIET = 1e-8  # power of a band that counts as silence, about 16 bits of a full spectrum


@cache
def window() -> Tensor:
    """Window whose square sums to 1 over half-overlapping frames."""
    return torch.from_numpy(np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)).float()


def spectra(x: Float[Tensor, "n s"]) -> Complex[Tensor, "n t f"]:
    """Spectrum of each pair of successive frames, ending with the samples."""
    frames = torch.nn.functional.pad(x, (HOP, 0)).unfold(1, WINDOW, HOP)
    found: Tensor = torch.fft.rfft(frames * window().to(x.dtype), norm="ortho")
    return found


def sound(spectrum: Complex[Tensor, "n t f"]) -> Float[Tensor, "n s"]:
    """Invert `spectra`; the last half frame fades out, since its successor is missing."""
    frames = torch.fft.irfft(spectrum, n=WINDOW, norm="ortho")
    frames = frames * window().to(frames.dtype)
    rising, falling = frames[:, :, :HOP], frames[:, :, HOP:]
    whole = torch.cat([falling[:, :-1] + rising[:, 1:], falling[:, -1:]], 1)
    return whole.flatten(1)


@cache
def filters() -> Float[Tensor, "b f"]:
    """Triangular filters of equal width on the auditory scale; they sum to 1.

    Source: Glasberg and Moore, 1990, doi:10.1016/0378-5955(90)90170-T (the scale).
    """
    f = np.arange(HOP + 1) * RATE_HZ / WINDOW
    scale = 21.4 * np.log10(1 + 0.00437 * f)
    ends = 21.4 * np.log10(1 + 0.00437 * np.array([LOW_HZ, HIGH_HZ]))
    middles = np.linspace(ends[0], ends[1], BANDS)
    place = np.interp(scale, middles, np.arange(BANDS))
    found = np.maximum(0, 1 - np.abs(place[None] - np.arange(BANDS)[:, None]))
    return torch.from_numpy(found).float()


def heard(spectrum: Complex[Tensor, "n t f"]) -> Float[Tensor, "n t b"]:
    """Log power in bands, scaled to about -1..1 (40 dB a unit)."""
    power = spectrum.abs().square() @ filters().T.to(spectrum.abs().dtype)
    return ((power + QUIET).log10() + 4) / 4


def spread(gains: Float[Tensor, "n t b"]) -> Float[Tensor, "n t f"]:
    """Interpolate band gains to frequencies; 0 outside the band of speech."""
    out = gains @ filters().to(gains.dtype)
    f = torch.arange(HOP + 1) * RATE_HZ / WINDOW
    return out * ((f >= LOW_HZ) & (f <= HIGH_HZ))
