"""Verifier of a spoken series: the recognised speaker, and its distance from that voice.

The reader is a normal distribution for each speaker of the known data, with one shrunk covariance
for all: in closed form, so that no weights are trained or shipped.

Shapes: n designs, f numbers of one, s speakers.
Source: Ledoit and Wolf, J. Multivariate Analysis 88, 2004 (shrinkage); Hastie, Tibshirani and
Friedman, Elements of Statistical Learning, 2nd ed., 2009, sec. 4.3 (linear discriminants).
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.neuro.vowels.data import SPEAKERS, held_out, vowels
from ingenium.evaluate.shrinkage import shrunk_covariance


@dataclass(frozen=True, eq=False)
class VoiceReader:
    """Linear discriminant: means of all speakers, and the matrix that whitens their covariance."""

    mean: Float64[Tensor, "s f"]
    white: Float64[Tensor, "f f"]
    known: Float64[Tensor, "n f"]

    def distances(self, x: Float64[Tensor, "n f"]) -> Float64[Tensor, "n s"]:
        """Squared Mahalanobis distances from each speaker, divided by the length of the series."""
        distance = (x[:, None] - self.mean) @ self.white
        return distance.square().mean(-1)


@cache
def reader() -> VoiceReader:
    """Fit the reader on the known utterances."""
    series, speaker = vowels()
    own = ~held_out()
    x, y = series[own].reshape(own.sum(), -1), speaker[own]
    mean = np.stack([x[y == s].mean(0) for s in range(1, SPEAKERS + 1)])
    covariance = shrunk_covariance(x - mean[y - 1], centred=True)
    white = np.linalg.inv(np.linalg.cholesky(covariance)).T
    return VoiceReader(torch.from_numpy(mean), torch.from_numpy(white), torch.from_numpy(x))


def accuracy() -> float:
    """Share of the held-out utterances that are classified correctly."""
    series, speaker = vowels()
    held = held_out()
    far = reader().distances(torch.from_numpy(series[held]).flatten(1))
    return float((far.argmin(1).numpy() + 1 == speaker[held]).mean())


@dataclass(frozen=True)
class VoiceVerifier:
    """Reader of series."""

    name: ClassVar[str] = "voice reader"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("recognised", "1", "probability of the speaker asked for, by the reader"),
        Quantity("strange", "1", "squared Mahalanobis distance from the speaker's mean, a number"),
        Quantity("jump", "1", "largest change of a coefficient from frame to frame"),
        Quantity("nearest_distance", "1", "root mean square from the nearest known utterance"),
    )

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 4"]:
        """Measure all quantities; NaN for an unknown speaker."""
        series, speaker = arrays
        x, own = series.flatten(1), reader()
        far = own.distances(x)
        whole = (speaker == speaker.round()) & (speaker >= 1) & (speaker <= SPEAKERS)
        at = (torch.where(whole, speaker, 1.0).to(torch.int64) - 1)[:, None]
        right = (-0.5 * x.shape[1] * far).softmax(1).gather(1, at)[:, 0]
        jump = series.diff(dim=-1).abs().flatten(1).amax(1)
        nearest = (x[:, None] - own.known).square().mean(-1).amin(1).sqrt()
        found = torch.stack([right, far.gather(1, at)[:, 0], jump, nearest], 1)
        return torch.where(whole[:, None], found, torch.nan)
