"""Faults of an emulator whose means look right, measured on designs of a known law.

They are tails, spectra, collapse, memorised designs, and conditions beyond those of training. Each
measure has the band in which fresh samples of the law itself lie.

Shapes: n designs, d channels, t steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float64

from ingenium.scores.distances import spectrum_distance
from ingenium.scores.diversity import density_and_coverage, expected_coverage, vendi_ratio
from ingenium.scores.privacy import copies

RARE = 0.01  # share of values that lie in either tail
BANDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "tails": (0.6, 1.6),  # values beyond the law's rare ones, over their share
        "spectrum (dB)": (0.0, 2.0),  # distance of power spectra
        "different ones": (0.8, 1.25),  # effective number of designs, over the law's
        "covered": (0.85, 1.2),  # share of designs near a proposal, over the expected
        "nearness to training": (0.85, 1.3),  # distance to the nearest, over that of held-out ones
        "shift": (0.0, 0.25),  # error of means beyond the conditions, in deviations of the law
    }
)


@dataclass(frozen=True)
class Emulated:
    """Designs of the law and of an emulator, equally many, under the same conditions."""

    law: Float64[np.ndarray, "n d t"]
    proposed: Float64[np.ndarray, "n d t"]
    training: Float64[np.ndarray, "j d t"]
    law_beyond: Float64[np.ndarray, "m d t"]  # under conditions outside training
    proposed_beyond: Float64[np.ndarray, "m d t"]

    def measured(self) -> dict[str, float]:
        """All measures."""
        low, high = np.quantile(self.law, (RARE, 1 - RARE), (0, 2), keepdims=True)
        out = (self.proposed < low) | (self.proposed > high)
        k = 5
        covered = density_and_coverage(self.law, self.proposed, k=k)[1]
        due = expected_coverage(len(self.law), len(self.proposed), k=k)
        spread = self.law_beyond.std(0)
        off = np.abs(self.proposed_beyond.mean(0) - self.law_beyond.mean(0)) / spread
        found = (
            float(out.mean() / (2 * RARE)),
            float(spectrum_distance(self.law, self.proposed).mean()),
            vendi_ratio(self.law, self.proposed),
            float(covered / due),
            copies(self.proposed, self.training, self.law).ratio,
            float(off.mean()),
        )
        return dict(zip(BANDS, found, strict=True))

    def faults(self) -> tuple[str, ...]:
        """Measures outside their bands."""
        found = self.measured()
        return tuple(n for n, (low, high) in BANDS.items() if not low <= found[n] <= high)
