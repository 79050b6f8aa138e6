"""Wiener filter baseline that tracks the noise (decision-directed).

Shapes: n recordings, s samples, t frames, f frequencies.
"""

from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from ingenium.domains.edge.speech.restoring import Restores
from ingenium.domains.edge.speech.sounds import HOP, LEAD
from ingenium.domains.edge.speech.spectra import sound, spectra
from ingenium.train.plan import Plan

LEARNED = LEAD // HOP - 2  # frames at the beginning that are noise alone
SMOOTH = 0.7  # of the power that is compared with the noise


@dataclass(frozen=True)
class WienerSettings:
    """Settings of the filter, tuned on the training recordings."""

    retained: float = 0.9  # weight of the previous frame's ratio of speech to noise
    floor_db: float = -40.0  # least gain
    slow: float = 1.0  # weight of the previous noise estimate
    threshold: float = 2.0  # threshold over the noise, from which a frequency counts as speech


GRID = {
    "retained": (0.8, 0.9, 0.94, 0.97),
    "floor_db": (-40.0, -30.0, -20.0),
    "slow": (0.8, 0.9, 0.97, 1.0),
    "threshold": (2.0, 4.0, 8.0),
}


TUNED = WienerSettings(retained=0.94)  # what `tuned` finds


class WienerFilter(Restores, nn.Module):
    """Decision-directed Wiener filter; its noise estimate starts from the leading silence.

    Source: Ephraim and Malah, 1984, doi:10.1109/TASSP.1984.1164453 (eq. 51); Cohen and Berdugo,
        2002, doi:10.1109/97.988717 (noise is tracked where there is no speech).
    """

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.shape, self.c = (samples,), samples

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Do nothing: the filter was tuned on the same recordings."""
        return {}

    def restored(self, cond: Float[Tensor, "n s"]) -> Float[Tensor, "n s"]:
        """Restore speech from the noisy recording."""
        return filtered(cond, TUNED)


class Unchanged(WienerFilter):
    """Baseline that returns the noisy recording."""

    def restored(self, cond: Float[Tensor, "n s"]) -> Float[Tensor, "n s"]:
        """Return the input."""
        return cond


def tuned(x: Float[Tensor, "n s"], heard: Float[Tensor, "n s"]) -> WienerSettings:
    """Return the settings of the grid with the highest mean ratio of speech to the rest."""

    def price(own: WienerSettings) -> float:
        made = filtered(heard, own)
        part = (made * x).sum(1).square() / x.square().sum(1)
        return float((part / (made.square().sum(1) - part)).log10().mean())

    every = [WienerSettings(**dict(zip(GRID, v, strict=True))) for v in product(*GRID.values())]
    return max(every, key=price)


def filtered(x: Float[Tensor, "n s"], own: WienerSettings) -> Float[Tensor, "n s"]:
    """Filter the noisy recording."""
    spectrum = spectra(x)
    return sound(spectrum * filter_gains(spectrum, own))


def filter_gains(spectrum: Complex[Tensor, "n t f"], own: WienerSettings) -> Float[Tensor, "n t f"]:
    """Gain of each frequency in each frame, from the past."""
    power = spectrum.abs().square()
    noise = power[:, :LEARNED].mean(1) + 1e-12
    smooth, speech, gains = noise.clone(), torch.zeros_like(noise), list[Tensor]()
    least = 10 ** (own.floor_db / 20)
    for frame in power.unbind(1):  # each needs the one before
        smooth = SMOOTH * smooth + (1 - SMOOTH) * frame
        quiet = smooth < own.threshold * noise
        noise = torch.where(quiet, own.slow * noise + (1 - own.slow) * frame, noise)
        over = own.retained * speech / noise + (1 - own.retained) * (frame / noise - 1).clamp(min=0)
        gain = (over / (1 + over)).clamp(min=least)
        speech = gain.square() * frame
        gains.append(gain)
    return torch.stack(gains, 1)
